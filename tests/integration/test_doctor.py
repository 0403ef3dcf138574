#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on programs of the test's own and of this machine, which are looked at and never run."""
import contextlib
import fcntl
import json
import os
import pathlib
import select
import shlex
import shutil
import socket
import stat
import struct
import subprocess
import tempfile
import unittest

from harness import DEADLINE, SANITIZED, STRANGER, main, needs_root, without_blanks
from test_auditfailctl import FAILED, NO_DAEMON, USAGE, Ctl

AUDITFAILCTL = os.environ["AUDITFAILCTL"]
AUDIT, STATIC, PRELOAD = (without_blanks(os.environ[name])
                          for name in ("SUBJECT_AUDIT", "SUBJECT_STATIC", "PRELOAD_STAND_IN"))
SYSTEMD = os.environ["SYSTEMD_STAND_IN"]
DROP_IN = pathlib.Path(os.environ["UNITS"]) / "auditfail-preload.conf"

TIOCGPTN, TIOCSPTLCK = 0x80045430, 0x40045431  # a terminal's number, and its lock (ioctl_tty(2))
WITHOUT_AUDIT = (os.environ["WITHOUT_NETLINK"], "ECONNREFUSED")

COMMON = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
UNABLE = ("setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write")
APART = ("unshare", "--user", "--map-root-user")


def can_audit():
    """Whether this machine takes records from here: only then can it be seen that it does."""
    capable = any(line.startswith("CapEff") and int(line.split()[1], 16) >> 29 & 1
                  for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    with contextlib.suppress(OSError), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9):
        return capable and os.stat("/proc/self/ns/user").st_ino == 0xEFFFFFFD
    return False


not_sanitized = unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
needs_audit = unittest.skipUnless(can_audit(), "the kernel takes no audit records from here")
can_separate = subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
needs_namespace = unittest.skipUnless(can_separate, "no user namespace can be made here")


def etc(test, name, text):
    """A wrapper that has a program see TEXT in the file NAME of /etc, in a mount namespace of its own."""
    folder = test.folder / "etc"
    folder.mkdir(exist_ok=True)
    script = ["set -e", f"mount -t tmpfs none {folder}", f"mkdir {folder}/new {folder}/work",
              f"mount -t overlay -o lowerdir=/etc,upperdir={folder}/new,workdir={folder}/work none /etc",
              f"printf '%s\\n' '{text}' >/etc/{name}"]
    wrapper = ("unshare", "--mount", "sh", "-c", "\n".join([*script, 'exec "$@"']), "sh")
    if test.run_program(*wrapper, "true").returncode != 0:
        test.skipTest("no overlay can be mounted over /etc here")
    return wrapper


class Doctor(Ctl):
    def environment(self, **variables):
        kept = super().environment(**variables)
        for name in ("LD_PRELOAD", "AUDITFAIL_APPLICATION"):
            if name not in variables:
                kept.pop(name, None)
        return {"AUDITFAIL_PRELOAD": PRELOAD, **kept}

    def doctor(self, subject, wrapper=(), status=None, **variables):
        """What it says of SUBJECT, as a dict; the exit status must be STATUS, or fit the verdict."""
        result = self.run_program(*wrapper, AUDITFAILCTL, "--json", "doctor", str(subject),
                                  env=self.environment(**variables))
        self.assertEqual(result.stderr, "", result)
        said = json.loads(result.stdout)
        self.assertEqual(result.returncode, FAILED if said["verdict"] == "lost" else 0, said)
        if status is not None:
            self.assertEqual(result.returncode, status, said)
        return said

    def start(self, *argv, **variables):
        """A program that stays until the test is over; returns its pid once it runs."""
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.environment(**variables), text=True)
        self.addCleanup(process.communicate, timeout=DEADLINE)
        self.assertEqual(process.stdout.readline(), "runs\n")
        return process.pid


