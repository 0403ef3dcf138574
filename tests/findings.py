#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
findings.py TOOL <OUTPUT

Reads what an analyser of C code has printed, and prints the findings that tests/findings.txt does not explain. Each line
there has a tool, a file or "*", the id of the finding, and a reason. Fails if a finding is not explained, or if a line of TOOL
explains none any more.
"""
import pathlib
import re
import sys

EXPLAINED = pathlib.Path(__file__).with_suffix(".txt")
# The path is that of a build folder (../daemon/x.c), of a temporary one, or of the source.
FINDING = re.compile(r"^(?:\S*/)?(?P<file>(?:client|daemon|include|protocol|tests)/[^:\s]+):\d+:\d+: "
                     r"(?:warning|error): .*\[(?P<id>[^\]]+)\]$")


def explained_of(tool):
    lines = [line.split(None, 3) for line in EXPLAINED.read_text().splitlines() if line and not line.startswith("#")]
    return {(file, finding) for name, file, finding, _ in lines if name == tool}


def main():
    tool = sys.argv[1]
    explained, seen, new = explained_of(tool), set(), set()
    for line in sys.stdin:
        match = FINDING.match(line.rstrip("\n"))
        reasons = explained & {match.groups(), ("*", match["id"])} if match else set()
        seen |= reasons
        if reasons:
            continue
        if match or ": warning: " in line or ": error: " in line:
            new.add(line)
    print(*sorted(new), sep="", end="")
    for file, finding in sorted(explained - seen):
        print(f"{EXPLAINED.name}: {tool} does not find {finding} in {file} any more")
    return 1 if new or explained - seen else 0


if __name__ == "__main__":
    sys.exit(main())
