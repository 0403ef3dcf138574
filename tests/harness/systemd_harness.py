# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus of the test's own, and a systemd on it that the test plays: systemd_stand_in.c."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import DEADLINE

SYSTEMD = os.environ["SYSTEMD_STAND_IN"]
CONFIGURATION = """<busconfig><type>custom</type><auth>EXTERNAL</auth><listen>unix:path={bus}</listen>
    <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
    <allow own="*"/></policy></busconfig>"""


class SystemdTest(unittest.TestCase):
    def setUp(self):
        super().setUp()
        if not shutil.which("dbus-daemon"):
            self.skipTest("there is no dbus-daemon")
        folder = tempfile.TemporaryDirectory(prefix="auditfail-bus-")
        self.addCleanup(folder.cleanup)
        bus = pathlib.Path(folder.name) / "bus"
        self.address = f"unix:path={bus}"
        configuration = bus.with_suffix(".conf")
        configuration.write_text(CONFIGURATION.format(bus=bus))
        self.serve("dbus-daemon", "--nofork", "--print-address", f"--config-file={configuration}")

    def serve(self, *argv):
        """Starts a program on the bus that prints a line when it is ready, and ends it when the test is over."""
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True, env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        self.assertTrue(process.stdout.readline())
        return process

    def systemd(self, unit, *properties):
        """Starts a systemd with UNIT, which takes the place of the last one."""
        return self.serve(SYSTEMD, unit, *properties)
