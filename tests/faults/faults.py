# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Goes through the faults of a target. A target is a DaemonTest whose method scenario() runs a program with self.prefix
before its name, and raises if the program breaks a promise. The first run has no fault: it counts the places.
"""
import concurrent.futures
import contextlib
import ctypes
import errno
import os
import shutil
import time
import traceback

from errnos import ERRNOS, NO_FAULTS
from harness import DaemonTest, without_blanks

PR_SET_CHILD_SUBREAPER = 36
INJECT = os.environ.get("INJECT", "inject")
FAILING_MALLOC = without_blanks(os.environ.get("FAILING_MALLOC", "failing_malloc.so"))


class Fault:
    """Call number NUMBER of CALL fails with ERROR, the name of an errno, or is cut "short"."""

    def __init__(self, call, number=0, error="ENOMEM"):
        self.call, self.number, self.error = call, number, error

    def __str__(self):
        return f"{self.call}:{self.number}:{self.error}" if self.number else "none"

    @property
    def cause(self):
        return None if self.error == "short" else os.strerror(getattr(errno, self.error))

    def prefix(self, log):
        """What goes before a program's name. The program keeps the pid."""
        if self.call == "malloc":
            return ["env", f"LD_PRELOAD={FAILING_MALLOC}", f"FAILING_MALLOC={self.number}:{log}"]
        return [INJECT, str(log), str(self)]


class Target(DaemonTest):
    """What the targets share. NO_FAULT: a run that only counts."""

    needs_root = False
    allocates = True  # whether the allocations of the program fail, too
    left_out = frozenset()  # system calls that are the test's, not the program's
    baseline = None  # what the run without a fault has returned

    def setUp(self):
        super().setUp()
        self.log = self.folder / "faults"
        self.log.touch()
        self.log.chmod(0o666)
        self.prefix = self.fault.prefix(self.log)

    def scenario(self):
        raise NotImplementedError

    def was_hit(self):
        return self.log.read_text() == "hit\n"

    def assertCause(self, text):
        """What TEXT() returns for a person to read soon says why. If the peer has hung up, nothing need be said."""
        words = [self.fault.cause]
        if self.fault.error == "ENOMEM":  # which pthread_create() calls EAGAIN
            words += ["out of memory", os.strerror(errno.EAGAIN)]
        end = time.monotonic() + 2
        while self.fault.error not in ("short", "EPIPE", "ECONNRESET") and not any(word in text() for word in words):
            self.assertLess(time.monotonic(), end, f"{words} is not in: {text()}")
            time.sleep(0.01)


def run(target, fault, baseline=None):
    """Runs TARGET with FAULT. Returns what it returned, the lines of its log, and why it failed (None: it has not)."""
    case = target()
    case.fault, case.baseline = fault, baseline
    result, reason, lines = None, None, []
    try:
        case.setUp()
        result = case.scenario()
    except Exception as error:  # pylint: disable=broad-except
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("targets.py")]
        reason = f"{' '.join(f'{frame.lineno}' for frame in frames)}: {error!r}\n"
        reason += "".join(process.stderr() for process in case.processes)
    with contextlib.suppress(OSError):
        lines = case.log.read_text().splitlines()
    if not case.doCleanups() and reason is None:
        reason = "the end of the scenario failed"
    for process in case.processes:
        if reason is None and "Sanitizer" in process.stderr():
            reason = process.stderr()
    shutil.rmtree(case.folder, ignore_errors=True)
    reap_orphans()
    return result, lines, reason


def adopt_orphans():
    """Makes this process the parent of the tracers, which are orphans, so that it can reap them."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def places(target, lines):
    """Returns (call, number, whether it can be short) of each line of a log, and the calls that have no table entry."""
    counts, found, unknown = {}, [], set()
    for line in lines:
        call, _, short = line.partition(" ")
        if call in NO_FAULTS or call in target.left_out:
            continue
        counts[call] = counts.get(call, 0) + 1
        if call == "malloc" or call in ERRNOS:
            found.append((call, counts[call], bool(short)))
        else:
            unknown.add(call)
    return found, unknown


def faults_at(place):
    call, number, short = place
    errors = ["ENOMEM"] if call == "malloc" else ERRNOS[call].split()
    if call in ("read", "write") and not short:
        errors = ["EINTR"]  # an eventfd, a timerfd, or the like
    return [Fault(call, number, error) for error in errors + (["short"] if short else [])]


def choose(found, sample):
    """All faults, or for a SAMPLE about as many, evenly spread: each of them with another of its place's errors."""
    if not sample:
        return [fault for place in found for fault in faults_at(place)]
    chosen = []
    for index in range(0, len(found), max(len(found) // sample, 1)):
        faults = faults_at(found[index])
        chosen.append(faults[(index * 7) % len(faults)])
    return chosen


class Summary:
    def __init__(self):
        self.places, self.runs, self.missed, self.failures, self.unknown = 0, 0, 0, [], set()


def go_through(target, sample=0):
    """Runs TARGET with its faults, on all processors. Returns a Summary."""
    summary = Summary()
    jobs = []
    adopt_orphans()
    for call in ("none", "malloc") if target.allocates else ("none",):
        baseline, lines, reason = run(target, Fault(call))
        if reason:
            raise AssertionError(f"{target.__name__} without a fault: {reason}")
        found, unknown = places(target, lines)
        summary.places += len(found)
        summary.unknown |= unknown
        jobs += [(target, fault, baseline) for fault in choose(found, sample)]
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ProcessPoolExecutor(workers, initializer=adopt_orphans) as pool:
        for (_, fault, _), (_, lines, reason) in zip(jobs, pool.map(run, *zip(*jobs), chunksize=8)):
            summary.runs += 1
            summary.missed += lines != ["hit"]
            if reason:
                summary.failures.append((fault, reason))
    return summary
