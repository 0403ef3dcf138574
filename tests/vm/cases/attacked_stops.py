#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""attacked_stops.py COUNT TOOLS: stops auditd COUNT times while an adversary interferes, and compares what each requester
was told, what the next requester was told, and what the trail says with what happened.

Exit status: 0, every report was true and every stop has its requester in the trail; 1, not so.
"""
import collections
import json
import os
import pathlib
import random
import re
import select
import signal
import subprocess
import sys
import time

FOLDER = pathlib.Path("/var/log/audit")
LOG = FOLDER / "audit.log"
FILLER = FOLDER / "filler"
PID_MAX = pathlib.Path("/proc/sys/kernel/pid_max")
PERSONS = (1000, 1001)
STRANGER = 1001  # the adversary's login, where it is not root's own
UNSET = 2**32 - 1
PATIENCE = 60
NOT_TOLD, TOLD, UNKNOWN, BY_ITSELF = range(10, 30), range(30, 40), 40, 26
BEFORE, AFTER, OPEN = "before auditd got the signal", "after auditd got the signal", "is not known"


def until(condition, seconds=PATIENCE):
    """The true value of CONDITION, or its last one."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def main_pid(unit):
    return int(run("systemctl", "show", "--property=MainPID", "--value", unit).stdout)


def registered():
    match = re.search(r"(?m)^pid (\d+)", run("/usr/sbin/auditctl", "-s").stdout)
    return int(match[1]) if match else 0


def log_in(auid):
    pathlib.Path("/proc/self/loginuid").write_text(str(auid), encoding="ascii")


def is_gone(process):
    return bool(select.select([process], [], [], 0)[0])


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pid, number):
    try:
        os.kill(pid, number)
    except OSError:  # gone, or, of a stranger, not allowed
        pass


