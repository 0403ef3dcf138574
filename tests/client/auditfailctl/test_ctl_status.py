#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl status."""
import os

from ctl_harness import NO_DAEMON, Ctl
from harness import main


class Status(Ctl):
    def test_it_tells_the_state_of_the_daemon(self):
        self.policy("passwd", "log")
        daemon = self.daemon()
        self.ctl("query", "passwd")
        text = self.assertCtl(0, "status").stdout
        for line in (rf"Daemon: auditfaild .*, pid {daemon.pid}, uid {os.geteuid()}", rf"Socket: {daemon.path}",
                     r"Policy: generation 1, 1 application", r"Answers: 1: 0 ignore, 1 log, 0 terminate",
                     r"Capabilities: \S", r"Loaded: \d{4}-\d\d-\d\d .* ago"):
            self.assertRegex(text, rf"(?m)^ *{line}")
        colons = {line.index(":") for line in text.splitlines()}
        self.assertEqual(len(colons), 1, text)

    def test_json_is_what_the_daemon_says(self):
        daemon = self.daemon()
        told, expected = self.ctl_json("status"), daemon.call("Status")["parameters"]
        self.assertEqual(told.keys(), expected.keys())
        self.assertEqual(told["pid"], daemon.pid)

    def test_problems_of_the_last_load_are_shown(self):
        self.daemon()
        path = self.policy("passwd", "loog")
        self.ctl("reload")
        result = self.assertCtl(0, "status", says="Problems: 1, found by the last load:",
                                complains=f"{path}:1:1: error:")
        self.assertRegex(result.stdout, r"Last reload: failed; the previous policy is in force\n")

    def test_quiet_tells_by_the_exit_status(self):
        daemon = self.daemon()
        self.assertEqual(self.assertCtl(0, "status", "--quiet").stdout, "")
        daemon.stop()
        self.assertCtl(NO_DAEMON, "status", "--quiet", complains="no daemon behind")


if __name__ == "__main__":
    main()
