# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each row measures on: a folder of its own, policy files in it, the built daemon, and the benchmark programs."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.fspath(pathlib.Path(__file__).resolve().parent.parent / "harness"))
import control_harness  # noqa: E402  the daemons and the Varlink client of the integration tests
import harness  # noqa: E402

ACTIONS = ("ignore", "log", "terminate")
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


MISSING = 77  # the status of a program that misses something on this machine (EXIT_MISSING in bench.h)


class Missing(Exception):
    """What this machine does not have."""


class Build:
    """The programs below a build directory."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.stub = self.folder / "client/libauditfail/libauditfail.so"
        harness.AUDITFAILD = os.fspath(self.folder / "daemon/auditfaild/auditfaild")
        control_harness.AUDITFAIL_CONTROLD = os.fspath(self.folder / "daemon/controld/auditfail-controld")
        if not os.access(harness.AUDITFAILD, os.X_OK):
            raise SystemExit(f"{harness.AUDITFAILD}: no such program. Build it first: meson compile -C {folder}")

    def info(self, about):
        """What Meson knows ABOUT the build: "buildoptions", "dependencies", ..."""
        return json.loads((self.folder / f"meson-info/intro-{about}.json").read_text())

    def option(self, name):
        return next(option["value"] for option in self.info("buildoptions") if option["name"] == name)

    def program(self, name):
        return os.fspath(self.folder / "tests/bench" / f"bench-{name}")


class Scene:
    """
    A temporary folder with policy below root/ and the socket and snapshot in run/.

    The application with number N is app-N (five digits); its action is ACTIONS[N % 3], and ACTIONS[(N + 1) % 3] for
    failures of kind "denied", so that everyone knows the right answer without asking (crowd.c does).
    """

    def __init__(self, build, applications=100):
        self.build = build
        self.applications = self.changes = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="auditfail-bench-"))
        self.folder.chmod(0o755)
        self.policy = self.folder / "root/etc/auditfail"
        self.runtime = self.folder / "run"
        self.socket = self.runtime / "io.auditfail.Policy"
        self.policy.mkdir(parents=True)
        self.runtime.mkdir()
        (self.policy / "default.conf").write_text("terminate\n")
        self.grow(applications)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def grow(self, applications):
        for n in range(self.applications, applications):
            text = f"{ACTIONS[n % 3]}\ndenied = {ACTIONS[(n + 1) % 3]}\n"
            (self.policy / f"app-{n:05}.conf").write_text(text)
        self.applications = max(self.applications, applications)

    def change(self):
        """Makes the policy the other of two, which differ in "changing". No daemon finds half a file."""
        self.changes += 1
        new = self.folder / "changing"
        new.write_text(ACTIONS[self.changes % 2] + "\n")
        new.replace(self.policy / "changing.conf")

    @contextlib.contextmanager
    def listening(self):
        """A listening socket that outlives daemons, as systemd's does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(os.fspath(self.socket))
            self.socket.chmod(0o666)
            listener.listen(socket.SOMAXCONN)
            try:
                yield listener
            finally:
                self.socket.unlink()

    def start(self, **arguments):
        """A daemon, which need not be ready yet."""
        return harness.Daemon(self.folder, limits={resource.RLIMIT_NOFILE: DESCRIPTORS}, **arguments)

    @contextlib.contextmanager
    def daemon(self, **arguments):
        daemon = self.start(**arguments)
        try:
            yield daemon.ready()
        except Exception:
            print(*daemon.stderr().splitlines()[-10:], sep="\n", file=sys.stderr)
            raise
        finally:
            daemon.kill()
            daemon.close()
            self.socket.unlink(missing_ok=True)

    def popen(self, program, *arguments, **options):
        """Starts a benchmark program, with pipes for its input and output."""
        return subprocess.Popen([self.build.program(program), *map(str, arguments)], text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, env={**os.environ, "AUDITFAIL_RUNTIME_DIR": str(self.runtime)},
                                **options)

    def run(self, program, *arguments):
        """Runs one to its end, and returns the JSON values that it printed, one a line."""
        with self.popen(program, *arguments, stderr=subprocess.PIPE) as process:
            output, errors = process.communicate()
        if process.returncode == MISSING:
            raise Missing(errors.strip().removeprefix(f"bench-{program}: "))
        print(errors, end="", file=sys.stderr)
        if process.returncode != 0:
            raise RuntimeError(f"bench-{program} failed with status {process.returncode}")
        return [json.loads(line) for line in output.splitlines()]


def proportional_memory(pid):
    """
    Pss of a process in KiB: its private memory, and its part of what it shares with others (libraries, mostly).
    """
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise LookupError(f"/proc/{pid}/smaps_rollup has no Pss")
