#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `./do vm` does on the host: it chooses cases, spreads them over machines, and counts and joins their results.

Nothing boots here. A stand-in takes the emulator's place, and does what the name of a case says."""
import importlib.machinery
import importlib.util
import itertools
import os
import pathlib
import sys
import tempfile
import threading
import unittest
import unittest.mock

from harness import main

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "tests", "vm"))
from host import cases, machine, results, spread  # noqa: E402

EMULATOR = """#!/usr/bin/env python3
import os, pathlib, sys, time
disk = pathlib.Path(next(word for word in sys.argv if word.startswith("file=")).split(",")[0][len("file="):])
boots = disk.with_name("boots")
boots.touch()
boots.write_text(boots.read_text() + "+")
if len(boots.read_text()) <= int(disk.read_text()):
    sys.exit(3)
print("early\\n# The machine is ready", flush=True)
for line in sys.stdin:
    name, _, limit = line.strip().partition(" ")
    if name == "off":
        break
    if "hangs" in name:
        time.sleep(60)
    if "panics" in name:
        print(f"ok - {name}: before", flush=True)
        sys.exit(4)
    if "reboots" in name and len(boots.read_text()) == 1:
        print(f"# The machine reboots\\n# {name} took 1 s", flush=True)
        break
    print(f"ok - {name}: limit {limit}\\n# {name} took 1 s", flush=True)
"""


def case(name, suite="bookworm", limit=300, place=0):
    return cases.Case(suite, place, name, limit)


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="auditfail-vm-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Cases(InAFolder):
    def setUp(self):
        super().setUp()
        for name, text in (("5-logins", ""), ("100-stop", "# Time limit: 600 s\n"), ("20-stop-again", "")):
            (self.folder / f"{name}.sh").write_text(text)
        (self.folder / "call.py").touch()

    def chosen(self, *parts, **options):
        return [found.name for found in cases.find(self.folder, ["trixie"], parts, **options)]

    def test_all_in_the_order_of_their_numbers(self):
        self.assertEqual(self.chosen(), ["5-logins", "20-stop-again", "100-stop"])

    def test_by_the_beginning_or_by_a_word(self):
        self.assertEqual(self.chosen("100-"), ["100-stop"])
        self.assertEqual(self.chosen("stop"), ["20-stop-again", "100-stop"])
        self.assertEqual(self.chosen("5", "again"), ["5-logins", "20-stop-again"])

    def test_an_unknown_case_is_an_error(self):
        with self.assertRaisesRegex(ValueError, '"ogins"'):
            self.chosen("stop", "ogins")

    def test_for_each_suite(self):
        found = cases.find(self.folder, ["bookworm", "trixie"], ["5-"])
        self.assertEqual([(each.suite, each.name) for each in found],
                         [("bookworm", "5-logins"), ("trixie", "5-logins")])

    def test_the_time_limit_is_the_cases_own(self):
        found = cases.find(self.folder, ["trixie"], [])
        self.assertEqual([each.limit for each in found], [300, 300, 600])

    def test_the_kind_of_machine_follows_from_the_number(self):
        for name in ("300-install", "399-remove", "400-native"):
            (self.folder / f"{name}.sh").touch()
        found = cases.find(self.folder, ["trixie"], ["100", "300", "399", "400"], native=["trixie"])
        self.assertEqual([each.kind for each in found], ["trixie", "trixie-packages", "trixie-packages", "trixie-native"])

    def test_without_native_packages_no_machine_is_made_for_them(self):
        (self.folder / "400-native.sh").touch()
        found = cases.find(self.folder, ["bookworm", "trixie"], ["400"], native=["trixie"])
        self.assertEqual([each.kind for each in found], ["bookworm", "trixie-native"])

    def test_a_lower_limit_bounds_all(self):
        found = cases.find(self.folder, ["trixie"], [], most=400)
        self.assertEqual([each.limit for each in found], [300, 300, 400])


