#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Monitor: decisions and reloads as they happen."""
import errno
import os
import time

from harness import POLICY, STRANGER, Client, DaemonTest, as_uid, main, needs_root


class Monitor(DaemonTest):
    def monitor(self, daemon):
        """A monitor's connection, after its start event."""
        client = self.connect(daemon)
        client.send(f"{POLICY}.Monitor", more=True)
        self.assertEqual(self.event(client, "start")["lost"], 0)
        return client

    def event(self, client, kind):
        """Returns the next event, which must be of KIND."""
        reply = client.reply()
        self.assertAnswer(reply, event=kind)
        self.assertIs(reply.get("continues"), True)
        self.assertLess(abs(reply["parameters"]["time"] / 1e6 - time.time()), 60)
        return reply["parameters"]

    def test_the_first_event_comes_at_once_and_has_the_generation(self):
        daemon = self.daemon()
        client = self.connect(daemon)
        client.send(f"{POLICY}.Monitor", more=True)
        event = self.event(client, "start")
        self.assertEqual((event["generation"], event["lost"]), (1, 0))
        self.assertNotIn("decision", event)
        self.assertNotIn("reload", event)

    def test_a_decision_has_the_caller_and_the_answer(self):
        path = self.policy("passwd", "terminate\ndenied = log")
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        daemon.query("passwd", errno=errno.EPERM, operation="audit_log_user_message", record="USER_CHAUTHTOK")
        decision = self.event(monitor, "decision")["decision"]
        expected = {"application": "passwd", "action": "log", "kind": "denied", "errno": errno.EPERM,
                    "operation": "audit_log_user_message", "record": "USER_CHAUTHTOK", "file": str(path), "line": 2,
                    "pid": os.getpid(), "uid": os.geteuid(), "suppressed": 0}
        self.assertEqual({name: decision.get(name) for name in expected}, expected)
        self.assertTrue(decision["program"])
        if os.geteuid() != 0:  # the kernel shows the link only to a process with at least the same capabilities
            self.assertEqual(decision["exe"], os.readlink("/proc/self/exe"))

    def test_parameters_that_were_not_given_are_absent(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        daemon.query("nobody")
        decision = self.event(monitor, "decision")["decision"]
        for field in ("kind", "errno", "operation", "record", "file", "line"):
            self.assertIsNone(decision.get(field), field)
        self.assertEqual(decision["action"], "terminate")

    def test_text_from_the_caller_stays_in_its_field(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        words = '"},"action":"ignore"\n\u2028\x1b[2J'
        daemon.query("passwd", operation=words, record=words)
        decision = self.event(monitor, "decision")["decision"]
        self.assertEqual((decision["operation"], decision["record"], decision["action"]), (words, words, "terminate"))

    def test_a_query_ahead_is_not_an_event(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        daemon.query("useradd", ahead=True)
        daemon.query("lost")
        self.assertEqual(self.event(monitor, "decision")["decision"]["application"], "lost")

    def test_decisions_come_in_their_order_to_every_monitor(self):
        daemon = self.daemon()
        monitors = [self.monitor(daemon) for _ in range(3)]
        names = [f"a{i}" for i in range(50)]
        with daemon.connect() as client:
            for name in names:
                client.call("Query", application=name)
        for monitor in monitors:
            self.assertEqual([self.event(monitor, "decision")["decision"]["application"] for _ in names], names)

    def test_explain_is_not_an_event(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        daemon.call("Explain", application="explained")
        daemon.query("asked")
        self.assertEqual(self.event(monitor, "decision")["decision"]["application"], "asked")

    def test_reloads_are_events_whether_they_changed_something_or_failed(self):
        self.policy("a", "log")
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        daemon.call("Reload")
        event = self.event(monitor, "reload")
        self.assertEqual(event["reload"], {"ok": True, "changed": False, "applications": 1, "problems": 0})
        self.assertEqual(event["generation"], 1)
        self.policy("b", "log")
        daemon.call("Reload")
        event = self.event(monitor, "reload")
        self.assertEqual(event["reload"], {"ok": True, "changed": True, "applications": 2, "problems": 0})
        self.assertEqual(event["generation"], 2)
        self.policy("b", "nonsense"), self.policy("c", "nonsense")
        daemon.call("Reload")
        event = self.event(monitor, "reload")
        self.assertEqual(event["reload"], {"ok": False, "changed": False, "applications": 2, "problems": 2})
        self.assertEqual(event["generation"], 2)

    def test_the_new_policy_is_in_force_when_its_event_comes(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        with daemon.connect() as client:
            self.policy("a", "ignore")
            client.send(f"{POLICY}.Reload")
            self.event(monitor, "reload")
            self.assertEqual(daemon.query("a")["action"], "ignore")

    def test_a_slow_reader_loses_the_oldest_events_and_learns_how_many(self):
        daemon = self.daemon()
        monitor = self.monitor(daemon)
        total = 2000
        with daemon.connect() as client:
            for start in range(0, total, 100):
                client.send_bytes(b"".join(Client.frame(f"{POLICY}.Query", {"application": f"a{i}"})
                                           for i in range(start, start + 100)))
                for _ in range(100):
                    client.reply()
            seen, lost, last = 0, 0, -1
            while last != total:
                event = self.event(monitor, "decision")
                seen += 1
                lost += event["lost"]
                number = int(event["decision"]["application"][1:])
                self.assertEqual(number, last + 1 + event["lost"])
                last = number
                if last == total - 1:
                    client.call("Query", application=f"a{total}")
        self.assertEqual(seen + lost, total + 1)
        self.assertGreater(lost, 0)
        self.assertGreater(seen, 10)

    def test_a_reader_that_does_not_read_delays_no_other(self):
        daemon = self.daemon()
        self.monitor(daemon)
        prompt = self.monitor(daemon)
        with daemon.connect() as client:
            for i in range(2000):
                client.call("Query", application=f"a{i}")
                self.assertEqual(self.event(prompt, "decision")["decision"]["application"], f"a{i}")

    def test_a_monitor_ends_with_its_connection(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            monitors = [self.monitor(daemon) for _ in range(5)]
            self.assertAnswer(client.call("Status"), monitors=5)
            monitors[0].close()
            monitors[1].close()
            self.eventually(lambda: client.call("Status")["parameters"]["monitors"] == 3)
            for monitor in monitors[2:]:
                monitor.close()
            self.eventually(lambda: client.call("Status")["parameters"]["monitors"] == 0)

    def test_a_oneway_monitor_is_not_started(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            client.send(f"{POLICY}.Monitor", more=True, oneway=True)
            self.assertAnswer(client.call("Status"), monitors=0)

    @needs_root
    def test_users_see_their_own_decisions_and_root_sees_all(self):
        daemon = self.daemon()
        roots = self.monitor(daemon)
        with as_uid(STRANGER):
            strangers = self.monitor(daemon)
            stranger = self.connect(daemon)
        daemon.query("roots")
        stranger.call("Query", application="strangers")
        self.assertEqual(self.event(roots, "decision")["decision"]["application"], "roots")
        event = self.event(roots, "decision")
        self.assertEqual((event["decision"]["application"], event["decision"]["uid"]), ("strangers", STRANGER))
        self.assertEqual(self.event(strangers, "decision")["decision"]["application"], "strangers")


if __name__ == "__main__":
    main()
