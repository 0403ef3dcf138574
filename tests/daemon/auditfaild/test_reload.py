#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A new policy takes effect at once and as a whole, or not at all."""
import os
import pathlib
import resource
import select
import signal
import struct
import time
import unittest

from harness import POLICY, SANITIZED, STRANGER, DaemonTest, as_uid, main, needs_root

LOAD_FAILED = f"{POLICY}.LoadFailed"


class Reload(DaemonTest):
    def reloaded(self, daemon, generation, changed=True):
        self.assertAnswer(daemon.call("Reload"), generation=generation, changed=changed, omitted=0)

    def test_the_first_policy_is_generation_1(self):
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Status"), generation=1, reloadFailed=False, problems=[])

    def test_a_changed_file_takes_effect_at_once(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        self.assertEqual(daemon.query("a")["action"], "log")
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["action"], "ignore")

    def test_a_new_file_takes_effect_at_once(self):
        daemon = self.daemon()
        self.policy("a", "ignore")
        self.assertAnswer(daemon.call("Reload"), generation=2, changed=True, applications=1, problems=[])
        self.assertEqual(daemon.query("a")["action"], "ignore")

    def test_a_removed_file_takes_effect_at_once(self):
        path = self.policy("a", "ignore")
        daemon = self.daemon()
        path.unlink()
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["source"], "builtin")

    def test_a_removed_folder_takes_effect_at_once(self):
        path = self.policy("a", "ignore")
        daemon = self.daemon()
        path.unlink()
        path.parent.rmdir()
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["source"], "builtin")

    def test_a_mask_takes_effect_at_once(self):
        self.policy("a", "ignore", "lib")
        daemon = self.daemon()
        self.mask("a")
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["source"], "builtin")

    def test_a_changed_default_takes_effect_at_once(self):
        self.policy("default", "log")
        daemon = self.daemon()
        self.policy("default", "ignore")
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("anyone")["action"], "ignore")

    def test_a_file_in_an_earlier_place_takes_effect_at_once(self):
        self.policy("a", "ignore", "lib")
        daemon = self.daemon()
        path = self.policy("a", "ignore", "flat")
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["file"], str(path))

    def test_a_change_without_effect_on_answers_keeps_the_generation(self):
        self.policy("a", "log # once")
        daemon = self.daemon()
        self.reloaded(daemon, 1, changed=False)
        self.policy("a", "log # another comment\n\n# and one more")
        self.reloaded(daemon, 1, changed=False)
        (self.root / "etc/auditfail/a.conf~").write_text("ignore\n")
        self.reloaded(daemon, 1, changed=False)

    def test_a_line_that_moves_is_a_change_because_answers_name_it(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "# a comment\nlog")
        self.reloaded(daemon, 2)
        self.assertEqual(daemon.query("a")["line"], 2)

    def test_the_generation_rises_by_one_for_any_number_of_changes(self):
        daemon = self.daemon()
        for generation in range(2, 6):
            for i in range(generation):
                self.policy(f"a{i}", ("log", "ignore")[generation % 2])
            self.reloaded(daemon, generation)
            self.reloaded(daemon, generation, changed=False)
        self.assertEqual(daemon.query("a0")["generation"], 5)

    def test_warnings_do_not_stop_a_reload(self):
        daemon = self.daemon()
        reply = daemon.call("Reload")
        self.assertAnswer(reply, problems=[])

    def test_sighup_reloads(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        daemon.signal(signal.SIGHUP)
        self.assertGreater(int(daemon.notified("RELOADING", "1")["MONOTONIC_USEC"]), 0)
        daemon.ready()
        self.assertAnswer(daemon.call("Query", application="a"), action="ignore", generation=2)

    def test_changes_before_the_request_for_a_reload_are_in_its_policy(self):
        # A reload that comes during another one does not use what that one has read.
        for i in range(3000):
            self.policy(f"a{i}", "log")
        daemon = self.daemon()
        first, second, asker = (self.connect(daemon) for _ in range(3))
        for action in ("ignore", "terminate", "log"):
            first.send(f"{POLICY}.Reload")
            daemon.notified("RELOADING", "1")
            asker.call("Query", application="a0")
            for i in range(0, 3000, 150):
                self.policy(f"a{i}", action)
            second.send(f"{POLICY}.Reload")
            self.assertAnswer(second.reply())
            for i in range(0, 3000, 150):
                self.assertAnswer(asker.call("Query", application=f"a{i}"), action=action)
            self.assertAnswer(first.reply())

    def test_reloads_at_once_are_all_answered(self):
        self.policy("a", "log")
        daemon = self.daemon()
        clients = [self.connect(daemon) for _ in range(20)]
        self.policy("a", "ignore")
        for client in clients:
            client.send(f"{POLICY}.Reload")
        for client in clients:
            self.assertAnswer(client.reply(), generation=2)
        self.assertEqual(daemon.query("a")["action"], "ignore")

    def test_a_reload_goes_on_if_its_client_hangs_up(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        with daemon.connect() as client:
            client.send(f"{POLICY}.Reload")
            client.half_close()
            self.assertAnswer(client.reply(), generation=2)
            self.assertTrue(client.ended())
        self.policy("a", "log")
        with daemon.connect() as client:
            client.send(f"{POLICY}.Reload")
        self.eventually(lambda: daemon.query("a")["generation"] == 3)
        self.assertEqual(daemon.query("a")["action"], "log")

    @needs_root
    def test_only_root_and_the_daemons_own_user_may_reload(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        with as_uid(STRANGER):
            client = self.connect(daemon)
        self.assertError(client.call("Reload"), "PermissionDenied")
        self.assertAnswer(client.call("Query", application="a"), action="log", generation=1)


class BadFiles(DaemonTest):
    def test_one_bad_file_keeps_the_whole_old_policy(self):
        self.policy("a", "log"), self.policy("b", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        path = self.policy("b", "# so far, so good\n  terminat")
        reply = daemon.call("Reload")
        self.assertEqual(reply["error"], LOAD_FAILED)
        self.assertEqual(reply["parameters"]["omitted"], 0)
        problem, = reply["parameters"]["problems"]
        self.assertEqual({name: problem[name] for name in ("file", "line", "column", "severity", "suggestion", "text")},
                         {"file": str(path), "line": 2, "column": 3, "severity": "error", "suggestion": "terminate",
                          "text": "  terminat"})
        self.assertTrue(problem["message"])
        for application in ("a", "b"):
            self.assertAnswer(daemon.call("Query", application=application), action="log", generation=1)
        self.assertAnswer(daemon.call("Status"), reloadFailed=True, problems=[problem], generation=1)

    def test_each_problem_of_each_file_is_reported(self):
        daemon = self.daemon()
        self.policy("a", "terminat\nunsuported = log\ndenied = nothing")
        self.policy("b", "")
        self.policy("c", "log\nlog\n", "flat")
        self.policy("d", "ignore").chmod(0o666)
        problems = daemon.call("Reload")["parameters"]["problems"]
        found = {(os.path.basename(p["file"]), p["line"]) for p in problems if p["severity"] == "error"}
        self.assertLessEqual({("a.conf", 1), ("a.conf", 2), ("a.conf", 3), ("auditfail.c", 2), ("d.conf", 0)}, found)
        self.assertIn("b.conf", {name for name, _ in found})

    def test_more_problems_than_a_reply_holds_are_counted(self):
        daemon = self.daemon()
        for i in range(500):
            self.policy(f"a{i}", "nonsense")
        parameters = daemon.call("Reload")["parameters"]
        self.assertEqual(len(parameters["problems"]) + parameters["omitted"], 500)
        self.assertGreater(len(parameters["problems"]), 0)

    def test_a_repaired_file_ends_the_trouble(self):
        daemon = self.daemon()
        self.policy("a", "terminat")
        self.assertEqual(daemon.call("Reload")["error"], LOAD_FAILED)
        self.policy("a", "terminate")
        self.assertAnswer(daemon.call("Reload"), generation=2, changed=True)
        self.assertAnswer(daemon.call("Status"), reloadFailed=False, problems=[])

    def test_a_bad_file_by_sighup_keeps_the_old_policy_and_says_so(self):
        self.policy("a", "log")
        daemon = self.daemon()
        path = self.policy("a", "terminat")
        daemon.signal(signal.SIGHUP)
        daemon.notified("RELOADING", "1")
        daemon.ready()
        self.assertAnswer(daemon.call("Query", application="a"), action="log", generation=1)
        self.assertAnswer(daemon.call("Status"), reloadFailed=True)
        self.assertIn(f"{path}:1:1", daemon.stderr())

    def test_at_start_a_bad_file_means_terminate_for_its_application(self):
        path = self.policy("a", "ignor")
        self.policy("default", "ignore")
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="a"), action="terminate", source="broken",
                          file=str(path))
        self.assertAnswer(daemon.call("Query", application="b"), action="ignore", source="default")
        self.assertEqual(len(daemon.call("Status")["parameters"]["problems"]), 1)
        self.assertIn(f"{path}:1:1", daemon.stderr())

    def test_a_folder_that_cannot_be_read_at_start_means_terminate_for_all(self):
        self.policy("a", "ignore")
        folder = self.root / "etc/auditfail"
        folder.chmod(0)
        self.addCleanup(folder.chmod, 0o755)
        daemon = self.daemon()
        self.assertEqual(daemon.query("a")["action"], "terminate")
        self.assertAnswer(daemon.call("Status"), reloadFailed=True, applications=0)
        self.assertIn("No policy could be loaded", daemon.stderr())
        folder.chmod(0o755)
        self.assertAnswer(daemon.call("Reload"), applications=1)
        self.assertEqual(daemon.query("a")["action"], "ignore")

    @unittest.skipIf(SANITIZED, "the sanitizer needs memory, too")
    def test_without_memory_for_a_thread_the_old_policy_stays(self):
        self.policy("a", "log")
        daemon = self.daemon()
        pages = int(pathlib.Path(f"/proc/{daemon.pid}/statm").read_text().split()[0])
        memory = pages * resource.getpagesize() + (64 << 10)
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (memory, memory))
        self.policy("a", "ignore")
        reply = daemon.call("Reload")
        self.assertEqual(reply.get("error"), LOAD_FAILED)
        self.assertIn("cannot start a thread to read the policy files: Resource temporarily unavailable; reload again",
                      reply["parameters"]["problems"][0]["message"])
        self.assertEqual(daemon.query("a")["action"], "log")
        with daemon.connect() as monitor:
            monitor.send(f"{POLICY}.Monitor", more=True)
            self.assertTrue(monitor.ended(), "there is no memory for its events")
        self.assertStillAnswers(daemon)

    def test_at_start_a_bad_default_means_terminate_for_all_without_a_file(self):
        self.policy("default", "ignor")
        self.policy("a", "log")
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="b"), action="terminate", source="broken")
        self.assertAnswer(daemon.call("Query", application="a"), action="log")


