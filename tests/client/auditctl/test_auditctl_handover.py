#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other command lines reach the stock auditctl, which the test makes, unchanged."""
import subprocess
import unittest

from auditctl_harness import AUDITCTL_ELSEWHERE, VERBS, Auditctl
from harness import DEADLINE, SANITIZED, main, needs_root


class Handover(Auditctl):
    """AUDITCTL_ELSEWHERE looks for the stock auditctl in first/ and second/ of the folder where it runs."""

    STOCK = "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\"\nexit 42\n"

    def setUp(self):
        super().setUp()
        for name in ("first", "second"):
            (self.folder / name).mkdir()
        self.assertEqual(self.run_it("-v").returncode, 127, "this would reach the machine's own auditctl")

    def stock(self, place, text=STOCK, mode=0o755):
        path = self.folder / place / "auditctl"
        path.write_text(text)
        path.chmod(mode)

    def run_it(self, *arguments, **options):
        return subprocess.run([AUDITCTL_ELSEWHERE, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=DEADLINE, check=False, **{"env": self.environment(), **options})

    def test_every_other_command_line_is_handed_over_as_it_is(self):
        self.stock("first")
        for arguments in ([], ["-s"], ["-R", "/etc/audit/audit.rules"], ["--signal", "stop"], ["-h"], ["--help"],
                          ["halt"], ["-stop"], [""], ["--reason=x", "stop"], ["-w", "/etc/a b", "-k", "x y"],
                          ["--", "stop"], ["-m", "$(stop)\n;`stop` 'x' \"y\""], ["\udcff"]):
            with self.subTest(arguments):
                result = self.run_it(*arguments, errors="surrogateescape")
                self.assertEqual(result.stdout, "".join(f"{a}\n" for a in ["first/auditctl", *arguments]))
                self.assertEqual((result.returncode, result.stderr), (42, ""))

    def test_a_word_that_is_nearly_a_verb_is_handed_over_with_a_hint(self):
        self.stock("first")
        for word, verb in (("stopp", "stop"), ("Stop", "stop"), ("status", "state")):
            result = self.run_it(word)
            self.assertEqual((result.returncode, result.stdout), (42, f"first/auditctl\n{word}\n"))
            self.assertTrue(result.stderr.endswith(f': unknown verb "{word}"; did you mean "{verb}"?\n'), result)

    def test_our_words_are_not_handed_over(self):
        self.stock("first")
        for word in VERBS:
            result = self.run_it(word, env=self.environment(AUDITFAIL_RUNTIME_DIR="/nonexistent"))
            self.assertOutcome(result, "service not reachable")

    def test_argv_environment_and_signals_arrive_as_they_are(self):
        (self.folder / "first/auditctl").symlink_to("/bin/sh")
        show = "cat /proc/$$/cmdline; echo; cat /proc/$$/environ; echo; exec grep ^Sig[BIC] /proc/self/status"
        argv, environment = ["a name", "-c", show, "stop", "", "\n"], {"A": "b c", "TERM": "\n"}
        told = [subprocess.run(argv, executable=program, env=environment, cwd=self.folder, capture_output=True,
                               timeout=DEADLINE, check=True).stdout for program in ("/bin/sh", AUDITCTL_ELSEWHERE)]
        self.assertEqual(told[0], told[1])
        self.assertIn(b"a name\0-c\0", told[1])

    def test_the_second_place_counts_where_the_first_is_empty(self):
        self.stock("second")
        self.assertEqual(self.run_it("-s").stdout, "second/auditctl\n-s\n")
        self.stock("first")
        self.assertEqual(self.run_it("-s").stdout, "first/auditctl\n-s\n")

    def test_it_never_executes_itself(self):
        (self.folder / "first/auditctl").symlink_to(AUDITCTL_ELSEWHERE)
        self.stock("second")
        self.assertEqual(self.run_it("-s").stdout, "second/auditctl\n-s\n")
        (self.folder / "second/auditctl").unlink()
        (self.folder / "second/auditctl").symlink_to(AUDITCTL_ELSEWHERE)
        result = self.run_it("-s")
        self.assertEqual(result.returncode, 127)
        self.assertIn("there is no stock auditctl", result.stderr)

    def test_a_link_to_it_does_the_same(self):
        link = self.folder / "auditctl"
        link.symlink_to(AUDITCTL_ELSEWHERE)
        (self.folder / "first/auditctl").symlink_to(link)  # two links away from itself
        self.stock("second")
        for program in (link, "auditctl"):
            result = subprocess.run([program, "-s", "x"], cwd=self.folder, capture_output=True, text=True,
                                    timeout=DEADLINE, check=False, env=self.environment(PATH=str(self.folder)))
            self.assertEqual((result.returncode, result.stdout), (42, "second/auditctl\n-s\nx\n"), result)
            result = subprocess.run([program, "stop"], cwd=self.folder, capture_output=True, text=True,
                                    timeout=DEADLINE, check=False,
                                    env=self.environment(PATH=str(self.folder), AUDITFAIL_RUNTIME_DIR="/nonexistent"))
            self.assertOutcome(result, "service not reachable")

    def test_no_stock_auditctl_is_127_and_one_that_cannot_run_126(self):
        self.assertEqual(self.run_it("-s").returncode, 127)
        self.stock("first", mode=0o644)
        result = self.run_it("-s")
        self.assertEqual(result.returncode, 126)
        self.assertIn("cannot run the stock auditctl, first/auditctl: Permission denied", result.stderr)

    @needs_root
    @unittest.skipIf(SANITIZED, "a sanitizer needs /proc")
    def test_without_proc_it_cannot_tell_itself_from_the_stock_auditctl(self):
        self.stock("first")
        result = self.run_program("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$0" -s',
                                  AUDITCTL_ELSEWHERE, cwd=self.folder)
        if "unshare" in result.stderr or "mount:" in result.stderr:
            self.skipTest(f"no such namespace can be made here: {result.stderr}")
        self.assertEqual((result.returncode, result.stdout), (126, ""), result)
        self.assertIn("/proc/self/exe: No such file or directory; is /proc mounted?", result.stderr)


if __name__ == "__main__":
    main()
