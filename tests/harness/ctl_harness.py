#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs auditfailctl with the daemon, and with impostors."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import threading
import time

from harness import AUDITFAILCTL, DEADLINE, STRANGER, DaemonTest, terminal

GUARD_FOLDER = pathlib.Path(os.environ.get("GUARD_FOLDER", "/usr/local/share/auditfail"))
INSTALLED_AUDITCTL = os.environ.get("INSTALLED_AUDITCTL", "/usr/local/libexec/auditfail/auditctl")

IGNORE, FAILED, USAGE, NO_DAEMON, DENIED, TIMEOUT, PROTOCOL, LOG, TERMINATE = 0, 1, 2, 3, 4, 5, 6, 10, 20


class Impostor:
    """
    A listener that is not auditfaild. It sends FRAMES after the first call, and closes the connection, with HOLD only at
    the end of the test.
    """

    def __init__(self, path, frames, hold=False):
        self.frames, self.hold = frames, hold
        self.over = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(os.fspath(path))
        self.listener.listen(5)
        self.listener.settimeout(DEADLINE)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(DEADLINE)
                call = b""
                while not call.endswith(b"\0"):
                    data = connection.recv(4096)
                    if not data:
                        return
                    call += data
                for frame in self.frames:
                    connection.sendall(frame)
                if self.hold:
                    self.over.wait(DEADLINE)

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def frame(parameters=None, error=None, **members):
    if error:
        members["error"] = error
    return json.dumps({**members, "parameters": parameters or {}}).encode() + b"\0"


class Ctl(DaemonTest):
    def environment(self, **variables):
        unwanted = ("NO_COLOR", "SYSTEMD_COLORS", "COLUMNS", "TERM", "SYSTEMD_PAGER", "PAGER", "SYSTEMD_LESS")
        kept = {name: value for name, value in os.environ.items() if name not in unwanted}
        return {**kept, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "JOURNAL_STREAM": "", "AUDITFAIL_PAGER": "", **variables}

    def ctl(self, *arguments, variables=None, **options):
        options.setdefault("env", self.environment(**(variables or {})))
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([AUDITFAILCTL, *map(os.fspath, arguments)], text=True, timeout=DEADLINE, check=False,
                              **options)

    def assertCtl(self, status, *arguments, says="", complains=None, **options):
        """Checks the exit status, that stdout contains SAYS, and that stderr contains COMPLAINS or is empty."""
        result = self.ctl(*arguments, **options)
        self.assertEqual(result.returncode, status, result)
        self.assertIn(says, result.stdout or "", result)
        if complains:
            self.assertIn(complains, result.stderr, result)
        else:
            self.assertEqual(result.stderr, "", result)
        return result

    def ctl_json(self, *arguments, status=0, **options):
        return json.loads(self.assertCtl(status, "--json", *arguments, **options).stdout)

    def on_terminal(self, *arguments, columns=80, **variables):
        """Runs auditfailctl on a terminal. Returns the text on the terminal, and the exit status."""
        with terminal(columns) as (screen, shown):
            process = subprocess.Popen([AUDITFAILCTL, *arguments], stdin=subprocess.DEVNULL, stdout=screen,
                                       stderr=screen, env=self.environment(**{"TERM": "xterm", **variables}))
            return shown(), process.wait(DEADLINE)

    def in_namespace(self, script, **variables):
        """Runs a script of sh in a new mount namespace. Status 99 skips the test, because the setup failed."""
        result = self.run_program("unshare", "--mount", "sh", "-c", f"ctl() {{ \"{AUDITFAILCTL}\" \"$@\"; }}\n{script}",
                                  env=self.environment(**variables))
        if result.returncode == 99 or "unshare" in result.stderr:
            self.skipTest(f"no such namespace can be made here: {result.stderr}")
        return result

    def impostor(self, *frames, hold=False):
        path = self.folder / f"impostor.{time.monotonic_ns()}"
        impostor = Impostor(path, frames, hold)
        self.addCleanup(impostor.close)
        return path

    def needs_stranger(self):
        """Skips the test if another user cannot start the program in the build folder."""
        try:
            self.ctl("--version", user=STRANGER, group=STRANGER, extra_groups=[])
        except PermissionError:
            self.skipTest("the build folder is closed to other users")
