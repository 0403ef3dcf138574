#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
table.py [--write] FILE.json

Makes the table of figures in README.md from what `./do bench --suite trixie --json` printed, and prints it. --write puts it
into README.md, between the lines <!-- bench --> and <!-- end of bench -->.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- end of bench -->"

# What the table shows, and how the names of its rows begin.
LINES = (
    ("a query with its connection, against a bare echo of as many bytes", "one query, connection and all"),
    ("a query on a kept connection, against such an echo", "one query on a kept connection"),
    ("a query with its connection, against a Varlink service on sd-varlink", "one query, against sd-varlink"),
    ("a query on a kept connection, against that service", "one query, kept, against sd-varlink"),
    ("a query with its connection, against a D-Bus method call through dbus-daemon", "one query, against D-Bus"),
    ("a query on a kept connection, against such a call", "one query, kept, against D-Bus"),
    ("an answer from the snapshot, against libaudit's `get_auditfail_action()`", "answer from the snapshot"),
    ("system calls of a query with its connection, library and daemon together", "system calls of a query"),
    ("system calls of such an echo", "... of an echo with its connection"),
    ("system calls of a call on sd-varlink with its connection", "... of a call on sd-varlink"),
    ("instructions of a query in the library", "instructions of a query, stub"),
    ("instructions of a query in the daemon", "instructions of a query, daemon"),
    ("instructions of a call on sd-varlink in the client", "instructions of a call on sd-varlink, client"),
    ("instructions of a call on sd-varlink in the service", "instructions of a call on sd-varlink, service"),
    ("heap allocations in the library", "stub: heap allocations"),
    ("activation: from the connection to the answer, 100 applications", "activation"),
    ("start with 100,000 applications", "start, 100,000 applications"),
    ("a query with 100,000 applications, against 1", "query with 100,000 applications"),
    ("queries for 100,000 applications in turn, against 1", "queries for 100,000 applications"),
    ("a query with 10,000 open connections, against 1", "query with 10,000 connections"),
    ("memory of the daemon, at rest", "auditfaild at rest"),
    ("memory of the daemon, 100,000 applications", "auditfaild, 100,000 applications"),
    ("wrong or lost answers: 2,000 programs ask while the daemon is killed 100 times", "answers wrong or lost"),
)


def number(value):
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def cell(value, unit):
    return f"{number(value)} {unit}".rstrip()


def figures(rows):
    """The values of ROWS, each with what is after the last comma of its name if there are several."""
    if len(rows) == 1:
        return cell(rows[0]["value"], rows[0]["unit"])
    return ", ".join(f"{cell(row['value'], row['unit'])} ({row['name'].rpartition(', ')[2]})" for row in rows)


def table(bench):
    """The lines of the table. A row that was not measured is left out."""
    lines = ["| what | measured | bound |", "| --- | --- | --- |"]
    for text, beginning in LINES:
        rows = [row for row in bench["rows"] if row["name"].startswith(beginning) and row["value"] is not None]
        if rows:
            bound = "" if rows[0]["bound"] is None else cell(rows[0]["bound"], rows[0]["unit"])
            lines.append(f"| {text} | {figures(rows)} | {bound} |")
    machine, versions = bench["machine"], bench["versions"]
    return [*lines, "", f"Machine: {machine['cores']} × {machine['processor']}, load {machine['load']:.0f} before the run; "
            f"Linux {machine['kernel']}, {machine['system']}, libsystemd {versions['libsystemd']}, "
            f"dbus-daemon {versions.get('dbus-daemon', '-')}."]


def replaced(text, lines):
    """TEXT of README.md with LINES in the place of its table."""
    before, begin, rest = text.partition(BEGIN + "\n")
    _, end, after = rest.partition(END + "\n")
    if not begin or not end:
        raise SystemExit(f"table.py: {README} lacks the line {BEGIN} or {END}")
    return before + begin + "\n".join(lines) + "\n" + end + after


def main(arguments):
    files = [argument for argument in arguments if argument != "--write"]
    if len(files) != 1 or files[0].startswith("-"):
        print("usage: table.py [--write] FILE.json", file=sys.stderr)
        return 2
    lines = table(json.loads(pathlib.Path(files[0]).read_text()))
    print("\n".join(lines))
    if "--write" in arguments:
        README.write_text(replaced(README.read_text(), lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