class Queue(unittest.TestCase):
    FOUR = [case("10-a"), case("20-b", limit=900, place=1), case("10-a", "trixie"), case("20-b", "trixie", 900, 1)]

    @staticmethod
    def taken(queue, kind):
        return [(each.suite, each.name) for each in iter(lambda: queue.take(kind), None)]

    def test_the_longest_first_and_one_suite_after_the_other(self):
        self.assertEqual(self.taken(cases.Queue(self.FOUR), "trixie"),
                         [("trixie", "20-b"), ("trixie", "10-a"), ("bookworm", "20-b"), ("bookworm", "10-a")])

    def test_one_kind_of_machine_after_the_other(self):
        three = [case("10-a"), case("300-b", limit=900), case("300-b", "trixie", 900)]
        self.assertEqual(self.taken(cases.Queue(three), "bookworm"),
                         [("bookworm", "10-a"), ("bookworm", "300-b"), ("trixie", "300-b")])

    def test_a_seed_gives_one_order(self):
        many = [case(f"{number}-x", place=number) for number in range(30)]
        orders = [self.taken(cases.Queue(many, seed), "bookworm") for seed in ("1", "1", "2")]
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        self.assertEqual(sorted(orders[2]), sorted((each.suite, each.name) for each in many))

    def test_without_a_suite(self):
        queue = cases.Queue(self.FOUR)
        self.assertEqual(queue.take("trixie", {"trixie"}), self.FOUR[1])
        self.assertEqual(queue.take("trixie", {"trixie"}), self.FOUR[0])
        self.assertIsNone(queue.take("trixie", {"trixie"}))

    def test_a_suite_that_cannot_boot_goes(self):
        queue = cases.Queue(self.FOUR)
        self.assertEqual({each.name for each in queue.drop("trixie")}, {"10-a", "20-b"})
        self.assertEqual(self.taken(queue, "trixie"), [("bookworm", "20-b"), ("bookworm", "10-a")])


class Results(unittest.TestCase):
    def setUp(self):
        self.results = results.Results()
        for name, suite, place, lines, seconds in (
                ("100-b", "trixie", 1, ["not ok - 100-b: x", "# status 1", "ok - 100-b: y", "# 100-b took 7 s", "okay"], 7.4),
                ("20-a", "trixie", 0, ["ok - 20-a: x # SKIP no y", "ok - 20-a: okay"], 2.6),
                ("20-a", "bookworm", 0, ["ok - 20-a: x"], 3)):
            self.results.add(results.Result(case(name, suite, place=place), lines, seconds))

    def test_one_count(self):
        self.assertEqual(self.results.summary(), "3 passed, 1 failed, 1 skipped")

    def test_no_skipped_case_is_not_mentioned(self):
        self.results.results.pop(1)
        self.assertEqual(self.results.summary(), "2 passed, 1 failed")

    def test_no_case_at_all(self):
        self.assertEqual(results.Results().summary(), "0 passed, 0 failed")

    def test_joined_in_the_order_of_the_cases(self):
        self.assertEqual(self.results.joined().splitlines(), [
            "ok - 20-a: x", "ok - 20-a: x # SKIP no y", "ok - 20-a: okay", "not ok - 100-b: x", "# status 1",
            "ok - 100-b: y", "# 100-b took 7 s", "okay", "1..5"])

    def test_the_seconds_of_each_case(self):
        self.assertEqual([line.split() for line in self.results.seconds().splitlines()], [
            ["seconds", "bookworm", "trixie"], ["20-a", "3", "3"], ["100-b", "-", "7"], ["all", "3", "10"]])


class Emulated(InAFolder):
    """With machines whose emulator is the stand-in above."""

    def setUp(self):
        super().setUp()
        self.built = self.folder / "built"
        self.built.mkdir()
        self.boots_fail(0)
        program = self.folder / "qemu-system-x86_64"
        program.write_text(EMULATOR)
        program.chmod(0o755)
        for patch in (unittest.mock.patch.dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}"),
                      unittest.mock.patch.object(machine, "GRACE", 0.5)):
            patch.start()
            self.addCleanup(patch.stop)

    def boots_fail(self, times):
        (self.built / "disk").write_text(str(times))

    def machine(self, name="one"):
        made = machine.Machine(name, self.built, self.folder / name, "tcg", "")
        self.addCleanup(made.remove)
        return made