class Rules(DaemonTest):
    """Which files are accepted."""

    def refused(self, path):
        reply = self.daemon().call("Reload")
        self.assertEqual(reply.get("error"), LOAD_FAILED, reply)
        self.assertEqual({p["file"] for p in reply["parameters"]["problems"]}, {str(path)})

    def test_a_file_that_others_may_write_is_refused(self):
        path = self.policy("a", "log")
        path.chmod(0o664)
        self.refused(path)

    def test_a_folder_in_place_of_a_file_is_refused(self):
        path = self.place("a")
        path.mkdir()
        self.refused(path)

    def test_a_fifo_in_place_of_a_file_is_refused_and_does_not_block(self):
        path = self.place("a")
        os.mkfifo(path)
        self.refused(path)

    def test_a_file_over_64_KiB_is_refused(self):
        self.refused(self.policy("a", "log\n" + "#" * 65536))

    def test_a_file_with_a_nul_is_refused(self):
        path = self.policy("a", "log")
        path.write_bytes(b"log\n\0\n")
        self.refused(path)

    def test_a_name_that_no_application_can_have_is_reported(self):
        path = self.root / "etc/auditfail/-a.conf"
        path.write_text("log\n")
        with self.daemon().connect() as client:
            problems = client.call("Reload")["parameters"]["problems"]
            self.assertEqual([p["file"] for p in problems], [str(path)])

    @needs_root
    def test_a_file_of_another_user_is_refused(self):
        path = self.policy("a", "log")
        os.chown(path, STRANGER, STRANGER)
        self.refused(path)


