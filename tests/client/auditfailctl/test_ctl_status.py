#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl status."""
import os
import unittest

from ctl_harness import NO_DAEMON, Ctl, frame
from harness import SANITIZED, main, without_blanks

KERNEL = without_blanks(os.environ["KERNEL_STAND_IN"])


class Status(Ctl):
    def test_it_tells_the_state_of_the_daemon(self):
        self.policy("passwd", "log")
        daemon = self.daemon()
        self.ctl("query", "passwd")
        text = self.assertCtl(0, "status").stdout
        for line in (rf"Daemon: auditfaild .*, pid {daemon.pid}, uid {os.geteuid()}", rf"Socket: {daemon.path}",
                     r"Policy: generation 1, 1 application", r"Answers: 1: 0 ignore, 1 log, 0 terminate",
                     r"Capabilities: \S", r"Loaded: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"):
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

    REPLY = {"generation": 1, "applications": 1, "started": 0, "loaded": 0, "omitted": 2, "pid": 7, "uid": 990, "users": 1,
             "refused": 0, "connections": 1, "monitors": 0, "queries": 0, "ignored": 0, "logged": 0, "terminated": 0,
             "suppressed": 0, "version": "1\033", "reloadFailed": False, "trail": True, "problems": [],
             "capabilities": ["cap_audit_write", "cap_\033"]}

    def status_of(self, **members):
        return self.assertCtl(0, "status", f"--socket={self.impostor(frame({**self.REPLY, **members}))}",
                              complains="... and 2 more").stdout

    def test_states_of_auditing(self):
        self.assertIn("Audit trail: can be written; decisions are recorded there\n", self.status_of())
        self.assertIn("Audit trail: can be written; decisions are recorded there\n", self.status_of(trailRule="everyone"))
        self.assertIn("Audit trail: can be written; decisions for root and services are recorded there\n",
                      self.status_of(trailRule="system"))
        self.assertIn("Audit trail: not written by the daemon; decisions are only in its log\n", self.status_of(trail=False))
        self.assertIn("Audit trail: auditing is switched off: the kernel drops every record; type: auditctl -e 1\n",
                      self.status_of(auditing=False))

    def test_capabilities_and_version_are_safe_to_show(self):
        text = self.status_of()
        self.assertIn("Capabilities: cap_audit_write cap_\\x1B\n", text)
        self.assertIn("auditfaild 1\\x1B, pid 7", text)

    @unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
    def test_root_sees_what_the_kernel_tells(self):
        self.daemon()
        for kernel, expected in (
                ("", r" +Kernel: 0 records lost since boot, 0 of \d+ wait"),
                ("rate=7", " +Rate limit: 7 records a second; the kernel drops further records; type: auditctl -r 0"),
                ("never", " +Dropped by: (never.*); type: auditctl -d \\1"),
                ("never locked", " +Dropped by: never.*; reboot without the rule: the rules are locked until then")):
            with self.subTest(kernel):
                text = self.assertCtl(0, "status", variables={"LD_PRELOAD": KERNEL, "AUDIT_KERNEL": kernel}).stdout
                self.assertRegex(text, f"(?m)^{expected}")
        text = self.assertCtl(0, "status", variables={"LD_PRELOAD": KERNEL, "AUDIT_KERNEL": "never no-control"}).stdout
        self.assertNotIn("Dropped by", text)

    @unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
    def test_a_full_queue_is_told_and_the_kernel_is_asked_nothing_more(self):
        self.daemon()
        log = self.folder / "kernel.log"
        text = self.assertCtl(0, "status", variables={"LD_PRELOAD": KERNEL, "AUDIT_KERNEL": "full=4000",
                                                      "AUDIT_KERNEL_LOG": str(log)}).stdout
        self.assertRegex(text, "(?m)^ +Queue: full: every program that writes a record waits; ")
        self.assertNotIn("Kernel:", text)
        self.assertEqual(log.read_text(), "probed 1005\n")

    def test_quiet_tells_by_the_exit_status(self):
        daemon = self.daemon()
        self.assertEqual(self.assertCtl(0, "status", "--quiet").stdout, "")
        daemon.stop()
        self.assertCtl(NO_DAEMON, "status", "--quiet", complains="no daemon behind")


if __name__ == "__main__":
    main()
