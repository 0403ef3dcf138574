#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on programs of the test and of this machine, which it never runs."""
import fcntl
import json
import os
import pathlib
import select
import shlex
import shutil
import stat
import struct

from doctor_harness import (APART, AUDIT, AUDITFAILCTL, PRELOAD, STATIC, UNABLE, WITHOUT_AUDIT, Doctor, Has,
                            can_separate, etc, needs_audit, needs_namespace, not_sanitized)
from harness import STRANGER, main, needs_root
from ctl_harness import DENIED, FAILED, NO_DAEMON, USAGE

TIOCGPTN, TIOCSPTLCK = 0x80045430, 0x40045431  # a terminal's number, and its lock (ioctl_tty(2))


class Programs(Doctor):
    def test_a_program_linked_with_libaudit_is_known_by_it(self):
        self.doctor(AUDIT, type="program", program=AUDIT, audit="linked", reached="nothing", static=False,
                    application="subject_audit")

    def test_a_program_of_this_machine_is_found_by_its_name(self):
        if not shutil.which("useradd"):
            self.skipTest("there is no useradd")
        self.doctor("useradd", audit="linked")

    def test_libaudit_is_found_behind_other_libraries(self):
        su = shutil.which("su")
        if not su or b"libaudit" in pathlib.Path(su).read_bytes():
            self.skipTest("there is no su that has libaudit from libpam alone")
        self.doctor("su", audit="through", through="libpam.so.0", setuid=True)

    def test_a_program_without_audit_has_nothing_to_lose(self):
        self.doctor("cat", wrapper=APART if can_separate else (), audit="none", verdict="nothing", next=[])

    @not_sanitized
    @needs_namespace
    def test_the_preload_stops_no_program_without_audit(self):
        said = self.doctor("cat", (*APART, AUDITFAILCTL, "run"), reached="preload", verdict="nothing")
        self.assertNotIn("stopped", said["outcome"])

    def put(self, name, text, mode=0o755):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def test_a_script_is_what_its_interpreter_is(self):
        for line, application in ((f"#!{AUDIT}", "subject_audit"), (f"#! {STATIC} -x", "subject_static"),
                                  ("#!/usr/bin/env -S A=b cat -n", "cat"), ("#!/usr/bin/env -i", "env"),
                                  ("#!/usr/bin/env  no-such-program", "env"),
                                  (f"#!{self.put('inner', f'#!{AUDIT}')}", "subject_audit")):
            with self.subTest(line):
                said = self.doctor(self.put("script", line + "\n"), application=application)
                self.assertEqual(pathlib.Path(said["interpreter"]).name, application)

    def test_a_program_is_found_as_execvp_finds_it(self):
        link = self.folder / "bin" / "tool"
        (self.folder / "tool").mkdir()
        link.parent.mkdir()
        link.symlink_to(AUDIT)
        self.doctor("tool", PATH=f"/no/such/folder:{self.folder}:{link.parent}", program=str(link))
        self.doctor("cat", ("env", "-u", "PATH"), audit="none")
        self.put("data", "", mode=0o644)
        self.assertCtl(DENIED, "doctor", "data", complains="cannot look at data: Permission denied; is it executable, ",
                       variables={"PATH": str(self.folder)})
        self.assertCtl(DENIED, "doctor", self.folder / "data", complains="Permission denied")

    def test_a_statically_linked_program_cannot_be_reached(self):
        self.doctor(STATIC, static=True, audit="unknown", reached="nothing", how=Has("statically linked"),
                    next=Has("build it with libauditfail: auditfail_ask(3)"))

    @not_sanitized
    def test_the_preload_reaches_it_where_the_environment_says_so(self):
        self.doctor(AUDIT, (AUDITFAILCTL, "run", "--as=backup"), reached="preload", how="LD_PRELOAD as it is here",
                    application="backup")

    @not_sanitized
    def test_the_longest_wait_is_told_where_something_keeps_it(self):
        self.policy("backup", "log\nwait = 7")
        self.daemon()
        self.assertEqual(self.doctor(AUDIT, (AUDITFAILCTL, "run", "--as=backup"))["wait"], 7)
        self.assertNotIn("wait", self.doctor(AUDIT))

    def test_a_program_that_asks_by_itself_is_known_by_libauditfail(self):
        self.doctor(os.environ["AUDIT_OR_OBEY"], reached="libauditfail")

    @needs_namespace
    def test_a_daemon_of_auditfail_is_left_alone_and_asks_for_no_policy(self):
        self.doctor(os.environ["AUDITFAILD"], APART, status=FAILED, reached="nothing",
                    outcome="Records are lost, and no policy is asked for.", how=Has("part of auditfail"))

    @not_sanitized
    def test_the_audit_daemon_itself_is_left_alone(self):
        said = self.doctor(shutil.copy(AUDIT, self.folder / "auditd"), (AUDITFAILCTL, "run"), reached="nothing",
                           how="it is the audit daemon itself")
        self.assertEqual([step for step in said["next"] if "auditfailctl run" in step], [])

    @needs_root
    def test_a_program_with_more_rights_than_its_caller_is_not_reached(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder takes no setuid programs")
        os.chown(program, STRANGER, STRANGER)
        program.chmod(0o4755)
        self.doctor(program, reached="nothing", setuid=True, how=Has("LD_PRELOAD is ignored"),
                    next=Has(f"for every program: echo {PRELOAD} >>/etc/ld.so.preload"))
        link = self.folder / "link"
        link.symlink_to(program)
        self.doctor(link, application="privileged")

    def test_a_program_of_another_architecture_is_told(self):
        program = self.folder / "foreign"
        interpreter = b"/lib/ld.so\0"
        program.write_bytes(b"\x7fELF" + bytes([1, 1 if struct.pack("=H", 1)[0] else 2, 1]) + bytes(9) +
                            struct.pack("=HHIIIIIHHHHHH", 2, 2, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0) +
                            struct.pack("=IIIIIIII", 3, 84, 84, 84, len(interpreter), len(interpreter), 4, 1) +
                            interpreter)
        program.chmod(0o755)
        self.doctor(program, how=Has("another architecture"))

    def test_what_is_no_program_is_told(self):
        self.assertCtl(FAILED, "doctor", "no-such-program",
                       complains="there is no program no-such-program in your PATH; name a program by its path")
        self.assertCtl(FAILED, "doctor", "/no-such-program", complains="there is no program /no-such-program; check its path")
        broken = self.folder / "broken"
        broken.write_bytes(pathlib.Path(AUDIT).read_bytes()[:100])
        broken.chmod(0o755)
        said = self.doctor(broken)
        self.assertEqual((said["audit"], "static" in said), ("unknown", False))

    def test_one_that_cannot_be_looked_at_hides_no_other(self):
        result = self.ctl("--json", "doctor", "no-such-program", "cat", "no-other-program")
        self.assertEqual((result.returncode, len(result.stdout.splitlines())), (FAILED, 1))
        self.assertEqual(len(result.stderr.splitlines()), 2)

    def test_without_a_subject_there_is_nothing_to_do(self):
        self.assertCtl(USAGE, "doctor", complains="doctor needs a program")

    def test_what_is_missing_is_the_interpreter_where_the_script_is_there(self):
        script = self.put("script", "#!/no/such/interpreter -x\n")
        self.assertCtl(FAILED, "doctor", script,
                       complains=f"cannot look at {script}: its interpreter /no/such/interpreter is not there")

    def terminal(self):
        """The path of a new terminal, and a function: whether a process has opened and closed it (a hangup)."""
        master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, master)
        number = struct.unpack("i", fcntl.ioctl(master, TIOCGPTN, bytes(4)))[0]
        fcntl.ioctl(master, TIOCSPTLCK, bytes(4))
        poll = select.poll()
        poll.register(master, select.POLLHUP)
        path = f"/dev/pts/{number}"
        if not os.access(path, os.R_OK):
            self.skipTest("/dev/pts has the terminals of another /dev/ptmx")  # as in a root that mmdebstrap makes
        return path, lambda: bool(poll.poll(0))

    def test_no_device_is_opened_that_a_script_or_a_program_names(self):
        path, was_opened = self.terminal()
        script, program = self.folder / "script", self.folder / "program"
        script.write_text(f"#!{path}\n")
        program.write_bytes(pathlib.Path(AUDIT).read_bytes().replace(b"libaudit.so.1", path.encode().ljust(13, b"\0")))
        for subject in script, program:
            subject.chmod(0o755)
            result = self.ctl("--json", "doctor", subject)
            self.assertFalse(was_opened(), result)
        self.assertEqual(json.loads(result.stdout)["audit"], "unknown")
        os.close(os.open(path, os.O_RDONLY | os.O_NOCTTY))
        self.assertTrue(was_opened())


