#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Measures which lines and branches of a build the tests have run.

    coverage.py start BUILD    deletes the counters of earlier runs
    coverage.py report BUILD   prints the coverage of each folder, and of all on the last line

The report of each file, with the lines that no test has run, goes to BUILD/coverage.txt. BUILD/coverage/index.html
shows them in the source code.
"""
import collections
import json
import pathlib
import subprocess
import sys

MEASURED = ("client/", "daemon/", "protocol/")


def start(build):
    """
    Some tests run programs as other users. Those cannot make a file of counters, so it exists in advance and all users
    may write to it. Notes without an object file belong to a source file that was renamed or deleted.
    """
    subprocess.run(["ninja", "-C", build, "-t", "cleandead"], check=True, stdout=subprocess.DEVNULL)
    for notes in build.rglob("*.gcno"):
        counters = notes.with_suffix(".gcda")
        counters.unlink(missing_ok=True)
        if notes.with_suffix(".o").exists():
            counters.touch()
            counters.chmod(0o666)
        else:
            notes.unlink()


def run_gcovr(build):
    """Returns the summary of gcovr, and writes the reports."""
    for counters in build.rglob("*.gcda"):
        if counters.stat().st_size == 0:  # no test has run this object
            counters.unlink()
    folder = build / "coverage"
    folder.mkdir(exist_ok=True)
    summary = build / "coverage.json"
    filters = [option for place in MEASURED for option in ("--filter", place)]
    subprocess.run(["gcovr", "--root", ".", "--object-directory", build, *filters, "--exclude-unreachable-branches",
                    "--json-summary", summary, "--txt", build / "coverage.txt",
                    "--html-details", folder / "index.html", build], check=True)
    return json.loads(summary.read_text())["files"]


def share(covered, total):
    return f"{100 * covered / total:5.1f} % {f'{covered}/{total}':>12}" if total else f"{'':20}"


def report(build):
    folders = collections.defaultdict(collections.Counter)
    for file in run_gcovr(build):
        for name in (str(pathlib.Path(file["filename"]).parent), "total"):
            folders[name].update({key: file[key] for key in
                                  ("line_covered", "line_total", "branch_covered", "branch_total")})

    total = folders.pop("total")
    print(f"{'lines':^20}   {'branches':^20}   folder")
    for name, count in [*sorted(folders.items()), ("total", total)]:
        print(share(count["line_covered"], count["line_total"]),
              share(count["branch_covered"], count["branch_total"]), name, sep="   ")


def main():
    command, build = sys.argv[1:]
    {"start": start, "report": report}[command](pathlib.Path(build))


if __name__ == "__main__":
    main()
