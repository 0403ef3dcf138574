#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
pam_auditfail.so in the test's stacks: libpam reads its configuration from the test's folder, the daemon is the test's,
and what goes wrong is the program's alone.
"""
import os
import re
import time
import unittest

from harness import AUDITFAILD, SANITIZED, DaemonTest, main, needs_root, without_blanks

APPLICATION = os.environ.get("PAM_APPLICATION", "pam_application")
MODULE = without_blanks(os.environ.get("PAM_MODULE", "pam_auditfail.so"))
NATIVE = without_blanks(os.environ.get("PAM_NATIVE", "pam_native.so"))
PROFILE = os.environ.get("PAM_PROFILE", "auditfail")
KERNEL = without_blanks(os.environ.get("KERNEL_STAND_IN", "kernel_stand_in.so"))

# How a program loses audit, the kernel's answer then, and what a person reads of it.
WITHOUT_RIGHT = ["setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write"]
IN_CONTAINER = ["unshare", "--user", "--map-root-user"]
NOT_ROOT = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
DENIED, REFUSED = "Operation not permitted", "Connection refused"

STOPPED = "System error"
KINDS = {"authenticate": "auth", "credentials": "auth", "account": "account", "open": "session", "close": "session",
         "password": "password"}


class Stack(DaemonTest):
    """A service "su" whose stacks are: our module, then one that shows that it was reached, then one that says yes."""

    def setUp(self):
        super().setUp()
        self.services = self.folder / "pam.d"
        self.services.mkdir()
        (self.services / "other").write_text("account required pam_deny.so\n")  # PAM complains without this file
        self.service("su")

    module, logged_as = MODULE, "pam_auditfail"

    def service(self, name, options="", control="requisite"):
        lines = [line for kind in sorted(set(KINDS.values()))
                 for line in (f"{kind} {control} {self.module} {options}", f"{kind} optional pam_echo.so reached",
                              f"{kind} required pam_permit.so")]
        (self.services / name).write_text("\n".join(lines) + "\n")

    def application(self, *steps, service="su", broken=WITHOUT_RIGHT):
        """Takes the steps; returns what was printed, line by line, with files as on a machine."""
        result = self.run_program(*broken, APPLICATION, self.services, service, *steps,
                                  env={**os.environ, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run"),
                                       "LC_ALL": "C"})
        self.assertEqual((result.returncode, result.stderr), (0, ""), result)
        return result.stdout.replace(str(self.root), "").splitlines()

    def result(self, step, **arguments):
        return self.application(step, **arguments)[-1].removeprefix(f"{step}: ")

    def entries(self, lines):
        """What went to syslog, without the module's name and PAM's."""
        return [match.group(1, 2) for line in lines
                if (match := re.fullmatch(rf"log (\d): {self.logged_as}\(\S+:\w+\): (.*)", line))]

    def decisions(self, daemon):
        """What the daemon put into its journal about lost records."""
        return [line for line in daemon.stderr().splitlines() if "could not write to the audit trail" in line]

    def reported(self, daemon, count):
        """Waits for as many reports, and returns them; one more would be seen when the daemon has ended."""
        self.eventually(lambda: len(self.decisions(daemon)) >= count)
        daemon.stop()
        self.assertEqual(len(self.decisions(daemon)), count, daemon.stderr())
        return self.decisions(daemon)


@needs_root
class Answers(Stack):
    def test_where_audit_works_nobody_is_asked(self):
        if self.application("probe", broken=()) != ["probe: 0"]:
            self.skipTest("no audit here")
        # Without a daemon and a snapshot, the answer would be terminate.
        lines = self.application(*KINDS, broken=())
        self.assertEqual([line for line in lines if not line.startswith("user: reached")],
                         [f"{step}: Success" for step in KINDS])

    def test_terminate_fails_each_step_that_begins_something(self):
        self.policy("su", "# a comment\nterminate")
        self.daemon()
        for step in ("authenticate", "account", "open", "password"):
            self.assertEqual(self.application(step),
                             [f"user: audit records would be refused: {DENIED}; stopped, "
                              "as /etc/auditfail/su.conf:2 says", f"{step}: {STOPPED}"])

    def test_terminate_ends_nothing_that_has_begun(self):
        self.policy("su", "terminate")
        self.daemon()
        self.assertEqual(self.application("close")[-1], "close: Success")
        self.assertEqual(self.result("credentials"), "Success")

    def test_log_and_ignore_leave_the_stack_alone_and_say_nothing_to_the_user(self):
        daemon = self.daemon()
        for action in ("log", "ignore"):
            self.policy("su", action)
            daemon.call("Reload")
            for step in KINDS:
                lines = [line for line in self.application(step) if line != "user: reached"]
                self.assertEqual(lines, [f"{step}: Success"])

    def test_each_kind_of_failure_gets_its_own_answer(self):
        self.policy("su", "terminate\nunsupported = ignore")
        self.daemon()
        self.assertEqual(self.application("probe", broken=IN_CONTAINER), ["probe: 111"])
        self.assertEqual(self.result("account", broken=IN_CONTAINER), "Success")
        self.assertEqual(self.result("account"), STOPPED)

    def test_the_error_is_named_as_the_kernel_gave_it(self):
        self.policy("su", "terminate")
        self.daemon()
        for broken, error in ((WITHOUT_RIGHT, DENIED), (IN_CONTAINER, REFUSED)):
            self.assertIn(error, self.application("account", broken=broken)[0])

    @unittest.skipIf(SANITIZED, "a sanitizer's runtime must be loaded before every other library")
    def test_a_full_queue_is_an_overload_after_the_longest_wait(self):
        full = ["env", f"LD_PRELOAD={KERNEL}", "AUDIT_KERNEL=full=4000"]
        self.policy("su", "ignore\noverload = terminate\nwait = 1")
        daemon = self.daemon()
        began = time.monotonic()
        self.assertEqual(self.application("open", broken=full),
                         ["user: audit records would be delayed: the kernel's queue is full; stopped, "
                          "as /etc/auditfail/su.conf:2 says", f"open: {STOPPED}"])
        self.assertLess(time.monotonic() - began, 3.5)
        # Who goes on after the first step is not made to wait by the others.
        self.policy("su", "terminate\noverload = ignore\nwait = 2")
        daemon.call("Reload")
        began = time.monotonic()
        steps = "authenticate", "account", "open"
        lines = [line for line in self.application(*steps, broken=full) if line != "user: reached"]
        self.assertEqual(lines, [f"{step}: Success" for step in steps])
        self.assertLess(time.monotonic() - began, 3.9)

    def test_a_program_that_is_not_root_could_never_write_and_is_left_alone(self):
        for file in (APPLICATION, MODULE):
            if self.run_program(*NOT_ROOT, "test", "-r", file).returncode != 0:
                self.skipTest("the build folder is closed to other users")
        self.policy("su", "terminate")
        self.service("su", "debug")
        self.daemon()
        lines = self.application("account", broken=NOT_ROOT)
        self.assertEqual(lines[-1], "account: Success")
        self.assertIn(("7", "an ordinary user's program: it can never write audit records"), self.entries(lines))

    def test_root_who_has_put_that_aside_to_act_for_a_user_is_asked_about(self):
        self.policy("su", "terminate")
        self.daemon()
        self.assertEqual(self.application("root-aside", "account", broken=())[-1], f"account: {STOPPED}")


@needs_root
class Whose(Stack):
    def asked(self, *steps, **arguments):
        """The application whose policy answered."""
        lines = self.application(*steps, **arguments)
        return re.search(r"as /etc/auditfail/(\S+)\.conf:1 says", lines[-2]).group(1)

    def setUp(self):
        super().setUp()
        for application in ("su", "sudo", "login", "cupsd", "runuser", "default", "vault"):
            self.policy(application, "terminate")
        self.daemon()

    def test_the_services_name_is_the_policys(self):
        self.assertEqual(self.asked("account"), "su")

    def test_a_program_has_one_policy_by_whatever_service_it_is_called(self):
        for service, application in (("su-l", "su"), ("sudo-i", "sudo"), ("runuser-l", "runuser"), ("cups", "cupsd"),
                                     ("remote", "login")):
            self.service(service)
            self.assertEqual(self.asked("account", service=service), application)

    def test_the_option_overrides_the_service(self):
        self.service("su-l", "application=vault")
        self.assertEqual(self.asked("open", service="su-l"), "vault")

    def test_a_name_without_a_file_or_that_can_have_none_has_the_default(self):
        for service in ("vsftpd", "-x", "x" * 65, "two words"):
            self.service(service)
            self.assertEqual(self.asked("account", service=service), "default")
        self.service("su", "application=")
        self.assertEqual(self.asked("account"), "default")


@needs_root
class OncePerHandle(Stack):
    def test_the_steps_of_one_login_are_reported_once(self):
        for action in ("terminate", "log", "ignore"):
            self.policy("su", action)
            daemon = self.daemon()
            self.application("account", "credentials", "open", "close", "password")
            report, = self.reported(daemon, 1)
            self.assertRegex(report, r"\bsu \(program pam_application, .*USER_ACCT, pam_acct_mgmt: EPERM\): told to "
                             + action)

    def test_each_step_names_the_record_that_would_be_lost(self):
        self.policy("su", "log")
        daemon = self.daemon()
        for step in ("authenticate", "account", "open", "password"):
            self.application(step)
        for report, words in zip(self.reported(daemon, 4), ("USER_AUTH, pam_authenticate", "USER_ACCT, pam_acct_mgmt",
                                                            "USER_START, pam_open_session",
                                                            "USER_CHAUTHTOK, pam_chauthtok")):
            self.assertIn(f"({words}: EPERM)", report)

    def test_the_answer_holds_for_the_handle_without_being_told_again(self):
        self.policy("su", "terminate")
        self.daemon()
        lines = self.application("account", "open", "password")
        self.assertEqual(lines[1:], [f"account: {STOPPED}", f"open: {STOPPED}", f"password: {STOPPED}"])

    def test_of_two_lines_in_a_stack_the_first_decides(self):
        self.policy("vault", "log")
        self.policy("su", "terminate")
        daemon = self.daemon()
        (self.services / "su").write_text(f"account requisite {MODULE} application=vault\n"
                                          f"account requisite {MODULE}\naccount required pam_permit.so\n")
        self.assertEqual(self.application("account"), ["account: Success"])
        self.assertIn("vault (", self.reported(daemon, 1)[0])

    def test_the_daemons_report_is_the_only_one(self):
        self.policy("su", "log")
        self.daemon()
        self.assertEqual(self.entries(self.application("account", "open")), [])


@needs_root
class Options(Stack):
    def setUp(self):
        super().setUp()
        self.policy("su", "terminate")

    def test_quiet_says_nothing_to_the_user(self):
        self.daemon()
        self.service("su", "quiet")
        self.assertEqual(self.application("account"), [f"account: {STOPPED}"])

    def test_a_program_may_ask_for_silence(self):
        self.daemon()
        for step in ("-account", "-open", "-password", "-authenticate"):
            self.assertEqual(self.application(step), [f"{step}: {STOPPED}"])

    def test_debug_tells_what_was_found_and_answered(self):
        self.daemon()
        self.service("su", "debug quiet")
        self.assertEqual(self.entries(self.application("account")), [
            ("7", f"the kernel says about USER_ACCT: {DENIED}"),
            ("7", "auditfaild answered for su: terminate, as /etc/auditfail/su.conf:1 says")])

    def test_an_option_that_does_not_exist_is_named_and_changes_nothing(self):
        self.daemon()
        self.service("su", "quite aplication=x")
        lines = self.application("account")
        self.assertEqual(self.entries(lines), [
            ("3", f'unknown option "{option}", expected application=, quiet or debug')
            for option in ("quite", "aplication=x")])
        self.assertEqual(lines[-1], f"account: {STOPPED}")


@needs_root
class OrderInTheStack(Stack):
    def setUp(self):
        super().setUp()
        self.policy("su", "terminate")
        self.running = self.daemon()

    def test_requisite_stops_before_what_comes_after_it(self):
        for step in ("authenticate", "account", "open", "password"):
            self.assertNotIn("user: reached", self.application(step))

    def test_required_stops_when_all_others_had_their_say(self):
        self.service("su", control="required")
        for step in ("authenticate", "account", "open"):
            lines = self.application(step)
            self.assertIn("user: reached", lines)
            self.assertEqual(lines[-1], f"{step}: {STOPPED}")

    def test_what_says_yes_before_it_makes_no_difference_unless_it_is_sufficient(self):
        for control, expected in (("required", STOPPED), ("sufficient", "Success")):
            (self.services / "su").write_text(f"account {control} pam_permit.so\naccount requisite {MODULE}\n")
            self.assertEqual(self.result("account"), expected)

    def test_a_password_that_is_refused_is_refused_before_any_module_changes_it(self):
        # Whichever comes first: the stack is walked twice, and nothing is changed in the first walk.
        (self.services / "su").write_text("password required pam_debug.so chauthtok=success\n"
                                          f"password requisite {MODULE} quiet\n")
        self.assertEqual(self.application("password"), [f"password: {STOPPED}"])
        self.policy("su", "log")
        self.running.call("Reload")
        self.assertEqual(self.application("password"), ["user: chauthtok=success", "password: Success"])


@needs_root
class WithoutDaemon(Stack):
    def test_the_snapshot_answers_and_the_module_reports_once(self):
        for action, priority, result, words in (("terminate", "3", STOPPED, "stopped"),
                                                ("log", "4", "Success", "going on"),
                                                ("ignore", "6", "Success", "going on")):
            self.policy("su", action)
            self.daemon().stop()
            lines = self.application("account", "open")
            self.assertEqual(self.entries(lines), [
                (priority, f"audit record USER_ACCT would be refused: {DENIED}; {words}, as "
                           "/etc/auditfail/su.conf:1 says; auditfaild did not answer: No such file or directory")])
            self.assertEqual(lines[-1], f"open: {result}")

    def test_where_nothing_was_ever_loaded_the_answer_is_terminate(self):
        lines = self.application("account")
        self.assertEqual(self.entries(lines), [
            ("3", f"audit record USER_ACCT would be refused: {DENIED}; stopped, as the built-in default says "
                  "without auditfaild and its snapshot; auditfaild did not answer: No such file or directory")])
        self.assertEqual(lines[-2:], [f"user: audit records would be refused: {DENIED}; stopped, as the built-in "
                                      "default says without auditfaild and its snapshot", f"account: {STOPPED}"])


@needs_root
class LibpamAsks(Stack):
    """libpam itself asks about each record that it loses: each loss makes one report, and one message to the user."""

    module, logged_as = f"{NATIVE} {MODULE}", "pam_native"

    def off(self, *steps):
        """Takes the steps before a kernel whose auditing is off."""
        return self.application(*steps, broken=["env", f"LD_PRELOAD={KERNEL}", "AUDIT_KERNEL=off"])

    def test_each_loss_is_reported_once_by_libpam(self):
        for broken, error in ((WITHOUT_RIGHT, "EPERM"), (IN_CONTAINER, "ECONNREFUSED")):
            for action, result in (("terminate", STOPPED), ("log", "Success"), ("ignore", "Success")):
                self.policy("su", action)
                daemon = self.daemon()
                lines = self.application("account", "open", broken=broken)
                self.assertEqual([line for line in lines if not line.startswith("user: ")],
                                 [f"account: {result}", f"open: {result}"])
                for report, record in zip(self.reported(daemon, 2), ("USER_ACCT", "USER_START")):
                    self.assertIn(f"({record}, audit_log_acct_message: {error}): told to {action}", report)

    def test_terminate_stops_the_stack_before_its_other_modules_and_is_said_once(self):
        self.policy("su", "terminate")
        self.daemon()
        self.assertEqual(self.application("account"), ["user: libpam cannot write USER_ACCT", f"account: {STOPPED}"])

    def test_a_module_with_another_policy_reports_and_says_that_it_stops(self):
        self.policy("vault", "terminate")
        self.policy("su", "log")
        self.service("su", "application=vault")
        daemon = self.daemon()
        self.assertEqual(self.application("account"), [f"user: audit records would be refused: {DENIED}; stopped, as "
                                                       "/etc/auditfail/vault.conf:1 says", f"account: {STOPPED}"])
        self.assertIn("USER_ACCT, pam_acct_mgmt: EPERM): told to terminate", self.reported(daemon, 2)[0])

    @unittest.skipIf(SANITIZED, "a sanitizer's runtime must be loaded before every other library")
    def test_a_record_that_the_kernel_drops_is_reported_by_the_module(self):
        self.policy("su", "ignore\nexcluded = terminate")
        daemon = self.daemon()
        self.assertEqual(self.result("account", broken=["env", f"LD_PRELOAD={KERNEL}", "AUDIT_KERNEL=never"]), STOPPED)
        self.assertIn("(USER_ACCT, pam_acct_mgmt: ECANCELED)", self.reported(daemon, 1)[0])

    @unittest.skipIf(SANITIZED, "a sanitizer's runtime must be loaded before every other library")
    def test_auditing_that_is_off_is_reported_by_the_module_but_for_a_new_password(self):
        self.policy("su", "ignore\ndisabled = log")
        for step, operation in ("account", "pam_acct_mgmt"), ("password", "audit_log_acct_message"):
            daemon = self.daemon()
            self.assertEqual(self.off(step)[-1], f"{step}: Success")
            self.assertIn(f"{operation}: ESHUTDOWN)", self.reported(daemon, 1)[0])

    def test_without_the_daemon_the_module_leaves_the_log_to_libpam(self):
        self.policy("su", "log")
        self.daemon().stop()
        self.assertEqual(self.entries(self.application("account")), [])

    def test_where_nothing_was_ever_loaded_the_module_says_that_it_stops(self):
        lines = self.application("account")
        self.assertEqual([priority for priority, _ in self.entries(lines)], ["3"], lines)
        self.assertIn("stopped, as the built-in default says", lines[1])
        self.assertEqual(lines[-1], f"account: {STOPPED}")


class Files(unittest.TestCase):
    def test_the_profile_stands_before_pam_unix_and_is_off_until_it_is_chosen(self):
        with open(PROFILE, encoding="utf-8") as file:
            text = file.read()
        fields = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", text))
        self.assertEqual(fields["Default"], "no")
        self.assertGreater(int(fields["Priority"]), 256)  # that of pam_unix
        # The first of the primary password modules has to ask for the password, which ours does not.
        self.assertEqual((fields["Account-Type"], fields["Session-Type"], fields["Password-Type"]),
                         ("Primary", "Additional", "Additional"))
        self.assertNotIn(",", fields["Name"])  # pam-auth-update separates names by commas


if __name__ == "__main__":
    main()