@needs_root
class Configured(Doctor):
    """With other files in /etc than this machine's, for doctor alone."""

    @not_sanitized
    def test_what_stands_in_ld_so_preload_reaches_every_program_but_static_ones(self):
        wrapper = etc(self, "ld.so.preload", f"# all\n{PRELOAD}")
        self.doctor(AUDIT, wrapper, reached="preload", how="/etc/ld.so.preload")
        self.doctor(STATIC, wrapper, reached="nothing")

    def test_pam_reaches_a_program_that_uses_it(self):
        su = shutil.which("su")
        if not su:
            self.skipTest("there is no su")
        self.doctor(su, etc(self, "pam.d/su", "account required pam_auditfail.so"), reached="pam", file="/etc/pam.d/su",
                    line=1, control="required", application="su")
        self.doctor(su, (*etc(self, "pam.d/su", "session required pam_auditfail.so"), *UNABLE), how="session",
                    outcome="No record would be written. PAM stops it when it comes to /etc/pam.d/su:1.")
        self.doctor(shutil.copy(su, self.folder / "unknown"),
                    etc(self, "pam.d/other", "account required pam_auditfail.so"), reached="pam",
                    file="/etc/pam.d/other", application="unknown")
        self.doctor(shutil.copy(su, self.folder / "cupsd"),
                    etc(self, "pam.d/cups", "account required pam_auditfail.so"), AUDITFAIL_APPLICATION="x",
                    reached="pam", application="cupsd")
        self.doctor(su, (*etc(self, "pam.d/su", "account optional pam_auditfail.so application=x"), *UNABLE),
                    status=FAILED, reached="pam", application="x", verdict="lost",
                    next=Has('in /etc/pam.d/su:1 make the control "required"'))

    def said_with_complaints(self, subject, wrapper):
        """As doctor(), where the dynamic loader complains of every program that is started."""
        result = self.run_program(*wrapper, AUDITFAILCTL, "--json", "doctor", subject, env=self.environment())
        return json.loads(result.stdout)

    @not_sanitized
    def test_a_line_of_ld_so_preload_that_leads_to_no_library_reaches_nothing(self):
        said = self.said_with_complaints(AUDIT, etc(self, "ld.so.preload", "/nonexistent/libauditfail-preload.so"))
        self.assertEqual((said["reached"], said.get("how")), ("nothing", None))
        # $LIB is the dynamic loader's to know.
        said = self.said_with_complaints(AUDIT, etc(self, "ld.so.preload", "/usr/$LIB/libauditfail-preload.so"))
        self.assertEqual((said["reached"], said["how"]), ("preload", "/etc/ld.so.preload"))

    def run_su(self, line, *options):
        """Runs su, which is setuid, by auditfailctl run with OPTIONS, where LINE stands in /etc/ld.so.preload."""
        self.needs_stranger()
        su = shutil.which("su")
        if not su or not os.stat(su).st_mode & stat.S_ISUID:
            self.skipTest("there is no setuid su")
        common = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
        return self.run_program(*etc(self, "ld.so.preload", line), *common, AUDITFAILCTL, "run", *options, su,
                                "--version", env=self.environment())

    @not_sanitized
    def test_nor_is_a_setuid_program_run_for_such_a_line(self):
        for line, status in (("/nonexistent/libauditfail-preload.so", 126), (PRELOAD, 0)):
            result = self.run_su(line)
            self.assertEqual(result.returncode, status, result)

    @not_sanitized
    def test_a_setuid_program_is_not_run_with_options_that_it_would_ignore(self):
        for option in ("--as=backup", "--exit-status=5"):
            result = self.run_su(PRELOAD, option)
            self.assertEqual((result.returncode, result.stdout), (126, ""), result)
            self.assertIn("ignores --as and --exit-status", result.stderr)


