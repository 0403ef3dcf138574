#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl list."""

from ctl_harness import FAILED, Ctl, frame
from harness import AUDITFAILCTL, main


class List(Ctl):
    def test_columns_align(self):
        self.policy("default", "log")
        self.policy("passwd", "terminate\nunsupported = ignore\noverload = log", "lib")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list").stdout,
                         "APPLICATION  ACTION     EXCEPTIONS                       FILE\n"
                         f"default      log                                         {self.place('default')}\n"
                         f"passwd       terminate  unsupported=ignore overload=log  {self.place('passwd', 'lib')}\n")

    def test_all_pages_are_there(self):
        names = [f"program{number:03}" for number in range(200)]
        for name in names:
            self.policy(name, "log")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list", "--quiet").stdout.split(), names)
        self.assertEqual([entry["application"] for entry in self.ctl_json("list")], names)

    def test_json_is_what_the_daemon_says(self):
        self.policy("passwd", "terminate\nunsupported = ignore")
        daemon = self.daemon()
        self.assertEqual(self.ctl_json("list"), daemon.call("List")["parameters"]["applications"])

    def test_without_policy_there_is_no_table(self):
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list").stdout, "")
        self.assertEqual(self.ctl_json("list"), [])

    def test_a_file_that_cannot_be_used_is_marked(self):
        self.policy("passwd", "nonsense")
        self.daemon()
        self.assertRegex(self.assertCtl(0, "list").stdout, r"passwd +terminate +\(file cannot be used\)")

    def test_the_table_fits_the_terminal(self):
        self.policy("passwd", "terminate\nunsupported = ignore\ndenied = log\noverload = log")
        self.daemon()
        for columns in (60, 100):
            text, _ = self.on_terminal("list", "--no-color", columns=columns)
            self.assertEqual(max(len(line) for line in text.splitlines()), columns, text)
            self.assertIn("passwd       terminate  unsupp", text)  # the path is as long as TMPDIR makes it
        self.assertEqual(self.ctl("list", variables={"COLUMNS": "50"}).stdout, self.ctl("list").stdout)
        text, _ = self.on_terminal("list", "--no-color", columns=100, COLUMNS="50")
        self.assertEqual(max(len(line) for line in text.splitlines()), 50, text)
        text, _ = self.on_terminal("list", "--no-color", columns=300)
        self.assertIn(str(self.place("passwd")), text)

    def test_what_a_terminal_would_obey_is_shown_as_bytes(self):
        path = self.impostor(frame({"applications": [{"application": "a\033[2J", "action": "log\n", "source": "file",
                                                      "exceptions": [], "file": "\\x1b \u009b\u202e監査"}]}))
        expected = "a\\x1B[2J     log\\x0A              \\x1b \\xC2\\x9B\\xE2\\x80\\xAE監査"
        self.assertEqual(self.assertCtl(0, "list", f"--socket={path}").stdout.splitlines()[1], expected)

    def test_colours_end_with_the_cell(self):
        self.policy("passwd", "log")
        self.daemon()
        self.assertRegex(self.ctl("list", "--color=always").stdout, "passwd +\033\\[33mlog *\033\\[0m +/")

    def test_a_pipe_that_is_closed_early_is_no_error(self):
        for number in range(1000):
            self.policy(f"a-program-with-a-rather-long-name-that-fills-a-pipe-{number:03}", "log")
        self.daemon()
        result = self.run_program("sh", "-c", '"$CTL" list | head -n 1', env=self.environment(CTL=AUDITFAILCTL))
        self.assertEqual((result.stdout.split()[0], result.stderr), ("APPLICATION", ""))

    def test_output_that_cannot_be_written_is_an_error(self):
        self.policy("passwd", "log")
        self.daemon()
        with open("/dev/full", "w") as full:
            for arguments in (["list"], ["status"], ["query"], ["--help"], ["monitor"]):
                self.assertCtl(FAILED, *arguments, stdout=full, complains="cannot write the output: No space left")


if __name__ == "__main__":
    main()
