#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The words of the proposal of 2006 hold: its function, its files, and its sample of a file."""
import os

from harness import DaemonTest, main

# The sample of the proposal.
SAMPLE = """\
# Action to take when call to the audit subsystem fails.
# This file will be parsed by audit_failure_action() and
# the appropriate enum will be returned to the calling 
# application.
# 
# Options are:  ignore, log, terminate
terminate
"""


class Proposal(DaemonTest):
    def assertActions(self, files, actions):
        """Both programs get ACTIONS for FILES."""
        for program in (os.environ["PROPOSAL"], os.environ["PROPOSAL_DECLARED"]):
            run = self.run_program(program, *files, env={"AUDITFAIL_RUNTIME_DIR": str(self.folder / "run")})
            self.assertEqual((run.stdout.split(), run.stderr, run.returncode), (actions, "", 0))

    def test_the_sample_as_default(self):
        self.policy("default", SAMPLE, "flat")
        self.daemon()
        self.assertActions(["NULL", "/etc/auditfail.default", "/etc/auditfail.cups"], ["terminate"] * 3)

    def test_the_sample_as_the_file_of_an_application(self):
        self.policy("default", "ignore", "flat"), self.policy("passwd", SAMPLE, "flat"), self.policy("hwclock", "log", "flat")
        self.daemon()
        self.assertActions(["NULL", "/etc/auditfail.passwd", "/etc/auditfail.hwclock", "/etc/auditfail.cups"],
                           ["ignore", "terminate", "log", "ignore"])

    def test_the_same_without_the_daemon(self):
        self.policy("default", "ignore", "flat"), self.policy("passwd", SAMPLE, "flat")
        self.daemon().stop()
        self.assertActions(["NULL", "/etc/auditfail.passwd"], ["ignore", "terminate"])

    def test_each_option_of_the_sample(self):
        for option in ("ignore", "log", "terminate"):
            self.policy(option, SAMPLE.replace("\nterminate\n", f"\n{option}\n"), "flat")
        self.daemon()
        self.assertActions(["/etc/auditfail.ignore", "/etc/auditfail.log", "/etc/auditfail.terminate"],
                           ["ignore", "log", "terminate"])

    def test_the_installed_default_comes_before_the_proposals(self):
        self.policy("default", SAMPLE, "flat"), self.policy("default", "log")
        self.daemon()
        self.assertActions(["NULL", "/etc/auditfail.default"], ["log", "log"])


if __name__ == "__main__":
    main()
