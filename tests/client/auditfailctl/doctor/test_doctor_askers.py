#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on a machine where libaudit has the call, about programs that ask by themselves or do not."""
import os
import pathlib
import shutil

from doctor_harness import AUDIT, AUDITFAILCTL, UNABLE, Doctor, Has, etc, needs_audit, not_sanitized
from harness import main, needs_root
from ctl_harness import FAILED

SUBJECTS = pathlib.Path(os.environ["NATIVE_SUBJECTS"])
RUN = (AUDITFAILCTL, "run")
ALL = "If one is lost, the policy is applied."


def subject(name):
    return SUBJECTS / f"native_{name}"


class Programs(Doctor):
    def test_a_program_that_calls_it_asks_by_itself(self):
        self.doctor(subject("asking"), reached="libaudit", how="it asks by itself", application="native_asking")
        self.assertIn("  reached  by libaudit: it asks by itself\n", self.ctl("doctor", subject("asking")).stdout)

    def test_a_program_that_does_not_call_it_does_not_ask(self):
        self.doctor(subject("not_asking"), audit="linked", reached="nothing")

    def test_a_running_program_asks_as_well(self):
        self.doctor(self.start(subject("asking")), reached="libaudit", how="it asks by itself", audit="mapped")
        self.doctor(self.start(subject("not_asking")), reached="nothing")

    @not_sanitized
    def test_the_preload_library_leaves_it_to_the_program(self):
        self.doctor(subject("asking"), RUN, reached="libaudit", how="it asks by itself")
        self.doctor(subject("not_asking"), RUN, reached="preload")

    @needs_root
    @needs_audit
    def test_it_is_told_to_stop(self):
        self.policy("native_asking", "terminate")
        self.daemon()
        self.doctor(subject("asking"), UNABLE, verdict="covered",
                    outcome="No record would be written. It is told to stop.")


class Pam(Doctor):
    def copy(self, name, *libraries):
        """A copy of a program, in a folder with these libraries of such a machine. The others are those of this machine."""
        for library in libraries:
            shutil.copy(SUBJECTS / library, self.folder)
        return pathlib.Path(shutil.copy(subject(name), self.folder / name))

    def asking_with_old_pam(self):
        return self.copy("asking_old_pam", "libaudit.so.1")

    @needs_audit
    def test_libpam_asks_for_a_program_that_writes_no_records_itself(self):
        self.doctor(subject("pam"), audit="through", through="libpam.so.0", reached="libaudit",
                    how="its libpam asks by itself", outcome=f"Records are written. {ALL}")

    @needs_audit
    def test_libpam_does_not_ask_about_the_records_of_the_program(self):
        self.doctor(subject("pam_both"), reached="libaudit", how="its libpam asks by itself",
                    outcome="Records are written. If PAM loses one, the policy is applied. If the program itself loses "
                            "one, nothing reports it.")

    @needs_audit
    def test_a_program_does_not_ask_about_the_records_of_libpam(self):
        self.doctor(self.asking_with_old_pam(), reached="libaudit", how="it asks by itself",
                    outcome="Records are written. If the program itself loses one, the policy is applied. If PAM loses "
                            "one, nothing reports it.")

    @needs_root
    @needs_audit
    def test_pam_auditfail_asks_about_the_records_of_libpam(self):
        self.doctor(self.asking_with_old_pam(), etc(self, "pam.d/asking_old_pam", "account required pam_auditfail.so"),
                    reached="libaudit", outcome=f"Records are written. {ALL}")

    @needs_audit
    @not_sanitized
    def test_the_preload_library_asks_about_the_rest(self):
        for program in subject("pam_both"), self.asking_with_old_pam():
            self.doctor(program, RUN, reached="preload", outcome=f"Records are written. {ALL}")

    @needs_root
    @needs_audit
    def test_records_of_the_program_that_nothing_reports_are_lost(self):
        self.policy("pam_both", "log")
        self.daemon()
        program = self.copy("pam_both", "libaudit.so.1", "libpam.so.0")
        self.doctor(program, UNABLE, status=FAILED, next=Has(f"auditfailctl run {program}"),
                    outcome="Records that PAM loses are reported. Records that the program itself loses are not.")

    @needs_root
    @needs_audit
    def test_records_of_libpam_that_nothing_reports_are_lost(self):
        self.policy("asking_old_pam", "log")
        self.daemon()
        self.doctor(self.asking_with_old_pam(), UNABLE, status=FAILED,
                    outcome="Records that the program itself loses are reported. Records that PAM loses are not.",
                    next=Has("pam-auth-update --enable auditfail, or a line in /etc/pam.d/other: pam_auditfail(8)"))


if __name__ == "__main__":
    main()
