#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, where audit fails in other ways than by a missing capability, and what programs do then."""
import errno
import os
import pathlib
import shutil
import unittest

from doctor_harness import (AUDIT, AUDITFAILCTL, BOTH, PAM, UNABLE, UNKNOWN, Doctor, Has, etc, needs_audit,
                            not_sanitized)
from harness import SANITIZED, main, needs_root
from ctl_harness import FAILED

ABORTS = b"Cannot open audit interface - aborting."  # of shadow's tools
ENDS = b"linux_audit_write_entry failed: %s"  # of sshd


def failing(error):
    return os.environ["WITHOUT_NETLINK"], error


@needs_root
@needs_audit
class Refused(Doctor):
    """socket() or what is sent is refused."""

    def subject(self, *strings, like=BOTH, name="subject"):
        program = pathlib.Path(shutil.copy(like, self.folder / name))
        program.write_bytes(program.read_bytes() + b"".join(b"\0" + string + b"\0" for string in strings))
        return program

    def with_policy(self, action):
        self.policy("subject", action)
        self.daemon()

    def test_where_the_error_comes_from_is_told(self):
        for error, opens, cause in (("EPERM", False, "open a socket"), ("EACCES", False, "open a socket"),
                                    ("EAFNOSUPPORT", False, "open a socket"),
                                    ("EPROTONOSUPPORT", False, "the kernel has no audit"),
                                    ("ECONNREFUSED", False, "open a socket"),
                                    ("send:EPERM", True, "seccomp"), ("send:EACCES", True, "seccomp"),
                                    ("send:ECONNREFUSED", True, "audit=0")):
            with self.subTest(error):
                said = self.doctor(AUDIT, failing(error), status=FAILED, writes=False, opens=opens, cause=Has(cause))
                self.assertNotIn("missing", said["cause"])
        self.doctor(AUDIT, (*UNABLE, *failing("send:EACCES")), errno=13)

    def test_errors_that_programs_take_for_no_audit_go_unnoticed(self):
        for error in "EINVAL", "EPROTONOSUPPORT", "EAFNOSUPPORT", "send:EPERM", "send:ECONNREFUSED":
            with self.subTest(error):
                self.doctor(self.subject(ABORTS, like=AUDIT), failing(error), status=FAILED,
                            outcome="Records are lost, and nothing reports it.")

    def test_with_others_a_program_of_shadow_stops_by_itself(self):
        program = self.subject(ABORTS, like=AUDIT)
        self.doctor(program, failing("EACCES"), status=0, verdict="covered",
                    outcome="It stops by itself where audit cannot be opened, as the policy says.",
                    next=Has(f"auditfailctl run {program}"))
        self.with_policy("ignore")
        self.doctor(program, failing("EACCES"), status=FAILED,
                    outcome="It stops by itself where audit cannot be opened, whatever the policy.")

    def test_useradd_is_such_a_program(self):
        if not shutil.which("useradd"):
            self.skipTest("there is no useradd")
        self.doctor("useradd", failing("EACCES"), outcome=Has("stops by itself"))

    def test_others_may_stop(self):
        self.doctor(AUDIT, failing("EMFILE"), status=FAILED, outcome=Has("Many programs then stop by themselves"))

    @not_sanitized
    def test_under_the_preload_the_policy_counts(self):
        self.with_policy("ignore")
        self.doctor(self.subject(ABORTS), (*failing("EACCES"), AUDITFAILCTL, "run"), status=0, reached="preload",
                    outcome="Records are lost, as the policy allows. It goes on.")

    def test_libpam_fails_where_audit_cannot_be_opened_and_its_module_cannot_help(self):
        self.with_policy("ignore")
        reached = etc(self, "pam.d/subject", "account required pam_auditfail.so")
        program = self.subject(like=PAM)
        for error in "EACCES", "EPERM", "send:EACCES":
            for wrapper in (), reached:
                with self.subTest(error, reached=bool(wrapper)):
                    said = self.doctor(program, (*wrapper, *failing(error)), status=FAILED,
                                       outcome=Has("PAM fails without audit"))
                    self.assertIn("whatever the policy", said["outcome"])
                    self.assertEqual(said["next"], [f"auditfailctl run {program}"])
        for error in "EAFNOSUPPORT", "send:EPERM", "send:ECONNREFUSED":
            with self.subTest(error):
                self.doctor(program, (*reached, *failing(error)), status=0, outcome=Has("as the policy allows"))

    def test_where_the_policy_stops_it_libpam_does_as_the_policy_says(self):
        self.with_policy("terminate")
        self.doctor(self.subject(like=PAM), failing("EACCES"), status=0,
                    outcome='PAM fails without audit ("System error"), and it stops, as the policy says.')

    def test_auditing_that_is_switched_off_is_named(self):
        said = self.doctor(AUDIT, failing("send:ESHUTDOWN"), status=FAILED)
        self.assertEqual((said["errno"], said["cause"], said["next"][0]),
                         (108, "auditing is switched off", "auditctl -e 1"))
        self.assertEqual(self.doctor(self.start(AUDIT), failing("send:ESHUTDOWN"))["next"][0], "auditctl -e 1")


