#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl monitor."""
import json
import os
import select
import signal
import subprocess
import time

from ctl_harness import NO_DAEMON, Ctl, frame
from harness import AUDITFAILCTL, DEADLINE, main


class Monitor(Ctl):
    def watch(self, *options):
        process = subprocess.Popen([AUDITFAILCTL, "monitor", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment())
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process):
        """The next line, which a reader of a pipe gets at once."""
        text, end = b"", time.monotonic() + DEADLINE
        while not text.endswith(b"\n"):
            self.assertTrue(select.select([process.stdout], [], [], max(end - time.monotonic(), 0))[0], "nothing came")
            byte = os.read(process.stdout.fileno(), 1)
            self.assertTrue(byte, f"it ended after {text!r}")
            text += byte
        return text.decode()

    def test_decisions_and_reloads_come_as_they_happen(self):
        path = self.policy("passwd", "terminate")
        daemon = self.daemon()
        monitor = self.watch()
        self.assertRegex(self.line(monitor), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  start +generation 1\n$")
        with daemon.connect() as client:
            client.call("Query", application="passwd", errno=1, operation="audit_open")
            client.call("Query", application="passwd", record="USER_CHAUTHTOK")
        self.assertRegex(self.line(monitor),
                         rf"^\S+ \S+  terminate  passwd        denied \(EPERM\) of audit_open; pid {os.getpid()} "
                         rf"\(.*\), uid {os.geteuid()}.*; {path}:1\n$")
        self.assertIn("  terminate  passwd        a failure of unknown kind for USER_CHAUTHTOK; pid ",
                      self.line(monitor))
        self.policy("passwd", "log")
        self.ctl("reload")
        self.assertIn("  reload     done          generation 2, 1 application, changed, no problems\n",
                      self.line(monitor))
        self.policy("passwd", "loog")
        self.ctl("reload")
        self.assertIn("  reload     failed        generation 2, 1 application, unchanged, 1 problem\n",
                      self.line(monitor))

    def test_json_is_an_object_in_a_line(self):
        daemon = self.daemon()
        monitor = self.watch("--json")
        self.assertEqual(json.loads(self.line(monitor))["event"], "start")
        daemon.query("passwd", operation="two\nlines")
        event = json.loads(self.line(monitor))
        self.assertEqual((event["event"], event["decision"]["application"]), ("decision", "passwd"))

    def test_quiet_leaves_the_start_away(self):
        daemon = self.daemon()
        monitor = self.watch("--quiet")
        while daemon.call("Status")["parameters"]["monitors"] == 0:
            self.assertIsNone(monitor.poll())
        daemon.query("passwd")
        self.assertIn("  terminate  passwd ", self.line(monitor))

    def test_a_signal_ends_it_well(self):
        self.daemon()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                monitor = self.watch()
                self.line(monitor)
                monitor.send_signal(number)
                self.assertEqual(monitor.wait(DEADLINE), 0)

    def test_the_end_of_the_daemon_is_an_error(self):
        daemon = self.daemon()
        monitor = self.watch()
        self.line(monitor)
        daemon.stop()
        self.assertEqual(monitor.wait(DEADLINE), NO_DAEMON)
        self.assertIn(b"closed the connection", monitor.stderr.read())

    def test_lost_events_are_told(self):
        event = {"event": "reload", "time": 0, "generation": 1, "lost": 7,
                 "reload": {"ok": True, "changed": False, "applications": 1, "problems": 0}}
        self.assertCtl(NO_DAEMON, "monitor", f"--socket={self.impostor(frame(event, continues=True))}",
                       says="  lost                     7 of the events before this one ", complains="closed the connection")


if __name__ == "__main__":
    main()
