#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whose losses are records in the audit trail, and what a person cannot do to write some.

The kernel that takes the records is kernel_stand_in.c. Everything else is real: the users, the logins, and what the
kernel says about the process that connected."""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from harness import DEADLINE, POLICY, SANITIZED, Client, DaemonTest, become, log_in, main, without_blanks

KERNEL = without_blanks(os.environ["KERNEL_STAND_IN"])
ALICE, BOB, DAEMON = 1000, 1001, 990  # uids; no account is needed
UNSET = 4294967295
CAP_AUDIT_WRITE = 29
CLONE_NEWUSER, PR_SET_DUMPABLE = 0x10000000, 4
libc = ctypes.CDLL(None, use_errno=True)


def in_child(function):
    """Runs FUNCTION in a process of its own. Fails if it fails."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException as error:
            os.write(2, f"# {error!r}\n".encode())
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def can_log_in():
    if os.geteuid() != 0 or pathlib.Path("/proc/self/loginuid").read_text() != str(UNSET):
        return False
    return in_child(lambda: become(ALICE, ALICE)) == 0


@unittest.skipUnless(can_log_in(), "needs root without a login, to be several users with one")
@unittest.skipIf(SANITIZED, "nothing can be preloaded before ASan")
class Evidence(DaemonTest):
    def start(self, *options):
        self.log = self.folder / "records"
        self.auditfaild = self.daemon(trail=True, options=options,
                                      environment={"LD_PRELOAD": KERNEL, "AUDIT_KERNEL_LOG": os.fspath(self.log)})
        return self.auditfaild

    def ask(self, application, uid, auid=None, count=1):
        """Asks as UID, with the login AUID, in COUNT connections; %d in APPLICATION is the number."""
        def asks():
            become(uid, auid)
            for i in range(count):
                self.auditfaild.query(application.replace("%d", str(i)), errno=1)

        self.assertEqual(in_child(asks), 0)

    def send(self, application):
        """Asks without waiting for the reply."""
        client = self.auditfaild.connect()
        client.send(f"{POLICY}.Query", {"application": application})
        return client

    @contextlib.contextmanager
    def stopped(self):
        """The daemon reads what came meanwhile, and finds the callers as they are afterwards."""
        self.auditfaild.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.auditfaild.signal(signal.SIGCONT)

    def result(self):
        """Ends the daemon. Returns the number of audit records, and the applications that its log names."""
        self.auditfaild.stop()
        records = self.log.read_text().count("record ") if self.log.exists() else 0
        return records, re.findall(r"auditfaild: (\S+) \(.* could not write", self.auditfaild.stderr())

    def assertResult(self, records, *applications):
        self.assertEqual(self.result(), (records, list(applications)))


class Callers(Evidence):
    def test_a_person_writes_no_record(self):
        self.start()
        self.ask("invented", ALICE, ALICE)
        self.assertResult(0, "invented")

    def test_root_writes_records_with_and_without_a_login(self):
        self.start()
        self.ask("boot", 0)
        self.ask("root", 0, 0)
        self.ask("sudo", 0, ALICE)
        self.assertResult(3, "boot", "root", "sudo")

    def test_a_service_writes_records(self):
        self.start()
        self.ask("service", DAEMON)
        self.assertResult(1, "service")

    def test_a_setuid_program_that_gives_up_its_rights_after_the_question_writes_a_record(self):
        self.start()

        def asks():
            log_in(ALICE)
            with self.auditfaild.connect() as client:
                os.setresuid(ALICE, ALICE, ALICE)
                client.call("Query", application="setuid")

        self.assertEqual(in_child(asks), 0)
        self.assertResult(1, "setuid")

    def test_a_process_of_root_that_is_gone_writes_a_record(self):
        self.start()
        with self.stopped():
            self.assertEqual(in_child(lambda: self.send("gone")), 0)
        self.assertStillAnswers(self.auditfaild)
        self.assertEqual(self.result()[0], 2)

    def test_everyone_writes_records_if_the_administrator_says_so(self):
        self.start("--trail=everyone")
        self.assertAnswer(self.auditfaild.call("Status"), trailRule="everyone")
        self.ask("invented", ALICE, ALICE)
        self.ask("su", 0, ALICE)
        self.assertResult(2, "invented", "su")

    def test_without_another_word_the_rule_is_system(self):
        self.assertAnswer(self.start().call("Status"), trailRule="system")

    def test_nobody_writes_records_if_the_administrator_says_so(self):
        for option in "--trail=none", "--no-trail":
            with self.subTest(option):
                self.start(option)
                self.assertAnswer(self.auditfaild.call("Status"), trailRule="none", trail=False)
                self.ask("passwd", 0)
                self.assertResult(0, "passwd")


