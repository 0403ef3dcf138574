# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that faults.py breaks, what they do meanwhile, and what they promise."""
import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import time

from auditctl_harness import AUDITCTL, STOP, HungUp, Service, until
from control_harness import CONTROL, Caller, start_controld
from faults import Target
from harness import AUDITFAILCTL, DEADLINE, POLICY, Client, Daemon, without_blanks

ASKER = os.environ.get("ASKER", "asker")
PAM_APPLICATION = os.environ.get("PAM_APPLICATION", "pam_application")
PAM_MODULE = without_blanks(os.environ.get("PAM_MODULE", "pam_auditfail.so"))
PRELOAD = without_blanks(os.environ.get("PRELOAD", "libauditfail-preload.so"))
PRELOAD_PROGRAM = os.environ.get("PRELOAD_PROGRAM", "preload_program")
PROMPT = 5  # seconds: later is a hang
TERMINATE = 2


class Daemonic(Target):
    """A daemon, and callers that lose a reply to a fault."""

    socket_path = None

    def begin(self, process):
        self.process = process
        self.processes.append(process)
        self.addCleanup(process.close)
        self.lost = 0  # calls without a reply

    def client(self):
        client = Client(self.socket_path)
        client.socket.settimeout(PROMPT)
        self.addCleanup(client.close)
        return client

    def ended(self):
        return bool(select.select([self.process.pidfd], [], [], 0)[0])

    def started(self, call):
        """Waits until CALL() is answered. Returns whether it was; if not, the process has ended, and says why."""
        end = time.monotonic() + DEADLINE
        while not self.ended():
            with contextlib.suppress(OSError, EOFError):
                call()
                return True
            self.assertLess(time.monotonic(), end, "it neither answers nor ends")
            time.sleep(0.002)
        self.assertGreater(self.process.wait(), 0, "a crash, or an end without an error")
        self.assertCause(self.process.stderr)
        return False

    def ask(self, client, method, **parameters):
        """Returns the reply, or None if the connection has ended."""
        try:
            client.send(method, parameters)
            return client.reply()
        except (EOFError, BrokenPipeError, ConnectionResetError, ConnectionRefusedError):
            self.lost += 1
            self.assertTrue(self.was_hit(), "a reply was lost before the fault")
            return None

    def back_to(self, descriptors):
        end = time.monotonic() + PROMPT
        folder = f"/proc/{self.process.pid}/fd"
        while self.process.descriptors() > descriptors:
            if time.monotonic() > end:
                self.fail(f"more than {descriptors} descriptors: {[os.readlink(f'{folder}/{fd}') for fd in os.listdir(folder)]}")
            time.sleep(0.01)

    def close_all(self, *clients):
        for client in clients:
            client.close()

    def end(self):
        """Ends the daemon as systemd does. Returns the number of its descriptors before."""
        before = self.process.descriptors()
        self.assertFalse(self.process.children(), "it has left a process behind")
        self.process.signal(signal.SIGTERM)
        status = self.process.wait()
        self.assertGreaterEqual(status, 0, "a crash")
        if status > 0:
            self.assertCause(self.process.stderr)
        return before


class Auditfaild(Daemonic):
    """Answers, reloads, and streams. A snapshot that it leaves is that of the policy in force, or the log says so."""

    def action(self, expected):
        """Asks as the stub does, on a new connection."""
        with Client(self.socket_path) as client:
            client.socket.settimeout(PROMPT)
            reply = self.ask(client, f"{POLICY}.Query", application="a", errno=1, close=True)
        if reply:
            self.assertIn(reply["parameters"]["action"], expected)
        return reply

    def sure(self, method, **parameters):
        """Returns the parameters of the reply. The fault may come as late as here, and takes one reply."""
        for _ in range(2):
            with self.client() as client:
                reply = self.ask(client, f"{POLICY}.{method}", **parameters)
                if reply:
                    return reply["parameters"]
        return self.fail("two replies were lost")

    def reload(self, client, action):
        """Changes the policy. Returns the actions that may be in force then."""
        self.policy("a", action)
        reply = self.ask(client, f"{POLICY}.Reload")
        if reply is None:
            return {action, *self.force}
        if "error" in reply:
            self.assertEqual(reply["error"], f"{POLICY}.LoadFailed", reply)
            self.assertCause(lambda: str(reply) + self.process.stderr())
            return self.force
        return {action}

    def scenario(self):
        self.policy("a", "log\ndenied = ignore"), self.policy("b", "terminate"), self.policy("default", "log", "lib")
        self.force = {"ignore", "terminate"}  # a file that cannot be read at the start means terminate
        daemon = Daemon(self.folder, wrapper=self.prefix)
        self.socket_path = daemon.path
        self.begin(daemon)
        if not self.started(lambda: daemon.query("b")):
            return None
        kept, monitor = self.client(), self.client()
        monitor.send(f"{POLICY}.Monitor", more=True)
        for _ in range(2):
            self.action(self.force)
            reply = self.ask(kept, f"{POLICY}.Query", application="a", errno=1)
            if reply:
                self.assertIn(reply["parameters"]["action"], self.force)
        for method in ("List", "Status", "Explain"):
            with self.client() as client:
                self.ask(client, f"{POLICY}.{method}")
        for action in ("terminate", "log", "terminate"):
            with self.client() as client:
                self.force = self.reload(client, action)
            self.action(self.force)
        if self.was_hit() or not self.fault.number:
            self.assertLessEqual(self.lost, 2)
            self.assertIn("generation", self.sure("Reload"))  # the fault is over
            self.assertIsNotNone(self.action({"terminate"}))
            self.force = {"terminate"}
        if self.lost:
            self.assertCause(daemon.stderr)
        self.close_all(kept, monitor)
        self.eventually(lambda: self.sure("Status")["connections"] == 1)
        if self.baseline:
            timer = "Cannot write" in daemon.stderr()  # to write the snapshot again
            self.back_to(self.baseline + timer)
        generation = self.sure("Query", application="a")["generation"]
        descriptors = self.end()
        self.check_rest(daemon, generation)
        return descriptors

    def check_rest(self, daemon, generation):
        """What a killed or ended daemon leaves in its folder."""
        rest = set(os.listdir(self.folder / "run")) - {"policy.snapshot"}
        if rest:
            self.assertCause(daemon.stderr)
        written = None
        with contextlib.suppress(FileNotFoundError):
            written = struct.unpack_from("<8sQ", daemon.snapshot.read_bytes())[1]
        if written != generation:
            self.assertIn("Cannot write", daemon.stderr())
            self.assertCause(daemon.stderr)


