# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Runs the built auditfaild on a temporary folder, talks Varlink to it, and reports to Meson in TAP.

    class Queries(DaemonTest):
        def test_a_program_is_told_what_its_file_says(self):
            self.policy("passwd", "log")
            with self.daemon().connect() as client:
                self.assertAnswer(client.call("io.auditfail.Policy.Query", application="passwd"), action="log")

    if __name__ == "__main__":
        main()

The tests wait for events, not for a time: READY=1 on the NOTIFY_SOCKET, a readable reply, a readable pidfd. If an event
does not come before DEADLINE, the test fails.
"""
import atexit
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import queue
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import traceback
import unittest

AUDITFAILD = os.environ.get("AUDITFAILD", "auditfaild")
AUDITFAILCTL = os.environ.get("AUDITFAILCTL", "auditfailctl")
INTERFACES = pathlib.Path(os.environ.get("INTERFACES", "protocol"))
SANITIZED = os.environ.get("SANITIZED", "false") == "true"
UNDER = os.environ.get("UNDER", "").split()  # goes before each daemon: `./do check valgrind`

DEADLINE = 120 if UNDER else 20  # seconds to wait for an event before the test fails
FRAME_MAX = 16 * 1024  # bytes of one call, without the NUL

POLICY = "io.auditfail.Policy"
SERVICE = "org.varlink.service"
STRANGER = 65534  # a uid that is neither root nor the daemon's

STAY_WHO_WE_ARE = ["--user", "root"] if os.geteuid() == 0 else []  # an ordinary user has no other choice

needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root, to be several users at once")
needs_systemd_analyze = unittest.skipUnless(os.geteuid() == 0 or os.path.exists("/run/systemd"),
                                            "systemd-analyze cannot make /run/systemd")


def without_blanks(path):
    """Returns PATH or a copy without blanks. Blanks end a name in LD_PRELOAD, a PAM file, and a script's first line."""
    if not any(character in path for character in " :\t\n"):
        return path
    folder = tempfile.mkdtemp(prefix="auditfail-")
    atexit.register(shutil.rmtree, folder)
    os.chmod(folder, 0o755)
    return shutil.copy(path, folder)


@contextlib.contextmanager
def as_uid(uid):
    """For the kernel, and so for the daemon, connections that are made in here belong to UID."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


def log_in(auid):
    """Gives this process the login AUID, as pam_loginuid does it."""
    pathlib.Path("/proc/self/loginuid").write_text(str(auid), encoding="ascii")


def become(uid, auid=None):
    """Makes this process one of UID, and of the login AUID."""
    if auid is not None:
        log_in(auid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


class Client:
    """One connection. Replies are dicts."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.received = b""
        try:
            self.socket.connect(os.fspath(path))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    @staticmethod
    def frame(method, parameters=None, **flags):
        call = {"method": method, **flags}
        if parameters is not None:
            call["parameters"] = parameters
        return json.dumps(call).encode() + b"\0"

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, method, parameters=None, **flags):
        self.send_bytes(self.frame(method, parameters, **flags))

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def call(self, method, **parameters):
        """Calls METHOD and returns the reply. The interface is io.auditfail.Policy if METHOD names none."""
        self.send(method if "." in method else f"{POLICY}.{method}", parameters)
        return self.reply()

    def reply(self):
        """Returns the next reply. Raises EOFError if the daemon has hung up."""
        return json.loads(self.reply_bytes())

    def reply_bytes(self):
        end = time.monotonic() + DEADLINE
        while b"\0" not in self.received:
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError(f"the daemon hung up after {self.received!r}")
            self.received += data
        frame, self.received = self.received.split(b"\0", 1)
        return frame

    def ended(self):
        """Waits for the end of the connection; false if another reply comes first."""
        try:
            self.reply_bytes()
            return False
        except (EOFError, ConnectionResetError, BrokenPipeError):
            return not self.received


@contextlib.contextmanager
def terminal(columns=80):
    """Makes a terminal. Returns the descriptor for a program, and a function that reads all output up to its end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))

    def shown():
        os.close(slave)
        text = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(master, 4096):
                text += data
        return text.decode().replace("\r\n", "\n")

    try:
        yield slave, shown
    finally:
        os.close(master)


def without_audit_write(argv):
    """Returns ARGV so that the program cannot write to the machine's audit trail."""
    if os.geteuid() != 0:
        return argv
    return ["setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write", *argv]