class Forgers(Evidence):
    """A person tries to be taken for a caller whose loss is evidence."""

    def setUp(self):
        super().setUp()
        self.start()

    def assertNoRecord(self):
        """The daemon has read all calls when it answers this one, of a person."""
        self.ask("end", BOB, BOB)
        records, applications = self.result()
        self.assertIn("end", applications)
        self.assertEqual(records, 0, applications)

    def test_by_a_setuid_program_after_the_question(self):
        program = self.folder / "sleep"
        shutil.copy(shutil.which("sleep"), program)
        program.chmod(0o4755)
        with self.stopped():
            asked, tell = os.pipe()
            forger = os.fork()
            if forger == 0:
                with contextlib.suppress(BaseException):
                    become(ALICE, ALICE)
                    os.set_inheritable(self.send("forged").socket.detach(), True)
                    os.set_inheritable(tell, False)  # the program has begun when it is closed
                    os.close(asked)
                    os.execv(program, [os.fspath(program), str(DEADLINE)])
                os._exit(1)
            self.addCleanup(os.waitpid, forger, 0)
            self.addCleanup(os.kill, forger, signal.SIGKILL)
            os.close(tell)
            self.assertEqual(os.read(asked, 1), b"")
            os.close(asked)
            status = pathlib.Path(f"/proc/{forger}/status").read_text()
            if not re.search(rf"(?m)^Uid:\t{ALICE}\t0\t", status):
                self.skipTest("setuid programs do not work here")
            self.assertTrue(int(re.search(r"CapEff:\t(\w+)", status)[1], 16) >> CAP_AUDIT_WRITE & 1)
        self.assertNoRecord()

    def test_by_being_gone(self):
        with self.stopped():
            self.assertEqual(in_child(lambda: (become(ALICE, ALICE), self.send("forged"))), 0)
        self.assertNoRecord()

    def test_by_leaving_the_connection_to_another_process_of_root(self):
        ours, theirs = socket.socketpair()
        with ours, theirs, self.stopped():
            def connects():
                become(ALICE, ALICE)
                client = self.send("forged")
                socket.send_fds(theirs, [b"x"], [client.socket.fileno()])

            self.assertEqual(in_child(connects), 0)
            descriptor = socket.recv_fds(ours, 1, 1)[1][0]
            self.addCleanup(os.close, descriptor)
            os.write(descriptor, Client.frame(f"{POLICY}.Query", {"application": "as-root"}))
        self.assertNoRecord()

    def test_by_being_root_of_a_user_namespace(self):
        def asks():
            become(ALICE, ALICE)
            libc.prctl(PR_SET_DUMPABLE, 1)  # else its files in /proc are root's
            if libc.unshare(CLONE_NEWUSER) < 0:
                os._exit(77)
            pathlib.Path("/proc/self/setgroups").write_text("deny")
            pathlib.Path("/proc/self/uid_map").write_text(f"0 {ALICE} 1")
            if os.geteuid() != 0:
                raise AssertionError("not root in there")
            with contextlib.suppress(OSError):
                log_in(UNSET)
            with contextlib.suppress(OSError):
                log_in(0)
            self.auditfaild.query("forged")

        status = in_child(asks)
        if status == 77:
            self.skipTest("no user namespace can be made here")
        self.assertEqual(status, 0)
        self.assertNoRecord()

    def test_by_another_login(self):
        def asks():
            become(ALICE, ALICE)
            for auid in UNSET, 0, BOB:
                with contextlib.suppress(OSError):
                    log_in(auid)
            if pathlib.Path("/proc/self/loginuid").read_text() != str(ALICE):
                raise AssertionError("a login can be changed")
            self.auditfaild.query("forged")

        self.assertEqual(in_child(asks), 0)
        self.assertNoRecord()

    def test_by_the_capability(self):
        # This caller holds it. But the kernel does not say who held it when the question came.
        command = ["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", "--inh-caps=+audit_write",
                   "--ambient-caps=+audit_write", sys.executable, "-c",
                   "import socket, sys\n"
                   "s = socket.socket(socket.AF_UNIX)\n"
                   "s.connect(sys.argv[1])\n"
                   f"s.sendall({Client.frame(f'{POLICY}.Query', {'application': 'capable'})!r})\n"
                   "assert s.recv(65536)\n", os.fspath(self.auditfaild.path)]
        done = subprocess.run(command, preexec_fn=lambda: log_in(ALICE), timeout=DEADLINE, check=False)
        if done.returncode != 0:
            self.skipTest("the capability cannot be passed on here")
        self.assertNoRecord()


class Floods(Evidence):
    def test_a_person_gets_ten_lines_and_takes_nothing_from_root_and_services(self):
        self.start()
        self.ask("invented-%d", ALICE, ALICE, 300)
        self.ask("su", 0, ALICE, 70)
        self.ask("su", 0)
        self.ask("su", 0, BOB)
        self.ask("su", DAEMON)
        self.assertAnswer(self.auditfaild.call("Status"), suppressed=290 + 10)
        records, applications = self.result()
        self.assertEqual(applications, [f"invented-{i}" for i in range(10)] + 63 * ["su"])
        self.assertEqual(records, 63)

    def test_a_flood_of_processes_that_end_at_once_is_one_persons(self):
        self.start()
        with self.stopped():
            for i in range(40):
                self.assertEqual(in_child(lambda: (become(20000 + i, ALICE), self.send(f"gone-{i}"))), 0)
        self.ask("service", DAEMON)
        records, applications = self.result()
        self.assertEqual(len(applications), 11)
        self.assertEqual((records, applications[-1]), (1, "service"))

if __name__ == "__main__":
    main()