class Machine(Emulated):
    def run_case(self, name, limit=1):
        lines = []
        booted = self.machine()
        booted.boot_patiently()
        try:
            booted.run(case(name, limit=limit), lines)
        finally:
            self.lines = lines

    def test_a_case_gets_its_limit_and_reports(self):
        self.run_case("10-a", limit=77)
        self.assertEqual(self.lines, ["ok - 10-a: limit 77", "# 10-a took 1 s"])

    def test_several_cases(self):
        booted, lines = self.machine(), []
        self.assertTrue(booted.boot())
        booted.run(case("10-a"), lines)
        booted.run(case("20-b"), lines)
        self.assertEqual(lines, ["ok - 10-a: limit 300", "# 10-a took 1 s", "ok - 20-b: limit 300", "# 20-b took 1 s"])

    def test_a_machine_that_hangs(self):
        with self.assertRaisesRegex(machine.Broken, "hung: the 1.5 s were over"):
            self.run_case("10-hangs")

    def test_a_machine_that_panics(self):
        with self.assertRaisesRegex(machine.Broken, "status is 4"):
            self.run_case("10-panics")
        self.assertEqual(self.lines, ["ok - 10-panics: before"])

    def test_a_machine_that_ends_between_two_cases(self):
        ended = self.machine()
        self.assertTrue(ended.boot())
        ended.process.kill()
        ended.process.wait()
        with self.assertRaisesRegex(machine.Broken, "status is -9"):
            ended.run(case("10-a"), [])

    def test_a_case_that_reboots_the_machine(self):
        self.run_case("10-reboots")
        self.assertEqual(self.lines, ["# The machine reboots", "# 10-reboots took 1 s", "ok - 10-reboots: limit 1",
                                      "# 10-reboots took 1 s"])

    def test_a_boot_that_fails_is_tried_again(self):
        self.boots_fail(2)
        self.run_case("10-a")
        self.assertEqual(self.lines[0], "ok - 10-a: limit 1")

    def test_a_machine_that_never_boots(self):
        self.boots_fail(3)
        with self.assertRaisesRegex(machine.Broken, "did not boot, 3 times"):
            self.run_case("10-a")

    def test_no_machine_boots_after_the_end(self):
        ended = self.machine()
        ended.end()
        with self.assertRaisesRegex(machine.Broken, "the run was ended"):
            ended.boot()


class Spread(Emulated):
    def setUp(self):
        super().setUp()
        self.results, self.started, self.retired = results.Results(), [], []
        self.lock = threading.Lock()

    def start(self, suite):
        with self.lock:
            name = f"{suite}-{len(self.started)}"
            self.started.append(name)
        booted = self.machine(name)
        booted.boot_patiently()
        return booted

    def retire(self, retired, failed):
        self.retired.append((retired.name, failed))
        retired.remove()

    def spread(self, *chosen, machines=1):
        work = spread.Spread(cases.Queue(chosen), self.results, self.start, self.retire)
        with unittest.mock.patch("builtins.print"):
            work.run(machines)
        return self.results.joined().splitlines()

    def test_one_machine_runs_all(self):
        self.assertEqual(self.spread(case("10-a"), case("20-b", place=1))[-1], "1..2")
        self.assertEqual(self.retired, [("bookworm-0", False)])

    def test_machines_work_at_the_same_time(self):
        both_run = threading.Barrier(2, timeout=20)
        usual_run = machine.Machine.run

        def run(*arguments):
            both_run.wait()
            usual_run(*arguments)

        with unittest.mock.patch.object(machine.Machine, "run", run):
            self.assertEqual(self.spread(case("10-a"), case("20-b", place=1), machines=2)[-1], "1..2")
        self.assertEqual(len(self.started), 2)

    def test_each_suite_has_its_machines(self):
        self.spread(case("10-a"), case("10-a", "trixie"), case("20-b", "bookworm", place=1))
        self.assertEqual(self.retired, [("bookworm-0", False), ("trixie-1", False)])

    def test_the_packages_have_machines_of_their_own(self):
        self.spread(case("10-a"), case("300-b", place=1))
        self.assertEqual(self.retired, [("bookworm-0", False), ("bookworm-packages-1", False)])

    def test_a_hanging_case_costs_its_own_limit_only(self):
        lines = self.spread(case("10-hangs", limit=1), case("20-b", limit=1, place=1))
        self.assertEqual(lines[0], "not ok - 10-hangs: the machine hung: the 1.5 s were over")
        self.assertIn("ok - 20-b: limit 1", lines)
        self.assertEqual(self.retired, [("bookworm-0", True), ("bookworm-1", False)])

    def test_a_panic_fails_the_case_only(self):
        lines = self.spread(case("10-panics"), case("20-b", place=1))
        self.assertEqual(lines[:2], ["ok - 10-panics: before",
                                     "not ok - 10-panics: the machine ended: the emulator's status is 4"])
        self.assertEqual(self.results.summary(), "2 passed, 1 failed")

    def test_if_no_machine_boots_each_case_of_the_suite_fails(self):
        self.boots_fail(9)
        lines = self.spread(case("10-a"), case("20-b", place=1), case("30-c", place=2))
        self.assertEqual([line.split(":")[0] for line in lines if not line.startswith("#")],
                         ["not ok - 10-a", "not ok - 20-b", "not ok - 30-c", "1..3"])
        self.assertEqual(len(self.started), 1)

    def test_if_a_second_machine_does_not_boot_the_first_runs_the_cases(self):
        starts, other_suite_runs = itertools.count(), threading.Event()
        usual_start, usual_run = self.start, machine.Machine.run

        def start(suite):
            if next(starts) == 1:
                raise machine.Broken("the machine did not boot")
            return usual_start(suite)

        def run(booted, chosen, lines):
            if chosen.suite == "trixie":
                other_suite_runs.set()
            self.assertTrue(other_suite_runs.wait(20))
            usual_run(booted, chosen, lines)

        with unittest.mock.patch.object(machine.Machine, "run", run), unittest.mock.patch.object(self, "start", start):
            self.spread(case("10-a"), case("20-b", place=1), case("30-c", place=2), case("10-a", "trixie"), machines=2)
        self.assertEqual(self.results.summary(), "3 passed, 1 failed")

    def test_an_error_of_the_runner_is_no_silence(self):
        with unittest.mock.patch.object(machine.Machine, "run", side_effect=RuntimeError("a mistake")):
            lines = self.spread(case("10-a"), case("20-b", place=1))
        self.assertEqual([line for line in lines if not line.startswith("#")],
                         ["not ok - 10-a: RuntimeError: a mistake", "not ok - 20-b: RuntimeError: a mistake", "1..2"])

    def test_an_error_of_a_worker_is_raised(self):
        with unittest.mock.patch.object(self, "retire", side_effect=RuntimeError("a mistake")):
            with self.assertRaisesRegex(RuntimeError, "a mistake"):
                self.spread(case("10-a"))

    def test_nothing_is_reported_after_the_end(self):
        work = spread.Spread(cases.Queue([case("10-a")]), self.results, self.start, self.retire)
        work.end()
        with unittest.mock.patch("builtins.print") as printed:
            work.run(1)
        printed.assert_not_called()
        self.assertEqual(self.results.summary(), "0 passed, 0 failed")


