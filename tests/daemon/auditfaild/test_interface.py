#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Each reply has the fields that the interface files name, with their types, and no other field. The tests read the files
as a binding generator does.
"""
import errno

from harness import INTERFACES, POLICY, SERVICE, DaemonTest, main
from interface_file import Interface


class Replies(DaemonTest):
    def setUp(self):
        super().setUp()
        self.interfaces = {name: Interface((INTERFACES / f"{name}.varlink").read_text()) for name in (SERVICE, POLICY)}
        self.policy("default", "log\nother = ignore", "lib")
        self.policy("passwd", "terminate\nunsupported = ignore")
        self.policy("cron", "ignore", "flat"), self.mask("masked"), self.policy("masked", "log", "lib")

    def call(self, client, method, **parameters):
        reply = client.call(method, **parameters)
        self.check(method, reply)
        return reply

    def check(self, method, reply):
        interface, _, name = method.rpartition(".")
        self.interfaces[interface or POLICY].check_reply(name, reply)
        self.assertLessEqual(set(reply), {"parameters", "error", "continues"})

    def test_the_reader_of_interface_files_used_here_finds_what_is_wrong(self):
        interface = self.interfaces[POLICY]
        self.assertEqual(list(interface.methods), ["Query", "Explain", "List", "Status", "Reload", "Check", "Monitor"])
        good = {"application": "a", "action": "log", "source": "default", "generation": 1}
        interface.check_reply("Query", {"parameters": good})
        for change in ({"action": "stop"}, {"generation": None}, {"generation": True}, {"generation": "1"},
                       {"line": "1"}, {"unknown": 1}):
            with self.subTest(change), self.assertRaises(AssertionError):
                interface.check_reply("Query", {"parameters": {**good, **change}})

    def test_answers_about_the_service(self):
        client = self.connect(self.daemon())
        self.call(client, f"{SERVICE}.GetInfo")
        self.call(client, f"{SERVICE}.GetInterfaceDescription", interface=POLICY)

    def test_answers_about_policy(self):
        client = self.connect(self.daemon())
        for method in ("Query", "Explain"):
            for application in ("passwd", "cron", "masked", "unknown", "default", None):
                for about in ({}, {"errno": errno.EPERM}, {"errno": errno.EINVAL}, {"kind": "other"}, {"ahead": True}):
                    self.call(client, method, application=application, **about)
        self.call(client, "List")
        self.call(client, "List", after="passwd")

    def test_the_state_of_a_daemon_in_health_and_in_trouble(self):
        client = self.connect(self.daemon())
        self.call(client, "Status")
        self.policy("a", "terminat\nlog\n")
        self.policy("b", "").write_bytes(b"\x1b[31m\xff\n")
        self.policy("c", "log").chmod(0o666)
        self.assertEqual(self.call(client, "Reload")["error"], f"{POLICY}.LoadFailed")
        self.assertEqual(self.call(client, "Status")["parameters"]["reloadFailed"], True)

    def test_broken_files_at_start(self):
        self.policy("a", "terminat")
        client = self.connect(self.daemon())
        for method, parameters in (("Query", {"application": "a"}), ("Explain", {"application": "a"}), ("List", {}),
                                   ("Status", {})):
            self.call(client, method, **parameters)

    def test_errors(self):
        client = self.connect(self.daemon())
        for method, parameters in (("Absent", {}), ("Query", {"errno": 0}), ("Monitor", {}),
                                   (f"{SERVICE}.GetInterfaceDescription", {"interface": "absent"})):
            reply = client.call(method, **parameters)
            error = reply["error"].removeprefix(f"{SERVICE}.")
            self.interfaces[SERVICE].check(self.interfaces[SERVICE].errors[error], reply["parameters"], error)

    def test_events(self):
        daemon = self.daemon()
        monitor, client = self.connect(daemon), self.connect(daemon)
        monitor.send(f"{POLICY}.Monitor", more=True)
        client.call("Query", application="passwd", errno=errno.EPERM, operation="open", record="USER_CHAUTHTOK")
        client.call("Query", application="unknown")
        client.call("Reload")
        self.policy("a", "nonsense")
        client.call("Reload")
        for event in ("start", "decision", "decision", "reload", "reload"):
            reply = monitor.reply()
            self.assertAnswer(reply, event=event)
            self.check("Monitor", reply)


if __name__ == "__main__":
    main()
