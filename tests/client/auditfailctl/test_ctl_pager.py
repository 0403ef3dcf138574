#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Long output of auditfailctl goes through a pager. The tests have a fake less, which marks each line."""
import os
import signal
import subprocess

from ctl_harness import Ctl
from harness import AUDITFAILCTL, DEADLINE, STRANGER, main, needs_root, terminal

LESS = """#!/bin/sh
printf 'less %s: %s %s\\n' "$*" "$LESS" "$LESSSECURE"
sed 's/^/| /'
"""


class Pager(Ctl):
    def setUp(self):
        super().setUp()
        self.policy("passwd", "log")
        self.daemon()
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        self.programs.chmod(0o755)
        self.less(LESS)

    def less(self, text):
        path = self.programs / "less"
        path.write_text(text)
        path.chmod(0o755)

    def start(self, screen, *arguments, as_stranger=False, **variables):
        path = {"PATH": f"{self.programs}:{os.environ['PATH']}"}
        options = {"user": STRANGER, "group": STRANGER, "extra_groups": []} if as_stranger and os.geteuid() == 0 else {}
        environment = self.environment(TERM="xterm")
        del environment["AUDITFAIL_PAGER"]
        return subprocess.Popen([AUDITFAILCTL, *arguments], stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
                                env={**environment, **path, **variables}, **options)

    def shown(self, *arguments, **options):
        """The text on the terminal."""
        with terminal() as (screen, shown), self.start(screen, *arguments, **options) as process:
            text = shown()
            self.assertEqual(process.wait(DEADLINE), 0, text)
            return text

    def assertPaged(self, text, says=""):
        first, *lines = text.splitlines()
        self.assertRegex(first, "^less : ")
        self.assertEqual([line for line in lines if not line.startswith("| ")], [], text)
        self.assertIn(says, text)

    def test_long_output_goes_through_less(self):
        for arguments, says in ((["list"], "| passwd "), (["explain", "passwd"], "| On "), ([], " generation 1"),
                                (["doctor", "/bin/true"], "| /bin/true: "), (["--help"], "| Answers:"),
                                (["list", "--help"], "| auditfailctl list"), (["list", "-j"], '| [')):
            with self.subTest(arguments):
                self.assertPaged(self.shown(*arguments, "--no-color"), says)

    def test_errors_go_there_too(self):
        self.policy("passwd", "lgo")
        self.ctl("reload")
        self.assertPaged(self.shown("status", "--no-color"), '|     did you mean "log"?')

    def test_a_table_is_as_wide_as_the_terminal(self):
        widest = max(map(len, self.shown("list", "--no-color").splitlines()[1:]))
        self.assertLessEqual(widest, 80 + len("| "))

    def test_other_output_does_not(self):
        for arguments, variables in ((["list", "--no-pager"], {}), (["list", "--json"], {}), (["reload"], {}),
                                     (["list"], {"TERM": "dumb"}), (["list"], {"AUDITFAIL_PAGER": ""}),
                                     (["list"], {"SYSTEMD_PAGER": "cat"}),
                                     (["list"], {"AUDITFAIL_PAGER": "cat", "SYSTEMD_PAGER": "less"})):
            with self.subTest(arguments, **variables):
                self.assertNotIn("| ", self.shown(*arguments, **variables))
        self.assertNotIn("| ", self.ctl("list", variables={"TERM": "xterm"}).stdout)

    def test_without_output_there_is_no_pager(self):
        for arguments in (["status", "-q"], ["doctor", "-q", "/bin/true"]):
            self.assertEqual(self.shown(*arguments), "", arguments)

    def test_it_asks_less_for_what_the_output_needs(self):
        self.assertIn(": FRXMK ", self.shown("list"))
        self.assertIn(": R ", self.shown("list", SYSTEMD_LESS="R"))

    @needs_root
    def test_root_gets_less_without_other_programs(self):
        for name in ("AUDITFAIL_PAGER", "SYSTEMD_PAGER", "PAGER"):
            self.assertRegex(self.shown("list", **{name: "sh -c id"}), r"^less : FRXMK 1\n")

    def test_a_user_chooses_the_pager(self):
        self.needs_stranger()
        self.folder.chmod(0o755)
        for variables, mark in (({"PAGER": "sed s/^/1/"}, "1"), ({"PAGER": "x", "SYSTEMD_PAGER": "sed  s/^/2/"}, "2"),
                                ({"SYSTEMD_PAGER": "x", "AUDITFAIL_PAGER": "sed s/^/3/"}, "3")):
            self.assertIn(f"\n{mark}passwd", self.shown("list", as_stranger=True, **variables))
        self.assertRegex(self.shown("list", as_stranger=True, PAGER="/no/such/pager"), r"^less : FRXMK \n")

    def test_without_a_pager_the_output_is_shown_anyway(self):
        self.assertIn("\npasswd ", self.shown("list", "--no-color", PATH="/nonexistent"))

    def test_it_waits_for_the_pager_and_leaves_interrupts_to_it(self):
        self.less(f"#!/bin/sh\ncat\ntouch '{self.folder}/ready'\nuntil [ -e '{self.folder}/go' ]; do sleep 0.01; done\n"
                  "echo end\n")
        with terminal() as (screen, shown), self.start(screen, "list") as process:
            self.eventually(lambda: (self.folder / "ready").exists())
            process.send_signal(signal.SIGINT)
            (self.folder / "go").touch()
            self.assertEqual((shown().splitlines()[-1], process.wait(DEADLINE)), ("end", 0))


if __name__ == "__main__":
    main()