class Answer(unittest.TestCase):
    """guest/answer types at a program's prompt."""
    PROGRAM = """
import sys, termios, time
print("Password: ", end="", flush=True)
{discard}
print("got", input(), flush=True)
{afterwards}
"""

    def typed(self, answer, discard="", afterwards=""):
        file = os.path.join(os.environ["SOURCE_ROOT"], "tests", "vm", "guest", "answer")
        loader = importlib.machinery.SourceFileLoader("answer", file)
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("answer", loader))
        loader.exec_module(module)
        words = [file, "Password: ", answer, sys.executable, "-c",
                 self.PROGRAM.format(discard=discard, afterwards=afterwards)]
        with unittest.mock.patch.object(sys, "argv", words), unittest.mock.patch.object(module, "PATIENCE", 1), \
                unittest.mock.patch("sys.stdout") as output:
            status = module.main()
        return status, b"".join(call.args[0] for call in output.buffer.write.call_args_list)

    def test_it_types_the_answer_once(self):
        status, output = self.typed(r"secret\n", afterwards="time.sleep(2)")
        self.assertEqual((status, output.count(b"got secret"), output.count(b"secret")), (0, 1, 2))

    def test_it_types_again_what_the_program_discarded(self):
        status, output = self.typed(r"secret\n", "time.sleep(0.5); termios.tcflush(0, termios.TCIFLUSH)")
        self.assertEqual((status, output.count(b"got secret")), (0, 1))

    def test_it_answers_a_prompt_that_comes_with_more_text(self):
        with unittest.mock.patch.object(self, "PROGRAM", 'print("Password: of alice"); print("got", input())'):
            self.assertEqual(self.typed(r"secret\n")[0], 0)

    def test_a_prompt_that_never_shows(self):
        with unittest.mock.patch("sys.stderr"), unittest.mock.patch.object(self, "PROGRAM", "{discard}"):
            self.assertEqual(self.typed(r"secret\n")[0], 125)


if __name__ == "__main__":
    main()