class Process:
    """A child process and its pidfd. Its stderr goes to a file, which stays readable after its end."""

    def __init__(self, argv, *, environment=None, sockets=(), limits=None, stderr):
        self.stderr_path = pathlib.Path(stderr)
        self.status = None
        environment = dict(os.environ if environment is None else environment)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._become(argv, environment, sockets, limits or {})
            except OSError as error:
                print(f"{argv[0]}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(127)
        self.pidfd = os.pidfd_open(self.pid)

    def _become(self, argv, environment, sockets, limits):
        null = os.open("/dev/null", os.O_RDWR)
        log = os.open(self.stderr_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        # Move all sockets to high numbers first, so that none overwrites another one.
        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 3 + len(sockets)) for s in sockets]
        for target, source in enumerate(high, start=3):
            os.dup2(source, target)
        if sockets:
            environment["LISTEN_FDS"] = str(len(sockets))
            environment["LISTEN_PID"] = str(os.getpid())
        for limit, value in limits.items():
            resource.setrlimit(limit, (value, value))
        os.execvpe(argv[0], argv, environment)

    def wait(self, seconds=DEADLINE):
        """Waits for the end. Returns the exit status, or -N if signal N ended the process."""
        if self.status is None:
            if not select.select([self.pidfd], [], [], seconds)[0]:
                raise TimeoutError(f"process {self.pid} did not end within {seconds} s")
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def signal(self, number):
        signal.pidfd_send_signal(self.pidfd, number)

    def kill(self):
        if self.status is None:
            self.signal(signal.SIGKILL)
            self.wait()

    def close(self):
        """Kills the process if it still runs, and closes its pidfd."""
        self.kill()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def stderr(self):
        return self.stderr_path.read_text(errors="backslashreplace") if self.stderr_path.exists() else ""

    def resident(self):
        """Resident memory in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"process {self.pid} has no memory")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def children(self):
        """The pids of its first thread's children, as text. After its end there are none."""
        with contextlib.suppress(OSError):
            return pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return []


class Daemon(Process):
    """
    auditfaild on FOLDER: policy below FOLDER/root, snapshot in FOLDER/run, socket FOLDER/run/io.auditfail.Policy.

    WRAPPER goes before the program ("unshare", ...). SOCKETS are handed over as systemd does it, in place of --listen.
    USER, TRAIL and LOG are the options of these names; None leaves the option away. As root the daemon stays root,
    unless a USER is given. setpriv takes its right to write audit records, unless AUDIT_WRITE.
    """

    def __init__(self, folder, *, options=(), wrapper=(), environment=None, sockets=(), limits=None, user="",
                 trail=False, log="stderr", audit_write=False):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "run/io.auditfail.Policy"
        self.snapshot = self.folder / "run/policy.snapshot"
        self.notifications = []  # all notifications that were read, as dicts
        notify_path = self.folder / f"notify.{time.monotonic_ns()}"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.fspath(notify_path))
        os.chmod(notify_path, 0o777)

        argv = [*wrapper, *UNDER, AUDITFAILD, "--root", os.fspath(self.folder / "root"), "--runtime",
                os.fspath(self.folder / "run")]
        if not sockets:
            argv += ["--listen", os.fspath(self.path)]
        argv += STAY_WHO_WE_ARE if user == "" else ["--user", user] if user else []
        if not trail:
            argv += ["--no-trail"]
        if log is not None:
            argv += [f"--log={log}"]
        argv += options
        super().__init__(argv if audit_write else without_audit_write(argv), sockets=sockets, limits=limits,
                         environment={**os.environ, "NOTIFY_SOCKET": os.fspath(notify_path), **(environment or {})},
                         stderr=self.folder / f"stderr.{time.monotonic_ns()}")
        self.arrived = queue.SimpleQueue()
        self.manager = threading.Thread(target=self._manage, daemon=True)
        self.manager.start()

    def _manage(self):
        """Reads notifications like a service manager. An unread socket would block the daemon."""
        while self.notify in select.select([self.notify, self.pidfd], [], [])[0]:
            text = self.notify.recv(4096).decode()
            self.arrived.put(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))
        self.arrived.put(None)

    def notified(self, name, value=None):
        """Waits until the daemon notifies NAME (=VALUE), and returns that message as a dict."""
        end = time.monotonic() + DEADLINE
        while True:
            try:
                message = self.arrived.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise AssertionError(f"auditfaild did not notify {name}={value or ''}") from None
            if message is None:
                self.arrived.put(None)
                raise AssertionError(f"auditfaild ended before it notified {name}={value or ''}")
            self.notifications.append(message)
            if name in message and value in (None, message[name]):
                return message

    def ready(self):
        self.notified("READY", "1")
        return self

    def connect(self):
        return Client(self.path)

    def call(self, method, **parameters):
        """Calls METHOD on a new connection."""
        with self.connect() as client:
            return client.call(method, **parameters)

    def query(self, application, **parameters):
        return self.call("Query", application=application, **parameters)["parameters"]

    def stop(self):
        """Stops the daemon as systemd does. Fails unless its exit status is 0."""
        if self.status is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except TimeoutError:
                self.kill()
                raise AssertionError("auditfaild did not end on SIGTERM") from None
        self.close()
        if self.status != 0:
            raise AssertionError(f"auditfaild ended with {self.status}")
        self.check_sanitizers()

    def check_sanitizers(self):
        for sign in ("Sanitizer", "runtime error:"):
            if sign in self.stderr():
                raise AssertionError("a sanitizer complained about auditfaild")

    def close(self):
        self.kill()
        self.manager.join()
        self.notify.close()
        super().close()


