#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""count_tests.py LOG: counts the results of a package's own tests in the log of its build."""
import pathlib
import re
import sys

# The lines in which test runners print their counts. The groups say what a number counts.
LINES = [
    # automake
    r"^# PASS: +(?P<passed>\d+)$", r"^# XFAIL: +(?P<passed>\d+)$", r"^# SKIP: +(?P<skipped>\d+)$",
    r"^# (?:FAIL|XPASS|ERROR): +(?P<failed>\d+)$",
    # meson
    r"^(?:Ok|Expected Fail): +(?P<passed>\d+) *$", r"^(?:Fail|Unexpected Pass|Timeout): +(?P<failed>\d+) *$",
    r"^Skipped: +(?P<skipped>\d+) *$",
]


def count(log):
    """The numbers of passed, failed and skipped tests in LOG."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for line in LINES:
        for match in re.finditer(line, log, re.MULTILINE):
            for name, number in match.groupdict().items():
                total[name] += int(number)
    return total


if __name__ == "__main__":
    numbers = count(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace"))
    print("upstream's tests:", ", ".join(f"{number} {name}" for name, number in numbers.items()))
