#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libauditfail-preload.so in a program of today: what it returns, says and reports, and what it costs."""
import errno
import os
import re
import shutil
import subprocess
import unittest

from harness import DEADLINE, main, terminal
from preload_harness import (COMMON_USER, DENIED, FAILURES, NETLINK_DENIED, NO_NETLINK, PRELOAD, PROGRAM, STOPPED,
                             PreloadTest)

CONSTRUCTED = os.environ.get("PRELOAD_CONSTRUCTED", "preload_constructed")
DAEMONS = [os.environ.get("AUDITFAILD", "auditfaild"), os.environ.get("AUDITFAIL_CONTROLD", "auditfail-controld")]
AUDITFAILCTL = os.environ.get("AUDITFAILCTL", "auditfailctl")

FUNCTIONS = ["audit_log_user_message", "audit_log_user_comm_message", "audit_log_acct_message",
             "audit_log_user_avc_message", "audit_log_semanage_message", "audit_log_user_command"]


class Actions(PreloadTest):
    def test_ignore_and_log_let_the_program_see_success_and_each_lost_record_is_reported_once(self):
        for action, number in (("ignore", 0), ("log", 1)):
            for error, wrapper in FAILURES.items():
                with self.subTest(action=action, error=error):
                    self.start(action)
                    result = self.program("every-function", wrapper=wrapper)
                    self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
                    decisions = self.decisions()
                    if wrapper is NO_NETLINK:
                        self.assertIn("(audit_open: EAFNOSUPPORT)", decisions.pop(0))
                    self.assertEqual(len(decisions), len(FUNCTIONS), decisions)
                    for name, decision in zip(FUNCTIONS, decisions):
                        self.assertIn(name, decision)
                    self.assertIn("ADD_USER", decisions[2])
                    self.assertIn(("ignore it", "log it")[number], decisions[0])

    def test_each_function_reports_a_record_on_a_placeholder_with_the_error_of_audit_open(self):
        self.start("terminate\ndenied = ignore")
        result = self.program("every-function", wrapper=NETLINK_DENIED)
        self.assertOutput(result, *(f"{name} {n} 0" for n, name in enumerate(FUNCTIONS, 1)))
        errors = [re.search(r"(audit_log_\w+: \w+)", decision)[1] for decision in self.decisions()]
        self.assertEqual(errors, [f"{name}: EPERM" for name in FUNCTIONS])

    def test_terminate_stops_the_program_at_audit_open_and_is_reported_once(self):
        for error, wrapper in FAILURES.items():
            with self.subTest(error=error):
                self.start("terminate")
                result = self.program("every-function", wrapper=wrapper)
                self.assertOutput(result, status=STOPPED, stderr=self.line("audit records would be", error, "stopped"))
                decisions = self.decisions()
                self.assertEqual(len(decisions), 1, decisions)
                self.assertIn("audit_open", decisions[0])

    def test_terminate_at_a_record_names_its_type(self):
        self.start("log\nother = terminate")
        result = self.program("no-descriptor")
        self.assertOutput(result, status=STOPPED, stderr=self.line(
            "audit record ADD_USER", "Bad file descriptor", "stopped").replace(":1 ", ":2 "))
        self.assertEqual(len(self.decisions()), 1)

    def test_a_type_that_libaudit_has_no_name_for_is_a_number(self):
        self.start("ignore")
        self.assertOutput(self.program("unknown-type", wrapper=DENIED), "record 1 0")
        self.assertIn("2999", self.decisions()[0])

    def test_log_is_said_on_a_terminal(self):
        self.start("log")
        with terminal() as (slave, shown):
            subprocess.run(self.command(PROGRAM, "one-record", wrapper=DENIED), stderr=slave, stdout=subprocess.DEVNULL,
                           timeout=DEADLINE, check=True)
            self.assertEqual(shown(), self.line("audit record ADD_USER", "Operation not permitted", "going on"))
        self.assertEqual(len(self.decisions()), 1)

    def test_errno_stays_as_it_was_behind_an_audit_open_that_was_to_fail(self):
        self.start("ignore")
        self.assertOutput(self.program("open-only", wrapper=NETLINK_DENIED), "open 1 33")
        self.assertEqual(self.decisions(), [])

    def test_a_failure_that_programs_take_for_no_audit_reaches_them(self):
        for error in "EAFNOSUPPORT", "EPROTONOSUPPORT", "EINVAL":
            for action in "ignore", "log":
                with self.subTest(error=error, action=action):
                    self.start(f"terminate\nunsupported = {action}")
                    number = getattr(errno, error)
                    self.assertOutput(self.program("open-only", wrapper=[NO_NETLINK[0], error]), f"open 0 {number}")
                    decisions = self.decisions()
                    self.assertEqual(len(decisions), 1, decisions)
                    self.assertIn(f"(audit_open: {error})", decisions[0])

    def test_a_program_that_only_opens_audit_has_lost_nothing(self):
        self.start("log")
        self.assertOutput(self.program("open-only", wrapper=DENIED), "open 1 33")
        self.assertEqual(self.decisions(), [])

    def test_get_auditfail_action_answers_from_the_daemon_and_leaves_no_trace(self):
        for number, action in enumerate(("ignore", "log", "terminate")):
            with self.subTest(action=action):
                self.start(action)
                self.assertOutput(self.program("failmode"), "result 0 0", f"mode {number} 0")
                self.assertEqual(self.decisions(), [])


