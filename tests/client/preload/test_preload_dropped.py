#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
libauditfail-preload.so before a kernel that acknowledges records and drops them. The kernel is kernel_stand_in.c: no
test changes the auditing of the machine, and none depends on it.
"""
import time
import unittest

from control_stand_in import Control, holds_audit_write
from harness import main
from preload_harness import KERNEL, PRELOAD, PROGRAM, STOPPED, PreloadTest, works

FUNCTIONS = ["audit_log_user_message", "audit_log_user_comm_message", "audit_log_acct_message",
             "audit_log_user_avc_message", "audit_log_semanage_message", "audit_log_user_command"]
ADD_USER = 1114
PROBE, STATE, RULES = "probed 1005", "asked 1000", "asked 1013"

OFF = "dropped: auditing is switched off"
EXCLUDED = "dropped: an audit rule excludes it"
LOST = "lost: no room in the kernel's queue, or its rate limit"


class DroppedTest(PreloadTest):
    def before(self, kernel, case, **arguments):
        """The program's CASE before a kernel that behaves as KERNEL says."""
        self.log = self.folder / "kernel.log"
        self.log.unlink(missing_ok=True)
        return self.run_program(*self.command(PROGRAM, case, environment={
            "LD_PRELOAD": f"{KERNEL}:{PRELOAD}", "AUDIT_KERNEL": kernel, "AUDIT_KERNEL_LOG": self.log},
            **arguments))

    def messages(self):
        """What the kernel got, a word and a type each."""
        return self.log.read_text().splitlines()

    def stopped(self, what, why, line=1):
        return f"preload_program: {what} {why}; stopped, as {self.place('preload_program')}:{line} says\n"


class Disabled(DroppedTest):
    def test_terminate_stops_the_program_before_it_writes(self):
        self.start("ignore\ndisabled = terminate")
        self.assertOutput(self.before("off", "every-function"), status=STOPPED,
                          stderr=self.stopped("audit records would be", OFF, 2))
        self.assertNotIn("record", " ".join(self.messages()))
        decisions = self.decisions()
        self.assertEqual(len(decisions), 1, decisions)
        self.assertIn("(audit_open: ESHUTDOWN)", decisions[0])

    def test_ignore_and_log_let_it_go_on_and_each_record_is_reported(self):
        for action in "ignore", "log":
            with self.subTest(action):
                self.start(f"terminate\ndisabled = {action}")
                result = self.before("off", "every-function")
                self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
                decisions = self.decisions()
                # The kernel keeps records of access decisions while auditing is off.
                self.assertEqual(len(decisions), len(FUNCTIONS) - 1, decisions)
                self.assertIn("(ADD_USER, audit_log_acct_message: ESHUTDOWN)", decisions[2])
                self.assertNotIn("USER_AVC", " ".join(decisions))

    def test_a_process_that_may_not_ask_the_kernel_finds_out(self):
        self.start("ignore\ndisabled = terminate")
        self.assertOutput(self.before("off no-control", "one-record"), status=STOPPED,
                          stderr=self.stopped("audit records would be", OFF, 2))

    def test_auditing_that_is_switched_off_meanwhile_is_found_after_the_record(self):
        self.start("ignore\ndisabled = terminate")
        result = self.before("off-after=2", "every-function")
        self.assertOutput(result, f"{FUNCTIONS[0]} 1 0", status=STOPPED,
                          stderr=self.stopped("audit record TRUSTED_APP", OFF, 2))


class Excluded(DroppedTest):
    def test_a_rule_for_a_type_loses_records_of_that_type_alone(self):
        self.start("terminate\nexcluded = ignore")
        result = self.before(f"exclude={ADD_USER}", "every-function")
        self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        decisions = self.decisions()
        self.assertEqual(len(decisions), 1, decisions)
        self.assertIn("(ADD_USER, audit_log_acct_message: ECANCELED)", decisions[0])

    def test_terminate_stops_the_program_at_the_record(self):
        self.start("ignore\nexcluded = terminate")
        self.assertOutput(self.before(f"exclude={ADD_USER}", "one-record"), status=STOPPED,
                          stderr=self.stopped("audit record ADD_USER", EXCLUDED, 2))

    def test_a_rule_for_every_type_stops_the_program_at_audit_open(self):
        self.start("ignore\nexcluded = terminate")
        self.assertOutput(self.before("never", "one-record"), status=STOPPED,
                          stderr=self.stopped("audit records would be", EXCLUDED, 2))
        self.assertNotIn("record", " ".join(self.messages()))


