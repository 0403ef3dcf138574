# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Runs auditctl with a service that the test plays. A script handles one connection of the service:

    def script(caller):
        caller.identify()
        caller.requested()
        caller.progress("identified", caller=ALICE)
        caller.error("NoLogin")

    self.assertOutcome(self.play(script, "stop"), "no login", "log in")
"""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import threading

from harness import DEADLINE, INTERFACES, DaemonTest
from interface_file import Interface

# Without these no test may run: what PATH has under the name is the machine's own auditctl.
AUDITCTL = os.environ["AUDITCTL"]
AUDITCTL_ELSEWHERE = os.environ["AUDITCTL_ELSEWHERE"]
AUDITFAIL_CONTROLD = os.environ["AUDITFAIL_CONTROLD"]
MANUAL = pathlib.Path(os.environ["MANUALS"], "auditctl-stop.8")

CONTROL = "io.auditfail.Control"
INTERFACE = Interface((INTERFACES / f"{CONTROL}.varlink").read_text())
SIGNALS = INTERFACE.types["Signal"][1]
VERBS = ["stop", "restart", *SIGNALS, "whoami"]
TOKEN = "0123456789abcdef0123456789abcdef"
ALICE = {"pid": 4711, "uid": 0, "gid": 0, "auid": 54321, "session": 4, "terminal": "pts/0", "program": "auditctl"}
RECORD = {"event": "1732270000.123:456", "request": "00112233aabbccdd"}
DAEMON_END = "type=DAEMON_END msg=audit(1732270001.001:9021): op=terminate auid=54321 uid=0 ses=7 pid=4712 res=success"
NOT_TOLD = "auditd was not told anything"

GRACE = 5  # seconds that auditctl waits for the service beyond --timeout


def documented_statuses():
    """Returns the first line of the description of each exit status in the man page."""
    section = MANUAL.read_text().split(".SH EXIT STATUS\n")[1].split(".SH ")[0]
    found = re.findall(r"^\.TP(?: 6)?\n\.B (\d+)\n([^\n]+)", section, re.MULTILINE)
    return {int(number): meaning for number, meaning in found}


def status(words):
    """Returns the exit status whose description begins with WORDS."""
    [found] = [number for number, meaning in documented_statuses().items() if meaning.startswith(words)]
    return found


class HungUp(Exception):
    """auditctl has closed the connection."""


class Caller:
    """The connection of one auditctl."""

    def __init__(self, connection):
        self.connection = connection
        self.received = b""
        self.pid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]

    def call(self):
        """Returns the next call."""
        while b"\0" not in self.received:
            data = self.connection.recv(1 << 16)
            if not data:
                raise HungUp
            self.received += data
        frame, self.received = self.received.split(b"\0", 1)
        return json.loads(frame)

    def send(self, **reply):
        self.connection.sendall(json.dumps(reply).encode() + b"\0")

    def identify(self, caller=None):
        call = self.call()
        assert call["method"] == f"{CONTROL}.Identify", call
        self.send(parameters={"caller": caller or ALICE, "token": TOKEN})

    def requested(self):
        """Returns the parameters of the request, and its method."""
        call = self.call()
        assert call["more"] is True and call["parameters"]["token"] == TOKEN, call
        return call["parameters"], call["method"].removeprefix(f"{CONTROL}.")

    def progress(self, step, last=False, **members):
        self.send(parameters={"progress": {"step": step, **members}}, **({} if last else {"continues": True}))

    def error(self, name, **parameters):
        self.send(error=name if "." in name else f"{CONTROL}.{name}", parameters=parameters)

    def interrupt(self, number=signal.SIGINT):
        os.kill(self.pid, number)

    def cancelled(self):
        """Waits until auditctl has closed or shut down its side."""
        assert self.connection.recv(1) == b""

    def gone(self, seconds=DEADLINE):
        """Waits until auditctl has closed the connection. Returns whether it has."""
        poll = select.poll()
        poll.register(self.connection, 0)
        return bool(poll.poll(seconds * 1000))


class Service:
    """Runs SCRIPT for the first connection to PATH. close() raises what SCRIPT raised."""

    def __init__(self, path, script, mode=0o666):
        self.script, self.failure, self.result = script, None, None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(os.fspath(path))
        os.chmod(path, mode)
        self.listener.listen(5)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return  # no connection came
        with connection:
            connection.settimeout(DEADLINE)
            try:
                self.result = self.script(Caller(connection))
            except BaseException as failure:  # pylint: disable=broad-except
                self.failure = failure

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        if self.failure:
            raise self.failure


class Auditctl(DaemonTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "run" / CONTROL

    def environment(self, **variables):
        return {**os.environ, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run"), "LC_ALL": "C.UTF-8", **variables}

    def start(self, *arguments, program=AUDITCTL, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "env": self.environment(), **options}
        return subprocess.Popen([program, *arguments], text=True, **options)

    def auditctl(self, *arguments, **options):
        """Runs auditctl to its end."""
        with self.start(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=DEADLINE)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def play(self, script, *arguments, **options):
        """Runs auditctl with SCRIPT. result.played is what SCRIPT returned."""
        service = Service(self.path, script)
        try:
            result = self.auditctl(*arguments, **options)
        finally:
            service.close()
            self.path.unlink()
        result.played = service.result
        return result

    def assertOutcome(self, result, words, *said):
        """Checks the exit status, which the man page describes with WORDS, and for SAID in one line of stderr."""
        self.assertEqual(result.returncode, status(words), result)
        for text in said:
            self.assertIn(text, result.stderr, result)
        self.assertEqual(result.stderr.count("\n"), 1, result)

    def assertDone(self, result, *lines):
        self.assertEqual((result.returncode, result.stderr), (0, ""), result)
        for line in lines:
            self.assertIn(line, result.stdout.splitlines(), result)


def until(*steps, then=None):
    """Returns a script that sends STEPS, and then calls THEN."""
    def script(caller):
        caller.identify()
        request = caller.requested()
        for step in steps:
            name, members = step if isinstance(step, tuple) else (step, {})
            caller.progress(name, **members)
        if then:
            then(caller)
        return request
    return script


def refused(name, **parameters):
    return until(then=lambda caller: caller.error(name, **parameters))


IDENTIFIED = ("identified", {"caller": ALICE})
RECORDED = ("recorded", {"record": RECORD})
SIGNALLED = ("signalled", {"auditd": 321})
STOP = [IDENTIFIED, RECORDED, SIGNALLED, ("draining", {"backlog": 1203}), ("draining", {"backlog": 1}),
        ("draining", {"backlog": 0}), "stopped", ("done", {"trail": [DAEMON_END], "last": True})]
