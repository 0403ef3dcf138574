# SPDX-License-Identifier: LGPL-2.1-or-later
"""Spreads the cases over machines: each machine takes the next case when it is ready.

A machine where a case failed or hung gets no other case: a new machine takes the rest. So a case costs its own limit at
most, and its failure is not the cause of others."""
import threading
import time
import traceback

from .machine import Broken
from .results import Result


class Spread:
    """START makes and boots a machine of a suite; it raises Broken if it cannot. RETIRE(machine, failed) ends one."""

    def __init__(self, queue, results, start, retire):
        self.queue, self.results, self.start, self.retire = queue, results, start, retire
        self.lock, self.ended = threading.Lock(), False
        self.suites = {}  # the suite of each worker, by thread

    def run(self, machines):
        """Returns when no case is left. An error of a worker is raised here."""
        errors = []
        workers = [threading.Thread(target=self.guard, args=(errors,), daemon=True) for _ in range(machines)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if errors:
            raise errors[0]

    def end(self):
        """From now on, nothing is reported: the count must be the last line."""
        with self.lock:
            self.ended = True

    def guard(self, errors):
        try:
            self.work()
        except Exception as error:  # the thread would print it and end, and nobody would know
            errors.append(error)

    def work(self):
        suite, machine, unbootable = None, None, set()
        while case := self.take(suite, unbootable):
            if machine and case.suite != suite:
                self.retire(machine, False)
                machine = None
            suite = case.suite
            machine, failed = self.run_case(case, machine)
            if machine is None:
                unbootable.add(suite)
                self.give_up(suite)
            elif failed:
                self.retire(machine, True)
                machine = None
        if machine:
            self.retire(machine, False)

    def take(self, suite, unbootable):
        with self.lock:
            case = self.queue.take(suite, unbootable)
            if case:
                self.suites[threading.get_ident()] = case.suite
            return case

    def run_case(self, case, machine):
        """Returns the machine, or None if none booted, and whether the case failed."""
        lines = []
        began = time.monotonic()
        try:
            if machine is None:
                machine = self.start(case.suite)
                began = time.monotonic()
            machine.run(case, lines)
        except Broken as reason:
            lines.append(f"not ok - {case.name}: {reason}")
            if machine:
                lines += [f"# {line}" for line in machine.end_of_console()]
        except Exception as error:  # a mistake here, or no room on the disk: the other cases still run
            lines.append(f"not ok - {case.name}: {type(error).__name__}: {error}")
            lines += [f"# {line}" for line in traceback.format_exc().splitlines()]
        result = Result(case, lines, time.monotonic() - began)
        self.report(result)
        return machine, result.failed()

    def report(self, result):
        with self.lock:
            if self.ended:
                return
            self.results.add(result)
            for line in result.lines:
                print(line, flush=True)

    def give_up(self, suite):
        """No machine of SUITE boots for this worker. Without another worker at SUITE, its other cases fail."""
        with self.lock:
            del self.suites[threading.get_ident()]
            dropped = [] if suite in self.suites.values() else self.queue.drop(suite)
        for case in dropped:
            self.report(Result(case, [f"not ok - {case.name}: no machine booted"], 0))