class Stub(Target):
    """The answer is the daemon's, or the snapshot's, or terminate; never later than its limit."""

    allocates = False
    left_out = {"read", "write"}  # asker.c itself
    daemon_runs = True

    def environment(self):
        return {**os.environ, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run")}

    def scenario(self):
        self.policy("a", "log"), self.policy("b", "terminate\ndenied = ignore")
        daemon = self.daemon()
        if not self.daemon_runs:
            daemon.stop()
        allowed = [{(1, 0 if self.daemon_runs else 1), (1, 1), (TERMINATE, 2)},
                   {(0, 0 if self.daemon_runs else 1), (0, 1), (TERMINATE, 2)}]
        start = time.monotonic()
        with subprocess.Popen([*self.prefix, ASKER, "1000", "a", "b", "a", "b"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=self.environment(), text=True) as asker:
            lines = [line.split() for line in iter(asker.stdout.readline, "end\n")
                     if line or self.fail("the asker has ended")]
            took = time.monotonic() - start
            descriptors = len(os.listdir(f"/proc/{asker.pid}/fd"))
            asker.stdin.close()
            self.assertEqual(asker.wait(DEADLINE), 0)
        answers = [(int(action), int(via)) for action, via in lines]
        self.assertEqual(len(answers), 4)
        for answer, expected in zip(answers, allowed * 2):
            self.assertIn(answer, expected)
        self.assertLessEqual(sum(answer[1] == 2 for answer in answers), 1, "one fault, two answers")
        self.assertLess(took, PROMPT)
        if self.baseline:
            self.assertLessEqual(descriptors, self.baseline)
        return descriptors


class StubAlone(Stub):
    """The same without a daemon."""

    daemon_runs = False


class Tool(Target):
    """
    A tool that ends with the status of the run without a fault has printed all of that run's output. With another
    status it has said why.
    """

    commands = ()
    statuses = ()  # that a fault may lead to

    def environment(self):
        return {**os.environ, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "JOURNAL_STREAM": "", "AUDITFAIL_PAGER": "", "NO_COLOR": "1", "COLUMNS": "200"}

    def run_tool(self, *command):
        result = subprocess.run([*self.prefix, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=DEADLINE, check=False, env=self.environment())
        self.assertGreaterEqual(result.returncode, 0, result)
        stdout = re.sub(r"\d+\.\d s\b", "N s", result.stdout.replace(str(self.folder), ""))
        return result.returncode, stdout, result.stderr

    def check(self, result):
        status, stdout, stderr = result
        if self.baseline is None:
            return
        if status == self.baseline[0]:
            self.assertEqual(stdout, self.baseline[1], stderr)
        else:
            self.assertIn(status, self.statuses)
            self.assertTrue(stderr or status in (3, 20), "it failed and did not say why")


class Auditfailctl(Tool):
    command = ()
    statuses = (1, 3, 4, 5, 6)

    def scenario(self):
        self.policy("passwd", "terminate\ndenied = log"), self.policy("useradd", "log"), self.policy("default", "log")
        self.daemon()
        result = self.run_tool(AUDITFAILCTL, *self.command)
        self.check(result)
        return result


class CtlQuery(Auditfailctl):
    """The answer may come from the snapshot, or be terminate (20)."""

    command = ("query", "passwd", "--errno=EPERM", "--quiet")
    statuses = (1, 20)


class CtlList(Auditfailctl):
    command = ("list",)


class CtlListJson(Auditfailctl):
    command = ("list", "--json")


class CtlExplain(Auditfailctl):
    command = ("explain", "passwd")


class CtlReload(Auditfailctl):
    command = ("reload",)


class CtlCheck(Auditfailctl):
    """It reads the files itself. Without an error or a warning it has checked all that is there."""

    statuses = (1, 2)

    @property
    def command(self):
        return ("check", f"--root={self.root}")

    def check(self, result):
        if self.fault.error != "ENOENT" and not result[2]:  # a file that is not there is no error
            super().check(result)
        elif self.baseline:
            self.assertIn(result[0], (0, *self.statuses))


class Auditctl(Tool):
    """Exit statuses from 10 on say whether auditd has its signal: it never denies what the daemon has reported."""

    statuses = (1, *range(10, 41))

    def scenario(self):
        told = []

        def script(caller):
            with contextlib.suppress(HungUp, OSError):
                until(*STOP)(caller)
                told.append(True)
        service = Service(self.folder / "run" / CONTROL, script)
        try:
            result = self.run_tool(AUDITCTL, "stop", "--timeout", "5")
        finally:
            service.close()
        self.check(result)
        if told and result[0] != 0 and "signalled" in result[1]:
            self.assertGreaterEqual(result[0], 30, result)
        return result


class Preload(Target):
    """The program ends with 77 under the policy terminate, whatever fails."""

    allocates = False  # it allocates nothing, and LD_PRELOAD is its own
    needs_root = True
    action, statuses = "terminate", (77,)

    def scenario(self):
        self.policy("preload_program", self.action)
        self.daemon()
        result = self.run_program("setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write", "env",
                                  f"LD_PRELOAD={PRELOAD}", f"AUDITFAIL_RUNTIME_DIR={self.folder}/run", *self.prefix,
                                  PRELOAD_PROGRAM, "every-function")
        self.assertIn(result.returncode, self.statuses, result)
        if result.returncode == 77:
            self.assertTrue(result.stderr or self.was_hit(), "it did not say why it ends")


class PreloadLog(Preload):
    """Under the policy log it goes on, or ends with 77 if the answer was lost."""

    action, statuses = "log", (0, 77)


class Pam(Target):
    """The module never lets a step succeed under the policy terminate. (libpam itself crashes without memory.)"""

    allocates = False
    needs_root = True

    def scenario(self):
        self.policy("su", "terminate")
        self.daemon()
        services = self.folder / "pam.d"
        services.mkdir()
        (services / "other").write_text("account required pam_deny.so\n")
        (services / "su").write_text(f"auth requisite {PAM_MODULE}\nauth required pam_permit.so\n")
        result = self.run_program("setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write", *self.prefix,
                                  PAM_APPLICATION, services, "su", "authenticate",
                                  env={**os.environ, "AUDITFAIL_RUNTIME_DIR": f"{self.folder}/run", "LC_ALL": "C"})
        self.assertGreaterEqual(result.returncode, 0, result)
        self.assertNotIn("authenticate: Success", result.stdout)


class Controld(Daemonic):
    """Identifies callers and starts workers. Nothing has happened to auditd, and nobody is told that it has."""

    def scenario(self):
        self.socket_path = self.folder / "run/control"
        process = start_controld(self.folder, self.socket_path, wrapper=self.prefix)
        self.begin(process)
        if not self.started(self.whoami):
            return None
        for method, parameters in (("Stop", {}), ("Status", {}), ("Signal", {"signal": "state"}), ("Restart", {})):
            with Caller(self.socket_path) as caller:
                caller.socket.settimeout(PROMPT)
                reply = self.ask(caller, f"{CONTROL}.Identify")
                token = ((reply or {}).get("parameters") or {}).get("token")
                if token is None:
                    self.assertTrue(self.was_hit(), reply)
                    self.assertCause(lambda: str(reply) + process.stderr())
                    continue
                self.check(self.ask(caller, f"{CONTROL}.{method}", token=token, force=True, timeout=1000, **parameters))
        if self.was_hit() or not self.fault.number:
            with Caller(self.socket_path) as caller:
                reply = caller.stop(force=True)
                self.assertEqual(reply.get("error"), f"{CONTROL}.Failed", reply)
        if self.lost:
            self.assertCause(process.stderr)
        self.eventually(lambda: not process.children())
        if self.baseline:
            self.back_to(self.baseline)
        return self.end()

    def whoami(self):
        """Any reply will do."""
        with Caller(self.socket_path) as caller:
            caller.call("Identify")

    def check(self, reply):
        if reply is None:
            return
        self.assertFalse((reply.get("parameters") or {}).get("signalled"), reply)
        if not self.was_hit():
            self.assertNotIn("NotIdentified", reply.get("error", ""))


TARGETS = [Auditfaild, Stub, StubAlone, CtlQuery, CtlList, CtlListJson, CtlExplain, CtlReload, CtlCheck, Auditctl,
           Preload, PreloadLog, Pam, Controld]