class Load(DaemonTest):
    def test_queries_are_answered_while_10000_files_load(self):
        for i in range(10_000):
            self.policy(f"a{i}", "log")
        daemon = self.daemon()
        self.policy("a0", "ignore")
        asker, reloader = self.connect(daemon), self.connect(daemon)
        answers, slowest = {"log": 0, "ignore": 0}, 0.0
        reloader.send(f"{POLICY}.Reload")
        while not select.select([reloader.socket], [], [], 0)[0]:
            start = time.monotonic()
            answers[asker.call("Query", application="a0")["parameters"]["action"]] += 1
            slowest = max(slowest, time.monotonic() - start)
        self.assertAnswer(reloader.reply(), generation=2, changed=True, applications=10_000)
        self.assertEqual(asker.call("Query", application="a0")["parameters"]["action"], "ignore")
        self.assertGreater(answers["log"], 0)
        self.assertLess(slowest, 5.0 if SANITIZED else 1.0)
        print(f"# {sum(answers.values())} answers during the load, the slowest after {slowest * 1000:.1f} ms")


class Snapshot(DaemonTest):
    def header(self, daemon):
        """Generation, entries and fingerprint, by the layout in protocol/snapshot.h."""
        snapshot = daemon.snapshot.read_bytes()
        magic, generation, fingerprint, slots = struct.unpack_from("<8s3Q", snapshot)
        self.assertEqual(magic, b"AUDFALS3")
        self.assertEqual(len(snapshot), 160 + slots * 128)
        entries = sum(snapshot[160 + slot * 128] != 0 for slot in range(slots))
        return generation, entries, fingerprint

    def test_each_new_policy_replaces_the_snapshot_as_a_whole(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.assertEqual(daemon.snapshot.stat().st_mode & 0o7777, 0o644)
        generation, entries, fingerprint = self.header(daemon)
        self.assertEqual((generation, entries), (1, 1))
        with daemon.snapshot.open("rb") as old:
            before = old.read()
            self.policy("b", "log")
            daemon.call("Reload")
            self.assertEqual(self.header(daemon)[:2], (2, 2))
            self.assertNotEqual(self.header(daemon)[2], fingerprint)
            old.seek(0)
            self.assertEqual(old.read(), before, "a reader of the old file must not see it change")
        self.assertEqual(sorted(os.listdir(self.folder / "run")), ["io.auditfail.Policy", "policy.snapshot"])

    def test_a_failed_reload_leaves_the_snapshot_alone(self):
        self.policy("a", "log")
        daemon = self.daemon()
        before = daemon.snapshot.read_bytes()
        self.policy("a", "nonsense")
        self.assertEqual(daemon.call("Reload")["error"], LOAD_FAILED)
        self.assertEqual(daemon.snapshot.read_bytes(), before)

    def test_the_next_reload_restores_a_removed_snapshot(self):
        daemon = self.daemon()
        daemon.snapshot.unlink()
        self.assertAnswer(daemon.call("Reload"), changed=False, generation=1)
        self.assertEqual(self.header(daemon)[0], 1)

    def test_a_restart_without_a_change_keeps_the_generation(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.policy("a", "ignore")
        daemon.call("Reload")
        daemon.stop()
        self.assertEqual(self.daemon().query("a")["generation"], 2)

    def test_a_restart_with_a_change_raises_the_generation_by_one(self):
        self.policy("a", "log")
        self.daemon().stop()
        self.policy("a", "ignore")
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="a"), action="ignore", generation=2)
        self.assertEqual(self.header(daemon)[0], 2)

    def test_the_next_start_does_not_use_a_torn_snapshot(self):
        self.policy("a", "log")
        daemon = self.daemon()
        daemon.stop()
        daemon.snapshot.write_bytes(daemon.snapshot.read_bytes()[:-1])
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="a"), action="log", generation=1)
        self.assertEqual(self.header(daemon)[0], 1)

    def test_a_removed_runtime_folder_is_reported_and_does_no_harm(self):
        self.policy("a", "log")
        daemon = self.daemon()
        client = self.connect(daemon)
        os.rename(self.folder / "run", self.folder / "gone")
        self.policy("a", "ignore")
        client.send(f"{POLICY}.Reload")
        client.reply()
        self.assertAnswer(client.call("Query", application="a"), action="ignore", generation=2)
        self.assertIn("policy.snapshot", daemon.stderr())
        os.rename(self.folder / "gone", self.folder / "run")


if __name__ == "__main__":
    main()
