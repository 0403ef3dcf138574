# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the cases reported: counts, joined results, and the seconds of each case."""
import dataclasses
import re

OK = re.compile(r"(not )?ok\b(.*# SKIP)?")


@dataclasses.dataclass
class Result:
    case: object
    lines: list
    seconds: float

    def count(self):
        """Passed, failed, skipped."""
        found = [match for match in map(OK.match, self.lines) if match]
        failed = sum(bool(match[1]) for match in found)
        skipped = sum(bool(match[2]) and not match[1] for match in found)
        return len(found) - failed - skipped, failed, skipped

    def failed(self):
        return self.count()[1] > 0


class Results:
    def __init__(self):
        self.results = []

    def add(self, result):
        self.results.append(result)

    def in_order(self):
        return sorted(self.results, key=lambda result: result.case)

    def counts(self):
        return tuple(map(sum, zip((0, 0, 0), *(result.count() for result in self.results))))

    def summary(self):
        """The last line of the output."""
        passed, failed, skipped = self.counts()
        return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")

    def joined(self):
        """All lines, in the order of the cases, as one TAP report."""
        lines = [line for result in self.in_order() for line in result.lines]
        return "".join(f"{line}\n" for line in [*lines, f"1..{sum(self.counts())}"])

    def seconds(self):
        """A table: a line for each case, a column for each suite."""
        suites = sorted({result.case.suite for result in self.results})
        names = dict.fromkeys(result.case.name for result in sorted(self.results, key=lambda r: r.case.place))
        spent = {(result.case.name, result.case.suite): round(result.seconds) for result in self.results}
        width = max(map(len, names), default=0)
        table = [f"{'seconds':<{width}}" + "".join(f"{suite:>10}" for suite in suites)]
        table += [f"{name:<{width}}" + "".join(f"{spent.get((name, suite), '-'):>10}" for suite in suites)
                  for name in names]
        totals = [sum(value for (_, of), value in spent.items() if of == suite) for suite in suites]
        table.append(f"{'all':<{width}}" + "".join(f"{total:>10}" for total in totals))
        return "".join(f"{line}\n" for line in table)