class Lost(DroppedTest):
    def test_a_record_after_which_the_counter_rose_is_lost(self):
        self.start("terminate\noverload = ignore")
        result = self.before("rate=1 lose=3", "every-function")
        self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        decisions = self.decisions()
        self.assertEqual(len(decisions), 1, decisions)
        self.assertIn("(ADD_USER, audit_log_acct_message: ENOBUFS)", decisions[0])

    def test_terminate_says_why(self):
        self.start("ignore\noverload = terminate")
        self.assertOutput(self.before("lose=1", "one-record"), status=STOPPED,
                          stderr=self.stopped("audit record ADD_USER", LOST, 2))


class Full(DroppedTest):
    """The kernel's queue is full, so that each message waits."""

    def test_the_program_waits_for_the_first_look_and_then_for_its_records_alone(self):
        self.start("terminate")
        self.assertOutput(self.before("full=1100", "two-records"), "record 1 0", "record 2 0")
        self.assertEqual(self.messages(), [PROBE, "record 1114", "record 1114"])

    def test_a_queue_that_fills_up_later_costs_no_question_after_the_record(self):
        self.start("terminate")
        self.assertOutput(self.before("full=1100 full-from=2", "two-records"), "record 1 0", "record 2 0")
        self.assertEqual(self.messages(), [PROBE, STATE, RULES, "record 1114", "record 1114"])


class Bound(DroppedTest):
    """The same with a bound on the wait. The real sendto() is that of the kernel here, behind the library's."""

    FULL = "delayed: the kernel's queue is full"

    def before(self, kernel, case, **arguments):
        self.log = self.folder / "kernel.log"
        self.log.unlink(missing_ok=True)
        return self.run_program(*self.command(PROGRAM, case, environment={
            "LD_PRELOAD": f"{PRELOAD}:{KERNEL}", "AUDIT_KERNEL": kernel, "AUDIT_KERNEL_LOG": self.log}))

    def test_terminate_stops_the_program_in_audit_open(self):
        self.start("ignore\noverload = terminate\nwait = 1")
        began = time.monotonic()
        self.assertOutput(self.before("full=8000", "two-records"), status=STOPPED,
                          stderr=self.stopped("audit records would be", self.FULL, 2))
        self.assertLess(time.monotonic() - began, 7)
        self.assertEqual(self.messages(), [PROBE])

    def test_a_program_that_goes_on_waits_once_and_its_records_reach_the_kernel(self):
        self.start("terminate\noverload = ignore\nwait = 1")
        began = time.monotonic()
        self.assertOutput(self.before("full=8000", "two-records"), "record 1 0", "record 2 0")
        self.assertLess(time.monotonic() - began, 7)
        self.assertEqual(self.messages(), [PROBE, "record 1114", "record 1114"])
        decisions = self.decisions()
        self.assertEqual(len(decisions), 2, decisions)
        self.assertIn("(ADD_USER, audit_log_acct_message: ETIMEDOUT)", decisions[0])

    def test_the_program_sees_no_other_child_signal_or_descriptor(self):
        self.start("terminate\noverload = ignore\nwait = 1")
        self.assertOutput(self.before("full=3000", "children-stay-its-own"), "record 1 0", "signals 0 0",
                          "descriptors 0 0", "children 0 0", "blocked 0 0")

    def test_with_room_the_program_sends_its_records_itself(self):
        self.start("terminate\nwait = 1")
        self.assertOutput(self.before("", "two-records"), "record 1 0", "record 2 0")
        self.assertEqual(self.messages().count("record 1114"), 2)
        self.assertEqual(self.decisions(), [])

    def traced(self, kernel, *options):
        """The system calls that start processes."""
        trace = self.folder / "trace"
        self.log = self.folder / "kernel.log"
        result = self.run_program("strace", "-f", "-o", trace, "-e", "trace=process", *options, *self.command(
            PROGRAM, "two-records", environment={"LD_PRELOAD": f"{PRELOAD}:{KERNEL}", "AUDIT_KERNEL": kernel,
                                                 "AUDIT_KERNEL_LOG": self.log}))
        self.assertOutput(result, "record 1 0", "record 2 0")
        return trace.read_text()

    @unittest.skipUnless(works("strace", "true"), "strace is not there, or may not trace")
    def test_without_a_bound_no_process_is_started(self):
        self.start("terminate")
        self.assertNotIn("clone", self.traced(""))

    @unittest.skipUnless(works("strace", "true"), "strace is not there, or may not trace")
    def test_where_no_process_can_be_started_the_program_waits_as_without_a_bound(self):
        self.start("terminate\nwait = 1")
        self.assertIn("(INJECTED)", self.traced("full=1100", "-e", "inject=clone:error=EAGAIN"))
        self.assertEqual(self.messages(), [PROBE, "record 1114", "record 1114"])


