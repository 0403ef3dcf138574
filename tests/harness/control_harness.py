# SPDX-License-Identifier: LGPL-2.1-or-later
"""
auditfail-controld for tests up to the point where it would do something. It runs with --no-trail and without the
capabilities for auditing, so that nothing reaches this machine's. Where an audit daemon is stopped, that is one in a
machine of its own (./do vm).
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

from harness import INTERFACES, SERVICE, UNDER, Client, DaemonTest, Process, become
from interface_file import Interface

AUDITFAIL_CONTROLD = os.environ.get("AUDITFAIL_CONTROLD", "auditfail-controld")
CONTROL = "io.auditfail.Control"
POLKIT = pathlib.Path("/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service")
UNSET = 2**32 - 1

PR_SET_NAME = 15


def without_audit(argv):
    """ARGV, to run without a right to do anything to this machine's auditing."""
    if os.geteuid() != 0:
        return argv
    capabilities = "-audit_write,-audit_control"
    return ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", *argv]


def own_auid():
    return int(pathlib.Path("/proc/self/loginuid").read_text())


def may_ask():
    """Whether a daemon would listen to who runs this."""
    return os.geteuid() == 0 or POLKIT.exists()


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
                become(uid)
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


def start_controld(folder, path, *options, wrapper=(), limits=None):
    """Returns the daemon. Its socket PATH is open before it starts. WRAPPER goes before the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(os.fspath(path))
        path.chmod(0o666)
        listener.listen(4096)
        argv = [*wrapper, *UNDER, AUDITFAIL_CONTROLD, "--no-trail", "--log=stderr", *map(os.fspath, options)]
        # Without the bus of the system, the daemon cannot do harm there.
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/absent"}
        return Process(without_audit(argv), sockets=[listener], environment=environment, limits=limits,
                       stderr=folder / f"stderr.{time.monotonic_ns()}")


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
        if not may_ask():
            self.skipTest("needs root, or polkit: without it other users may not call")
        daemon = start_controld(self.folder, self.path, *options, wrapper=wrapper)
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
