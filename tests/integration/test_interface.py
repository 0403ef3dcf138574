#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Every reply is what the interface files promise: each field that they name is there and has its type, and there is none
that they do not name. The files are read here as any binding generator reads them.
"""
import errno
import re

from harness import INTERFACES, POLICY, SERVICE, DaemonTest, main


class Interface:
    """
    The types, methods and errors of an interface file. A type is a pair (what it is, of what): ("word", name),
    ("array", type), ("maybe", type), ("enum", words) or ("struct", {field: type}).
    """

    def __init__(self, text):
        text = re.sub(r"#.*", "", text)
        self.tokens = re.findall(r"->|\[\]|[?(),:]|[A-Za-z0-9_.]+", text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), "a character that no interface file has"
        self.types, self.methods, self.errors = {}, {}, {}
        self.expect("interface")
        self.name = self.take()
        while self.tokens:
            keyword, name = self.take(), self.take()
            if keyword == "method":
                parameters = self.type()
                self.expect("->")
                self.methods[name] = (parameters, self.type())
            else:
                {"type": self.types, "error": self.errors}[keyword][name] = self.type()

    def take(self):
        return self.tokens.pop(0)

    def expect(self, token):
        found = self.take()
        assert found == token, f"{found} where {token} should be"

    def type(self):
        token = self.take()
        if token in ("?", "[]"):
            return ("maybe" if token == "?" else "array", self.type())
        if token != "(":
            return "word", token
        names, fields = [], {}
        while self.tokens[0] != ")":
            names.append(self.take())
            if self.tokens[0] == ":":
                self.take()
                fields[names[-1]] = self.type()
            if self.tokens[0] == ",":
                self.take()
        self.take()
        return ("struct", fields) if fields or not names else ("enum", names)

    def check(self, kind, value, path):
        """Raises AssertionError where VALUE, found at PATH, is not of the type KIND."""
        what, of = kind
        if what == "maybe":
            if value is not None:
                self.check(of, value, path)
        elif what == "array":
            assert isinstance(value, list), f"{path} is no array: {value!r}"
            for i, element in enumerate(value):
                self.check(of, element, f"{path}[{i}]")
        elif what == "enum":
            assert value in of, f"{path} is not one of {of}: {value!r}"
        elif what == "struct":
            assert isinstance(value, dict), f"{path} is no object: {value!r}"
            assert set(value) <= set(of), f"{path} has {set(value) - set(of)}, which the interface does not know"
            for field, kind_of_field in of.items():
                self.check(kind_of_field, value.get(field), f"{path}.{field}")
        elif of in self.types:
            self.check(self.types[of], value, path)
        else:
            # type(), since a bool is an int for isinstance().
            assert type(value) is {"string": str, "int": int, "bool": bool}[of], f"{path} is no {of}: {value!r}"

    def check_reply(self, method, reply):
        if "error" in reply:
            name = reply["error"].removeprefix(f"{self.name}.")
            self.check(self.errors[name], reply.get("parameters"), name)
        else:
            self.check(self.methods[method][1], reply.get("parameters"), method)


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