class Settings(PreloadTest):
    def test_the_exit_status_can_be_chosen(self):
        self.start("terminate")
        for given, status in (("1", 1), ("255", 255), ("0", STOPPED), ("256", STOPPED), ("7x", STOPPED), ("", STOPPED)):
            with self.subTest(given=given):
                result = self.program("one-record", wrapper=DENIED, environment={"AUDITFAIL_EXIT_STATUS": given})
                self.assertEqual(result.returncode, status)

    def test_a_program_that_writes_over_its_name_keeps_its_policy(self):
        self.start("ignore")
        self.assertOutput(self.program("renamed", wrapper=DENIED), "record 1 0")

    def test_another_applications_policy_can_be_chosen(self):
        self.policy("other", "log")
        self.start("terminate")
        for given, status in (("other", 0), ("/etc/auditfail/other.conf", 0), ("", STOPPED), ("no name", STOPPED)):
            with self.subTest(given=given):
                result = self.program("one-record", wrapper=DENIED, environment={"AUDITFAIL_APPLICATION": given})
                self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn("other", self.decisions()[0])

    def test_the_default_policy_is_not_for_a_common_user_and_one_of_its_own_is(self):
        self.policy("default", "terminate")
        self.policy("other", "log")
        self.start("terminate", application="stranger")
        self.assertOutput(self.program("one-record", wrapper=COMMON_USER), "record 1 0")
        self.assertOutput(self.program("one-record", wrapper=DENIED), status=STOPPED, stderr="preload_program: audit "
                          "records would be refused: Operation not permitted; stopped, as "
                          f"{self.place('default')}:1 says\n")
        result = self.program("one-record", wrapper=COMMON_USER, environment={"AUDITFAIL_APPLICATION": "stranger"})
        self.assertEqual(result.returncode, STOPPED)
        self.program("one-record", wrapper=COMMON_USER, environment={"AUDITFAIL_APPLICATION": "other"})
        # The first, whose record the default policy did not look at, is in none of them.
        decisions = self.decisions()
        self.assertEqual(len(decisions), 3)
        self.assertIn("stranger", decisions[1])
        self.assertIn("other", decisions[2])

    def test_root_who_has_put_that_aside_is_no_common_user(self):
        self.policy("default", "terminate")
        self.daemon()
        self.assertOutput(self.program("root-aside"), status=STOPPED, stderr="preload_program: "
                          "audit records would be refused: Operation not permitted; stopped, as "
                          f"{self.place('default')}:1 says\n")

    def test_a_name_that_no_policy_can_have_makes_the_default_policy_no_common_users_own(self):
        self.policy("default", "terminate")
        self.daemon()
        for name in ("a+b", "-x", " ", "default"):
            def as_name(**arguments):
                return self.under("bash", "-c", 'exec -a "$1" "$0" one-record', PROGRAM, name, **arguments)
            with self.subTest(name=name):
                self.assertOutput(as_name(wrapper=COMMON_USER), "record 1 0")
                self.assertEqual(as_name(wrapper=DENIED).returncode, STOPPED)
                asked_for = {"AUDITFAIL_APPLICATION": "default"}
                self.assertEqual(as_name(wrapper=COMMON_USER, environment=asked_for).returncode, STOPPED)

    def test_without_a_daemon_the_program_is_stopped_by_the_built_in_default(self):
        for wrapper in (DENIED, COMMON_USER): # since LD_PRELOAD is for this program, not for every one
            result = self.program("one-record", wrapper=wrapper)
            self.assertOutput(result, status=STOPPED, stderr="preload_program: audit records would be refused: "
                              "Operation not permitted; stopped, as the built-in default says without auditfaild and its "
                              "snapshot\n")
        self.daemon()
        self.assertIn("stopped, as the built-in default says without a policy file\n",
                      self.program("one-record", wrapper=DENIED).stderr)

    def test_a_policy_that_cannot_be_used_is_named(self):
        path = self.policy("preload_program", "nonsense")
        self.daemon()
        result = self.program("one-record", wrapper=DENIED)
        self.assertOutput(result, status=STOPPED, stderr="preload_program: audit records would be refused: "
                          f"Operation not permitted; stopped, since {path} cannot be used (see: auditfailctl check)\n")


