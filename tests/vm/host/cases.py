# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cases: which ones a command names, how long each may take, and the order in which machines take them."""
import dataclasses
import pathlib
import random
import re
import threading

USUAL_LIMIT = 300  # seconds; guest/lib.sh tells the authors of cases
LIMIT = re.compile(r"^# Time limit: (\d+) s$", re.MULTILINE)
# The kinds of machines, by the end of their names, and the number of the first case that runs on such a machine.
KINDS = [
    (400, "-native"),  # with auditfail, and the packages of `./do native` at hand
    (300, "-packages"),  # without auditfail, with its packages at hand
    (0, ""),  # with auditfail
]


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    suite: str
    place: int  # in the order of the cases
    name: str
    limit: int  # seconds, for each time that it runs: a case may reboot the machine
    native: bool = True  # `./do native` has built something for the suite. Otherwise the case skips itself, anywhere

    @property
    def kind(self):
        """The kind of machine that the case runs on: the first argument of build-machine."""
        kind = next(kind for first, kind in KINDS if number(self.name)[0] >= first)
        return self.suite + (kind if kind != "-native" or self.native else "")


def number(name):
    """Sorts as people count: 100- comes after 90-."""
    return int(re.match(r"\d+", name)[0]), name


def is_chosen(name, parts):
    """Whether the name, or a word in it, begins with one of PARTS. Without parts, every case is chosen."""
    return not parts or any(name.startswith(part) or f"-{part}" in name for part in parts)


def find(folder, suites, parts, most=None, native=()):
    """The chosen cases of FOLDER for each suite. A part that names no case is a ValueError. MOST bounds all limits. NATIVE
    has the suites for which `./do native` has built something."""
    files = {file.stem: file for file in pathlib.Path(folder).glob("[0-9]*.sh")}
    for part in parts:
        if not any(is_chosen(f"{name}.sh", [part]) for name in files):
            raise ValueError(f'no case is called "{part}"; each is a file in {folder}')
    names = [name for name in sorted(files, key=number) if is_chosen(f"{name}.sh", parts)]
    limits = {name: limit_of(files[name].read_text()) for name in names}
    return [Case(suite, place, name, min(limits[name], most or limits[name]), suite in native)
            for suite in suites for place, name in enumerate(names)]


def limit_of(text):
    found = LIMIT.search(text)
    return int(found[1]) if found else USUAL_LIMIT


class Queue:
    """The cases that no machine has taken yet. Those that may take longest go first, so that all machines end together.

    With a seed, the order is random. It is the same each time for one machine."""

    def __init__(self, cases, seed=None):
        self.waiting = sorted(cases, key=lambda case: (-case.limit, case))
        self.lock = threading.Lock()
        if seed is not None:
            random.Random(seed).shuffle(self.waiting)

    def take(self, kind, without=()):
        """The next case for KIND of machine, or for another kind if it has none left, or None. Never for a kind of
        WITHOUT."""
        with self.lock:
            allowed = [case for case in self.waiting if case.kind not in without]
            case = next((case for case in allowed if case.kind == kind), next(iter(allowed), None))
            if case:
                self.waiting.remove(case)
            return case

    def drop(self, kind):
        """Takes all cases for KIND of machine out."""
        with self.lock:
            dropped = [case for case in self.waiting if case.kind == kind]
            self.waiting = [case for case in self.waiting if case.kind != kind]
            return dropped
