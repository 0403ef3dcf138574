#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
libauditfail-preload.so in a program that asks by itself, or that has a library which does: each lost record is asked
about once, and the object that asks by itself obeys in its own way.
"""
import os
import re
import unittest

from harness import main
from preload_harness import (DENIED, FAILURES, KERNEL, NETLINK_DENIED, NO_NETLINK, PRELOAD, PROGRAM, STOPPED,
                             PreloadTest, works)

NATIVE = os.environ.get("PRELOAD_NATIVE", "preload_native")
# The call is in another library than libauditfail, as in a libaudit that has it; and in both.
OTHER, BOTH = (os.environ.get(f"PRELOAD_NATIVE_{name}", f"preload_native_{name.lower()}") for name in ("OTHER", "BOTH"))
ASKING_PLUGIN = os.environ.get("PRELOAD_ASKING_PLUGIN", "preload_asking_plugin.so")
OWN_STATUS = 3
SYSTEM_CALL = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)


class NativeTest(PreloadTest):
    application = "preload_native"

    def outcome(self, case, program=NATIVE, policy="log", preload=PRELOAD, wrapper=DENIED, **arguments):
        """What a person and a script see of the program, and what the daemon reports."""
        self.start(policy, os.path.basename(program))
        result = self.run_program(*self.command(program, case, wrapper=wrapper, preload=preload, **arguments))
        reports = [re.sub(r"\d+", "N", report) for report in self.decisions()]
        return result.stdout, result.stderr, result.returncode, reports

    def assertAsWithout(self, case, **arguments):
        """The preload library changes nothing. Returns what the program does."""
        without = self.outcome(case, preload="", **arguments)
        self.assertEqual(self.outcome(case, **arguments), without)
        return without


class Native(NativeTest):
    def test_the_program_alone_asks_and_obeys_each_action_at_each_failure(self):
        for wrapper in (*FAILURES.values(), NETLINK_DENIED):
            for policy in "ignore", "log", "terminate":
                with self.subTest(wrapper=wrapper[0], policy=policy):
                    self.assertAsWithout("one-record", policy=policy, wrapper=wrapper)

    def test_terminate_shows_its_own_message_and_exit_status_and_makes_one_report(self):
        for program in NATIVE, OTHER, BOTH:
            with self.subTest(program=os.path.basename(program)):
                stdout, stderr, status, reports = self.outcome("one-record", program, "terminate")
                self.assertEqual((stdout, stderr, status),
                                 ("", "stopped by itself at audit_log_acct_message\n", OWN_STATUS))
                self.assertEqual(len(reports), 1, reports)

    def test_log_shows_it_the_real_result_and_makes_one_report(self):
        for program in NATIVE, OTHER, BOTH:
            with self.subTest(program=os.path.basename(program)):
                stdout, stderr, status, reports = self.outcome("one-record", program)
                self.assertEqual((stdout, stderr, status), ("record 0\n", "", 0))
                self.assertEqual(len(reports), 1, reports)

    def test_libauditfail_and_another_library_with_the_call_go_together(self):
        libraries = self.run_program("ldd", BOTH).stdout
        self.assertIn("libauditfail.so", libraries)
        self.assertIn("libother_stub.so", libraries)
        self.assertAsWithout("one-record", program=BOTH)

    def test_audit_that_cannot_be_opened_is_its_own_matter(self):
        stdout, stderr, status, reports = self.assertAsWithout("one-record", policy="terminate", wrapper=NO_NETLINK)
        self.assertEqual((stdout, stderr, status), ("", "stopped by itself at audit_open\n", OWN_STATUS))
        self.assertEqual(len(reports), 1, reports)

    def test_every_function_returns_what_libaudit_returns(self):
        for wrapper in DENIED, NO_NETLINK:
            with self.subTest(wrapper=wrapper[0]):
                self.assertAsWithout("every-function", wrapper=wrapper)

    def test_get_auditfail_action_is_that_of_the_machine(self):
        stdout = self.assertAsWithout("failmode", policy="log")[0]
        self.assertNotIn("mode 1", stdout)  # that of the program's policy

    def test_settings_of_the_library_do_not_reach_it(self):
        self.policy("other", "ignore")
        environment = {"AUDITFAIL_APPLICATION": "other", "AUDITFAIL_EXIT_STATUS": "9"}
        self.assertEqual(self.outcome("one-record", policy="terminate", environment=environment)[2], OWN_STATUS)


class Mixed(NativeTest):
    """A program and a library, of which one asks by itself. The library opens audit and sends a record."""

    def test_a_library_that_does_not_ask_obeys_in_a_program_that_does(self):
        stdout, stderr, status, reports = self.outcome("plugin")
        self.assertEqual((stdout, stderr, status), ("plugin 1\n", "", 0))
        self.assertEqual(len(reports), 1, reports)
        stdout, stderr, status, reports = self.outcome("plugin", policy="terminate")
        self.assertEqual((stdout, status), ("", STOPPED))
        self.assertIn("preload_native: audit records would be refused", stderr)
        self.assertEqual(len(reports), 1, reports)

    def test_a_library_that_asks_is_left_alone_in_a_program_that_does_not(self):
        for policy, status in ("log", 0), ("terminate", OWN_STATUS):
            with self.subTest(policy=policy):
                self.assertEqual(self.assertAsWithout("plugin", program=PROGRAM, policy=policy,
                                                      environment={"PLUGIN": ASKING_PLUGIN})[2], status)
        self.assertEqual(len(self.outcome("plugin", PROGRAM, environment={"PLUGIN": ASKING_PLUGIN})[3]), 1)

    def test_the_program_obeys_beside_a_library_that_asks(self):
        # The library is loaded, and the program sends a record itself.
        result = self.outcome("one-record", PROGRAM, "terminate", preload=f"{PRELOAD}:{ASKING_PLUGIN}")
        self.assertEqual((result[0], result[2], len(result[3])), ("", STOPPED, 1), result)


class Costs(NativeTest):
    @unittest.skipUnless(works("strace", "true"), "strace is not there, or may not trace")
    def test_while_audit_works_it_makes_no_system_call_more(self):
        root = self.folder / "elsewhere"
        (root / "etc").mkdir(parents=True)
        calls = [self.calls(root, preload) for preload in (KERNEL, f"{KERNEL}:{PRELOAD}")]
        self.assertGreater(calls[0].count("sendto"), 0, calls[0])
        self.assertEqual(calls[1], calls[0])

    def calls(self, root, preload):
        """The system calls between the marks of the program."""
        trace = self.folder / "trace"
        result = self.run_program("strace", "-f", "-o", trace, *self.command(NATIVE, "marked", preload=preload,
                                                                               environment={"NEW_ROOT": root}))
        self.assertOutput(result, "begin 0", "end 0")
        text = trace.read_text()
        return SYSTEM_CALL.findall(text[text.index('"begin'):text.rindex('"end')])


if __name__ == "__main__":
    main()
