#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on programs without records of their own, which may start others that have some."""
import os
import pathlib
import shutil

from doctor_harness import (AUDIT, AUDITFAILCTL, BOTH, PAM, STATIC, UNABLE, UNKNOWN, Doctor, Has, etc, needs_audit,
                            not_sanitized)
from harness import main, needs_root
from ctl_harness import FAILED

NOT_KNOWN = "It writes no records through libaudit; programs that it starts are not known."


class Helpers(Doctor):
    def script(self, *lines, name="script", interpreter="/bin/sh"):
        script = self.folder / name
        script.write_text("\n".join([f"#!{interpreter}", *lines, ""]))
        script.chmod(0o755)
        return script

    def program(self, *strings, name="starter", like="cat"):
        """A copy of a program of this machine, whose file has STRINGS as well."""
        program = pathlib.Path(shutil.copy(shutil.which(like), self.folder / name))
        program.write_bytes(program.read_bytes() + b"".join(b"\0" + string.encode() + b"\0" for string in strings))
        return program

    def test_a_program_that_a_script_names_is_judged(self):
        for line in (AUDIT, f"exec {AUDIT} -x", f"systemcall('{AUDIT}', 'x');", f'["{AUDIT}", "x"]', f"a=$({AUDIT})"):
            with self.subTest(line):
                self.doctor(self.script(line), audit="linked", helper=AUDIT, application="subject_audit",
                            program=str(self.folder / "script"))

    def test_only_absolute_paths_of_a_script_count(self):
        if not shutil.which("passwd"):
            self.skipTest("there is no passwd")
        for line in (f"# {AUDIT}", f"  #{AUDIT}", f"x{AUDIT}", f"{AUDIT}x", "passwd root", "cat /etc/passwd"):
            with self.subTest(line):
                self.assertNotIn("helper", self.doctor(self.script(line)))

    def test_a_program_that_a_program_names_is_judged(self):
        self.doctor(self.program(AUDIT), audit="linked", helper=AUDIT)
        self.doctor(self.program(f"{AUDIT} -x"), helper=AUDIT)
        for string in (f"x{AUDIT}", f"{AUDIT}\n", f"{AUDIT}x", "useradd"):
            with self.subTest(string):
                self.assertNotIn("helper", self.doctor(self.program(string)))

    def test_a_hostile_program_takes_no_time_that_grows_with_its_square(self):
        self.assertNotIn("helper", self.doctor(self.program("/" * (1 << 20))))

    def test_a_script_that_a_script_names_is_not_followed(self):
        inner = self.script(AUDIT, name="inner")
        self.assertNotIn("helper", self.doctor(self.script(str(inner), name="outer")))

    def test_people_are_told_which_programs_those_are(self):
        result = self.ctl("doctor", self.script(AUDIT, BOTH))
        self.assertIn(f"its file names {AUDIT}: it is linked with libaudit (also subject_both)", result.stdout)

    @needs_root
    @needs_audit
    def test_the_worst_counts(self):
        self.policy("subject_audit", "ignore")
        self.policy("subject_both", "terminate")
        self.daemon()
        self.doctor(self.script(AUDIT, BOTH), UNABLE, status=FAILED, errno=1, verdict="lost")

    @not_sanitized
    @needs_root
    @needs_audit
    def test_the_preload_reaches_what_a_script_starts(self):
        self.policy("subject_audit", "ignore")
        self.daemon()
        self.doctor(self.script(AUDIT), (*UNABLE, AUDITFAILCTL, "run"), status=0, reached="preload", verdict="covered")

    @needs_root
    def test_the_stack_of_pam_is_that_of_what_is_started(self):
        self.doctor(self.script(PAM), etc(self, "pam.d/subject_pam", "account required pam_auditfail.so"),
                    reached="pam", application="subject_pam")

    @needs_root
    @needs_audit
    def test_a_process_is_followed_as_well(self):
        self.folder.chmod(0o755)
        program = self.program(AUDIT, like="sleep")
        pid = self.start("sh", "-c", f'echo runs; exec {program} 60')
        self.addCleanup(os.kill, pid, 15)
        self.eventually(lambda: pathlib.Path(f"/proc/{pid}/exe").resolve() == program)
        self.doctor(pid, helper=AUDIT, application="subject_audit", verdict="works",
                    next=Has(f"start it again: auditfailctl run {program}"))

    @needs_root
    @needs_audit
    def test_where_records_fail_what_cannot_be_known_has_a_status_of_its_own(self):
        self.doctor("sh", UNABLE, status=UNKNOWN, verdict="unknown", outcome=NOT_KNOWN,
                    next=["auditfailctl doctor PROGRAM, for each program that it starts"])
        self.doctor(self.script("true"), UNABLE, outcome=NOT_KNOWN)
        self.doctor("cat", UNABLE, status=0, outcome="It has no records to lose.")
        self.doctor(self.program("\xff Go buildinf:".encode("latin1").decode("latin1")), audit="none")

    @needs_audit
    def test_where_records_are_taken_there_is_no_alarm(self):
        self.doctor("sh", status=0, verdict="works", outcome=NOT_KNOWN, next=[])

    def test_what_only_brings_libaudit_along_does_not_use_it(self):
        """Linked with libaudit or libpam through a library that calls neither."""
        for name in ("journalctl", "busctl", "/usr/lib/systemd/systemd-logind"):
            if not shutil.which(name):
                continue
            with self.subTest(name):
                self.doctor(name, audit="none")

    def test_what_is_in_a_statically_linked_program_is_not_known(self):
        self.doctor(STATIC, audit="unknown")
        self.doctor(self.start(STATIC), audit="unknown")

    def test_nor_does_a_process_into_which_it_is_mapped(self):
        program = self.program(like="sleep")
        pid = self.start("sh", "-c", f'echo runs; LD_PRELOAD=libpam.so.0 exec {program} 60')
        self.addCleanup(os.kill, pid, 15)
        self.eventually(lambda: "libaudit" in pathlib.Path(f"/proc/{pid}/maps").read_text())
        self.doctor(pid, audit="none", verdict="nothing")


if __name__ == "__main__":
    main()