class Adversary:
    """Attacks in a child process from a chosen moment on, until it is ended."""

    def __init__(self, attack, target):
        self.auditd, self.controld, self.longest, self.tools = target
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setpgid(0, 0)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                attack(self)
            finally:
                os._exit(0)

    def end(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                kill(self.pid, number)
            time.sleep(0.1)
        os.waitpid(self.pid, 0)

    def nothing(self):
        pass

    def wait(self):
        """Until some moment of the stop, which is over soon after its worker has begun."""
        if random.random() < 0.7:
            self.await_worker()
            time.sleep(random.random() ** 3 * self.longest)
        else:
            time.sleep(random.random() * self.longest)

    def await_worker(self):
        while not (workers := children(self.controld)):
            time.sleep(0.001)
        return workers

    def terminate(self):
        self.wait()
        kill(self.auditd, signal.SIGTERM)

    def kill_auditd(self):
        self.wait()
        kill(self.auditd, signal.SIGKILL)

    def take_the_senders_place(self):
        log_in(STRANGER)
        os.setgid(STRANGER)
        os.setuid(STRANGER)
        while True:
            kill(self.auditd, signal.SIGTERM)

    def kill_controld(self):
        self.wait()
        kill(self.controld, signal.SIGKILL)

    def kill_worker(self):
        workers = self.await_worker()
        time.sleep(random.random() ** 3 * self.longest)
        for worker in workers:
            kill(worker, signal.SIGKILL)

    def rotate(self):
        while True:
            kill(self.auditd, signal.SIGUSR1)
            time.sleep(random.uniform(0, 0.2))

    def truncate(self):
        while True:
            try:
                os.truncate(LOG, 0)
            except OSError:
                pass
            time.sleep(random.uniform(0, 0.3))

    def fill_the_disk(self):
        try:
            with FILLER.open("wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(65536))
        except OSError:
            time.sleep(2)
        FILLER.unlink(missing_ok=True)

    def flood(self):
        os.execl(f"{self.tools}/flood", "flood")

    def forge_credentials(self):
        while True:
            run(f"{self.tools}/impostor", random.choice(("forged-pid", "forged-uid", "other-pid", "fd-passing")))

    def recycle_pids(self):
        log_in(STRANGER)
        while True:
            if (child := os.fork()) == 0:
                kill(self.auditd, signal.SIGCONT)
                os._exit(0)
            os.waitpid(child, 0)


ATTACKS = {name: getattr(Adversary, name) for name in (
    "nothing", "kill_worker", "kill_controld", "terminate", "take_the_senders_place", "kill_auditd", "rotate", "truncate",
    "fill_the_disk", "flood", "forge_credentials", "recycle_pids")}
ENDS_AUDITD = {"terminate", "kill_auditd"}


def records(kind):
    """The records of a type, in their order, as (place, fields of the kernel's or auditd's part, line)."""
    files = sorted(FOLDER.glob("audit.log*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0)
    lines = "".join(path.read_text(errors="replace") for path in files).splitlines()
    for place, line in enumerate(lines):
        # A full disk had room for half of the line before.
        if begin := re.search(rf"type={kind} msg=audit\([\d.:]+\): ", line):
            line = line[begin.start():]
            own = line.split(" msg='")[0].split("\x1d")[0]
            fields = {name: int(value) % 2**32 for name, value in re.findall(r"\b(pid|auid|uid)=(-?\d+)", own)}
            yield place, fields, line


class Stop:
    """One stop of PERSON under an attack, and what came of it."""

    def __init__(self, number, attacks, longest, tools):
        self.attacks, self.number, self.faults = attacks, number, []
        self.person = PERSONS[number % 2]
        self.reason = f"stop-{os.getpid()}-{number}"
        self.auditd = registered()
        self.process = os.pidfd_open(self.auditd)
        self.controld = main_pid("auditfail-controld.service")
        self.explanation = ""
        began = time.monotonic()
        adversaries = [Adversary(ATTACKS[attack], (self.auditd, self.controld, longest, tools)) for attack in attacks]
        time.sleep(random.choice((0, 0, 0.5)))  # some attacks need time to begin
        asked = run("auditctl", "stop", "--json=short", "--timeout=20", f"--reason={self.reason}",
                    preexec_fn=lambda: log_in(self.person))
        self.seconds = time.monotonic() - began
        for adversary in adversaries:
            adversary.end()
        FILLER.unlink(missing_ok=True)
        self.status, self.said = asked.returncode, asked.stderr.strip()
        said = [line for line in map(json.loads, asked.stdout.splitlines()) if "step" in line]
        self.steps = [line["step"] for line in said]
        self.gone = until(lambda: is_gone(self.process), 10 if "signalled" in self.steps or self.status in (0, 40) else 1)
        # The journal comes late in a flood: journald gets the records, too.
        self.request = next((line["record"]["request"] for line in said if "record" in line), None) or until(
            self.find_request, 30 if said else 1)

    def find_request(self):
        """The id of the request in the journal, if the daemon has accepted it."""
        journal = run("journalctl", "--quiet", "--boot", "--unit=auditfail-controld.service", "--output=cat",
                      "--lines=300").stdout
        match = re.search(rf'Request ([0-9a-f]{{16}}) to stop auditd: .*reason: "{self.reason}"', journal)
        return match[1] if match else None

    def fault(self, what):
        self.faults.append(what)

    def ask_again(self):
        """What the next requester is told about this request."""
        asked = run("auditctl", "state", "--timeout=20", preexec_fn=lambda: log_in(self.person))
        match = re.search(r"note: request ([0-9a-f]{16}) to stop auditd was interrupted (.*)", asked.stderr)
        if match and match[1] == self.request:
            self.explanation = match[2]
        elif match:
            self.fault(f"another request is explained: {asked.stderr}")
        elif self.status == UNKNOWN and self.request:
            self.fault(f"the next request explains nothing: status {asked.returncode}: {asked.stderr}")

    def judge_trail(self):
        granted = [(place, fields) for place, fields, line in records("TRUSTED_APP")
                   if self.request and f'request="{self.request}"' in line and "answer=granted" in line]
        ends = [(place, fields) for place, fields, _ in records("DAEMON_END")]
        for _, fields in granted:
            if fields["auid"] != self.person:
                self.fault(f"the request of {self.person} is recorded as that of {fields['auid']}")
        workers = {fields["pid"] for _, fields in granted}
        self.named = [fields for _, fields in ends if fields.get("pid") in workers]
        for fields in self.named:
            if fields["auid"] not in (self.person, UNSET) and "take_the_senders_place" not in self.attacks:
                self.fault(f"auditd names {fields['auid']} for the worker of {self.person}")
        first = min((place for place, _ in granted), default=None)
        needed = self.status == 0 or "signalled" in self.steps or self.named or AFTER in self.explanation
        if needed and first is None and "truncate" not in self.attacks:  # which removes evidence that was there
            self.fault("the stop has no requester in the trail")
        if first is not None and any(place < first and fields in self.named for place, fields in ends):
            self.fault("the requester comes after the stop")

    def judge_report(self):
        ended_by_request = self.gone and not ENDS_AUDITD & set(self.attacks)
        if self.status == 0 and not self.gone:
            self.fault("auditd runs, but was reported as stopped")
        elif self.status in NOT_TOLD:
            if self.named or (ended_by_request and self.status != BY_ITSELF):
                self.fault("auditd got the signal, but the report says that it did not")
            if self.status == BY_ITSELF and not self.gone:
                self.fault("auditd runs, but was reported as ended")
        elif self.status in TOLD and not self.gone:
            self.fault("auditd has not ended, but was reported to have the signal")
        elif self.status not in (0, UNKNOWN) and self.status not in NOT_TOLD and self.status not in TOLD:
            self.fault(f"unexpected status {self.status}")
        if BEFORE in self.explanation and (self.named or ended_by_request):
            self.fault("auditd got the signal, but the explanation says that it did not")
        if AFTER in self.explanation and not self.gone:
            self.fault("auditd has not ended, but was explained to have the signal")
        if self.status in NOT_TOLD and "signalled" in self.steps:
            self.fault("the report contradicts the step before")

    def judge_rest(self):
        """Nothing is left of the request, and the trail has its end."""
        daemon = main_pid("auditfail-controld.service")
        if daemon and not until(lambda: not children(daemon)):
            self.fault(f"a worker is left: {children(daemon)}")
        if BEFORE in self.explanation:
            restart_auditd(clean=False)
            if not until(self.has_refusal):
                self.fault("the trail does not say that the request was not carried out")

    def has_refusal(self):
        return any(f'request="{self.request}"' in line and "answer=refused" in line and fields["auid"] == self.person
                   for _, fields, line in records("TRUSTED_APP"))

    def judge(self):
        self.ask_again()
        self.judge_trail()
        self.judge_report()
        self.judge_rest()
        os.close(self.process)

    def __str__(self):
        told = self.explanation and f"; then: {self.explanation}"
        return (f"# {self.number}. {' and '.join(self.attacks)}: status {self.status} after {self.seconds:.1f} s, steps "
                f"{' '.join(self.steps)}, auditd {'ended' if self.gone else 'runs'}{told}"
                + "".join(f"\n# WRONG: {fault}: {self.said}" for fault in self.faults))


def restart_auditd(clean):
    """Brings auditd back; if CLEAN, with an empty log."""
    run("systemctl", "reset-failed", "auditd.service")
    if clean:
        run("systemctl", "stop", "auditd.service")
        for path in FOLDER.iterdir():
            if path.is_file():
                path.unlink()
    run("systemctl", "start", "auditd.service")
    if not until(lambda: registered() == main_pid("auditd.service") != 0):
        sys.exit("auditd does not run")


def main():
    count, tools = int(sys.argv[1]), sys.argv[2]
    seed = int(os.environ.get("SEED") or time.time())
    random.seed(seed)
    print(f"# SEED={seed}", flush=True)
    usual = PID_MAX.read_text()
    longest, stops, table = 1.0, [], collections.Counter()
    for number in range(count):
        # Each attack in its turn, and often another one with it.
        attacks = {list(ATTACKS)[number % len(ATTACKS)]: None}
        if random.random() < 0.4:
            attacks[random.choice(list(ATTACKS)[1:])] = None
        restart_auditd(clean=True)
        run("systemctl", "start", "auditfail-controld.service")
        PID_MAX.write_text("600" if "recycle_pids" in attacks else usual)
        try:
            stop = Stop(number, list(attacks), longest, tools)
        finally:
            PID_MAX.write_text(usual)
        stop.judge()
        if list(attacks) == ["nothing"]:
            longest = stop.seconds
        print(stop, flush=True)
        stops.append(stop)
        for attack in attacks:
            table[attack, stop.status] += 1
    for (attack, status), number in sorted(table.items()):
        print(f"# {attack}: status {status}: {number}")
    wrong = sum(bool(stop.faults) for stop in stops)
    explained = sum(bool(stop.explanation) for stop in stops)
    print(f"# {count} stops, {sum(stop.status == 0 for stop in stops)} reported as done, {explained} explained by the next "
          f"request, {wrong} with a wrong report or trail", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
