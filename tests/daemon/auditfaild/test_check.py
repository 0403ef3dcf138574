#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check and Status: what the kernel does with records. The tests are auditfaild's control daemon."""
import contextlib
import errno
import math
import os
import time
import unittest

from control_stand_in import Control, holds_audit_write
from harness import STRANGER, DaemonTest, as_uid, main, needs_root

ADD_USER, USER_AVC, TRUSTED_APP = 1114, 1107, 1121
BURST = 100  # questions for one user in INTERVAL seconds
INTERVAL = 30
AT_ONCE = 8  # questions of all users other than root


@needs_root
@unittest.skipUnless(holds_audit_write(), "root has no CAP_AUDIT_WRITE here")
class Check(DaemonTest):
    def setUp(self):
        super().setUp()
        self.policy("default", "terminate")
        self.running = self.daemon()
        self.control = Control(self.folder / "run/io.auditfail.Control")
        self.addCleanup(self.control.close)

    def check(self, answer, type=ADD_USER):  # noqa: A002: the protocol's word
        """The reply of Check if the control daemon does ANSWER."""
        with self.running.connect() as client:
            client.send("io.auditfail.Policy.Check", {"type": type})
            answer()
            return client.reply()["parameters"]

    def kernel(self, **state):
        return lambda: self.control.answer(**{"enabled": True, "excluded": False, "pressed": False, "lost": 7, **state})

    def test_a_record_that_is_kept_has_no_errno(self):
        self.assertEqual(self.check(self.kernel()), {"lost": 7, "pressed": False})
        self.assertEqual(self.control.calls, [{"method": "io.auditfail.Control.Kernel",
                                               "parameters": {"type": ADD_USER, "pid": os.getpid()}}])

    def test_a_kernel_that_is_about_to_lose_records_is_reported(self):
        self.assertEqual(self.check(self.kernel(pressed=True, lost=2**32 - 1)), {"lost": 2**32 - 1, "pressed": True})

    def test_a_rule_that_drops_the_record_is_reported(self):
        self.assertEqual(self.check(self.kernel(excluded=True)),
                         {"errno": errno.ECANCELED, "lost": 7, "pressed": False})

    def test_auditing_that_is_off_is_reported_except_for_access_decisions(self):
        self.assertEqual(self.check(self.kernel(enabled=False))["errno"], errno.ESHUTDOWN)
        self.assertNotIn("errno", self.check(self.kernel(enabled=False), USER_AVC))

    def test_without_a_control_daemon_nothing_is_known(self):
        self.control.close()
        self.assertEqual(self.running.call("Check", type=ADD_USER)["parameters"], {})
        (self.folder / "run/io.auditfail.Control").unlink()
        self.assertEqual(self.running.call("Check")["parameters"], {})

    def test_other_callers_are_answered_while_the_control_daemon_is_silent(self):
        with self.running.connect() as client:
            client.send("io.auditfail.Policy.Check", {})
            silent = self.control.take()
            start = time.monotonic()
            self.assertEqual(self.running.query("passwd")["action"], "terminate")
            self.assertLess(time.monotonic() - start, 0.5)
            self.assertEqual(client.reply()["parameters"], {})
            self.assertLess(time.monotonic() - start, 5)
            silent.close()

    def test_a_reply_that_is_not_valid_counts_as_none(self):
        for data in (b"", b"\0", b"{}\0", b"[1]\0", b"x" * 5000, b'{"error":"io.auditfail.Control.Failed"}\0',
                     b'{"parameters":{"enabled":true,"excluded":false,"pressed":1,"lost":0}}\0',
                     b'{"parameters":{"enabled":1,"excluded":false,"pressed":true,"lost":0}}\0',
                     b'{"parameters":{"enabled":true,"excluded":"no","pressed":true,"lost":0}}\0',
                     b'{"parameters":{"enabled":true,"excluded":false,"pressed":true,"lost":"0"}}\0',
                     b'{"parameters":{"enabled":true,"excluded":false,"pressed":true}}\0',
                     b'{"parameters":{"enabled":true,"excluded":false,"pressed":true,"lost":4294967296}}\0',
                     b'{"parameters":{"enabled":true,"excluded":false,"pressed":true,"lost":-1}}\0'):
            with self.subTest(data[:40]):
                self.assertEqual(self.check(lambda data=data: self.control.answer_bytes(data)), {})

    def test_a_caller_that_hangs_up_meanwhile_leaves_nothing_behind(self):
        self.check(lambda: self.control.answer_bytes(b"{}\0"))  # sd-event keeps the timer of the first question
        before = self.running.descriptors()
        with self.running.connect() as client:
            client.send("io.auditfail.Policy.Check", {})
            control = self.control.take()
        self.assertEqual(control.recv(1), b"", "the connection to the control daemon ends, too")
        control.close()
        self.assertEqual(self.running.query("passwd")["action"], "terminate")
        self.eventually(lambda: self.running.descriptors() <= before)

    def test_a_caller_that_may_not_write_records_gets_eperm_at_once(self):
        with as_uid(STRANGER):
            client = self.running.connect()
        with client, as_uid(STRANGER):
            self.assertEqual(client.call("Check", type=ADD_USER)["parameters"], {"errno": errno.EPERM})
        self.assertEqual(self.control.calls, [])

    def test_a_type_out_of_range_is_refused(self):
        for value in (-1, 3000, "ADD_USER"):
            reply = self.running.call("Check", type=value)
            self.assertEqual(reply["error"], "org.varlink.service.InvalidParameter")
            self.assertEqual(reply["parameters"], {"parameter": "type"})


