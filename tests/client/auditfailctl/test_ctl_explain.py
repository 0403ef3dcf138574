#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl explain."""

from ctl_harness import Ctl
from harness import main


class Explain(Ctl):
    def test_the_search_and_its_result_are_told(self):
        self.policy("default", "log")
        self.policy("cupsd", "ignore", "lib")
        self.mask("cupsd")
        self.policy("passwd", "terminate\ndenied = ignore")
        self.policy("passwd", "log", "flat")
        self.daemon()

        self.assertRegex(self.assertCtl(0, "explain", "passwd", "--errno=EPERM").stdout,
                         rf"passwd +{self.place('passwd')} +used\n"
                         rf"passwd +{self.place('passwd', 'flat')} +shadowed\n"
                         rf"passwd +{self.place('passwd', 'lib')}  absent\n\n"
                         rf"On denied \(EPERM\) passwd is told to ignore, because of {self.place('passwd')}:2 "
                         r"\(generation 1\)\.\n$")
        text = self.assertCtl(0, "explain", "cupsd").stdout
        self.assertRegex(text, rf"cupsd +{self.place('cupsd')} +mask\n")
        self.assertRegex(text, rf"cupsd +{self.place('cupsd', 'lib')} +masked\n")
        self.assertRegex(text, rf"default +{self.place('default')} +used\n")
        self.assertIn(f"cupsd is told to log, because of the default policy, {self.place('default')}:1 (generation 1).\n",
                      text)

    def test_an_answer_without_a_file_has_a_reason_too(self):
        self.policy("passwd", "nonsense")
        self.daemon()
        self.assertCtl(0, "explain", "passwd", "-q",
                       says=f"passwd is told to terminate, because {self.place('passwd')} cannot be used (")
        self.assertCtl(0, "explain", "-q", says="default is told to terminate, because there is no policy at all (")

    def test_json_is_what_the_daemon_says(self):
        self.policy("passwd", "terminate")
        daemon = self.daemon()
        self.assertEqual(self.ctl_json("explain", "passwd", "--kind=denied"),
                         daemon.call("Explain", application="passwd", kind="denied")["parameters"])

    def test_it_leaves_no_trace(self):
        daemon = self.daemon()
        self.ctl("explain", "passwd")
        self.assertEqual(daemon.call("Status")["parameters"]["queries"], 0)


if __name__ == "__main__":
    main()