class Circumstances(PreloadTest):
    def drop(self, case):
        """Runs a case that gives up CAP_AUDIT_WRITE between audit_open and its first record, which is to stop it."""
        self.start("terminate")
        if self.program("open-only").returncode != 0:
            self.skipTest("this kernel takes no records from here, so that audit_open stops the program")
        return self.program(case, environment={"DROP": "1"})

    def assertStoppedAtOneRecord(self, result, *lines, status=STOPPED):
        self.assertOutput(result, *lines, status=status, stderr=self.line(
            "audit record ADD_USER", "Operation not permitted", "stopped"))
        self.assertEqual(len(self.decisions()), 1)

    def test_a_thread_ends_the_whole_process(self):
        self.assertStoppedAtOneRecord(self.drop("thread"))

    def test_a_forked_child_ends_alone(self):
        self.assertStoppedAtOneRecord(self.drop("forked"), f"status {STOPPED} 0", status=0)

    def test_an_exit_handler_is_where_it_ends(self):
        self.assertStoppedAtOneRecord(self.drop("exit-handler"))

    def test_threads_all_see_success_at_once(self):
        self.start("ignore")
        for wrapper in (DENIED, NETLINK_DENIED):
            self.assertOutput(self.program("many-threads", wrapper=wrapper), "sent 8 0")
        self.assertEqual(len(self.decisions()), 16)

    def test_a_forked_child_goes_on_with_the_descriptor_of_its_parent(self):
        self.start("log")
        self.assertOutput(self.program("forked", wrapper=NETLINK_DENIED), "child 1 0", "status 0 0")
        self.assertEqual(len(self.decisions()), 1)

    def test_an_exit_handler_that_goes_on_leaves_the_programs_own_status(self):
        self.start("ignore")
        self.assertOutput(self.program("exit-handler", wrapper=DENIED), "handler 1 0", "last handler 1 0",
                          status=5)

    def test_a_librarys_constructor_obeys_before_main(self):
        self.application = "preload_constructed"
        self.start("terminate")
        result = self.under(CONSTRUCTED, "nothing", wrapper=DENIED)
        self.assertOutput(result, status=STOPPED, stderr=self.line(
            "audit records would be", "Operation not permitted", "stopped"))
        self.assertEqual(len(self.decisions()), 1)
        self.start("ignore")
        self.assertOutput(self.under(CONSTRUCTED, "nothing", wrapper=DENIED), "constructor 1 0", "main 1 0")

    def test_a_plug_in_that_brings_libaudit_is_reached(self):
        self.start("ignore")
        self.assertOutput(self.program("plugin", wrapper=DENIED), "plugin 1 0")
        self.assertEqual(len(self.decisions()), 1)

    def test_a_stand_in_behaves_as_a_descriptor_and_is_never_mistaken(self):
        self.start("ignore")
        self.assertOutput(self.program("stand-in", wrapper=NETLINK_DENIED), "cloexec 1 0", "record 1 0", "copy 2 0",
                          "same number 1 0", "other file 3 0", "record 4 0", "closed -1 9", "next number 1 0")
        errors = [re.search(r"audit_log_acct_message: (\w+)", decision)[1] for decision in self.decisions()]
        self.assertEqual(errors, ["EPERM", "EPERM", "EPERM", "EPERM"])

    def test_a_stand_in_that_was_forgotten_fails_with_its_own_error(self):
        # Not with EINVAL, which would be of another kind: "unsupported" instead of "denied".
        self.start("terminate\ndenied = ignore")
        self.assertOutput(self.program("forgotten", wrapper=NETLINK_DENIED), "copy 1 0", "oldest 2 0")
        errors = [re.search(r"audit_log_acct_message: (\w+)", decision)[1] for decision in self.decisions()]
        self.assertEqual(errors, ["EPERM", "EPERM"])


