#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which callers auditfail-controld admits and identifies: one process, from its first byte to its last."""
import contextlib
import ctypes
import os
import pathlib
import pty
import socket
import struct

from control_harness import (CONTROL, PR_SET_NAME, UNSET, Caller, ControlTest, can_hide_polkit, chooses_polkit,
                             in_child, own_auid, polkit_wrapper)
from harness import SERVICE, STRANGER, main, needs_root

SCM_CREDENTIALS = 2


class Identify(ControlTest):
    def identified(self):
        """The caller as which the daemon identifies this process."""
        with Caller(self.path) as caller:
            return caller.call("Identify")["parameters"]["caller"]

    def test_the_caller_is_as_proc_describes_it(self):
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
    """A mismatch ends the connection: there is no second guess."""

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

    def test_a_child_that_has_the_connection_is_not_the_caller(self):
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

    def test_two_senders_of_one_call_are_refused(self):
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

    def test_a_connection_of_a_process_that_has_ended_is_useless(self):
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
    def test_a_caller_that_gave_up_being_root_does_not_speak_for_root(self):
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
            """The reply to a caller that has not sent a byte."""
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


if __name__ == "__main__":
    main()