@unittest.skipUnless(holds_audit_write(), "root has no CAP_AUDIT_WRITE here")
class MayNotAsk(DroppedTest):
    """A process without CAP_AUDIT_CONTROL: auditfaild asks a control daemon in its place."""

    def control(self, **state):
        control = Control(self.folder / "run/io.auditfail.Control")
        self.addCleanup(control.close)
        control.answer_always(**{"enabled": True, "excluded": False, "pressed": False, "lost": 0, **state})
        return control

    def test_a_rule_is_found_at_the_record(self):
        self.start("ignore\nexcluded = terminate")
        control = self.control(excluded=True)
        self.assertOutput(self.before("no-control", "one-record"), status=STOPPED,
                          stderr=self.stopped("audit record ADD_USER", EXCLUDED, 2))
        self.assertEqual([call["parameters"]["type"] for call in control.calls], [ADD_USER])

    def test_records_that_are_kept_cost_one_question_for_each_type(self):
        self.start("terminate")
        control = self.control()
        self.assertOutput(self.before("no-control", "every-function"),
                          *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        self.assertEqual(len(control.calls), len(FUNCTIONS))

    def test_before_a_kernel_that_is_about_to_lose_records_it_asks_again(self):
        self.start("terminate")
        control = self.control(pressed=True)
        self.assertOutput(self.before("no-control", "one-record"), "record 1 0")
        self.assertEqual(len(control.calls), 2)

    def test_where_nobody_knows_anything_it_does_not_ask_again_for_a_while(self):
        self.start("terminate")
        control = self.control(enabled="perhaps")
        self.assertOutput(self.before("no-control", "every-function"),
                          *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        self.assertEqual(len(control.calls), 1)

    def test_audit_open_asks_nobody(self):
        self.start("terminate")
        control = self.control()
        self.assertOutput(self.before("no-control", "open-only"), "open 1 33")
        self.assertEqual(control.calls, [])


class Costs(DroppedTest):
    def test_the_kernel_is_asked_once_at_audit_open_and_once_after_each_record(self):
        self.start("terminate")
        result = self.before("", "every-function")
        self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        messages = self.messages()
        self.assertEqual(messages[:3], [PROBE, STATE, RULES])
        self.assertEqual([message.split()[0] for message in messages[3:]], ["record", "asked"] * len(FUNCTIONS))
        self.assertEqual(set(messages[4::2]), {STATE})
        self.assertEqual(self.decisions(), [])

    def test_a_process_that_may_not_ask_costs_one_message(self):
        self.start("terminate")
        self.running.stop()
        self.assertOutput(self.before("no-control", "one-record"), "record 1 0")
        self.assertEqual([message for message in self.messages() if message.startswith("probed")], [PROBE] * 2)


if __name__ == "__main__":
    main()
