#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start, privileges, notifications to the service manager, and end of auditfaild."""
import contextlib
import os
import pathlib
import pwd
import resource
import signal
import socket
import stat
import subprocess
import time

from harness import AUDITFAILD, DEADLINE, STAY_WHO_WE_ARE, Client, DaemonTest, main, needs_root, without_audit_write

CAP_AUDIT_WRITE = 29
# All capabilities but CAP_SETGID (setgroups(2) fails there), and no user but root. The kernel takes no records from it.
USER_NAMESPACE = ["unshare", "--user", "--map-root-user", "setpriv", "--bounding-set=-setgid"]


class CommandLine(DaemonTest):
    def run_daemon(self, *options):
        return self.run_program(*without_audit_write([AUDITFAILD]), *options)

    def test_help_explains_every_option(self):
        done = self.run_daemon("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--listen", "--root", "--runtime", "--user", "--trail", "--no-trail", "--idle-timeout",
                       "--log", "--version"):
            self.assertRegex(done.stdout, rf"(?m)^  {option} ")

    def test_an_unknown_rule_for_the_trail_is_named(self):
        done = self.run_daemon("--trail=sytsem", "--listen", self.folder / "own")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--trail: neither system, everyone nor none: sytsem", done.stderr)

    def test_version_is_one_line(self):
        done = self.run_daemon("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\A(auditfaild|auditfail) \d+\.\d+\.\d+\n\Z")

    def test_a_wrong_command_line_is_explained_and_exits_with_2(self):
        for options in (["--nonsense"], ["--idle-timeout", "soon"], ["--idle-timeout", "-1"], ["--idle-timeout", ""],
                        ["--log=nowhere"], ["--listen"], ["operand"], ["--root", "x" * 200]):
            with self.subTest(options):
                done = self.run_daemon("--no-trail", *options)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())
                self.assertEqual(done.stdout, "")

    def test_without_a_socket_there_is_nothing_to_do(self):
        done = self.run_daemon("--no-trail", "--log=stderr", "--root", self.root, "--runtime", self.folder / "run",
                               *STAY_WHO_WE_ARE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--listen", done.stderr)

    def test_a_path_too_long_for_a_socket_is_told(self):
        daemon = self.daemon_unready(options=["--listen", "/" + "x" * 107])
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn("107 bytes", daemon.stderr())

    def test_a_path_too_long_for_a_root_is_told(self):
        root = self.folder / ("x" * 130)
        root.mkdir()
        done = self.run_daemon("--no-trail", "--root", root)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("this path is too long", done.stderr)

    @needs_root
    def test_a_user_that_does_not_exist_is_told(self):
        daemon = self.daemon_unready(user="nobody-has-this-name")
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn("nobody-has-this-name", daemon.stderr())


class Listen(DaemonTest):
    def test_its_own_socket_is_open_to_all_users_and_removed_at_the_end(self):
        daemon = self.daemon()
        self.assertEqual(stat.S_IMODE(daemon.path.stat().st_mode), 0o666)
        daemon.stop()
        self.assertFalse(daemon.path.exists())
        self.assertTrue(daemon.snapshot.exists(), "the snapshot answers while no daemon runs")

    def test_several_sockets_are_served_alike(self):
        other = self.folder / "other"
        daemon = self.daemon(options=["--listen", other])
        for path in (daemon.path, other):
            with Client(path) as client:
                self.assertAnswer(client.call("Query", application="a"), application="a")
        daemon.stop()
        self.assertFalse(other.exists())

    def test_a_socket_that_a_dead_daemon_left_is_taken_over(self):
        daemon = self.daemon_unready().ready()
        daemon.kill()
        self.assertTrue(daemon.path.is_socket())
        self.assertStillAnswers(self.daemon())

    def test_a_socket_that_another_daemon_serves_is_left_alone(self):
        first = self.daemon()
        second = self.daemon_unready()
        self.assertNotEqual(second.wait(), 0)
        self.assertIn(str(first.path), second.stderr())
        self.assertStillAnswers(first)

    def test_a_file_that_is_not_a_socket_is_left_alone(self):
        path = self.folder / "run/io.auditfail.Policy"
        path.write_text("precious\n")
        daemon = self.daemon_unready()
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn(str(path), daemon.stderr())
        self.assertEqual(path.read_text(), "precious\n")

    def test_a_folder_that_does_not_exist_is_told(self):
        path = self.folder / "absent/socket"
        daemon = self.daemon_unready(options=["--listen", path])
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn(str(path), daemon.stderr())


class Activation(DaemonTest):
    def listener(self, name, kind=socket.SOCK_STREAM):
        listener = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(listener.close)
        listener.bind(os.fspath(self.folder / name))
        if kind != socket.SOCK_DGRAM:
            listener.listen()
        return listener

    def test_a_client_that_connected_before_the_start_is_answered(self):
        listener = self.listener("run/first")
        with Client(self.folder / "run/first") as early:
            early.send("io.auditfail.Policy.Query", {"application": "early"})
            self.daemon(sockets=[listener])
            self.assertAnswer(early.reply(), application="early")

    def test_two_sockets_are_served_and_both_stay_when_it_ends(self):
        names = ("run/first", "run/second")
        daemon = self.daemon(sockets=[self.listener(name) for name in names])
        for name in names:
            with Client(self.folder / name) as client:
                self.assertAnswer(client.call("Query", application="a"), application="a")
        daemon.stop()
        for name in names:
            self.assertTrue((self.folder / name).is_socket(), "the socket is systemd's")

    def test_the_next_daemon_answers_clients_that_came_in_between(self):
        listener = self.listener("run/first")
        self.daemon(sockets=[listener]).stop()
        with Client(self.folder / "run/first") as client:
            client.send("io.auditfail.Policy.Query", {"application": "patient"})
            self.daemon(sockets=[listener])
            self.assertAnswer(client.reply(), application="patient")

    def test_passed_sockets_and_own_ones_are_served_alike(self):
        daemon = self.daemon(sockets=[self.listener("run/first")], options=["--listen", self.folder / "own"])
        for path in (self.folder / "run/first", self.folder / "own"):
            with Client(path) as client:
                self.assertAnswer(client.call("Query", application="a"), application="a")
        daemon.stop()

    def test_a_descriptor_that_is_not_a_listening_stream_socket_is_refused(self):
        pair = socket.socketpair()
        self.addCleanup(pair[0].close)
        self.addCleanup(pair[1].close)
        with open("/dev/null", "rb") as null:
            for name, wrong in (("datagrams", self.listener("run/datagrams", socket.SOCK_DGRAM)),
                                ("a connection", pair[0]), ("no socket", null)):
                with self.subTest(name):
                    daemon = self.daemon_unready(sockets=[self.listener(f"run/good-{name}"), wrong])
                    self.assertNotEqual(daemon.wait(), 0)
                    self.assertRegex(daemon.stderr(), r"(?i)socket")
                    self.assertRegex(daemon.stderr(), r"\b4\b", "which descriptor")

    def test_systemd_socket_activate_starts_it_with_the_first_query(self):
        path = self.folder / "run/io.auditfail.Policy"
        activate = subprocess.Popen(
            without_audit_write(["systemd-socket-activate", f"--listen={path}", AUDITFAILD, "--root", self.root,
                                 "--runtime", self.folder / "run", "--no-trail", "--log=stderr", *STAY_WHO_WE_ARE]),
            stderr=subprocess.PIPE, text=True)
        try:
            line = activate.stderr.readline()
            self.assertIn("Listening", line)
            with Client(path) as client:
                self.assertAnswer(client.call("Query", application="first"), application="first")
                pid = client.call("Status")["parameters"]["pid"]
            self.assertEqual(pid, activate.pid)
        finally:
            activate.terminate()
            status = activate.wait(DEADLINE)
            rest = activate.stderr.read()
            activate.stderr.close()
        self.assertEqual(status, 0, rest)


class Privileges(DaemonTest):
    def status_of(self, daemon):
        lines = pathlib.Path(f"/proc/{daemon.pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def test_without_the_audit_capability_it_runs_with_none_at_all(self):
        daemon = self.daemon()
        status = self.status_of(daemon)
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertAnswer(daemon.call("Status"), pid=daemon.pid, uid=os.geteuid(), capabilities=[], trail=False)

    @needs_root
    def test_no_capability_can_come_back(self):
        status = self.status_of(self.daemon())
        self.assertEqual(int(status["CapBnd"], 16), 0)

    @needs_root
    def test_as_root_it_becomes_the_user_of_its_option(self):
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder / "run", nobody.pw_uid, nobody.pw_gid)
        daemon = self.daemon(user="nobody", wrapper=["setpriv", "--groups=1,4242"])
        status = self.status_of(daemon)
        self.assertEqual(status["Uid"].split(), [str(nobody.pw_uid)] * 4)
        self.assertEqual(status["Gid"].split(), [str(nobody.pw_gid)] * 4)
        self.assertEqual(status["Groups"].split(), [])
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)
        self.assertAnswer(daemon.call("Status"), uid=nobody.pw_uid, capabilities=[])
        self.policy("a", "ignore")
        self.assertAnswer(daemon.call("Reload"), generation=2)
        self.assertEqual(daemon.snapshot.stat().st_uid, nobody.pw_uid)
        daemon.stop()
        self.assertFalse(daemon.path.exists())

    @needs_root
    def test_the_audit_capability_is_the_only_one_that_it_keeps(self):
        daemon = self.daemon(wrapper=USER_NAMESPACE)
        status = self.status_of(daemon)
        for capabilities in ("CapPrm", "CapEff", "CapBnd"):
            self.assertEqual(int(status[capabilities], 16), 1 << CAP_AUDIT_WRITE, capabilities)
        self.assertAnswer(daemon.call("Status"), capabilities=["audit_write"])
        self.assertRegex(daemon.stderr(), r"capabilities: cap_audit_write\b")

    @needs_root
    def test_it_does_not_start_if_it_cannot_become_another_user(self):
        daemon = self.daemon_unready(wrapper=USER_NAMESPACE, user="nobody")
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn('Cannot become user "nobody"', daemon.stderr())

    @needs_root  # for another user, the option --user has no effect
    def test_a_user_who_cannot_become_another_is_told_how_to_start_it(self):
        common = ["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid"]
        daemon = self.daemon_unready(wrapper=common, user="daemon")
        self.assertNotEqual(daemon.wait(), 0)
        self.assertIn('Cannot become user "daemon": Operation not permitted. Start the daemon as root, or choose your own user '
                      "with --user", daemon.stderr())

    def test_it_uses_all_descriptors_that_it_may_have(self):
        daemon = self.daemon(wrapper=["prlimit", "--nofile=64:128"])
        self.assertEqual(resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE), (128, 128))

    def test_the_log_says_what_it_runs_with(self):
        daemon = self.daemon()
        self.assertRegex(daemon.stderr(), rf"\buid {os.geteuid()}\b")
        self.assertRegex(daemon.stderr(), r"(?i)capabilit")

    def test_it_holds_no_descriptor_of_its_parent(self):
        daemon = self.daemon()
        names = []
        for fd in os.listdir(f"/proc/{daemon.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile, as that of the first probe
                names.append(os.readlink(f"/proc/{daemon.pid}/fd/{fd}"))
        self.assertFalse([name for name in names if name.startswith(str(self.root))], names)


class Notifications(DaemonTest):
    def test_ready_comes_with_a_status_that_an_admin_can_read(self):
        self.policy("a", "log"), self.policy("b", "log"), self.policy("default", "log")
        daemon = self.daemon_unready()
        status = daemon.notified("STATUS")["STATUS"]
        self.assertIn("3 applications", status)
        if not any(message.get("READY") for message in daemon.notifications):
            daemon.ready()
        self.assertStillAnswers(daemon)

    def test_a_failed_reload_is_in_the_status(self):
        daemon = self.daemon()
        self.policy("a", "nonsense")
        daemon.signal(signal.SIGHUP)
        daemon.notified("RELOADING", "1")
        while "FAILED" not in (status := daemon.notified("STATUS")["STATUS"]):
            pass
        self.assertEqual(status, "0 applications, generation 1; the last reload FAILED (errors: 1), see: auditfailctl status")

    def test_a_broken_file_at_the_start_is_in_the_status(self):
        self.policy("a", "nonsense")
        self.assertEqual(self.daemon().notifications[-1]["STATUS"],
                         "1 applications, generation 1; some files cannot be used (errors: 1), see: auditfailctl status")

    def test_a_reload_is_announced_with_its_time_and_ends_with_ready(self):
        daemon = self.daemon()
        before = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
        daemon.signal(signal.SIGHUP)
        usec = int(daemon.notified("RELOADING", "1")["MONOTONIC_USEC"])
        self.assertLess(before - 1e6, usec)
        self.assertLess(usec, time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6 + 1e6)
        daemon.ready()

    def test_a_reload_that_a_client_asks_for_is_announced_too(self):
        daemon = self.daemon()
        daemon.call("Reload")
        daemon.notified("RELOADING", "1")
        daemon.ready()

    def test_the_end_is_announced(self):
        daemon = self.daemon()
        daemon.signal(signal.SIGTERM)
        daemon.notified("STOPPING", "1")
        self.assertEqual(daemon.wait(), 0)

    def test_the_watchdog_is_fed_when_there_is_one(self):
        daemon = self.daemon(environment={"WATCHDOG_USEC": "200000"})
        for _ in range(3):
            daemon.notified("WATCHDOG", "1")

    def test_without_a_watchdog_none_is_fed(self):
        daemon = self.daemon()
        daemon.call("Reload")
        daemon.stop()
        self.assertFalse([message for message in daemon.notifications if "WATCHDOG" in message])


class End(DaemonTest):
    def test_sigterm_and_sigint_end_it_well(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon()
            self.connect(daemon).call("Query", application="a")
            daemon.signal(number)
            self.assertEqual(daemon.wait(), 0)

    def test_it_ends_while_clients_are_connected(self):
        daemon = self.daemon()
        for i in range(20):
            client = self.connect(daemon)
            client.send("io.auditfail.Policy.Monitor", more=i % 2 == 0)
            client.reply()
        half = self.connect(daemon)
        half.send_bytes(b'{"method":')
        daemon.stop()
        self.assertTrue(half.ended())

    def test_it_ends_during_a_load(self):
        for i in range(2000):
            self.policy(f"a{i}", "log")
        daemon = self.daemon()
        self.connect(daemon).send("io.auditfail.Policy.Reload")
        daemon.stop()

    def test_sigpipe_does_not_end_it(self):
        daemon = self.daemon()
        daemon.signal(signal.SIGPIPE)
        self.assertStillAnswers(daemon)


if __name__ == "__main__":
    main()