@needs_root
@needs_audit
class OwnRecords(Doctor):
    """A program that writes records besides those that libpam writes for it."""

    subject = Refused.subject
    with_policy = Refused.with_policy

    def reached(self, *wrapper):
        return (*etc(self, "pam.d/subject", "account required pam_auditfail.so"), *wrapper)

    def test_the_module_cannot_save_the_sessions_of_sshd(self):
        self.with_policy("ignore")
        self.doctor(self.subject(ENDS), self.reached(*UNABLE), status=FAILED, reached="pam",
                    outcome=Has("ends sessions with a terminal"), next=Has(f"auditfailctl run {self.folder}/subject"))
        said = self.doctor(self.subject(ENDS), UNABLE, status=FAILED, outcome=Has("ends sessions with a terminal"))
        self.assertEqual(said["next"][0], f"auditfailctl run {self.folder}/subject")
        self.assertIn("pam-auth-update", said["next"][1])

    def test_where_pam_stops_it_there_is_nothing_to_save(self):
        self.with_policy("terminate")
        self.doctor(self.subject(ENDS), self.reached(*UNABLE), status=0, outcome=Has("PAM stops it"))

    def test_losses_of_its_own_are_not_reported_by_the_module(self):
        self.with_policy("log")
        self.doctor(self.subject(), self.reached(*UNABLE), status=FAILED,
                    outcome="Records that PAM loses are reported. Records that the program itself loses are not.",
                    next=Has(f"auditfailctl run {self.folder}/subject"))

    def test_where_records_are_taken_both_are_told_apart(self):
        self.with_policy("ignore")
        self.doctor(self.subject(), self.reached(), status=0, verdict="works", next=[],
                    outcome=Has("If the program itself loses one, nothing reports it"))


@needs_root
class Hidden(Doctor):
    def test_root_is_not_sent_to_root(self):
        none = "-sys_ptrace,-sys_admin,-perfmon"
        pid, wrapper = self.start(AUDIT), ("setpriv", f"--bounding-set={none}", f"--inh-caps={none}")
        if self.run_program(*wrapper, "cat", f"/proc/{pid}/maps").returncode == 0:
            self.skipTest("root sees everything here")
        said = self.doctor(pid, wrapper, reached="unknown", how=Has("CAP_SYS_PTRACE"))
        self.assertNotIn("only root", str(said))
        self.assertNotIn("sudo", str(said))

    @unittest.skipIf(SANITIZED, "a sanitizer needs /proc")
    def test_without_proc_that_is_the_reason(self):
        wrapper = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
        if self.run_program(*wrapper, "true").returncode != 0:
            self.skipTest("nothing can be mounted over /proc here")
        self.doctor(AUDIT, wrapper, status=UNKNOWN, audit="unknown",
                    outcome="What it does is not known: /proc is not mounted.", next=["mount -t proc proc /proc"])
        result = self.run_program(*wrapper, AUDITFAILCTL, "doctor", AUDIT, env=self.environment())
        self.assertIn("not known: /proc is not mounted", result.stdout)
        self.assertNotIn("cannot be read", result.stdout)
        result = self.run_program(*wrapper, AUDITFAILCTL, "doctor", "1", env=self.environment())
        self.assertEqual((result.returncode, result.stdout), (FAILED, ""))
        self.assertIn("process 1: /proc is not mounted; try: mount -t proc", result.stderr)

    def test_systemctl_is_for_where_systemd_runs(self):
        for there, step in ((True, "systemctl enable --now auditfaild"),
                            (False, "auditfaild --listen /run/auditfail/io.auditfail.Policy &")):
            with self.subTest(there):
                make = "mkdir -p /run/systemd/system" if there else "true"
                wrapper = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none /run && {make} && exec "$@"', "sh")
                if self.run_program(*wrapper, "true").returncode != 0:
                    self.skipTest("nothing can be mounted over /run here")
                self.assertEqual(self.doctor(AUDIT, wrapper)["next"][-1], step)


@needs_audit
class Dropped(Doctor):
    """Before a kernel that acknowledges records and drops them: kernel_stand_in.c."""

    def test_auditing_that_is_off_is_the_cause(self):
        said = self.doctor(AUDIT, status=FAILED, AUDIT_KERNEL="off")
        self.assertEqual((said["errno"], said["cause"], said["next"][0], said["dropping"]),
                         (errno.ESHUTDOWN, "auditing is switched off", "auditctl -e 1", []))

    def test_a_process_without_the_capability_is_refused_before(self):
        pid = self.start(*(UNABLE if os.geteuid() == 0 else ()), AUDIT)
        self.doctor(pid, status=FAILED, AUDIT_KERNEL="off", errno=errno.EPERM, cause="it has no CAP_AUDIT_WRITE")

    def test_a_rule_that_drops_a_type_is_named_with_what_deletes_it(self):
        rule = "always,exclude -F msgtype=ADD_USER"
        said = self.doctor(AUDIT, status=0, AUDIT_KERNEL="exclude=1114")
        self.assertEqual((said["verdict"], said["dropping"], said["next"][0]), ("works", [rule], f"auditctl -d {rule}"))
        self.assertIn("an audit rule drops some", said["outcome"])

    def test_a_rule_that_drops_every_record_is_the_cause(self):
        said = self.doctor(AUDIT, status=FAILED, AUDIT_KERNEL="never")
        self.assertEqual((said["errno"], said["dropping"], said["next"][0]),
                         (errno.ECANCELED, ["never,user -F 'uid>=0'"], "auditctl -d never,user -F 'uid>=0'"))

    def test_rules_that_are_locked_are_not_said_to_be_deletable(self):
        said = self.doctor(AUDIT, status=FAILED, AUDIT_KERNEL="never locked")
        self.assertEqual(said["next"][0], "reboot without the rule: the rules are locked until then (enabled 2)")

    def test_a_full_queue_is_told_in_time(self):
        said = self.doctor(AUDIT, status=0, AUDIT_KERNEL="never full=4000")
        self.assertEqual(said["dropping"], [])
        self.assertIn("full: every program that writes a record waits", said["queue"])
        self.assertNotIn("queue", self.doctor(AUDIT, status=0))

    def test_who_may_not_ask_the_kernel_is_told_of_no_rule(self):
        self.doctor(AUDIT, status=0, AUDIT_KERNEL="never no-control", dropping=[])


if __name__ == "__main__":
    main()
