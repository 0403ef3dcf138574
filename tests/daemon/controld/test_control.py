#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfail-controld's command line, its replies, its requests up to where it would do something, and its end."""
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from control_harness import (AUDITFAIL_CONTROLD, CONTROL, PR_SET_NAME, UNSET, Caller, ControlTest, chooses_polkit,
                             in_child, may_ask, own_auid, polkit_wrapper, without_audit)
from harness import DEADLINE, FRAME_MAX, INTERFACES, SANITIZED, SERVICE, STRANGER, main, needs_root, without_blanks

REASON_MAX = 4096  # characters, as the audit record has it: in quotes, or in hexadecimal
BURST = 20  # requests of one login, before it is told to wait


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

    def test_the_service_describes_itself_and_its_interfaces(self):
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

    def test_every_signal_of_the_interface_is_accepted(self):
        self.start()
        caller = self.caller()
        for signal_word in self.interfaces[CONTROL].types["Signal"][1]:
            with self.subTest(signal_word):
                reply = self.check("Signal", caller.call("Signal", token=caller.identify(), signal=signal_word))
                self.assertNotEqual(reply.get("error"), f"{SERVICE}.InvalidParameter")

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


class Kernel(ControlTest):
    """The state of auditing, for auditfaild. The daemon of most tests may not ask the kernel: then it fails."""

    def kernel(self, method="Kernel", **parameters):
        with Caller(self.path) as caller:
            return caller.call(method, **parameters)

    @needs_root
    def test_root_gets_an_answer_and_each_parameter_is_looked_at(self):
        self.start()
        self.assertEqual(self.kernel(pid=os.getpid())["error"], f"{CONTROL}.Failed")
        for name, value in (("pid", 0), ("pid", None), ("pid", 2**31), ("pid", 2**22 + 1), ("type", -1), ("type", 3000)):
            with self.subTest(name=name, value=value):
                self.assertInvalid(self.kernel(**{"pid": os.getpid(), name: value}), name)

    @needs_root
    @unittest.skipIf(SANITIZED, "nothing can be preloaded before ASan")
    def test_root_is_told_the_state_of_auditing(self):
        self.start(wrapper=["env", f"LD_PRELOAD={without_blanks(os.environ['KERNEL_STAND_IN'])}",
                            "AUDIT_KERNEL=rate=5 exclude=1114"])
        self.assertEqual(self.kernel(type=1114, pid=os.getpid())["parameters"],
                         {"enabled": True, "lost": 0, "pressed": True, "excluded": True})
        self.assertFalse(self.kernel(type=1121, pid=os.getpid())["parameters"]["excluded"])

    @chooses_polkit
    def test_auditfaild_may_ask_for_that_and_for_nothing_else(self):
        for polkit in (True, False):
            with self.subTest(polkit=polkit):
                self.path.unlink(missing_ok=True)
                os.chown(self.path.parent, 0, STRANGER)
                self.path.parent.chmod(0o755)
                self.start(wrapper=polkit_wrapper(polkit))
                self.assertEqual(in_child(lambda: self.kernel(pid=os.getpid()), uid=STRANGER)["error"], f"{CONTROL}.Failed")
                if not polkit:
                    for method in "Identify", "Stop", "Status":
                        self.assertEqual(in_child(lambda m=method: self.kernel(m), uid=STRANGER)["error"], f"{CONTROL}.PermissionDenied")

    @chooses_polkit
    def test_no_other_user_may_ask_for_it(self):
        self.start(wrapper=polkit_wrapper(True))
        self.assertEqual(in_child(lambda: self.kernel(pid=os.getpid()), uid=STRANGER)["error"], f"{CONTROL}.PermissionDenied")


class Requests(ControlTest):
    """As far as they get with --no-trail."""

    def test_a_caller_without_a_login_is_refused(self):
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

    def test_a_caller_that_asks_too_often_is_told_to_wait(self):
        self.start()
        caller = self.caller()
        replies = [caller.stop() for _ in range(BURST + 5)]
        self.assertNotIn(f"{CONTROL}.RateLimited", [reply["error"] for reply in replies[:BURST]])
        for reply in replies[BURST:]:
            self.assertEqual(reply["error"], f"{CONTROL}.RateLimited")
            self.assertGreater(reply["parameters"]["retryAfter"], 0)
        self.assertEqual(caller.call("Status")["error"], f"{CONTROL}.Failed", "the state has a separate limit")

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

    def test_a_caller_that_has_closed_its_sending_side_gets_its_reply(self):
        self.start()
        caller = self.caller()
        caller.request("Stop", {"token": caller.identify(), "force": True})
        caller.half_close()
        self.assertIn("error", caller.reply())
        self.assertTrue(caller.ended())

    def test_a_caller_that_closes_the_connection_at_any_moment_leaves_nothing(self):
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


def sleeps(process):
    """How often PROCESS has gone to sleep: once each time that it waits for something."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return re.search(r"^voluntary_ctxt_switches:\s*(\d+)$", status, re.MULTILINE)[1]


class Life(ControlTest):
    def test_sigterm_ends_it_with_a_caller_connected(self):
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

    def test_it_sleeps_until_there_is_something_to_do(self):
        daemon = self.start()
        caller = self.caller()
        caller.identify()
        caller.close()
        time.sleep(0.3)
        before = sleeps(daemon)
        time.sleep(1)
        self.assertEqual(sleeps(daemon), before)

    def test_it_stays_where_it_is_told_to(self):
        daemon = self.start("--idle-exit=0")
        with self.assertRaises(TimeoutError):
            daemon.wait(2)

    @unittest.skipUnless(may_ask(), "needs root, or polkit")
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
