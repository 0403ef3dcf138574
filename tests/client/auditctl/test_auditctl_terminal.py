#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditctl on a terminal: Ctrl-C, output, passwords."""
import os
import pathlib
import re
import signal
import subprocess

from auditctl_harness import AUDITCTL_ELSEWHERE, IDENTIFIED, NOT_TOLD, RECORDED, Auditctl, Service, status, until
from harness import STRANGER, main, terminal


class Interruption(Auditctl):
    def test_before_the_signal_it_cancels_and_waits_for_the_answer(self):
        def cancel(caller):
            caller.interrupt()
            caller.cancelled()
            assert not caller.gone(0)
            caller.error("Cancelled")
        for step in (IDENTIFIED, RECORDED, "waiting"):
            self.assertOutcome(self.play(until(step, then=cancel), "stop"), "cancelled", "cancelled", NOT_TOLD)

    def test_every_way_to_interrupt_is_one(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            def cancel(caller, number=number):
                caller.interrupt(number)
                caller.cancelled()
                caller.error("Cancelled")
            self.assertOutcome(self.play(until(IDENTIFIED, then=cancel), "stop"), "cancelled")

    def test_before_it_has_asked_there_is_nothing_to_cancel(self):
        def script(caller):
            caller.call()
            caller.interrupt()
            caller.cancelled()
        self.assertOutcome(self.play(script, "stop"), "cancelled", "cancelled", NOT_TOLD)

    def test_after_the_signal_it_detaches(self):
        def script(caller):
            caller.identify()
            caller.requested()
            caller.progress("signalled", auditd=321)
            caller.progress("draining", backlog=5)
            caller.interrupt()
            return caller.gone()
        result = self.play(script, "stop")
        self.assertTrue(result.played)
        self.assertOutcome(result, "detached", "detached: auditd has the signal already; the request goes on without you; see: "
                           "auditctl -s, journalctl -u auditfail-controld\n")

    def test_where_the_signal_was_quicker_it_detaches(self):
        def race(caller):
            caller.interrupt()
            caller.cancelled()
            caller.progress("signalled", auditd=321)
            assert caller.gone()
        result = self.play(until(IDENTIFIED, RECORDED, then=race), "stop")
        self.assertOutcome(result, "detached", "detached")
        self.assertIn("Signalled auditd (pid 321)\n", result.stdout)

    def test_what_was_done_meanwhile_is_done(self):
        def race(caller):
            caller.interrupt()
            caller.cancelled()
            caller.progress("done", last=True)
        self.assertDone(self.play(until(IDENTIFIED, then=race), "stop"))

    def test_a_second_one_does_not_wait_for_the_answer(self):
        def impatient(caller):
            caller.interrupt()
            caller.cancelled()
            caller.interrupt()
            assert caller.gone()
        self.assertOutcome(self.play(until(IDENTIFIED, RECORDED, then=impatient), "stop"), "not known",
                           "the reply to the cancellation was not waited for; it is not known whether auditd has the signal")

    def test_a_hang_up_is_no_answer_to_a_cancellation(self):
        def vanish(caller):
            caller.interrupt()
            caller.cancelled()
        self.assertOutcome(self.play(until(IDENTIFIED, then=vanish), "stop"), "not known", "closed the connection")

    def test_what_is_ignored_from_the_start_is_not_even_waited_for(self):
        def script(caller):
            caller.identify()
            caller.requested()
            fields = pathlib.Path(f"/proc/{caller.pid}/status").read_text()
            caller.progress("done", last=True)
            return int(re.search(r"^SigBlk:\t(.*)", fields, re.MULTILINE)[1], 16)

        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        def mask(*numbers):
            return sum(1 << number - 1 for number in numbers)
        self.assertEqual(self.play(script, "stop").played, mask(signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        self.assertEqual(self.play(script, "stop", preexec_fn=ignore).played, mask(signal.SIGTERM))


class Terminal(Auditctl):
    def on_terminal(self, script, *arguments, **options):
        """Returns the text on the terminal, the exit status, and the result of SCRIPT."""
        service = Service(self.path, script)
        with terminal() as (screen, shown):
            with self.start(*arguments, **{"stdin": screen, "stdout": screen, "stderr": screen, **options}) as process:
                text = shown()
        service.close()
        return text, process.returncode, service.result

    def not_root(self):
        """Options that run auditctl as another user, if this user is root."""
        options = {"user": STRANGER, "group": STRANGER, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self.auditctl("whoami", "--help", **options)
        except PermissionError:
            self.skipTest("the build folder is closed to other users")
        return options

    def test_polkit_may_ask_a_user_at_a_terminal_only(self):
        done, not_root = until(("done", {"last": True})), self.not_root()
        cases = [(["stop"], not_root, True), (["stop", "--no-ask-password"], not_root, False),
                 (["stop"], {**not_root, "stdin": subprocess.DEVNULL}, False)]
        if os.geteuid() == 0:
            cases.append((["stop"], {}, False))
        for arguments, options, asks in cases:
            with self.subTest(arguments, **options):
                text, code, (parameters, _) = self.on_terminal(done, *arguments, program=AUDITCTL_ELSEWHERE, **options)
                self.path.unlink()
                self.assertEqual((code, parameters["interactive"]), (0, asks), text)

    def agent(self, does):
        """Makes a password agent that writes its arguments to a file, runs DOES, and makes a file when it gets SIGTERM."""
        (self.folder / "first").mkdir()
        (self.folder / "first").chmod(0o777)
        path = self.folder / "first/pkttyagent"
        path.write_text("#!/bin/bash\ntrap 'touch first/ended; exit' TERM\necho \"$@\" >first/arguments\n"
                        # bash runs the trap only after `read` returns, so `read` has a short time limit.
                        f"{does}\nwhile read -r -t 0.2; [ $? -gt 128 ]; do :; done\n")
        path.chmod(0o755)
        return {**self.not_root(), "program": AUDITCTL_ELSEWHERE, "cwd": self.folder}

    def ended(self):
        return (self.folder / "first/ended").exists()

    def test_the_agent_is_there_before_the_request_and_gone_after_it(self):
        def script(caller):
            caller.identify()
            caller.requested()
            arguments = (self.folder / "first/arguments").read_text().split()
            assert arguments[:3] == ["--process", str(caller.pid), "--notify-fd"], arguments
            assert arguments[4:] == ["--fallback"], arguments
            caller.progress("waiting")
            assert not self.ended()
            caller.progress("done", last=True)
        text, code, _ = self.on_terminal(script, "stop", **self.agent('eval "exec $4>&-"'))
        self.assertEqual((code, self.ended()), (0, True), text)

    def test_nothing_is_requested_when_it_is_interrupted_before(self):
        def script(caller):
            caller.identify()
            caller.cancelled()
        text, code, _ = self.on_terminal(script, "stop", **self.agent("kill -INT $2"))
        self.assertEqual((code, self.ended()), (status("cancelled"), True), text)

    def test_no_agent_outlives_a_killed_auditctl(self):
        def script(caller):
            caller.identify()
            caller.requested()
            caller.interrupt(signal.SIGKILL)
        _, code, _ = self.on_terminal(script, "stop", **self.agent('eval "exec $4>&-"'))
        self.assertEqual(code, -signal.SIGKILL)
        self.eventually(self.ended)


if __name__ == "__main__":
    main()
