#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
run.py BUILD_DIR [ROW...] [--quick] [--json] [--cores N]: measures what auditfail promises, and says where it misses.

Exit status: 0, all bounds hold; 1, some row misses its bound; 2, something could not be measured at all.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import resource
import sys

sys.dont_write_bytecode = True  # the checkout stays as it is

from results import QUICK, TINY, Result, Scale  # noqa: E402
from rows import ROWS  # noqa: E402
from scene import DESCRIPTORS, Build  # noqa: E402


def machine(build):
    """What the figures depend on."""
    models = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return {"cores": len(os.sched_getaffinity(0)), "processor": models[0] if models else platform.machine(),
            "kernel": platform.release(), "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
            "load": os.getloadavg()[0], "build": build.option("buildtype"), "sanitizers": build.option("b_sanitize")}


def number(value):
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def print_results(results):
    width = max(len(result.name) for result in results)
    print(f"\n{'':{width}}  {'measured':>12}  {'bound':>9}")
    for result in results:
        measured = "-" if result.value is None else f"{number(result.value)} {result.unit}".rstrip()
        bound = "" if result.bound is None else f"{result.bound:,} {result.unit}".rstrip()
        print(f"{result.name:{width}}  {measured:>12}  {bound:>9}  {result.verdict():16}  {result.note}")


def print_growth(table):
    cells = [table.columns, *([number(value) for value in row] for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))]
    print()
    for row in cells:
        print("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)))


def main():
    parser = argparse.ArgumentParser(description="Measures what auditfail promises, and says where it misses.",
                                     epilog="Rows: " + ", ".join(ROWS))
    parser.add_argument("build", metavar="BUILD_DIR")
    parser.add_argument("rows", metavar="ROW", nargs="*", help="what to measure; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="a few seconds: does it work, and roughly how fast")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the tables")
    arguments = parser.parse_intermixed_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")

    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    build = Build(arguments.build)
    facts = machine(build)
    scale = QUICK if arguments.quick else Scale()
    if not arguments.json:
        print("{cores} × {processor}, load {load:.1f}; Linux {kernel}, {system}; build {build}, sanitizers {sanitizers}"
              .format(**facts))

    results, growth, failed = [], [], False
    for name in arguments.rows or ROWS:
        if sys.stderr.isatty():
            print(f"\r{name:14}", end="", file=sys.stderr, flush=True)
        try:
            for outcome in ROWS[name](build, scale):
                (results if isinstance(outcome, Result) else growth).append(outcome)
        except Exception as why:  # the other rows can still be measured
            print(f"row {name}: {type(why).__name__}: {why}", file=sys.stderr)
            failed = True
    if sys.stderr.isatty():
        print("\r" + " " * 14 + "\r", end="", file=sys.stderr, flush=True)

    if arguments.json:
        rows = [{**dataclasses.asdict(result), "verdict": result.verdict()} for result in results]
        print(json.dumps({"machine": facts, "rows": rows, "growth": [dataclasses.asdict(table) for table in growth]}))
    else:
        if results:
            print_results(results)
        for table in growth:
            print_growth(table)
    if failed:
        return 2
    return 1 if any(result.verdict().startswith("MISSES") for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
