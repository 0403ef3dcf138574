#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
run.py [--quiet N] [--flooded N] [--json] [SUITE]: boots a Debian machine and has auditd stopped there, by
"auditctl stop" and in the stock way in turn, quietly and while events drown it, and counts how often the trail still
says by whom.

Exit status: 0, ours held what it promises; 1, it did not; 2, it could not be measured.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

SECONDS_EACH = 40  # at most, with a new auditd each time, on a machine that is emulated and shared

# What is counted: the key, how the table names it, and whether ours promises it of quiet stops and of flooded ones.
COUNTS = (("record", "request before end", (True, True)), ("auid", "auid", (True, False)),
          ("uid", "uid", (True, False)), ("ses", "ses", (True, False)))


def measure(suite, quiet, flooded, folder):
    limit = 600 + 2 * (quiet + flooded) * SECONDS_EACH
    command = ["tests/vm/run", suite, "--folder", "tests/vm/bench", "--time-limit", str(limit), "--keep", folder,
               f"QUIET={quiet}", f"FLOODED={flooded}"]
    machine = subprocess.run(command, stdout=sys.stderr, check=False)
    results = pathlib.Path(folder) / "results"  # missing if no machine was built
    lines = results.read_text().splitlines() if results.exists() else []
    return machine.returncode == 0, [json.loads(line[2:]) for line in lines if line.startswith("# {")]


def percentile(values, share):
    return sorted(values)[math.ceil(share * len(values)) - 1]


def summary(stops):
    seconds = [stop["seconds"] for stop in stops]
    rates = [stop["rate"] for stop in stops]
    return {"way": stops[0]["way"], "ours": stops[0]["ours"], "flooded": stops[0]["flooded"], "stops": len(stops),
            "gone": sum(stop["gone"] for stop in stops), "rate": round(statistics.median(rates)),
            **{key: sum(stop[key] for stop in stops) for key, _, _ in COUNTS},
            "median": round(statistics.median(seconds), 3), "p99": round(percentile(seconds, 0.99), 3)}


def misses(row):
    """What ours does not hold of its promise."""
    if not row["ours"]:
        return []
    promised = [key for key, _, promise in COUNTS if promise[row["flooded"]]]
    return [key for key in ("gone", *promised) if row[key] != row["stops"]]


def print_table(rows):
    cells = [["", "", "events/s", *(name for _, name, _ in COUNTS), "median", "p99", ""]]
    for row in rows:
        # A signal alone leaves no record of a request.
        counts = ["-" if key == "record" and not row["ours"] else f"{row[key]}/{row['stops']}" for key, _, _ in COUNTS]
        missed = misses(row)
        verdict = "" if not row["ours"] else f"MISSES {', '.join(missed)}" if missed else "holds"
        cells.append(["flooded" if row["flooded"] else "quiet", row["way"], f"{row['rate']:,}", *counts,
                      f"{row['median']:.2f} s", f"{row['p99']:.2f} s", verdict])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    print()
    for line in cells:
        texts = [f"{cell:<{width}}" if column < 2 or column == len(line) - 1 else f"{cell:>{width}}"
                 for column, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(texts).rstrip())
    print("\nrequest before end: its record is in the log before auditd's last one, DAEMON_END; auid, uid, ses: what"
          "\nDAEMON_END says of who ended auditd (when events drown it, auditd itself loses that); the times are from"
          "\nstarting the command until auditd is gone.")


def main():
    parser = argparse.ArgumentParser(prog="./do bench stop", description="Who stopped auditd: ours and the stock way.")
    parser.add_argument("suite", metavar="SUITE", nargs="?", default="bookworm", choices=["bookworm", "trixie"],
                        help="bookworm (the default) or trixie, whose stock auditctl knows --signal stop")
    parser.add_argument("--quiet", metavar="N", type=int, default=10,
                        help="stops of each kind with nothing else going on (10)")
    parser.add_argument("--flooded", metavar="N", type=int, default=10, help="while events drown auditd (10)")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the table")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="auditfail-bench.") as folder:
        complete, stops = measure(arguments.suite, arguments.quiet, arguments.flooded, folder)
    kinds = [(flooded, ours) for flooded in (False, True) for ours in (True, False)]
    groups = [[stop for stop in stops if (stop["flooded"], stop["ours"]) == kind] for kind in kinds]
    rows = [summary(group) for group in groups if group]
    if arguments.json:
        print(json.dumps({"suite": arguments.suite, "rows": [{**row, "misses": misses(row)} for row in rows],
                          "stops": stops}))
    elif rows:
        print_table(rows)
    if not complete or not rows:
        return 2
    return 1 if any(misses(row) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