class Failures(Doctor):
    @needs_root
    @needs_audit
    def test_a_name_with_commands_in_it_is_quoted_for_the_shell(self):
        program = shutil.copy(AUDIT, self.folder / "x;id $(id) 'y'")
        steps = self.doctor(program, UNABLE)["next"]
        self.assertEqual(shlex.split(steps[0]), ["auditfailctl", "run", str(program)])

    @needs_audit
    def test_where_records_are_taken_nothing_is_lost(self):
        self.doctor(AUDIT, status=0, writes=True, verdict="works")

    @needs_root
    @needs_audit
    def test_without_the_capability_a_loss_goes_unnoticed(self):
        self.doctor(AUDIT, UNABLE, status=FAILED, writes=False, errno=1, verdict="lost",
                    next=Has(f"auditfailctl run {AUDIT}"))

    @needs_namespace
    def test_in_a_user_namespace_a_loss_goes_unnoticed(self):
        self.doctor(AUDIT, APART, status=FAILED, writes=False, errno=111)

    @needs_namespace
    def test_the_policy_is_asked_and_told_and_no_trace_is_left(self):
        self.policy("subject_audit", "terminate\nunsupported = log")
        daemon = self.daemon()
        said = self.doctor(AUDIT, APART)
        self.assertEqual({policy["kind"]: (policy["action"], policy["line"]) for policy in said["policies"]},
                         {"unsupported": ("log", 2), "disabled": ("terminate", 1), "excluded": ("terminate", 1),
                          "denied": ("terminate", 1), "overload": ("terminate", 1), "other": ("terminate", 1)})
        self.assertEqual({policy["via"] for policy in said["policies"]}, {"daemon"})
        daemon.query("passwd", errno=1)
        self.eventually(lambda: "passwd" in daemon.stderr())
        self.assertNotIn("subject_audit", daemon.stderr())

    @needs_namespace
    def test_people_are_told_the_line_that_decides(self):
        file = self.policy("subject_audit", "terminate\nunsupported = log")
        self.daemon()
        result = self.run_program(*APART, AUDITFAILCTL, "doctor", AUDIT, env=self.environment())
        self.assertIn(f"on unsupported: log ({file}:2)", result.stdout, result)
        self.assertIn("Records are lost, and nothing reports it.", result.stdout)

    def test_the_daemon_behind_a_given_socket_is_asked_alone(self):
        self.policy("subject_audit", "ignore")
        said = self.doctor_of_socket(self.daemon().path, 0)
        self.assertEqual({policy["action"] for policy in said["policies"]}, {"ignore"})
        self.assertCtl(NO_DAEMON, "--socket", self.folder / "none", "doctor", AUDIT, complains="no daemon behind")

    def doctor_of_socket(self, path, status):
        result = self.ctl("--json", "--socket", path, "doctor", AUDIT)
        self.assertIn(result.returncode, (status, FAILED), result)
        return json.loads(result.stdout)

    def test_without_a_daemon_it_says_what_the_answer_comes_from(self):
        said = self.doctor(AUDIT)
        self.assertEqual({(policy["action"], policy["via"]) for policy in said["policies"]}, {("terminate", "builtin")})
        self.assertIn("systemctl enable --now auditfaild" if pathlib.Path("/run/systemd/system").exists() else
                      "auditfaild --listen /run/auditfail/io.auditfail.Policy &", said["next"])

    @needs_audit
    def test_a_kernel_without_audit_takes_no_records(self):
        pid = self.start(AUDIT)
        for subject in AUDIT, pid:
            self.doctor(subject, WITHOUT_AUDIT, status=FAILED, errno=111, cause="the kernel was started with audit=0")


if __name__ == "__main__":
    main()