class Programs(Doctor):
    def test_a_program_linked_with_libaudit_is_known_by_it(self):
        said = self.doctor(AUDIT)
        self.assertEqual((said["type"], said["program"], said["audit"], said["reached"], said["static"]),
                         ("program", AUDIT, "linked", "nothing", False))
        self.assertEqual(said["application"], "subject_audit")

    def test_a_program_of_this_machine_is_found_by_its_name(self):
        if not shutil.which("useradd"):
            self.skipTest("there is no useradd")
        self.assertEqual(self.doctor("useradd")["audit"], "linked")

    def test_libaudit_is_found_behind_other_libraries(self):
        su = shutil.which("su")
        if not su or b"libaudit" in pathlib.Path(su).read_bytes():
            self.skipTest("there is no su that has libaudit from libpam alone")
        said = self.doctor("su")
        self.assertEqual((said["audit"], said["through"], said["setuid"]), ("through", "libpam.so.0", True))

    def test_a_program_without_audit_has_nothing_to_lose(self):
        said = self.doctor("cat", wrapper=APART if can_separate else ())
        self.assertEqual((said["audit"], said["verdict"], said["next"]), ("none", "nothing", []))

    @not_sanitized
    @needs_namespace
    def test_the_preload_stops_no_program_without_audit(self):
        said = self.doctor("cat", (*APART, AUDITFAILCTL, "run"))
        self.assertEqual((said["reached"], said["verdict"]), ("preload", "nothing"))
        self.assertNotIn("stopped", said["outcome"])

    def test_a_script_is_what_its_interpreter_is(self):
        script = self.folder / "script"
        for line, application in ((f"#!{AUDIT}", "subject_audit"), (f"#! {STATIC} -x", "subject_static"),
                                  ("#!/usr/bin/env -S A=b cat -n", "cat")):
            script.write_text(line + "\n")
            script.chmod(0o755)
            said = self.doctor(script)
            self.assertEqual((pathlib.Path(said["interpreter"]).name, said["application"]), (application, application))

    def test_a_statically_linked_program_cannot_be_reached(self):
        said = self.doctor(STATIC)
        self.assertEqual((said["static"], said["audit"], said["reached"]), (True, "unknown", "nothing"))
        self.assertIn("statically linked", said["how"])
        self.assertIn("build it with libauditfail: auditfail_ask(3)", said["next"])

    @not_sanitized
    def test_the_preload_reaches_it_where_the_environment_says_so(self):
        said = self.doctor(AUDIT, (AUDITFAILCTL, "run", "--as=backup"))
        self.assertEqual((said["reached"], said["how"], said["application"]),
                         ("preload", "LD_PRELOAD as it is here", "backup"))

    def test_a_program_that_asks_by_itself_is_known_by_libauditfail(self):
        said = self.doctor(AUDITFAILCTL)
        self.assertEqual(said["reached"], "libauditfail")

    @needs_namespace
    def test_a_daemon_of_auditfail_is_left_alone_and_asks_nobody(self):
        said = self.doctor(os.environ["AUDITFAILD"], APART, status=FAILED)
        self.assertEqual((said["reached"], said["outcome"]), ("nothing", "Records are lost, and no policy is asked."))
        self.assertIn("part of auditfail", said["how"])

    @not_sanitized
    def test_the_audit_daemon_itself_is_left_alone(self):
        said = self.doctor(shutil.copy(AUDIT, self.folder / "auditd"), (AUDITFAILCTL, "run"))
        self.assertEqual((said["reached"], said["how"]), ("nothing", "it is the audit daemon itself"))
        self.assertEqual([step for step in said["next"] if "run" in step], [])

    @needs_root
    def test_a_program_with_more_rights_than_its_caller_is_not_reached(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder takes no setuid programs")
        os.chown(program, STRANGER, STRANGER)
        program.chmod(0o4755)
        said = self.doctor(program)
        self.assertEqual((said["reached"], said["setuid"]), ("nothing", True))
        self.assertIn("LD_PRELOAD is ignored", said["how"])
        self.assertIn(f"for every program: echo {PRELOAD} >>/etc/ld.so.preload", said["next"])
        link = self.folder / "link"
        link.symlink_to(program)
        self.assertEqual(self.doctor(link)["application"], "privileged")

    def test_a_program_of_another_architecture_is_told(self):
        program = self.folder / "foreign"
        interpreter = b"/lib/ld.so\0"
        program.write_bytes(b"\x7fELF" + bytes([1, 1 if struct.pack("=H", 1)[0] else 2, 1]) + bytes(9) +
                            struct.pack("=HHIIIIIHHHHHH", 2, 2, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0) +
                            struct.pack("=IIIIIIII", 3, 84, 84, 84, len(interpreter), len(interpreter), 4, 1) +
                            interpreter)
        program.chmod(0o755)
        self.assertIn("another architecture", self.doctor(program)["how"])

    def test_what_is_no_program_is_told(self):
        self.assertCtl(FAILED, "doctor", "no-such-program", complains="there is no program no-such-program; a process")
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
        script = self.folder / "script"
        script.write_text("#!/no/such/interpreter -x\n")
        script.chmod(0o755)
        self.assertCtl(FAILED, "doctor", script,
                       complains=f"cannot look at {script}: its interpreter /no/such/interpreter is not there")

    def terminal(self):
        """A terminal that nobody has opened yet, and what tells whether somebody has: that would be its hangup."""
        master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, master)
        number = struct.unpack("i", fcntl.ioctl(master, TIOCGPTN, bytes(4)))[0]
        fcntl.ioctl(master, TIOCSPTLCK, bytes(4))
        poll = select.poll()
        poll.register(master, select.POLLHUP)
        return f"/dev/pts/{number}", lambda: bool(poll.poll(0))

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
        said = self.doctor(AUDIT, wrapper)
        self.assertEqual((said["reached"], said["how"]), ("preload", "/etc/ld.so.preload"))
        self.assertEqual(self.doctor(STATIC, wrapper)["reached"], "nothing")

    def test_pam_reaches_a_program_that_uses_it(self):
        su = shutil.which("su")
        if not su:
            self.skipTest("there is no su")
        said = self.doctor(su, etc(self, "pam.d/su", "account required pam_auditfail.so"))
        self.assertEqual((said["reached"], said["file"], said["application"]), ("pam", "/etc/pam.d/su", "su"))
        said = self.doctor(su, (*etc(self, "pam.d/su", "session required pam_auditfail.so"), *UNABLE))
        self.assertEqual((said["how"], said["outcome"]),
                         ("session", "No record would be written; PAM stops it when it comes to this line."))
        said = self.doctor(shutil.copy(su, self.folder / "unknown"),
                           etc(self, "pam.d/other", "account required pam_auditfail.so"))
        self.assertEqual((said["reached"], said["file"], said["application"]), ("pam", "/etc/pam.d/other", "unknown"))
        said = self.doctor(shutil.copy(su, self.folder / "cupsd"),
                           etc(self, "pam.d/cups", "account required pam_auditfail.so"), AUDITFAIL_APPLICATION="x")
        self.assertEqual((said["reached"], said["application"]), ("pam", "cupsd"))
        said = self.doctor(su, (*etc(self, "pam.d/su", "account optional pam_auditfail.so application=x"), *UNABLE),
                           status=FAILED)
        self.assertEqual((said["reached"], said["application"], said["verdict"]), ("pam", "x", "lost"))
        self.assertIn('in /etc/pam.d/su:1 make the control "required"', said["next"])

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
    @needs_audit
    @needs_root
    @needs_audit
    def test_a_name_with_commands_in_it_is_quoted_for_the_shell(self):
        program = shutil.copy(AUDIT, self.folder / "x;id $(id) 'y'")
        steps = self.doctor(program, UNABLE)["next"]
        self.assertEqual(shlex.split(steps[0]), ["auditfailctl", "run", str(program)])

    def test_where_records_are_taken_nothing_is_lost(self):
        said = self.doctor(AUDIT, status=0)
        self.assertEqual((said["writes"], said["verdict"]), (True, "works"))

    @needs_root
    @needs_audit
    def test_without_the_capability_a_loss_goes_unnoticed(self):
        said = self.doctor(AUDIT, UNABLE, status=FAILED)
        self.assertEqual((said["writes"], said["errno"], said["verdict"]), (False, 1, "lost"))
        self.assertIn(f"auditfailctl run {AUDIT}", said["next"])

    @needs_namespace
    def test_in_a_user_namespace_a_loss_goes_unnoticed(self):
        said = self.doctor(AUDIT, APART, status=FAILED)
        self.assertEqual((said["writes"], said["errno"]), (False, 111))

    @needs_namespace
    def test_the_policy_is_asked_and_told_and_no_trace_is_left(self):
        self.policy("subject_audit", "terminate\nunsupported = log")
        daemon = self.daemon()
        said = self.doctor(AUDIT, APART)
        self.assertEqual({policy["kind"]: (policy["action"], policy["line"]) for policy in said["policies"]},
                         {"unsupported": ("log", 2), "denied": ("terminate", 1), "overload": ("terminate", 1),
                          "other": ("terminate", 1)})
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
        self.assertIn("Records are lost, and nobody notices.", result.stdout)

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
        self.assertIn("systemctl enable --now auditfaild.socket", said["next"])


    @needs_audit
    def test_a_kernel_without_audit_takes_no_records_from_anybody(self):
        pid = self.start(AUDIT)
        for subject in AUDIT, pid:
            said = self.doctor(subject, WITHOUT_AUDIT, status=FAILED)
            self.assertEqual((said["errno"], said["cause"]), (111, "the kernel was started with audit=0"))


