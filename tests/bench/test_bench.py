#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The parts of the benchmark work: each row measures something. The times are not checked, but the counts are."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from harness import main

HERE = pathlib.Path(__file__).resolve().parent
BUILD = os.environ["BUILD"]
SLOW = {"crowd", "fairness", "fairness_control"}  # these load the machine; tests of the daemon and the server check the same promises

sys.path.insert(0, os.fspath(HERE))
import table  # noqa: E402
from rows import ROWS  # noqa: E402
from run import SUMMARY  # noqa: E402


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rows = [name for name in ROWS if name not in SLOW]
        result = subprocess.run([sys.executable, HERE / "run.py", BUILD, "--tiny", "--json", *rows], capture_output=True,
                                text=True, check=False)
        if result.returncode not in (0, 1):  # 1: a bound does not hold
            raise AssertionError(f"run.py failed with {result.returncode}: {result.stderr}")
        cls.bench = json.loads(result.stdout)

    def rows(self, beginning):
        """The rows that were measured."""
        return [row for row in self.bench["rows"] if row["name"].startswith(beginning) and row["value"] is not None]

    def row(self, beginning):
        found = self.rows(beginning)
        if not found:
            self.skipTest(next(row["note"] for row in self.bench["rows"] if row["name"].startswith(beginning)))
        self.assertEqual(len(found), 1)
        return found[0]

    def test_each_row_has_a_figure_or_a_reason(self):
        for row in self.bench["rows"]:
            with self.subTest(row["name"]):
                if row["value"] is None:
                    self.assertTrue(row["note"])
                    self.assertIsNone(row["met"])
                elif row["bound"] is not None:
                    self.assertEqual(row["met"], row["value"] <= row["bound"])

    def test_a_query_makes_at_most_as_many_system_calls_as_the_bound_allows(self):
        row = self.row("system calls of a query, stub and daemon")
        self.assertLessEqual(row["value"], row["bound"], row["note"])
        self.assertEqual(row["value"], len(row["figures"]["client_calls"]) + len(row["figures"]["server_calls"]))

    def test_an_echo_makes_nine_system_calls(self):
        self.row("system calls of a query")
        self.assertEqual(self.row("... of an echo with its connection")["value"], 9)

    def test_instructions_are_counted(self):
        self.assertGreater(self.row("instructions of a query, stub")["value"], 100)
        self.assertGreater(self.row("instructions of a query, daemon")["value"], 100)
        # An echo does next to nothing; its count shows that the tracer does not count itself.
        self.assertLess(self.row("instructions of an echo, server")["value"], 1000)

    def test_the_summary_is_one_line_with_the_counts(self):
        self.assertNotIn("\n", self.bench["line"])
        self.assertRegex(self.bench["line"], r"^auditfail [\d.]+: a query costs .*; \d+ of \d+ bounds hold \(")

    def test_names_of_the_summary_and_the_table_begin_names_of_rows(self):
        names = [row["name"] for row in self.bench["rows"]] + ["answers wrong or lost"]
        names += [name.replace("10 ", "100,000 ", 1) for name in names if "applications" in name]
        names += [name.replace("10 ", "10,000 ", 1) for name in names if "connections" in name]
        for beginning in [beginning for beginning, _ in SUMMARY] + [beginning for _, beginning in table.LINES]:
            with self.subTest(beginning):
                self.assertTrue(any(name.startswith(beginning) for name in names), names)

    def test_the_table_goes_into_readme(self):
        lines = table.table(self.bench)
        self.assertTrue(any(line.startswith("| system calls") for line in lines) or not self.rows("system calls of a query"))
        text = table.replaced(table.README.read_text(), lines)
        self.assertEqual(table.replaced(text, lines), text)
        self.assertIn("\n".join(lines), text)

    def test_a_signal_ends_the_daemon_and_removes_the_folder(self):
        with tempfile.TemporaryDirectory(prefix="auditfail-bench-test.") as folder:
            running = subprocess.Popen([sys.executable, HERE / "run.py", BUILD, "connect"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": folder})
            try:
                until = time.monotonic() + 30
                while not list(pathlib.Path(folder).glob("*/run/io.auditfail.Policy")) and time.monotonic() < until:
                    time.sleep(0.01)
                running.send_signal(signal.SIGTERM)
                self.assertEqual(running.wait(60), 128 + signal.SIGTERM)
            finally:
                running.kill()
                running.wait()
            self.assertEqual(os.listdir(folder), [])
            for pid in filter(str.isdecimal, os.listdir("/proc")):
                try:
                    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                except OSError:  # it has ended
                    continue
                self.assertNotIn(os.fsencode(folder), command)


if __name__ == "__main__":
    main()
