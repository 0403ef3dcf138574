# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Runs preload_program.c and other programs that know nothing of us under libauditfail-preload.so, with the daemon of
harness.py to answer. Audit is broken for one program at a time: without CAP_AUDIT_WRITE, without netlink, in a user
namespace.
"""
import os
import re
import subprocess
import unittest

from harness import DEADLINE, SANITIZED, DaemonTest, needs_root, without_blanks

PRELOAD = without_blanks(os.environ.get("PRELOAD", "libauditfail-preload.so"))
KERNEL = without_blanks(os.environ.get("KERNEL_STAND_IN", "kernel_stand_in.so"))
PROGRAM = os.environ.get("PRELOAD_PROGRAM", "preload_program")
PLUGIN = os.environ.get("PRELOAD_PLUGIN", "preload_plugin.so")

DENIED = ["setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write"]
# Not root, but able to read what root has built.
COMMON_USER = ["setpriv", "--reuid=65534", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
               "--bounding-set=-audit_write"]
NO_NETLINK = [os.environ.get("WITHOUT_NETLINK", "without_netlink"), "EAFNOSUPPORT"]
NETLINK_DENIED = [NO_NETLINK[0], "EPERM"]
NAMESPACE = ["unshare", "--user", "--map-root-user"]
FAILURES = {"Operation not permitted": DENIED, "Address family not supported by protocol": NO_NETLINK,
            "Connection refused": NAMESPACE}

STOPPED = 77
DECISION = re.compile(r"^auditfaild: (.* could not write to the audit trail .*)$", re.MULTILINE)


def works(*command):
    try:
        return subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False).returncode == 0
    except OSError:
        return False


@needs_root
@unittest.skipIf(SANITIZED, "a sanitizer's runtime must be loaded before every other library")
class PreloadTest(DaemonTest):
    application = "preload_program"

    def start(self, policy, application=None):
        """The daemon, with POLICY for the program under test."""
        self.policy(application or self.application, policy)
        (self.folder / "run/io.auditfail.Policy").unlink(missing_ok=True)
        self.running = self.daemon()

    def command(self, *argv, wrapper=(), environment=None, preload=PRELOAD):
        """WRAPPER around env around the program, so that nothing else is under the preload."""
        given = {"LD_PRELOAD": preload, "AUDITFAIL_RUNTIME_DIR": self.folder / "run", "PLUGIN": PLUGIN,
                 **(environment or {})}
        return [*wrapper, "env", *(f"{name}={value}" for name, value in given.items()), *argv]

    def under(self, *argv, wrapper=(), environment=None, **arguments):
        return self.run_program(*self.command(*argv, wrapper=wrapper, environment=environment), **arguments)

    def program(self, case, **arguments):
        return self.under(PROGRAM, case, **arguments)

    def decisions(self):
        """What the daemon has put on record, after it has put all of it there."""
        self.running.stop()
        return DECISION.findall(self.running.stderr())

    def assertOutput(self, result, *lines, status=0, stderr=""):
        self.assertEqual((result.stdout.splitlines(), result.stderr, result.returncode), ([*lines], stderr, status))

    def line(self, what, error, ending, application=None):
        name = application or self.application
        return f"{name}: {what} refused: {error}; {ending}, as {self.place(name)}:1 says\n"