@needs_root
@not_sanitized
class CommonUsers(Doctor):
    """Who is not root and has no CAP_AUDIT_WRITE: what the library and the module do there, doctor says before."""

    def setUp(self):
        super().setUp()
        self.needs_stranger()
        self.folder.chmod(0o755)

    def reached(self, *wrapper, **variables):
        said = self.doctor(AUDIT, (*COMMON, *wrapper, AUDITFAILCTL, "run"), **variables)
        self.assertEqual((said["errno"], said["reached"]), (1, "preload"))
        return said["verdict"], said["outcome"], said["next"]

    def test_the_default_policy_does_not_count_and_one_of_its_own_does(self):
        self.policy("default", "terminate")
        self.daemon()
        verdict, outcome, steps = self.reached()
        self.assertEqual((verdict, steps), ("lost", ["a policy of its own: /etc/auditfail/subject_audit.conf"]))
        self.assertIn("without a policy of its own it goes on", outcome)
        self.policy("subject_audit", "terminate")
        self.assertEqual(self.ctl("reload").returncode, 0)
        self.assertEqual(self.reached()[:2],
                         ("covered", "No record would be written; it is stopped before it does anything."))

    def test_the_default_policy_does_not_stop_what_has_no_valid_name(self):
        self.policy("default", "terminate")
        self.daemon()
        said = self.doctor(shutil.copy(AUDIT, self.folder / "a+b"), (*COMMON, AUDITFAILCTL, "run"), status=FAILED)
        self.assertEqual((said["application"], said["next"]), ("default", []))

    def test_where_nobody_answers_it_goes_on_unless_it_was_singled_out(self):
        everywhere = (*etc(self, "ld.so.preload", PRELOAD), *COMMON)
        said = self.doctor(AUDIT, everywhere, status=FAILED)
        self.assertIn("it goes on, which is reported", said["outcome"])
        self.assertIn("it is stopped", self.doctor(AUDIT, everywhere, AUDITFAIL_APPLICATION="backup")["outcome"])
        self.assertIn("it is stopped", self.reached()[1])

    def test_a_process_is_a_common_users_by_its_own_rights(self):
        self.policy("default", "terminate")
        self.daemon()
        said = self.doctor(self.start(*COMMON, AUDITFAILCTL, "run", AUDIT), status=FAILED)
        self.assertIn("it goes on", said["outcome"])
        said = self.doctor(self.start(*UNABLE, AUDITFAILCTL, "run", AUDIT), status=0)
        self.assertIn("it is stopped", said["outcome"])

    def test_no_policy_stops_a_program_that_has_more_rights_at_other_times(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        program.chmod(0o2755)
        self.policy("privileged", "terminate")
        self.daemon()
        said = self.doctor(program, (*etc(self, "ld.so.preload", PRELOAD), *COMMON), status=FAILED)
        self.assertEqual((said["reached"], said["application"]), ("preload", "privileged"))
        self.assertIn("it is left alone", said["outcome"])

    def test_pam_always_lets_it_go_on(self):
        su = shutil.which("su")
        if not su:
            self.skipTest("there is no su")
        self.policy("locker", "terminate")
        self.daemon()
        program = pathlib.Path(shutil.copy(su, self.folder / "locker"))
        program.chmod(0o755)
        said = self.doctor(program, (*etc(self, "pam.d/locker", "auth required pam_auditfail.so"), *COMMON),
                           status=FAILED)
        self.assertEqual((said["reached"], said["next"]), ("pam", []))
        self.assertIn("PAM's module lets it go on", said["outcome"])


class Processes(Doctor):
    def test_what_is_mapped_into_a_process_counts(self):
        pid = self.start(AUDIT)
        said = self.doctor(pid)
        self.assertEqual((said["type"], said["pid"], said["program"], said["audit"], said["reached"]),
                         ("process", pid, AUDIT, "mapped", "nothing"))
        self.assertIn(f"start it again: auditfailctl run {AUDIT}", said["next"] or [f"start it again: {said}"])

    def test_a_process_that_was_run_under_the_preload_is_reached(self):
        pid = self.start(AUDITFAILCTL, "run", "--as", "backup", AUDIT)
        said = self.doctor(pid)
        self.assertEqual((said["reached"], said["how"], said["application"]),
                         ("preload", "mapped into the process", "backup"))
        self.assertNotEqual(said["verdict"], "lost")

    def test_a_process_has_the_policy_of_what_it_calls_itself(self):
        for called, application in (("backup", "backup"), ("/x/y", "y"), ("-sh", "default"), ("a+b", "default"),
                                    ("sshd-session", "sshd"), ("sshd-auth: root [net]", "subject_audit"),
                                    ("cupsd: job/7", "subject_audit"), ("SUBJECT_AUDIT", "subject_audit")):
            with self.subTest(called):
                pid = self.start("bash", "-c", 'exec -a "$0" "$1"', called, AUDIT)
                self.assertEqual(self.doctor(pid)["application"], application)

    @not_sanitized
    def test_the_environment_names_the_application_as_it_does_for_the_preload(self):
        for named, application in (("/etc/auditfail/x.conf", "x"), ("", "subject_audit"), ("a+b", "default")):
            with self.subTest(named):
                pid = self.start(AUDITFAILCTL, "run", AUDIT, AUDITFAIL_APPLICATION=named)
                self.assertEqual(self.doctor(pid)["application"], application)
        pid = self.start(AUDIT, AUDITFAIL_APPLICATION="x")
        self.assertEqual(self.doctor(pid)["application"], "subject_audit")

    def test_a_process_whose_file_was_replaced_is_known_as_before(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "replaced"))
        pid = self.start("bash", "-c", 'exec -a "title: x" "$0"', program)
        program.unlink()
        said = self.doctor(pid)
        self.assertEqual((said["program"], said["application"], said["audit"]), (str(program), "replaced", "mapped"))

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
        self.assertEqual(said["next"], ["bind /run/auditfail into its root: nobody answers there"])

    @needs_root
    def test_a_process_with_another_etc_is_not_judged_by_ours(self):
        pid = self.start(*etc(self, "pam.d/other", ""), "env", "LD_PRELOAD=libpam.so.0", AUDIT)
        said = self.doctor(pid)
        self.assertEqual((said["reached"], said["audit"]), ("unknown", "mapped"))
        self.assertIn("another /etc", said["how"])
        self.assertIn(f"where it runs: auditfailctl doctor {AUDIT}", said["next"])

    @needs_root
    @not_sanitized
    def test_process_1_of_a_container_is_left_alone_too(self):
        program = shutil.copy(AUDIT, self.folder / "systemd")
        outer = self.start("unshare", "--pid", "--fork", AUDITFAILCTL, "run", program)
        inner = pathlib.Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0]
        said = self.doctor(inner)
        self.assertEqual((said["reached"], said["how"]), ("nothing", "nothing may end process 1"))

    def test_a_library_that_was_not_there_is_told(self):
        pid = self.start("env", f"LD_PRELOAD={self.folder}/libauditfail-preload.so", AUDIT)
        said = self.doctor(pid)
        self.assertEqual((said["reached"], said["how"]),
                         ("nothing", "LD_PRELOAD is set, but the library is not loaded"))

    @needs_root
    @needs_audit
    def test_capabilities_are_those_of_the_process(self):
        said = self.doctor(self.start(*UNABLE, AUDIT), status=FAILED)
        self.assertEqual((said["errno"], said["cause"]), (1, "it has no CAP_AUDIT_WRITE"))

    @needs_namespace
    def test_the_user_namespace_is_that_of_the_process(self):
        said = self.doctor(self.start(*APART, AUDIT), status=FAILED)
        self.assertEqual((said["errno"], said["cause"]), (111, "it is not in the initial user namespace"))

    @needs_root
    def test_what_only_root_sees_is_unknown_to_others(self):
        self.needs_stranger()
        pid = self.start(AUDIT)
        said = self.doctor(pid, ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"),
                           status=FAILED)
        self.assertEqual(said["reached"], "unknown")
        self.assertIn(f"sudo auditfailctl doctor {pid}", said["next"])

    def test_a_process_that_is_gone_is_told(self):
        process = subprocess.Popen(["true"])
        process.wait(DEADLINE)
        self.assertCtl(FAILED, "doctor", str(process.pid), complains=f"cannot look at process {process.pid}: No such")


