#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on processes, and on programs of ordinary users, which obey only a policy of their own."""
import os
import pathlib
import shutil
import subprocess

from doctor_harness import (APART, AUDIT, AUDITFAILCTL, COMMON, PAM, PRELOAD, UNABLE, Doctor, Has, etc, needs_audit,
                            needs_namespace, not_sanitized)
from harness import DEADLINE, STRANGER, main, needs_root
from ctl_harness import FAILED


@needs_root
@not_sanitized
class CommonUsers(Doctor):
    """Processes without root and CAP_AUDIT_WRITE: the library and the module let them go on, as doctor foretells."""

    def setUp(self):
        super().setUp()
        self.needs_stranger()
        self.folder.chmod(0o755)

    def reached(self, *wrapper, **variables):
        said = self.doctor(AUDIT, (*COMMON, *wrapper, AUDITFAILCTL, "run"), **variables, errno=1, reached="preload")
        return said["verdict"], said["outcome"], said["next"]

    def test_the_default_policy_does_not_count_and_one_of_its_own_does(self):
        self.policy("default", "terminate")
        self.daemon()
        verdict, outcome, steps = self.reached()
        self.assertEqual((verdict, steps), ("lost", ["write a policy for it: /etc/auditfail/subject_audit.conf"]))
        self.assertIn("Only the default policy applies, so it goes on", outcome)
        self.policy("subject_audit", "terminate")
        self.assertEqual(self.ctl("reload").returncode, 0)
        self.assertEqual(self.reached()[:2],
                         ("covered", "No record would be written. It is stopped before it does anything."))

    def test_the_default_policy_does_not_stop_what_has_no_valid_name(self):
        self.policy("default", "terminate")
        self.daemon()
        self.doctor(shutil.copy(AUDIT, self.folder / "a+b"), (*COMMON, AUDITFAILCTL, "run"), status=FAILED,
                    application="default", next=[])

    def test_without_a_daemon_it_goes_on_unless_it_was_singled_out(self):
        everywhere = (*etc(self, "ld.so.preload", PRELOAD), *COMMON)
        self.doctor(AUDIT, everywhere, status=FAILED, outcome=Has("No policy is known, so it goes on"))
        self.doctor(AUDIT, everywhere, AUDITFAIL_APPLICATION="backup", outcome=Has("It is stopped"))
        self.assertIn("It is stopped", self.reached()[1])

    def test_a_process_is_a_common_users_by_its_own_rights(self):
        self.policy("default", "terminate")
        self.daemon()
        self.doctor(self.start(*COMMON, AUDITFAILCTL, "run", AUDIT), status=FAILED, outcome=Has("it goes on"))
        self.doctor(self.start(*UNABLE, AUDITFAILCTL, "run", AUDIT), status=0, outcome=Has("It is stopped"))

    def test_no_policy_stops_a_program_that_has_more_rights_at_other_times(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        os.chown(program, 0, 65532)
        program.chmod(0o2755)
        self.policy("privileged", "terminate")
        self.daemon()
        self.doctor(program, (*etc(self, "ld.so.preload", PRELOAD), *COMMON), status=FAILED, reached="preload",
                    application="privileged", outcome=Has("leaves it alone"))

    def test_pam_always_lets_it_go_on(self):
        su = shutil.which("su")
        if not su:
            self.skipTest("there is no su")
        self.policy("locker", "terminate")
        self.daemon()
        program = pathlib.Path(shutil.copy(su, self.folder / "locker"))
        program.chmod(0o755)
        self.doctor(program, (*etc(self, "pam.d/locker", "auth required pam_auditfail.so"), *COMMON), status=FAILED,
                    reached="pam", next=[], outcome=Has("pam_auditfail lets it go on"))


class Processes(Doctor):
    def test_what_is_mapped_into_a_process_counts(self):
        pid = self.start(AUDIT)
        said = self.doctor(pid, type="process", pid=pid, program=AUDIT, audit="mapped", reached="nothing")
        self.assertIn(f"start it again: auditfailctl run {AUDIT}", said["next"] or [f"start it again: {said}"])

    def test_a_process_that_was_run_under_the_preload_is_reached(self):
        pid = self.start(AUDITFAILCTL, "run", "--as", "backup", AUDIT)
        said = self.doctor(pid, reached="preload", how="mapped into the process", application="backup")
        self.assertNotEqual(said["verdict"], "lost")

    def test_a_process_has_the_policy_of_what_it_calls_itself(self):
        for called, application in (("backup", "backup"), ("/x/y", "y"), ("-sh", "default"), ("a+b", "default"),
                                    ("sshd-session", "sshd"), ("sshd-auth: root [net]", "subject_audit"),
                                    ("cupsd: job/7", "subject_audit"), ("SUBJECT_AUDIT", "subject_audit")):
            with self.subTest(called):
                pid = self.start("bash", "-c", 'exec -a "$0" "$1"', called, AUDIT)
                self.doctor(pid, application=application)

    @not_sanitized
    def test_the_environment_names_the_application_as_it_does_for_the_preload(self):
        for named, application in (("/etc/auditfail/x.conf", "x"), ("", "subject_audit"), ("a+b", "default")):
            with self.subTest(named):
                pid = self.start(AUDITFAILCTL, "run", AUDIT, AUDITFAIL_APPLICATION=named)
                self.doctor(pid, application=application)
        pid = self.start(AUDIT, AUDITFAIL_APPLICATION="x")
        self.doctor(pid, application="subject_audit")

    def test_a_process_whose_file_was_replaced_is_known_as_before(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "replaced"))
        pid = self.start("bash", "-c", 'exec -a "title: x" "$0"', program)
        program.unlink()
        self.doctor(pid, program=str(program), application="replaced", audit="mapped")

    @needs_root
    def test_a_process_that_does_not_see_the_daemon_gets_no_answer_from_it(self):
        self.policy("subject_audit", "ignore")
        self.daemon()
        pid = self.start(AUDITFAILCTL, "run", AUDIT)
        self.assertEqual(self.doctor(pid)["policies"][0]["action"], "ignore")
        run = ("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/auditfail && "
               ">/run/auditfail/io.auditfail.Policy && exec \"$@\"", "sh")
        if self.run_program(*run, "true").returncode != 0:
            self.skipTest("nothing can be mounted over /run here")
        said = self.doctor(pid, run)
        self.assertEqual({(policy["action"], policy["via"]) for policy in said["policies"]}, {("terminate", "builtin")})
        self.assertEqual(said["next"], ["bind /run/auditfail into its root, so that it reaches auditfaild"])

    @needs_root
    def test_a_process_with_another_etc_is_not_judged_by_ours(self):
        pid = self.start(*etc(self, "pam.d/other", ""), PAM)
        self.doctor(pid, reached="unknown", audit="mapped", how=Has("another /etc"),
                    next=Has(f"where it runs: auditfailctl doctor {PAM}"))

    @needs_root
    @not_sanitized
    def test_process_1_of_a_container_is_left_alone_too(self):
        program = shutil.copy(AUDIT, self.folder / "systemd")
        outer = self.start("unshare", "--pid", "--fork", AUDITFAILCTL, "run", program)
        inner = pathlib.Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0]
        self.doctor(inner, reached="nothing", how="nothing may end process 1")

    def test_a_library_that_was_not_there_is_told(self):
        pid = self.start("env", f"LD_PRELOAD={self.folder}/libauditfail-preload.so", AUDIT)
        self.doctor(pid, reached="nothing", how="LD_PRELOAD is set, but the library is not loaded")

    @needs_root
    @needs_audit
    def test_capabilities_are_those_of_the_process(self):
        self.doctor(self.start(*UNABLE, AUDIT), status=FAILED, errno=1, cause="it has no CAP_AUDIT_WRITE")

    @needs_namespace
    def test_the_user_namespace_is_that_of_the_process(self):
        self.doctor(self.start(*APART, AUDIT), status=FAILED, errno=111,
                    cause="it is not in the initial user namespace")

    @needs_root
    def test_what_only_root_sees_is_unknown_to_others(self):
        self.needs_stranger()
        pid = self.start(AUDIT)
        self.doctor(pid, ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"), status=FAILED,
                    reached="unknown", next=Has(f"sudo auditfailctl doctor {pid}"))

    def test_a_process_that_is_gone_is_told(self):
        process = subprocess.Popen(["true"])
        process.wait(DEADLINE)
        self.assertCtl(FAILED, "doctor", str(process.pid), complains=f"cannot look at process {process.pid}: No such")


if __name__ == "__main__":
    main()
