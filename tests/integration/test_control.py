#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
auditfail-controld up to the point where it would do something: who is let in, who is identified, what is refused and
how. It runs with --no-trail and without the capabilities for auditing, so that nothing reaches this machine's. Where
an audit daemon is stopped, that is one in a machine of its own (./do vm).
"""
import array
import contextlib
import ctypes
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import time
import unittest

from harness import (DEADLINE, FRAME_MAX, INTERFACES, SERVICE, STRANGER, Client, DaemonTest, Process, main,
                     needs_root)
from test_interface import Interface

AUDITFAIL_CONTROLD = os.environ["AUDITFAIL_CONTROLD"]
CONTROL = "io.auditfail.Control"
POLKIT = pathlib.Path("/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service")
UNSET = 2**32 - 1
REASON_MAX = 4096  # characters, as the audit record has it: in quotes, or in hexadecimal
BURST = 20  # requests of one login, before it is told to wait

PR_SET_NAME, SCM_CREDENTIALS = 15, 2


def without_audit(argv):
    """ARGV, to run without a right to do anything to this machine's auditing."""
    if os.geteuid() != 0:
        return argv
    capabilities = "-audit_write,-audit_control"
    return ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", *argv]


def own_auid():
    return int(pathlib.Path("/proc/self/loginuid").read_text())


def polkit_wrapper(there):
    """Words before a command line that have it see a polkit, or none, whatever this machine has."""
    script = f'mount -t tmpfs none {POLKIT.parent} && {{ {":" if not there else f": >{POLKIT}"}; }} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def can_hide_polkit():
    return (os.geteuid() == 0 and POLKIT.parent.is_dir() and
            subprocess.run([*polkit_wrapper(True), "true"], capture_output=True, check=False).returncode == 0)


chooses_polkit = unittest.skipUnless(can_hide_polkit(), "needs root and a mount namespace, to have a polkit or none")


def in_child(action, *, uid=None):
    """Runs ACTION in a child, of UID where there is one; returns what it returned, through JSON."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            os.write(writer, json.dumps(action()).encode())
        except BaseException as error:  # what went wrong is for the parent to tell
            os.write(writer, json.dumps({"raised": repr(error)}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    result = json.loads(text)
    if isinstance(result, dict) and "raised" in result:
        raise AssertionError(f"the child raised {result['raised']}")
    return result


class Caller(Client):
    """A client whose methods are io.auditfail.Control's."""

    def call(self, method, **parameters):
        return super().call(method if "." in method else f"{CONTROL}.{method}", **parameters)

    def request(self, method, parameters=None, **flags):
        self.send(f"{CONTROL}.{method}", parameters, **flags)

    def identify(self):
        """Returns the token."""
        return self.call("Identify")["parameters"]["token"]

    def stop(self, **parameters):
        return self.call("Stop", token=self.identify(), **parameters)


class ControlTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "run/control"
        self.interfaces = {name: Interface((INTERFACES / f"{name}.varlink").read_text()) for name in (SERVICE, CONTROL)}

    def start(self, *options, wrapper=()):
        """A daemon on self.path. It is there at once: its socket is open before it starts."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with listener:
            listener.bind(os.fspath(self.path))
            self.path.chmod(0o666)
            listener.listen(4096)
            argv = without_audit([AUDITFAIL_CONTROLD, "--no-trail", "--log=stderr", *map(os.fspath, options)])
            # Whoever needs the bus of the system gets none, and so harms none.
            environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/absent"}
            daemon = Process([*wrapper, *argv], sockets=[listener], environment=environment,
                             stderr=self.folder / f"stderr.{time.monotonic_ns()}")
        self.processes.append(daemon)
        self.addCleanup(self.end, daemon)
        return daemon

    def end(self, daemon):
        """Ends it as systemd does, and complains unless it ends well."""
        if daemon.status is None:
            daemon.signal(signal.SIGTERM)
        try:
            self.assertEqual(daemon.wait(), 0)
            self.assertNotRegex(daemon.stderr(), r"Sanitizer|runtime error:")
        finally:
            daemon.close()

    def caller(self):
        caller = Caller(self.path)
        self.addCleanup(caller.close)
        return caller

    def assertNotIdentified(self, reply, says):
        self.assertEqual(reply.get("error"), f"{CONTROL}.NotIdentified", reply)
        self.assertIn(says, reply["parameters"]["reason"])

    def assertHungUp(self, caller, says):
        """The caller is told why it was not identified, and nothing else."""
        self.assertNotIdentified(caller.reply(), says)
        self.assertTrue(caller.ended())

    def assertFailed(self, reply):
        """The request was granted; --no-trail is what it failed of."""
        self.assertEqual(reply.get("error"), f"{CONTROL}.Failed", reply)
        self.assertFalse(reply["parameters"]["signalled"])
        self.assertIn("--no-trail", reply["parameters"]["detail"])


class CommandLine(ControlTest):
    def run_daemon(self, *options):
        return self.run_program(*without_audit([AUDITFAIL_CONTROLD, *options]))

    def test_help_explains_every_option(self):
        done = self.run_daemon("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--listen", "--idle-exit", "--no-trail", "--log", "--help", "--version"):
            self.assertIn(option, done.stdout)

    def test_version_is_one_line(self):
        done = self.run_daemon("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Aauditfail-controld \d+\.\d+\.\d+\n\Z")

    def test_a_wrong_command_line_is_explained_and_exits_with_2(self):
        for options in (["--nonsense"], ["--idle-exit", "soon"], ["--idle-exit", "-1"], ["--idle-exit", "86401"],
                        ["--log=nowhere"], ["--listen"], ["operand"], []):
            with self.subTest(options):
                done = self.run_daemon("--no-trail", *options)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("auditfail-controld", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_its_own_socket_is_open_to_everyone_and_goes_with_it(self):
        own = self.folder / "run/own"
        daemon = self.start("--listen", own)
        self.caller().identify()  # by now it listens on the other one, too
        with Caller(own) as caller:
            self.assertEqual(own.stat().st_mode & 0o777, 0o666)
            caller.identify()
        self.end(daemon)
        self.assertFalse(own.exists())


class Replies(ControlTest):
    def check(self, method, reply):
        """REPLY is what the interface file promises."""
        error = reply.get("error", "")
        interface, _, name = error.rpartition(".")
        if interface == SERVICE:
            self.interfaces[SERVICE].check(self.interfaces[SERVICE].errors[name], reply["parameters"], error)
        else:
            self.interfaces[CONTROL].check_reply(method, reply)
        return reply

    def test_the_service_says_who_it_is_and_what_it_offers(self):
        self.start()
        reply = self.caller().call(f"{SERVICE}.GetInfo")
        self.assertAnswer(reply, product="auditfail-controld", interfaces=[SERVICE, CONTROL])

    def test_its_interface_is_described_by_the_file_to_the_byte(self):
        self.start()
        reply = self.caller().call(f"{SERVICE}.GetInterfaceDescription", interface=CONTROL)
        self.assertEqual(reply["parameters"]["description"], (INTERFACES / f"{CONTROL}.varlink").read_text())

    def test_every_method_of_the_interface_answers_as_it_promises(self):
        self.start()
        caller = self.caller()
        for method in self.interfaces[CONTROL].methods:
            with self.subTest(method):
                token = self.check("Identify", caller.call("Identify"))["parameters"]["token"]
                for parameters in ({}, {"token": token, "signal": "state"}):
                    reply = self.check(method, caller.call(method, **parameters))
                    self.assertNotEqual(reply.get("error"), f"{SERVICE}.MethodNotFound")

    def test_the_status_of_a_kernel_that_does_not_tell_is_an_error(self):
        self.start()
        reply = self.check("Status", self.caller().call("Status"))
        self.assertEqual(reply["error"], f"{CONTROL}.Failed")
        self.assertIn("the kernel does not tell", reply["parameters"]["detail"])

    def test_what_is_asked_for_with_more_comes_in_steps(self):
        self.start()
        caller = self.caller()
        caller.request("Stop", {"token": caller.identify(), "force": True}, more=True)
        first = caller.reply()
        if os.geteuid() != 0:
            self.skipTest("needs root, or a login and a polkit")
        self.check("Stop", first)
        self.assertTrue(first["continues"])
        self.assertEqual(first["parameters"]["progress"]["step"], "identified")
        self.assertEqual(first["parameters"]["progress"]["caller"]["pid"], os.getpid())
        last = self.check("Stop", caller.reply())
        self.assertFailed(last)
        self.assertNotIn("continues", last)


class Identify(ControlTest):
    def identified(self):
        """Who the daemon says that this process is."""
        with Caller(self.path) as caller:
            return caller.call("Identify")["parameters"]["caller"]

    def test_the_caller_is_who_proc_says_it_is(self):
        self.start()
        caller = self.identified()
        self.assertEqual((caller["pid"], caller["uid"], caller["gid"]), (os.getpid(), os.geteuid(), os.getegid()))
        self.assertEqual(caller["program"], pathlib.Path("/proc/self/comm").read_text().rstrip("\n"))
        for field, file in (("auid", "loginuid"), ("session", "sessionid")):
            known = int(pathlib.Path(f"/proc/self/{file}").read_text())
            self.assertEqual(caller.get(field), None if known == UNSET else known)

    def test_its_terminal_is_the_one_that_it_runs_on(self):
        self.start()
        pid, master = pty.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                print("TERMINAL", self.identified().get("terminal"), os.ttyname(0), flush=True)
            os._exit(0)
        text = b""
        with contextlib.suppress(OSError):  # EIO: the end
            while data := os.read(master, 4096):
                text += data
        os.close(master)
        os.waitpid(pid, 0)
        self.assertRegex(text.decode(), r"TERMINAL (pts/\d+) /dev/\1\r")

    @needs_root
    def test_another_user_is_another_user(self):
        if not can_hide_polkit():
            self.skipTest("needs a mount namespace, for a polkit")
        self.start(wrapper=polkit_wrapper(True))
        caller = in_child(self.identified, uid=STRANGER)
        self.assertEqual((caller["uid"], caller["gid"]), (STRANGER, STRANGER))

    def test_a_token_is_of_128_bits_and_new_each_time(self):
        self.start()
        caller = self.caller()
        tokens = [caller.identify() for _ in range(50)]
        self.assertEqual(len(set(tokens)), 50)
        for token in tokens:
            self.assertRegex(token, r"\A[0-9a-f]{32}\Z")

    def test_a_program_may_be_named_anything(self):
        self.start()

        def named():
            ctypes.CDLL(None).prctl(PR_SET_NAME, b"x\n\xff\"\x1b[31m", 0, 0, 0)
            return self.identified()["program"]
        self.assertEqual(in_child(named), "x\n\ufffd\"\x1b[31m")


class Tokens(ControlTest):
    """What does not fit ends the connection: nobody gets a second guess on it."""

    def test_the_one_that_was_handed_out_last_counts_and_once(self):
        self.start()
        caller = self.caller()
        self.assertNotEqual(caller.stop()["error"], f"{CONTROL}.NotIdentified")
        token = caller.identify()
        caller.call("Stop", token=token)
        caller.request("Stop", {"token": token})
        self.assertHungUp(caller, "not the token")

    def test_a_new_one_makes_the_one_before_void(self):
        self.start()
        caller = self.caller()
        old = caller.identify()
        caller.identify()
        caller.request("Stop", {"token": old})
        self.assertHungUp(caller, "not the token")

    def test_one_of_another_connection_is_none(self):
        self.start()
        one, other = self.caller(), self.caller()
        tokens = one.identify(), other.identify()
        one.request("Stop", {"token": tokens[1]})
        self.assertHungUp(one, "not the token")
        self.assertNotEqual(other.call("Stop", token=tokens[1])["error"], f"{CONTROL}.NotIdentified")

    def test_what_was_never_handed_out_is_none(self):
        self.start()
        for token in ("", "0" * 32, "\0"):
            caller = self.caller()
            with self.subTest(token):
                if token == "\0":
                    self.assertInvalid(caller.call("Stop", token=token), "token")
                    continue
                caller.request("Stop", {"token": token})
                self.assertHungUp(caller, "not the token")

    def test_a_beginning_or_more_than_the_token_is_none(self):
        self.start()
        for change in (lambda t: t[:31], lambda t: t + "0", lambda t: t.upper() + " ", lambda t: ""):
            caller = self.caller()
            caller.request("Stop", {"token": change(caller.identify())})
            self.assertHungUp(caller, "not the token")

    def test_a_call_that_is_wrong_in_itself_leaves_it(self):
        self.start()
        caller = self.caller()
        token = caller.identify()
        self.assertInvalid(caller.call("Stop", token=token, timeout=0), "timeout")
        self.assertNotEqual(caller.call("Stop", token=token)["error"], f"{CONTROL}.NotIdentified")


class Senders(ControlTest):
    """Every byte must come from the process that connected."""

    def stop_frame(self, token):
        return Caller.frame(f"{CONTROL}.Stop", {"token": token, "force": True})

    def test_a_child_that_has_the_connection_is_somebody_else(self):
        self.start()
        caller = self.caller()
        frame = self.stop_frame(caller.identify())
        in_child(lambda: caller.send_bytes(frame))
        self.assertHungUp(caller, "another process")

    def test_it_is_told_so_whatever_was_called_oneway_before(self):
        self.start()
        caller = self.caller()
        caller.send(f"{SERVICE}.GetInfo", oneway=True)
        frame = self.stop_frame(caller.identify())
        caller.send(f"{SERVICE}.GetInfo", oneway=True)
        in_child(lambda: caller.send_bytes(frame))
        self.assertHungUp(caller, "another process")

    def test_so_is_a_process_that_got_it_passed(self):
        self.start()
        caller = self.caller()
        frame = self.stop_frame(caller.identify())
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(ours, [b"x"], [caller.socket.fileno()])

            def use_passed():
                descriptors = socket.recv_fds(theirs, 1, 1)[1]
                os.close(caller.socket.fileno())
                os.write(descriptors[0], frame)
            in_child(use_passed)
        self.assertHungUp(caller, "another process")

    def test_two_senders_of_one_call_are_nobody(self):
        self.start()
        for first_is_child in (False, True):
            with self.subTest(first_is_child=first_is_child):
                caller = self.caller()
                frame = self.stop_frame(caller.identify())
                senders = [lambda: caller.send_bytes(frame[:40]), lambda: caller.send_bytes(frame[40:])]
                for i, send in enumerate(senders):
                    if first_is_child == (i == 0):
                        in_child(send)
                    else:
                        with contextlib.suppress(OSError):  # it may have been hung up on
                            send()
                self.assertHungUp(caller, "another process")

    def test_a_connection_of_a_process_that_has_ended_is_nobodys(self):
        self.start()
        ours, theirs = socket.socketpair()

        def connect_and_pass():
            caller = Caller(self.path)
            socket.send_fds(theirs, [caller.identify().encode()], [caller.socket.fileno()])
        with ours, theirs:
            in_child(connect_and_pass)
            token, descriptors, _, _ = socket.recv_fds(ours, 64, 1)
        caller = self.caller()
        caller.socket.close()
        caller.socket = socket.socket(fileno=descriptors[0])
        caller.send_bytes(self.stop_frame(token.decode()))
        self.assertHungUp(caller, "another process")

    def test_descriptors_are_not_taken(self):
        daemon = self.start()
        caller = self.caller()
        caller.identify()
        before = daemon.descriptors()
        with open("/dev/null", "rb") as null:
            socket.send_fds(caller.socket, [self.stop_frame(caller.identify())], [null.fileno()])
        self.assertHungUp(caller, "descriptors")
        self.eventually(lambda: daemon.descriptors() < before)

    @needs_root
    def test_root_cannot_speak_for_another_process_or_user(self):
        self.start()
        parent = os.getppid()
        for pid, uid, says in ((parent, 0, "another process"), (os.getpid(), STRANGER, "another user")):
            with self.subTest(pid=pid, uid=uid):
                caller = self.caller()
                forged = struct.pack("iII", pid, uid, 0)
                caller.socket.sendmsg([self.stop_frame(caller.identify())],
                                      [(socket.SOL_SOCKET, SCM_CREDENTIALS, forged)])
                self.assertHungUp(caller, says)

    @needs_root
    def test_who_gave_up_being_root_does_not_speak_for_root(self):
        self.start()

        def give_up_and_stop():
            caller = Caller(self.path)
            frame = self.stop_frame(caller.identify())
            os.setresuid(STRANGER, STRANGER, STRANGER)
            caller.send_bytes(frame)
            return caller.reply()
        self.assertNotIdentified(in_child(give_up_and_stop), "another user")


class Strangers(ControlTest):
    """Others than root, with a polkit and without."""

    @chooses_polkit
    def test_without_polkit_nothing_of_them_is_read(self):
        self.start(wrapper=polkit_wrapper(False))

        def be_refused():
            """What is said to whom has not sent a byte."""
            with Caller(self.path) as caller:
                return caller.reply(), caller.ended()
        reply, ended = in_child(be_refused, uid=STRANGER)
        self.assertEqual(reply["error"], f"{CONTROL}.PermissionDenied")
        self.assertIn("only root may", reply["parameters"]["reason"])
        self.assertTrue(ended)
        self.caller().identify()

    @chooses_polkit
    def test_a_polkit_that_cannot_be_asked_allows_nothing(self):
        self.start(wrapper=polkit_wrapper(True))

        def stop():
            with Caller(self.path) as caller:
                return caller.stop(), caller.call("Identify")
        reply, again = in_child(stop, uid=STRANGER)
        expected = "NoLogin" if own_auid() == UNSET else "PermissionDenied"
        self.assertEqual(reply["error"], f"{CONTROL}.{expected}")
        self.assertAnswer(again)

    @chooses_polkit
    def test_force_is_for_root_alone(self):
        self.start(wrapper=polkit_wrapper(True))

        def force():
            with Caller(self.path) as caller:
                return caller.stop(force=True)
        reply = in_child(force, uid=STRANGER)
        self.assertError(reply, f"{CONTROL}.PermissionDenied", reason="only root may use force")

    @chooses_polkit
    def test_many_connections_of_one_user_do_not_keep_root_waiting(self):
        self.start(wrapper=polkit_wrapper(True))
        self.caller().identify()

        def crowd():
            callers = []
            with contextlib.suppress(OSError):
                for _ in range(600):
                    caller = Caller(self.path)
                    callers.append(caller)
                    caller.socket.setblocking(False)
                    caller.send_bytes(Caller.frame(f"{CONTROL}.Identify") * 20)
            os.write(told[1], b"x")
            os.read(go_on[0], 1)
            return len(callers)
        told, go_on = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setresuid(STRANGER, STRANGER, STRANGER)
            with contextlib.suppress(BaseException):
                crowd()
            os._exit(0)
        os.read(told[0], 1)
        try:
            self.caller().identify()
        finally:
            os.write(go_on[1], b"x")
            os.waitpid(pid, 0)
            for end in (*told, *go_on):
                os.close(end)


class Requests(ControlTest):
    """As far as they get with --no-trail."""

    def test_who_is_not_logged_in_is_refused(self):
        if own_auid() != UNSET:
            self.skipTest("this test runs in a login")
        self.start()
        self.assertError(self.caller().stop(), f"{CONTROL}.NoLogin")

    @needs_root
    def test_root_may_force_it_without_a_login(self):
        self.start()
        self.assertFailed(self.caller().stop(force=True))

    @needs_root
    def test_every_operation_is_granted_to_root(self):
        daemon = self.start()
        caller = self.caller()
        for method, parameters, word in (("Stop", {}, "stop"), ("Restart", {}, "restart"),
                                         ("Signal", {"signal": "reload"}, "reload"),
                                         ("Signal", {"signal": "rotate"}, "rotate"),
                                         ("Signal", {"signal": "resume"}, "resume"),
                                         ("Signal", {"signal": "state"}, "state")):
            with self.subTest(word):
                self.assertFailed(caller.call(method, token=caller.identify(), force=True, **parameters))
                self.assertRegex(daemon.stderr(), fr"Request [0-9a-f]{{16}} to {word} auditd: ")

    def test_each_parameter_is_looked_at(self):
        self.start()
        caller = self.caller()
        good = {"token": "0" * 32}
        wrong = {
            "token": (None, 1, "x" * 257, "a\0b", ["0" * 32]),
            "reason": (1, True, "x" * (REASON_MAX - 1), "\n" * (REASON_MAX // 2 + 1), "a\0b", {}),
            "force": (1, "true", [], "yes"),
            "timeout": (99, 600001, -1, 1.5, "1000", True, 2**63),
            "interactive": (1, "no", {}),
        }
        for method, more in (("Stop", {}), ("Restart", {}), ("Signal", {"signal": "rotate"})):
            for name, values in wrong.items():
                for value in values:
                    with self.subTest(method=method, name=name, value=value):
                        self.assertInvalid(caller.call(method, **{**good, **more, name: value}), name)
        for value in (None, 1, "", "stop", "STATE", "kill", ["state"]):
            with self.subTest(signal=value):
                self.assertInvalid(caller.call("Signal", **{**good, "signal": value}), "signal")

    def test_the_longest_reason_is_taken(self):
        self.start()
        for reason in ("x" * (REASON_MAX - len('""')), "\n" * (REASON_MAX // 2), "\u00e9" * (REASON_MAX // 4)):
            self.assertNotEqual(self.caller().stop(reason=reason)["error"], f"{SERVICE}.InvalidParameter")

    def test_who_asks_too_often_is_told_to_wait(self):
        self.start()
        caller = self.caller()
        replies = [caller.stop() for _ in range(BURST + 5)]
        self.assertNotIn(f"{CONTROL}.RateLimited", [reply["error"] for reply in replies[:BURST]])
        for reply in replies[BURST:]:
            self.assertEqual(reply["error"], f"{CONTROL}.RateLimited")
            self.assertGreater(reply["parameters"]["retryAfter"], 0)
        self.assertEqual(caller.call("Status")["error"], f"{CONTROL}.Failed", "the state has a limit of its own")

    def test_of_many_requests_nothing_is_left(self):
        daemon = self.start()
        self.caller().identify()
        before = daemon.descriptors()
        for _ in range(10):
            with Caller(self.path) as caller:
                for _ in range(1000):
                    caller.stop(force=True)
        self.eventually(lambda: daemon.descriptors() <= before)
        self.assertFalse(pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text())

    def test_a_oneway_request_has_no_reply(self):
        self.start()
        caller = self.caller()
        caller.request("Stop", {"token": caller.identify(), "force": True}, oneway=True, more=True)
        self.assertAnswer(caller.call(f"{SERVICE}.GetInfo"), product="auditfail-controld")

    def test_calls_behind_each_other_are_answered_in_their_order(self):
        self.start()
        caller = self.caller()
        status, info = Caller.frame(f"{CONTROL}.Status"), Caller.frame(f"{SERVICE}.GetInfo")
        caller.send_bytes((status + info) * 5)
        for _ in range(5):
            self.assertEqual(caller.reply()["error"], f"{CONTROL}.Failed")
            self.assertAnswer(caller.reply(), product="auditfail-controld")

    def test_who_sends_no_more_still_gets_its_answer(self):
        self.start()
        caller = self.caller()
        caller.request("Stop", {"token": caller.identify(), "force": True})
        caller.half_close()
        self.assertIn("error", caller.reply())
        self.assertTrue(caller.ended())

    def test_who_hangs_up_at_any_moment_leaves_nothing(self):
        daemon = self.start()
        self.caller().identify()
        before = daemon.descriptors()
        frame = Caller.frame(f"{CONTROL}.Identify") + Caller.frame(f"{CONTROL}.Status", more=True)
        for length in range(0, len(frame) + 1, 3):
            with Caller(self.path) as caller:
                caller.send_bytes(frame[:length])
        self.eventually(lambda: daemon.descriptors() <= before)
        self.caller().identify()


class Wire(ControlTest):
    def padded(self, length):
        text = json.dumps({"method": f"{CONTROL}.Identify", "parameters": {"padding": ""}})
        return text.replace('"padding": ""', f'"padding": "{"x" * (length - len(text))}"').encode() + b"\0"

    def test_a_call_of_16_kib_is_answered_and_a_longer_one_ends_the_connection(self):
        self.start()
        caller = self.caller()
        caller.send_bytes(self.padded(FRAME_MAX))
        self.assertIn("token", caller.reply()["parameters"])
        caller.send_bytes(self.padded(FRAME_MAX + 1))
        self.assertTrue(caller.ended())
        self.caller().identify()

    def test_what_is_no_call_ends_the_connection(self):
        self.start()
        for junk in (b"\0", b"{\0", b"[]\0", b"GET / HTTP/1.1\r\n\r\n\0", b"\xff\xfe\0"):
            caller = self.caller()
            caller.send_bytes(junk)
            self.assertTrue(caller.ended(), junk)
        self.caller().identify()

    def test_a_call_may_come_byte_by_byte(self):
        self.start()
        caller = self.caller()
        for byte in Caller.frame(f"{CONTROL}.Identify"):
            caller.send_bytes(bytes([byte]))
        self.assertIn("token", caller.reply()["parameters"])

    def test_half_a_call_is_not_waited_for_for_ever(self):
        self.start()
        slow = self.caller()
        slow.send_bytes(Caller.frame(f"{CONTROL}.Identify")[:-5])
        self.caller().identify()
        self.assertTrue(slow.ended())


class Life(ControlTest):
    def test_sigterm_ends_it_whoever_is_connected(self):
        daemon = self.start()
        caller = self.caller()
        caller.identify()
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 0)
        self.assertTrue(caller.ended())

    def test_it_ends_when_there_is_nothing_to_do(self):
        daemon = self.start("--idle-exit=1")
        caller = self.caller()
        caller.identify()
        with self.assertRaises(TimeoutError):
            daemon.wait(2)
        caller.close()
        self.assertEqual(daemon.wait(), 0)

    def test_it_stays_where_it_is_told_to(self):
        daemon = self.start("--idle-exit=0")
        with self.assertRaises(TimeoutError):
            daemon.wait(2)

    def test_systemd_socket_activate_starts_it_with_the_first_call(self):
        command = ["systemd-socket-activate", f"--listen={self.path}", AUDITFAIL_CONTROLD, "--no-trail", "--log=stderr",
                   "--idle-exit=1"]
        activate = subprocess.Popen(without_audit(command), stderr=subprocess.PIPE, text=True)
        try:
            self.assertIn("Listening", activate.stderr.readline())
            with Caller(self.path) as caller:
                caller.identify()
            status = activate.wait(DEADLINE)
        finally:
            activate.kill()
            activate.wait()
            rest = activate.stderr.read()
            activate.stderr.close()
        self.assertEqual(status, 0, rest)
        self.assertTrue(self.path.is_socket(), "the socket is systemd's")


class Log(ControlTest):
    def assertLinesAreOurs(self, daemon):
        for line in daemon.stderr().splitlines():
            self.assertTrue(line.startswith("auditfail-controld: "), line)
            self.assertNotRegex(line, r"[\x00-\x1f\x7f]")

    @needs_root
    def test_a_reason_forges_no_line(self):
        daemon = self.start()
        self.caller().stop(force=True, reason="disk\nauditfail-controld: Request 0 is done\r\x1b[2K\u0085x")
        self.assertIn("disk?auditfail-controld: Request 0 is done??[2K", daemon.stderr())
        self.assertLinesAreOurs(daemon)

    def test_neither_does_a_programs_name(self):
        daemon = self.start()

        def refused():
            ctypes.CDLL(None).prctl(PR_SET_NAME, b"a\nb) on x, \x1b[", 0, 0, 0)
            with Caller(self.path) as caller:
                return caller.stop()
        in_child(refused)
        self.assertIn("a?b) on x, ?[", daemon.stderr())
        self.assertLinesAreOurs(daemon)

    def test_of_many_refusals_few_are_logged_and_the_rest_are_counted(self):
        daemon = self.start()
        for _ in range(60):
            caller = self.caller()
            caller.request("Stop", {"token": "0" * 32})
            self.assertHungUp(caller, "not the token")
            caller.close()
        self.assertLess(len(re.findall("Refused", daemon.stderr())), 25)


if __name__ == "__main__":
    main()
