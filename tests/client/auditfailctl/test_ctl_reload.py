#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl reload."""
import json
import os

from ctl_harness import DENIED, FAILED, LOG, Ctl
from harness import STRANGER, main, needs_root


class Reload(Ctl):
    def test_it_says_what_is_in_force_now(self):
        self.policy("passwd", "log")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "reload").stdout, "generation 1, 1 application, unchanged\n")
        self.policy("useradd", "log")
        self.assertEqual(self.assertCtl(0, "reload").stdout, "generation 2, 2 applications, changed\n")
        self.assertEqual(self.assertCtl(0, "reload", "--quiet").stdout, "")
        self.assertEqual(self.ctl_json("reload"),
                         {"generation": 2, "changed": False, "applications": 2, "problems": [], "omitted": 0})

    def test_a_bad_file_fails_it_with_a_compilers_message(self):
        self.policy("passwd", "log")
        self.daemon()
        path = self.policy("passwd", "loog")
        result = self.assertCtl(FAILED, "reload", complains="the previous policy stays in force")
        self.assertIn(f'{path}:1:1: error: unknown action "loog", expected ', result.stderr)
        self.assertIn("\n    loog\n    ^~~~\n", result.stderr)
        self.assertCtl(LOG, "query", "passwd")
        problems = json.loads(self.ctl("reload", "--json").stdout)["problems"]
        self.assertEqual([(problem["file"], problem["line"]) for problem in problems], [(str(path), 1)])

    def test_in_the_journal_a_problem_is_one_line_with_its_priority(self):
        self.daemon()
        path = self.policy("passwd", "loog")
        with open(self.folder / "journal", "w+") as journal:
            stat = os.fstat(journal.fileno())
            self.ctl("reload", stderr=journal, variables={"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"})
            journal.seek(0)
            lines = journal.read().splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[1].startswith(f"<3>{path}:1:1: error: "), lines)

    @needs_root
    def test_another_user_is_told_who_may(self):
        self.needs_stranger()
        self.daemon()
        self.assertCtl(DENIED, "reload", complains="only root and the daemon's own user may do this; try: sudo ",
                       user=STRANGER, group=STRANGER, extra_groups=[])


if __name__ == "__main__":
    main()