class DaemonTest(unittest.TestCase):
    """A test with a folder of its own and the daemons that it starts there. self.processes: for the report."""

    def setUp(self):
        self.processes = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="auditfail-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        self.root = self.folder / "root"
        for place in ("root/etc/auditfail", "root/usr/lib/auditfail", "run"):
            (self.folder / place).mkdir(parents=True)

    def place(self, application, place="etc"):
        """Where APPLICATION's policy stands: "etc", "flat" or "lib"."""
        return self.root / {"etc": f"etc/auditfail/{application}.conf", "flat": f"etc/auditfail.{application}",
                            "lib": f"usr/lib/auditfail/{application}.conf"}[place]

    def policy(self, application, text, place="etc"):
        """Puts APPLICATION's policy file in its place, as a whole, and returns its path."""
        path, new = self.place(application, place), self.folder / "new"
        new.write_text(text if text.endswith("\n") else text + "\n")
        new.chmod(0o644)
        return new.replace(path)

    def mask(self, application, place="etc"):
        path = self.place(application, place)
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/null")
        return path

    def daemon(self, **arguments):
        """Starts a daemon and waits until it is ready. The end of the test stops it and checks its exit status."""
        daemon = self.daemon_unready(**arguments)
        self.addCleanup(daemon.stop)
        return daemon.ready()

    def daemon_unready(self, **arguments):
        """Starts a daemon that may fail to start. The test itself waits for its end."""
        daemon = Daemon(self.folder, **arguments)
        self.processes.append(daemon)
        self.addCleanup(daemon.close)
        return daemon

    def connect(self, daemon):
        """Makes a connection that the end of the test closes."""
        client = daemon.connect()
        self.addCleanup(client.close)
        return client

    def run_program(self, *argv, **arguments):
        """Runs a program to its end; returns subprocess.CompletedProcess with text."""
        return subprocess.run([os.fspath(a) for a in argv], capture_output=True, text=True, timeout=DEADLINE,
                              check=False, **arguments)

    def eventually(self, condition):
        """Polls CONDITION. This is for changes that the daemon reports to no client, such as a closed connection."""
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end, "the condition did not become true")
            time.sleep(0.005)

    def assertAnswer(self, reply, **expected):
        """REPLY is no error, and has the EXPECTED fields (others as well)."""
        self.assertNotIn("error", reply, reply)
        parameters = reply.get("parameters", {})
        self.assertEqual({name: parameters.get(name) for name in expected}, expected, reply)

    def assertError(self, reply, error, **expected):
        """REPLY is ERROR (of org.varlink.service, unless it says otherwise), with exactly the EXPECTED fields."""
        self.assertEqual(reply.get("error"), error if "." in error else f"{SERVICE}.{error}", reply)
        self.assertEqual(reply.get("parameters") or {}, expected, reply)

    def assertInvalid(self, reply, parameter):
        self.assertError(reply, "InvalidParameter", parameter=parameter)

    def assertStillAnswers(self, daemon):
        """The daemon still answers a query."""
        self.assertAnswer(daemon.call("Query", application="still-there"), application="still-there")


class TapResult(unittest.TestResult):
    """One line per test, named by its docstring's first line or its method's words."""

    def __init__(self, count):
        super().__init__()
        self.number = 0
        print(f"1..{count}", flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.number += 1
        self.notes, self.skipped_because = [], None

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skipped_because = reason

    def addError(self, test, err):
        super().addError(test, err)
        self._note(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, err, subtest._subDescription())

    def _note(self, test, err, about=""):
        self.notes += [about] if about else []
        self.notes += "".join(traceback.format_exception(*err)).splitlines()
        for process in getattr(test, "processes", ()):
            self.notes += [f"stderr of process {process.pid}:", *process.stderr().splitlines()[-100:]]

    def stopTest(self, test):
        name = test.shortDescription() or test.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")
        line = f"{'not ok' if self.notes else 'ok'} {self.number} - {name.replace('#', '')}"
        if self.skipped_because and not self.notes:
            line += f" # SKIP {self.skipped_because}"
        print(line, *(f"# {note}" for note in self.notes), sep="\n", flush=True)
        super().stopTest(test)


class TapRunner:
    def run(self, suite):
        result = TapResult(suite.countTestCases())
        suite.run(result)
        return result


def main():
    """Runs the tests of the script, or those that its command line names."""
    os.umask(0o022)
    sys.stdout.reconfigure(errors="backslashreplace")
    unittest.main(module="__main__", testRunner=TapRunner())
