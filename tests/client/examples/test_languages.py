#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The examples in other languages ask auditfaild, and a daemon that the test plays. client/examples/README.md shows what
ask_socket.py does. Go and Rust are optional: `./do languages` installs them.
"""
import contextlib
import functools
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from harness import DEADLINE, SANITIZED, DaemonTest, main

EXAMPLES = pathlib.Path(os.environ["SOURCE_ROOT"], "client/examples")
PAGE = (EXAMPLES / "README.md").read_text()
BUILD = pathlib.Path(os.environ["BUILD"])
LIBRARY = pathlib.Path(os.environ["LIBAUDITFAIL"]).parent

EPERM, ENOMEM = 1, 12
IN_TIME = 10  # seconds: the limit of the examples is 1, and the machine may be busy
WAITING = 0.4  # seconds that an example waits at least for a daemon that others ask, too
DRIPPING = 30  # seconds
# Replies that are no answer.
BAD_REPLIES = [
    b"",
    b"\0",
    b"no JSON\0",
    b'["ignore"]\0',
    b'{"parameters":[]}\0',
    b'{"parameters":{"action":"perhaps"}}\0',
    b'{"parameters":{"action":["ignore"]}}\0',
    b'{"parameters":{"action":"ignore"}}',  # without its end
    b'{"parameters":{"file":"\\"action\\":\\"ignore\\""}}\0',
    b'{"error":"io.auditfail.Policy.QuotaExceeded","parameters":{"resource":"connections"}}\0',
    b"[" * 16000 + b"\0",
    b" " * 20000 + b'{"parameters":{"action":"ignore"}}\0',
]


def version(*command):
    """What a compiler says of its version. None: it is not there, or does not work."""
    try:
        return subprocess.run(command, capture_output=True, check=True, timeout=DEADLINE).stdout
    except (OSError, subprocess.SubprocessError):
        return None


@functools.cache
def compiled(source):
    """Compiles SOURCE in a folder of its own, by the command of the page. Returns the folder."""
    folder = tempfile.TemporaryDirectory(prefix="auditfail-languages-")
    unittest.addModuleCleanup(folder.cleanup)
    shutil.copy(EXAMPLES / source, folder.name)
    command, = re.findall(rf"\({source}\) .*\| `([^`]*)` \|", PAGE)
    cache = BUILD if os.access(BUILD, os.W_OK) else pathlib.Path(folder.name)
    environment = {"CPATH": EXAMPLES.parents[1] / "include", "LIBRARY_PATH": LIBRARY, "CGO_ENABLED": "0",
                   "GOCACHE": cache / "go-cache", "GOPATH": folder.name, "GOTOOLCHAIN": "local"}
    subprocess.run(shlex.split(command), check=True, cwd=folder.name, env=os.environ | environment)
    return pathlib.Path(folder.name)


class Examples:
    """The tests of one example. COMMAND is what runs it."""

    from_snapshot = "terminate"  # the answer without auditfaild, if the snapshot says ignore

    def command(self):
        return [sys.executable, EXAMPLES / self.source]

    def socket(self):
        """What follows the application and the errno."""
        return [self.folder / "run/io.auditfail.Policy"]

    def ask(self, application, error=EPERM):
        """Returns the answer of the example."""
        environment = os.environ | {"AUDITFAIL_RUNTIME_DIR": f"{self.folder}/run", "LD_LIBRARY_PATH": f"{LIBRARY}"}
        command = self.command()
        began = time.monotonic()
        result = self.run_program(*command, application, str(error), *self.socket(), env=environment)
        self.seconds = time.monotonic() - began
        self.assertLess(self.seconds, IN_TIME)
        self.assertEqual(result.stderr, "")
        answer = result.stdout.removesuffix("\n")
        self.assertEqual(result.returncode, int(answer == "terminate"), result)
        return answer

    @contextlib.contextmanager
    def listener(self, *serve, backlog=8):
        """Listens in place of auditfaild. Each function of SERVE serves one connection."""
        path = self.folder / "run/io.auditfail.Policy"

        def work():
            for function in serve:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    function(connection)

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.fspath(path))
            listener.listen(backlog)
            worker = threading.Thread(target=work, daemon=True)
            worker.start()
            yield path
            worker.join(DEADLINE)
        path.unlink()

    def test_the_answer_is_that_of_the_policy(self):
        self.policy("default", "terminate")
        self.policy("soft", "ignore\ndenied = log\noverload = terminate")
        self.daemon()
        self.assertEqual(self.ask("soft", 0), "ignore")
        self.assertEqual(self.ask("soft", EPERM), "log")
        self.assertEqual(self.ask("soft", ENOMEM), "terminate")
        self.assertEqual(self.ask("another"), "terminate")

    def test_a_name_of_no_application_is_no_reason_to_go_on(self):
        self.policy("default", "terminate")
        self.policy("soft", "ignore")
        self.daemon()
        for name in ('soft","action":"ignore', '"action":"ignore"', "soft\\"):
            self.assertEqual(self.ask(name), "terminate", name)

    def test_without_auditfaild_and_snapshot_the_answer_is_terminate(self):
        self.assertEqual(self.ask("soft"), "terminate")

    def test_without_auditfaild_the_snapshot_counts_as_the_example_says(self):
        self.policy("soft", "ignore")
        self.daemon().stop()
        self.assertTrue((self.folder / "run/policy.snapshot").exists())
        self.assertEqual(self.ask("soft"), self.from_snapshot)

    def test_a_socket_of_a_daemon_that_has_ended_means_terminate(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{self.folder}/run/io.auditfail.Policy")
        self.assertEqual(self.ask("soft"), "terminate")

    def test_a_reply_that_is_no_answer_means_terminate(self):
        for reply in BAD_REPLIES:
            def serve(connection, reply=reply):
                connection.recv(4096)
                connection.sendall(reply)

            with self.subTest(reply=reply[:80]), self.listener(serve):
                self.assertEqual(self.ask("soft"), "terminate")

    def test_a_daemon_that_does_not_answer_has_a_second(self):
        def silent(connection):
            while connection.recv(4096):
                pass

        with self.listener(silent):
            self.assertEqual(self.ask("soft"), "terminate")

    def test_a_reply_byte_by_byte_does_not_extend_the_time(self):
        def dripping(connection):
            for _ in range(10 * DRIPPING):
                connection.sendall(b" ")
                time.sleep(0.1)

        with self.listener(dripping):
            self.assertEqual(self.ask("soft"), "terminate")

    def test_a_daemon_whose_queue_is_full_has_the_same_time(self):
        with self.listener(backlog=0) as path, contextlib.ExitStack() as others:
            with contextlib.suppress(BlockingIOError):
                while True:
                    other = others.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
                    other.connect(os.fspath(path))
            self.assertEqual(self.ask("soft"), "terminate")
            self.assertGreater(self.seconds, WAITING)


@unittest.skipIf(SANITIZED, "a sanitizer's runtime must be loaded before every other library")
class PythonLibrary(Examples, DaemonTest):
    source = "ask_library.py"
    from_snapshot = "ignore"

    def socket(self):
        return []


class PythonSocket(Examples, DaemonTest):
    source = "ask_socket.py"


@unittest.skipUnless(version("go", "version"), "needs Go")
class Go(Examples, DaemonTest):
    def command(self):
        return [compiled("ask.go") / "ask"]


@unittest.skipUnless(version("rustc", "--version"), "needs rustc")
class Rust(Examples, DaemonTest):
    def command(self):
        return [compiled("ask.rs") / "ask"]


class Page(unittest.TestCase):
    """README.md of the examples."""

    @unittest.skipIf(SANITIZED, "the library needs the sanitizers, too")
    def test_its_commands_compile_the_examples_in_c(self):
        for path in EXAMPLES.glob("*.c"):
            self.assertTrue((compiled(path.name) / "a.out").exists())

    def test_its_ten_lines_are_those_of_the_example(self):
        block, = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        self.assertIn(block, (EXAMPLES / "ask_socket.py").read_text())

    def test_it_names_each_example(self):
        for path in EXAMPLES.iterdir():
            if path.suffix in (".c", ".go", ".py", ".rs", ".sh"):
                self.assertIn(f"[`{path.name}`]({path.name})", PAGE)


if __name__ == "__main__":
    main()
