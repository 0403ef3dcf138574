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
    """START makes and boots a machine of a kind; it raises Broken if it cannot. RETIRE(machine, failed) ends one."""

    def __init__(self, queue, results, start, retire):
        self.queue, self.results, self.start, self.retire = queue, results, start, retire
        self.lock, self.ended = threading.Lock(), False
        self.kinds = {}  # the kind of each worker's machine, by thread

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
        kind, machine, unbootable = None, None, set()
        while case := self.take(kind, unbootable):
            if machine and case.kind != kind:
                self.retire(machine, False)
                machine = None
            kind = case.kind
            machine, failed = self.run_case(case, machine)
            if machine is None:
                unbootable.add(kind)
                self.give_up(kind)
            elif failed:
                self.retire(machine, True)
                machine = None
        if machine:
            self.retire(machine, False)

    def take(self, kind, unbootable):
        with self.lock:
            case = self.queue.take(kind, unbootable)
            if case:
                self.kinds[threading.get_ident()] = case.kind
            return case

    def run_case(self, case, machine):
        """Returns the machine, or None if none booted, and whether the case failed."""
        lines = []
        began = time.monotonic()
        try:
            if machine is None:
                machine = self.start(case.kind)
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

    def give_up(self, kind):
        """No machine of KIND boots for this worker. Without another worker at KIND, its other cases fail."""
        with self.lock:
            del self.kinds[threading.get_ident()]
            dropped = [] if kind in self.kinds.values() else self.queue.drop(kind)
        for case in dropped:
            self.report(Result(case, [f"not ok - {case.name}: no machine booted"], 0))