@needs_root
class Status(DaemonTest):
    """Whether auditing is on, and how often a user may have the control daemon asked."""

    def setUp(self):
        super().setUp()
        self.policy("default", "terminate")
        self.running = self.daemon()

    def control(self, **state):
        control = Control(self.folder / "run/io.auditfail.Control")
        self.addCleanup(control.close)
        control.answer_always(**{"enabled": True, "excluded": False, "pressed": False, "lost": 7, **state})
        return control

    def test_without_a_control_daemon_it_is_not_known(self):
        self.assertNotIn("auditing", self.running.call("Status")["parameters"])

    def test_it_covers_the_daemons_own_records(self):
        control = self.control(enabled=False)
        status = self.running.call("Status")["parameters"]
        self.assertEqual((status["auditing"], status["trail"]), (False, False))
        self.assertEqual(control.calls[0]["parameters"], {"type": TRUSTED_APP, "pid": status["pid"]})

    def test_a_rule_that_drops_the_daemons_own_records_does_not_turn_auditing_off(self):
        self.control(excluded=True)
        status = self.running.call("Status")["parameters"]
        self.assertEqual((status["auditing"], status["trail"]), (True, False))

    def test_a_user_above_the_limit_is_answered_without_a_question_to_the_control_daemon(self):
        control = self.control()
        with as_uid(STRANGER):
            client = self.running.connect()
        start = time.monotonic()
        with client:
            told = ["auditing" in client.call("Status")["parameters"] for _ in range(BURST + 20)]
        allowed_again = math.ceil((time.monotonic() - start) * BURST / INTERVAL)  # on a busy machine, this takes seconds
        self.assertEqual(told[:BURST], [True] * BURST)
        self.assertLessEqual(sum(told), BURST + allowed_again)
        self.assertEqual(len(control.calls), sum(told))
        self.assertIn("auditing", self.running.call("Status")["parameters"], "root is not held to that")

    def test_other_users_leave_room_for_questions_of_root(self):
        control = Control(self.folder / "run/io.auditfail.Control")
        self.addCleanup(control.close)
        with contextlib.ExitStack() as stack:
            def ask(uid):
                with as_uid(uid):
                    client = stack.enter_context(self.running.connect())
                client.send("io.auditfail.Policy.Status", {})
                return client

            strangers = [ask(STRANGER) for _ in range(AT_ONCE)]
            silent = [stack.enter_context(control.take()) for _ in strangers]
            control.answer_always(enabled=True, excluded=False, pressed=False, lost=7)
            self.assertNotIn("auditing", ask(STRANGER).reply()["parameters"], "above the limit, nothing is asked")
            self.assertIn("auditing", ask(0).reply()["parameters"])
            strangers.pop().close()
            self.assertEqual(silent.pop().recv(1), b"")
            self.assertIn("auditing", ask(STRANGER).reply()["parameters"], "a caller that is gone leaves its place")


if __name__ == "__main__":
    main()
