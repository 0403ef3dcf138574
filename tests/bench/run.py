#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
run.py BUILD_DIR [ROW...] [--quick] [--cores N] [--json]: measures what auditfail promises, and says where it misses.

The last line of the tables is a summary to quote. --json prints one object in their place, with "line", the summary;
"machine"; "versions"; "rows"; and "growth", tables without bounds. tests/bench/table.py puts the rows into README.md.

Exit status: 0, all bounds hold; 1, some row misses its bound; 2, something could not be measured at all.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import resource
import signal
import subprocess
import sys

sys.dont_write_bytecode = True  # the checkout stays as it is

from results import QUICK, TINY, Result, Scale  # noqa: E402
from rows import ROWS  # noqa: E402
from scene import DESCRIPTORS, Build  # noqa: E402

# The rows of the summary, by how their names begin.
SUMMARY = (("one query, connection and all", "{} × an echo"), ("one query, against sd-varlink", "{} × sd-varlink"),
           ("one query, against D-Bus", "{} × D-Bus"), ("system calls of a query", "{} system calls"),
           ("instructions of a query, stub", "{} instructions in the stub"),
           ("instructions of a query, daemon", "{} in the daemon"))


def machine(build):
    """What the figures depend on."""
    models = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"cores": len(os.sched_getaffinity(0)), "processor": models[0] if models else platform.machine(),
            "kernel": platform.release(), "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
            "load": os.getloadavg()[0], "build": build.option("buildtype"), "sanitizers": build.option("b_sanitize")}


def versions(build):
    """Of auditfail, of the libraries that it is built with, and of the bus."""
    found = {"auditfail": build.info("projectinfo")["version"], "libc": " ".join(platform.libc_ver())}
    found |= {library["name"]: library["version"] for library in build.info("dependencies")}
    try:
        output = subprocess.run(["dbus-daemon", "--version"], capture_output=True, text=True, check=True).stdout
        found["dbus-daemon"] = output.splitlines()[0].split()[-1]
    except (OSError, subprocess.CalledProcessError, IndexError):
        pass  # its rows say that it is missing
    return found


def number(value):
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def range_of(values):
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low}–{high}"


def summary(results, facts, version):
    """One line that says how the figures are."""
    parts = []
    for beginning, text in SUMMARY:
        values = [result.value for result in results if result.name.startswith(beginning) and result.value is not None]
        if values:
            parts.append(text.format(range_of(values)))
    bounded = [result.met for result in results if result.met is not None]
    costs = f"a query costs {', '.join(parts)}; " if parts else ""
    return (f"auditfail {version}: {costs}{sum(bounded)} of {len(bounded)} bounds hold "
            f"({facts['cores']} × {facts['processor']}, Linux {facts['kernel']}, {facts['system']})")


def print_results(results):
    width = max(len(result.name) for result in results)
    print(f"\n{'':{width}}  {'measured':>12}  {'bound':>9}")
    for result in results:
        measured = "-" if result.value is None else f"{number(result.value)} {result.unit}".rstrip()
        bound = "" if result.bound is None else f"{result.bound:,} {result.unit}".rstrip()
        print(f"{result.name:{width}}  {measured:>12}  {bound:>9}  {result.verdict():16}  {result.note}".rstrip())


def print_growth(table):
    cells = [table.columns, *([number(value) for value in row] for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))]
    print()
    for row in cells:
        print("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)))


def measure(names, build, scale):
    """Returns the results, the tables of growth, and whether a row failed."""
    results, growth, failed = [], [], False
    for name in names:
        if sys.stderr.isatty():
            print(f"\r{name:18}", end="", file=sys.stderr, flush=True)
        try:
            for outcome in ROWS[name](build, scale):
                (results if isinstance(outcome, Result) else growth).append(outcome)
        except Exception as why:  # the other rows can still be measured
            print(f"row {name}: {type(why).__name__}: {why}", file=sys.stderr)
            failed = True
    if sys.stderr.isatty():
        print("\r" + " " * 18 + "\r", end="", file=sys.stderr, flush=True)
    return results, growth, failed


def parse():
    parser = argparse.ArgumentParser(prog="./do bench", epilog="Rows: " + ", ".join(ROWS),
                                     description="Measures what auditfail promises, and says where it misses.")
    parser.add_argument("build", metavar="BUILD_DIR", help="./do bench gives this one")
    parser.add_argument("rows", metavar="ROW", nargs="*", help="what to measure; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="some seconds: does it work, and roughly how fast")
    parser.add_argument("--tiny", action="store_true", help="as quick as possible: does it work")
    parser.add_argument("--cores", metavar="N", type=int, help="use the first N processors; all, if this is not given")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the tables")
    arguments = parser.parse_intermixed_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if arguments.cores is not None and not 1 <= arguments.cores <= len(os.sched_getaffinity(0)):
        parser.error(f"--cores must be 1 to {len(os.sched_getaffinity(0))}")
    return arguments


def end_by_signal(number, _):
    """Python leaves its blocks, which end the daemons and remove the folders."""
    sys.exit(128 + number)


def main():
    arguments = parse()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_by_signal)
    if arguments.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:arguments.cores])
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    build = Build(arguments.build)
    facts, used = machine(build), versions(build)
    if not arguments.json:
        print("{cores} × {processor}, load {load:.1f}; Linux {kernel}, {system}; build {build}, sanitizers {sanitizers}"
              .format(**facts))

    scale = TINY if arguments.tiny else QUICK if arguments.quick else Scale()
    results, growth, failed = measure(arguments.rows or ROWS, build, scale)
    line = summary(results, facts, used["auditfail"])
    if arguments.json:
        print(json.dumps({"line": line, "machine": facts, "versions": used,
                          "rows": [{**dataclasses.asdict(result), "met": result.met} for result in results],
                          "growth": [dataclasses.asdict(table) for table in growth]}))
    else:
        if results:
            print_results(results)
        for table in growth:
            print_growth(table)
        print(f"\n{line}")
    if failed:
        return 2
    return 1 if any(result.met is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
