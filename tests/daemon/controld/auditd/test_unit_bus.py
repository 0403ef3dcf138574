#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfail-controld asks systemd about auditd.service: systemd_stand_in.c, on a bus of the test's own."""
import os
import subprocess
import time

from harness import DEADLINE, main
from systemd_harness import SystemdTest

ASKER = os.environ["UNIT_ASKER"]
AUDITD = "auditd.service"


class Unit(SystemdTest):
    def environment(self):
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def ask(self, verb, seconds=DEADLINE):
        result = subprocess.run([ASKER, verb, AUDITD, str(seconds)], capture_output=True, text=True, check=False,
                                timeout=2 * DEADLINE, env=self.environment())
        self.assertEqual(result.stderr, "")
        return result.returncode == 0, result.stdout.strip()

    def assertAnswer(self, verb, answer, *properties):
        """Expects ANSWER of a systemd with these PROPERTIES, which replaces the last one on the bus."""
        with self.subTest(verb=verb, properties=properties):
            self.systemd(AUDITD, *properties)
            self.assertEqual(self.ask(verb), answer)

    def test_what_systemd_knows(self):
        self.assertAnswer("read", (True, "loaded inactive 1 0 0 0 no 100000 90000000 5 0"))
        self.assertAnswer("read", (True, "loaded activating 0 7 0 4711 always 5000000 45000000 7 0"), "ActiveState=activating",
                          "Restart=always", "RestartUSec=5000000", "MainPID=4711", "Job=7", "CanStart=0",
                          "TimeoutStopUSec=45000000", "StateChangeTimestampMonotonic=7")

    def test_a_job_that_waits(self):
        self.assertAnswer("read", (True, "loaded inactive 1 7 1 0 no 100000 90000000 5 0"), "Job=7", "State=waiting")

    def test_the_process_of_a_masked_unit(self):
        self.assertAnswer("read", (True, "masked active 0 0 0 4711 no 100000 90000000 5 0"), "LoadState=masked",
                          "ActiveState=active", "CanStart=0", "MainPID=4711")

    def test_what_ran_after_the_start(self):
        for status in "0", "3":
            self.assertAnswer("read", (True, f"loaded active 1 0 0 0 no 100000 90000000 5 {status}"), "ActiveState=active",
                              "ExecStartPost=/sbin/augenrules --load", f"ExecStatus={status}")

    def test_what_it_requires(self):
        self.assertAnswer("requirements", (True, ""))
        self.assertAnswer("requirements", (True, "a.service=loaded b.mount=masked c.service=not-found"),
                          "Requires=a.service b.mount", "BindsTo=c.service", "a.service/LoadState=loaded",
                          "b.mount/LoadState=masked")
        self.assertAnswer("requirements", (True, "a.service=not-found b.mount=not-found c.service=not-found"),
                          "Requires=a.service b.mount", "BindsTo=c.service d.service")

    def test_a_start(self):
        self.assertAnswer("start", (True, ""))
        self.assertAnswer("start", (False, f"systemd does not start {AUDITD}: Unit is masked."),
                          "StartError=Unit is masked.")
        self.assertAnswer("start", (False, f'systemd could not start {AUDITD}: its job ended with "failed" (journalctl '
                                           f"-u {AUDITD})"), "StartResult=failed")

    def test_starts_that_do_not_count(self):
        systemd = self.systemd(AUDITD)
        self.assertEqual(self.ask("reset-starts"), (True, ""))
        self.assertEqual(systemd.stdout.readline(), f"reset {AUDITD}\n")

    def test_a_start_that_takes_too_long(self):
        self.systemd(AUDITD, "StartResult=")
        begin = time.monotonic()
        self.assertEqual(self.ask("start", 1),
                         (False, f"systemd has not started {AUDITD} in time: Connection timed out"))
        self.assertLess(time.monotonic() - begin, DEADLINE)

    def test_nobody_answers(self):
        for verb in "read", "requirements", "start":
            self.assertFalse(self.ask(verb)[0])
        self.address = "unix:path=/nonexistent/bus"
        for verb in "read", "start":
            done, why = self.ask(verb)
            self.assertFalse(done)
            self.assertTrue(why.endswith("No such file or directory"), why)


if __name__ == "__main__":
    main()