class Services(Doctor):
    """Services of a systemd that the test plays, on a bus of its own."""

    CONFIGURATION = """<busconfig><type>custom</type><auth>EXTERNAL</auth><listen>unix:path={bus}</listen>
        <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
        <allow own="*"/></policy></busconfig>"""

    def setUp(self):
        super().setUp()
        if not shutil.which("dbus-daemon"):
            self.skipTest("there is no dbus-daemon")
        bus = tempfile.mkdtemp(prefix="auditfail-bus-")
        self.addCleanup(shutil.rmtree, bus)
        self.address = f"unix:path={bus}/bus"
        configuration = self.folder / "bus.conf"
        configuration.write_text(self.CONFIGURATION.format(bus=f"{bus}/bus"))
        self.serve("dbus-daemon", "--nofork", "--print-address", f"--config-file={configuration}")

    def serve(self, *argv):
        """Starts what says a line on stdout when it is ready, and ends it when the test is over."""
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True, env=self.environment(DBUS_SYSTEM_BUS_ADDRESS=self.address))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        self.assertTrue(process.stdout.readline())

    def service(self, *properties):
        """What doctor says of a service with these PROPERTIES, of a systemd that takes the place of the last one."""
        self.serve(SYSTEMD, "cups.service", *properties, f"ExecStart={AUDIT}")
        return self.doctor("cups.service", DBUS_SYSTEM_BUS_ADDRESS=self.address)

    def test_a_service_is_told_how_to_be_reached(self):
        said = self.service()
        self.assertEqual((said["type"], said["unit"], said["program"], said["audit"], said["reached"]),
                         ("service", "cups.service", AUDIT, "linked", "nothing"))
        self.assertEqual(said["next"][:3],
                         ["mkdir -p /etc/systemd/system/cups.service.d",
                          f"ln -s {os.environ['GUARD_FOLDER']}/auditfail-preload.conf "
                          "/etc/systemd/system/cups.service.d/50-auditfail-preload.conf",
                          "systemctl daemon-reload && systemctl restart cups.service"])

    def test_a_unit_with_a_name_that_the_shell_changes_is_quoted_and_an_instance_has_its_templates_folder(self):
        for unit, folder in ((r"a-b\x2dc.service", r"a-b\x2dc.service.d"), ("sshd@1-10.0.0.1.service", "sshd@.service.d")):
            with self.subTest(unit):
                self.serve(SYSTEMD, unit, f"ExecStart={AUDIT}")
                steps = self.doctor(unit, DBUS_SYSTEM_BUS_ADDRESS=self.address)["next"]
                self.assertEqual(shlex.split(steps[0]), ["mkdir", "-p", f"/etc/systemd/system/{folder}"])
                self.assertEqual(shlex.split(steps[1])[-1],
                                 f"/etc/systemd/system/{folder}/50-auditfail-preload.conf")
                self.assertEqual(shlex.split(steps[2])[-1], unit)

    @needs_audit
    def test_what_takes_audit_from_a_service_is_found(self):
        for properties, errno in (
                ((), None),
                (("RestrictAddressFamilies=AF_UNIX AF_NETLINK",), None),
                (("User=lp", "AmbientCapabilities=0x20000000"), None),
                (("SystemCallFilter=socket sendto recvfrom read",), None),
                (("SystemCallFilter=~ptrace:1 reboot",), None),
                (("RestrictAddressFamilies=AF_UNIX AF_INET",), 97),
                (("RestrictAddressFamilies=~AF_NETLINK",), 97),
                (("CapabilityBoundingSet=0xdfffffff",), 1),
                (("User=lp",), 1),
                (("DynamicUser=1",), 1),
                (("SystemCallFilter=read write", "SystemCallErrorNumber=1"), 1),
                (("SystemCallFilter=read write", "SystemCallErrorNumber=38"), 38),
                (("SystemCallFilter=~sendto", "SystemCallErrorNumber=1"), 1),
                (("SystemCallFilter=~sendto:38", "SystemCallErrorNumber=1"), 38),
                (("SystemCallFilter=~sendto:EACCES",), 13),
                (("SystemCallFilter=socket sendto recvfrom:EPERM",), 1),
                (("PrivateUsers=1",), 111)):
            with self.subTest(properties):
                said = self.service(*properties)
                self.assertEqual((said["writes"], said.get("errno")), (errno is None, errno), said)

    @needs_audit
    def test_a_filter_without_an_error_kills(self):
        for properties in (("SystemCallFilter=read write",), ("SystemCallFilter=~sendto",),
                           ("SystemCallFilter=~sendto:kill", "SystemCallErrorNumber=1")):
            with self.subTest(properties):
                said = self.service(*properties, f"Environment=LD_PRELOAD={PRELOAD}")
                self.assertEqual((said["writes"], "errno" in said, said["verdict"]), (False, False, "lost"))
                self.assertIn("It is killed", said["outcome"])
                self.assertIn("SystemCallFilter=@network-io, to reach audit", "\n".join(said["next"]))

    def test_a_filter_that_keeps_a_service_from_auditfaild_is_told(self):
        said = self.service("SystemCallFilter=socket sendto recvfrom", f"Environment=LD_PRELOAD={PRELOAD}")
        self.assertIn("SystemCallFilter=@network-io, to reach auditfaild", said["next"][0])
        said = self.service("SystemCallFilter=socket sendto recvfrom connect setsockopt shutdown")
        self.assertNotIn("SystemCallFilter", "\n".join(said["next"]))

    def test_a_drop_in_that_waits_for_the_next_start_is_told(self):
        said = self.service(f"Environment=A=b LD_PRELOAD={PRELOAD} AUDITFAIL_APPLICATION=printing",
                            f"MainPID={self.start(AUDIT)}")
        self.assertEqual((said["reached"], said["application"]), ("nothing", "printing"))
        self.assertIn("from its next start", said["how"])
        self.assertEqual(said["next"][0], "systemctl daemon-reload && systemctl restart cups.service")

    def test_a_service_with_the_drop_in_is_reached(self):
        said = self.service(f"Environment=LD_PRELOAD={PRELOAD}")
        self.assertEqual((said["reached"], said["how"]), ("preload", "LD_PRELOAD of its unit"))

    def test_a_service_that_is_active_without_a_process_is_not_said_to_be_stopped(self):
        for state, words in (("active", "cups.service, active without a main process, "),
                             ("inactive", "cups.service, not running, ")):
            self.serve(SYSTEMD, "cups.service", f"ExecStart={AUDIT}", f"ActiveState={state}")
            result = self.ctl("doctor", "cups.service", variables={"DBUS_SYSTEM_BUS_ADDRESS": self.address})
            self.assertIn(words, result.stdout)

    def test_a_service_has_the_policy_of_its_program_by_the_name_that_it_gets(self):
        self.assertEqual(self.service(f"ExecStart={AUDIT} /usr/sbin/sshd-session -D")["application"], "sshd")

    @needs_root
    def test_pam_asks_for_the_program_behind_a_service_of_its_own(self):
        self.serve(SYSTEMD, "cups.service", f"ExecStart={AUDIT}", "PAMName=su-l")
        said = self.doctor("cups.service", etc(self, "pam.d/su-l", "session required pam_auditfail.so"),
                           DBUS_SYSTEM_BUS_ADDRESS=self.address)
        self.assertEqual((said["reached"], said["application"]), ("pam", "su"))

    @needs_audit
    def test_a_service_under_its_own_user_is_stopped_by_its_own_policy_or_where_nobody_answers(self):
        preload = f"Environment=LD_PRELOAD={PRELOAD}"
        self.assertIn("it is stopped", self.service("User=lp", preload)["outcome"])
        self.policy("default", "terminate")
        self.policy("cupsd", "terminate")
        self.daemon()
        self.assertIn("it goes on", self.service("User=lp", preload)["outcome"])
        self.assertIn("it is stopped", self.service("User=lp", f"{preload} AUDITFAIL_APPLICATION=cupsd")["outcome"])
        self.assertIn("it is stopped", self.service("CapabilityBoundingSet=0", preload)["outcome"])

    @needs_root
    @needs_audit
    def test_pam_of_a_unit_does_not_see_what_the_unit_takes_away(self):
        self.serve(SYSTEMD, "cups.service", f"ExecStart={AUDIT}", "PAMName=su", "CapabilityBoundingSet=0")
        said = self.doctor("cups.service", etc(self, "pam.d/su", "session required pam_auditfail.so"), status=FAILED,
                           DBUS_SYSTEM_BUS_ADDRESS=self.address)
        self.assertIn("PAM is asked by systemd", said["outcome"])
        self.assertEqual(said["next"][0], "mkdir -p /etc/systemd/system/cups.service.d")

    @needs_root
    @needs_audit
    def test_a_service_has_no_more_than_systemd_has(self):
        self.serve(SYSTEMD, "cups.service", f"ExecStart={AUDIT}")
        for wrapper, errno, cause in (
                (WITHOUT_AUDIT, 111, "the kernel was started with audit=0"),
                (("unshare", "--pid", "--fork", "--mount-proc", *UNABLE), 1, "systemd itself has no CAP_AUDIT_WRITE"),
                ((*APART, "--pid", "--fork", "--mount-proc"), 111, "systemd is not in the initial user namespace")):
            with self.subTest(cause):
                if self.run_program(*wrapper, "true").returncode != 0:
                    self.skipTest("no namespace can be made here")
                said = self.doctor("cups.service", wrapper, status=FAILED, DBUS_SYSTEM_BUS_ADDRESS=self.address)
                self.assertEqual((said["errno"], said["cause"]), (errno, cause))

    def test_the_main_process_counts_more_than_what_the_unit_says(self):
        pid = self.start(AUDITFAILCTL, "run", AUDIT)
        said = self.service(f"MainPID={pid}", "ExecStart=/no/such/program")
        self.assertEqual((said["pid"], said["program"], said["reached"]), (pid, AUDIT, "preload"))

    def test_a_service_that_may_not_reach_auditfaild_is_told_what_it_needs(self):
        self.assertIn("RestrictAddressFamilies=AF_UNIX",
                      "\n".join(self.service("RestrictAddressFamilies=AF_NETLINK", "PrivateUsers=1")["next"]))

    def test_a_unit_that_is_not_there_or_no_service_is_told(self):
        self.serve(SYSTEMD, "cups.service")
        variables = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self.assertCtl(FAILED, "doctor", "cupsd.service", complains="systemd knows no cupsd", variables=variables)
        self.assertCtl(USAGE, "doctor", "cups.socket", complains="cups.socket is no service", variables=variables)

    @needs_root
    def test_a_file_that_gives_a_service_more_than_its_user_has_is_not_reached(self):
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder takes no setuid programs")
        for owner, mode, properties, reached in (
                ((0, 0), 0o4755, (), "preload"),
                ((0, 0), 0o4755, ("User=daemon",), "nothing"),
                ((0, 0), 0o4755, (f"User={STRANGER}",), "nothing"),
                ((0, 0), 0o4755, ("DynamicUser=1",), "nothing"),
                ((0, 0), 0o4755, ("User=daemon", "NoNewPrivileges=1"), "preload"),
                ((0, 0), 0o2755, ("User=daemon",), "nothing"),
                ((0, 0), 0o2755, ("User=daemon", "Group=root"), "preload"),
                ((0, 0), 0o2755, ("User=daemon", "Group=0"), "preload"),
                ((0, STRANGER), 0o2755, (), "nothing"),
                ((0, STRANGER), 0o2755, (f"Group={STRANGER}",), "preload"),
                ((STRANGER, STRANGER), 0o4755, (), "nothing"),
                ((STRANGER, STRANGER), 0o4755, ("User=no-such-user",), "nothing")):
            with self.subTest(owner=owner, mode=mode, properties=properties):
                os.chown(program, *owner)
                program.chmod(mode)
                self.serve(SYSTEMD, "cups.service", f"ExecStart={program}", f"Environment=LD_PRELOAD={PRELOAD}",
                           *properties)
                said = self.doctor("cups.service", DBUS_SYSTEM_BUS_ADDRESS=self.address)
                self.assertEqual(said["reached"], reached, said)
                if reached == "nothing":
                    self.assertIn("LD_PRELOAD is ignored", said["how"])
                    self.assertIn(f"for every program: echo {PRELOAD} >>/etc/ld.so.preload", said["next"])

    def test_without_a_bus_nothing_is_known_of_services(self):
        self.assertCtl(NO_DAEMON, "doctor", "cups.service", complains="does systemd run?",
                       variables={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/none"})


class DropIn(unittest.TestCase):
    def test_systemd_understands_it(self):
        with tempfile.TemporaryDirectory(prefix="auditfail-units-") as name:
            folder = pathlib.Path(name)
            (folder / "cups.service.d").mkdir()
            (folder / "cups.service").write_text("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n")
            shutil.copy(DROP_IN, folder / "cups.service.d")
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", "./cups.service"], capture_output=True,
                                    text=True, timeout=60, check=False, cwd=folder)
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_it_names_the_library_by_its_path(self):
        self.assertRegex(DROP_IN.read_text(), r"(?m)^Environment=LD_PRELOAD=/\S+/libauditfail-preload\.so$")


if __name__ == "__main__":
    main()