class StandardError(PreloadTest):
    def setUp(self):
        super().setUp()
        self.start("terminate")

    def test_a_closed_stderr_changes_nothing_else(self):
        self.assertOutput(self.program("stderr-closed", wrapper=DENIED), status=STOPPED)

    def test_a_file_of_the_programs_own_in_stderrs_place_is_not_written_to(self):
        path = self.folder / "precious"
        path.write_text("precious")
        result = self.program("stderr-reused", wrapper=DENIED, environment={"FILE": path})
        self.assertOutput(result, "is 2 1 0", status=STOPPED)
        self.assertEqual(path.read_text(), "precious")

    def test_a_reader_of_stderr_that_is_gone_changes_no_exit_status(self):
        self.assertOutput(self.program("stderr-broken-pipe", wrapper=DENIED), status=STOPPED)

    def test_a_reader_of_stderr_that_does_not_read_holds_nobody_up(self):
        self.assertOutput(self.program("stderr-full-pipe", wrapper=DENIED), status=STOPPED)


class LeftAlone(PreloadTest):
    def test_auditd_is_audit_itself(self):
        shutil.copy(PROGRAM, self.folder / "auditd")
        self.start("terminate", "auditd")
        result = self.under(self.folder / "auditd", "one-record", wrapper=DENIED)
        self.assertEqual((result.returncode, result.stdout), (0, "record -1 1\n"), result.stderr)
        self.assertEqual(self.decisions(), [])

    def test_a_name_that_the_caller_gives_makes_no_auditd(self):
        self.start("terminate", "auditd")
        result = self.under("bash", "-c", 'exec -a auditd "$0" one-record', PROGRAM, wrapper=DENIED)
        self.assertEqual(result.returncode, STOPPED)

    def test_our_daemons_say_so(self):
        for program in DAEMONS:
            symbols = subprocess.run(["nm", "--dynamic", "--defined-only", program], capture_output=True, text=True,
                                     check=True).stdout
            self.assertIn(" auditfail_preload_leaves_alone\n", symbols)

    def test_process_1_is_left_alone_if_it_is_systemd(self):
        self.start("terminate", "systemd")
        shutil.copy(PROGRAM, self.folder / "systemd")
        new_pid_1 = ["unshare", "--pid", "--fork", "--mount-proc", *DENIED]
        result = self.under(self.folder / "systemd", "one-record", wrapper=new_pid_1)
        self.assertEqual((result.returncode, result.stdout), (0, "record -1 1\n"), result.stderr)
        result = self.under(self.folder / "systemd", "one-record", wrapper=DENIED)
        self.assertEqual(result.returncode, STOPPED)


class Library(PreloadTest):
    def test_it_exports_the_names_of_the_functions_that_it_stands_before_and_needs_libc_alone(self):
        symbols = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", PRELOAD], capture_output=True,
                                 text=True, check=True).stdout
        self.assertEqual(sorted(line.split()[0] for line in symbols.splitlines()),
                         sorted([*FUNCTIONS, "audit_open", "audit_close", "chroot", "get_auditfail_action", "lckpwdf",
                                 "sendto"]))
        needed = subprocess.run(["objdump", "-p", PRELOAD], capture_output=True, text=True, check=True).stdout
        self.assertEqual(re.findall(r"NEEDED\s+(\S+)", needed), ["libc.so.6"])
        self.assertNotIn("SONAME", needed)

    def test_it_stands_before_every_function_of_libaudit_that_sends_a_record(self):
        library = re.search(r"libaudit\S* => (\S+)", subprocess.run(["ldd", PROGRAM], capture_output=True, text=True,
                                                                   check=True).stdout)[1]
        symbols = subprocess.run(["nm", "--dynamic", "--defined-only", "--format=posix", library], capture_output=True,
                                 text=True, check=True).stdout
        self.assertEqual(sorted(re.findall(r"^(audit_log_\w+)", symbols, re.MULTILINE)), sorted(FUNCTIONS))

    def test_a_program_that_never_audits_does_not_load_libaudit(self):
        result = self.under("cat", "/proc/self/maps", environment={"LD_BIND_NOW": "1"})
        self.assertIn("libauditfail-preload.so", result.stdout)
        self.assertNotIn("libaudit.so", result.stdout)
        self.assertEqual(result.stderr, "")

    def test_a_library_of_its_own_in_a_program_is_no_clash(self):
        # auditfailctl has libauditfail
        result = self.under(AUDITFAILCTL, "--version", environment={"LD_BIND_NOW": "1"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    main()
