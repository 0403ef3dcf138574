#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Query, Explain and List."""
import errno
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

from harness import DEADLINE, INTERFACES, POLICY, Client, DaemonTest, main

MANUAL = pathlib.Path(os.environ["MANUALS"], "auditfail.conf.5")
KINDS = ("unsupported", "disabled", "excluded", "denied", "overload")


def kinds_of_the_manual():
    """Returns the kind of each errno that is not of the kind other."""
    text = MANUAL.read_text()
    return {getattr(errno, name): kind for kind in KINDS
            for name in re.findall(r"(?m)^\.BR (E[A-Z]+) [,.]$", text.split(f"\n.TP\n.B {kind}\n")[1].split(".TP\n")[0])}


def kinds_of_the_interface():
    text = (INTERFACES / f"{POLICY}.varlink").read_text()
    return {getattr(errno, name): kind for kind in KINDS
            for name in re.findall(r"\bE[A-Z]+", re.search(rf"(?m)^# {kind} +(E[A-Z]+(?:, E[A-Z]+)*)", text)[1])}


# A program that asks without an application name, and prints the reply.
ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'{"method":"io.auditfail.Policy.Query"}\\0')
reply = b""
while not reply.endswith(b"\\0"):
    reply += s.recv(65536) or sys.exit("hung up")
print(reply[:-1].decode())
"""


class Query(DaemonTest):
    def test_the_reply_has_the_file_and_the_line_that_decided(self):
        path = self.policy("passwd", "# no account change without a record\nlog\n\nunsupported = ignore")
        daemon = self.daemon()
        self.assertEqual(daemon.query("passwd", errno=errno.EPERM),
                         {"application": "passwd", "action": "log", "kind": "denied", "source": "application",
                          "file": str(path), "line": 2, "generation": 1})
        self.assertEqual(daemon.query("passwd", errno=errno.EINVAL),
                         {"application": "passwd", "action": "ignore", "kind": "unsupported",
                          "source": "application", "file": str(path), "line": 4, "generation": 1})

    def test_each_errno_has_the_kind_that_the_manual_says(self):
        kinds = kinds_of_the_manual()
        self.assertEqual(set(kinds.values()), set(KINDS))
        self.policy("default", "terminate\nunsupported = ignore\ndisabled = log\nexcluded = ignore\ndenied = log\n"
                    "overload = terminate\nother = ignore")
        actions = {"unsupported": "ignore", "disabled": "log", "excluded": "ignore",
                   "denied": "log", "overload": "terminate", "other": "ignore"}
        with self.daemon().connect() as client:
            for number in (*errno.errorcode, 4095):
                with self.subTest(errno.errorcode.get(number, number)):
                    kind = kinds.get(number, "other")
                    self.assertAnswer(client.call("Query", application="passwd", errno=number),
                                      kind=kind, action=actions[kind])

    def test_manual_and_interface_agree_on_the_kinds(self):
        self.assertEqual(kinds_of_the_interface(), kinds_of_the_manual())

    def test_a_kind_works_like_an_errno(self):
        self.policy("passwd", "terminate\ndenied = log")
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="passwd", kind="denied"), kind="denied", action="log")
        self.assertAnswer(daemon.call("Query", application="passwd", kind="denied", errno=errno.EPERM),
                          kind="denied", action="log")
        self.assertAnswer(daemon.call("Query", application="passwd", kind="other"), kind="other", action="terminate")

    def test_errno_and_kind_must_not_disagree(self):
        daemon = self.daemon()
        for method in ("Query", "Explain"):
            self.assertInvalid(daemon.call(method, application="passwd", kind="denied", errno=errno.EINVAL), "kind")

    def test_without_errno_and_kind_no_exception_applies(self):
        self.policy("passwd", "log\nother = ignore\ndenied = ignore\noverload = ignore\nunsupported = ignore")
        self.assertAnswer(self.daemon().call("Query", application="passwd"), kind=None, action="log", line=1)

    def test_an_application_without_a_file_has_the_default_policy(self):
        path = self.policy("default", "log\ndenied = ignore")
        daemon = self.daemon()
        self.assertAnswer(daemon.call("Query", application="nobody", errno=errno.EPERM), application="nobody",
                          action="ignore", source="default", file=str(path), line=2)
        self.assertAnswer(daemon.call("Query", application="default"), application="default", action="log",
                          source="default", file=str(path), line=1)

    def test_without_any_policy_the_answer_is_terminate(self):
        self.assertAnswer(self.daemon().call("Query", application="nobody", errno=errno.EPERM), action="terminate",
                          source="builtin", file=None, line=None)

    def test_the_first_of_the_three_places_wins(self):
        self.policy("a", "log", "etc"), self.policy("a", "ignore", "flat"), self.policy("a", "ignore", "lib")
        self.policy("b", "log", "flat"), self.policy("b", "ignore", "lib")
        self.policy("c", "log", "lib")
        daemon = self.daemon()
        for application, place in (("a", "etc"), ("b", "flat"), ("c", "lib")):
            self.assertAnswer(daemon.call("Query", application=application), action="log",
                              file=str(self.place(application, place)))

    def test_names_are_case_sensitive_and_whole(self):
        self.policy("passwd", "ignore")
        daemon = self.daemon()
        for other in ("Passwd", "passwd2", "passw", "passwd.conf"):
            self.assertAnswer(daemon.call("Query", application=other), action="terminate", source="builtin")

    def test_leftovers_of_editors_and_packages_are_not_policy(self):
        for name in ("passwd.conf~", "passwd.conf.dpkg-old", ".passwd.conf", "#passwd.conf#", "passwd.conf.rpmsave"):
            (self.root / "etc/auditfail" / name).write_text("ignore\n")
        self.assertAnswer(self.daemon().call("Query", application="passwd"), action="terminate", source="builtin")


class OwnName(DaemonTest):
    def ask(self, *argv, **environment):
        done = subprocess.run([*map(os.fspath, argv)], env={**os.environ, **environment}, capture_output=True,
                              text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def script(self, name):
        path = self.folder / name
        path.write_text(f"#!{sys.executable}\n{ASK}")
        path.chmod(0o755)
        return path

    def binary(self, name):
        """Returns a copy of the interpreter: the running program itself has NAME."""
        path = self.folder / name
        shutil.copy(os.path.realpath(sys.executable), path)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_without_a_name_the_callers_program_is_the_application(self):
        path = self.policy("mytool", "log")
        daemon = self.daemon()
        self.assertAnswer(self.ask(self.script("mytool"), daemon.path), application="mytool", action="log",
                          source="application", file=str(path))

    def test_a_name_longer_than_the_kernel_keeps_is_still_the_whole_name(self):
        name = "a-program-with-a-long-name"
        self.policy(name, "log")
        daemon = self.daemon()
        self.assertAnswer(self.ask(self.binary(name), "-c", ASK, daemon.path, PYTHONHOME=sys.base_prefix),
                          application=name, action="log", source="application")

    def test_explain_uses_the_callers_program_too(self):
        daemon = self.daemon()
        comm = pathlib.Path("/proc/self/comm").read_text().strip()
        self.assertAnswer(daemon.call("Explain"), application=daemon.call("Query")["parameters"]["application"])
        self.assertTrue(daemon.call("Query")["parameters"]["application"].startswith(comm))


class Explain(DaemonTest):
    def steps(self, daemon, application):
        reply = daemon.call("Explain", application=application)
        self.assertAnswer(reply, application=application)
        steps = reply["parameters"]["steps"]
        places = [str(self.place(step["application"], place))
                  for step, place in zip(steps, ("etc", "flat", "lib") * 2)]
        self.assertEqual([step["file"] for step in steps], places)
        return [(step["application"], step["finding"]) for step in steps]

    def test_the_reply_has_the_whole_search(self):
        self.policy("default", "log", "lib")
        self.assertEqual(self.steps(self.daemon(), "nobody"),
                         [("nobody", "absent"), ("nobody", "absent"), ("nobody", "absent"),
                          ("default", "absent"), ("default", "absent"), ("default", "used")])

    def test_a_file_behind_one_in_an_earlier_place_is_shadowed(self):
        self.policy("a", "log", "flat"), self.policy("a", "ignore", "lib")
        steps = self.steps(self.daemon(), "a")
        self.assertEqual(steps[:3], [("a", "absent"), ("a", "used"), ("a", "shadowed")])

    def test_a_file_behind_a_mask_is_masked_and_the_default_answers(self):
        self.mask("a"), self.policy("a", "ignore", "flat"), self.policy("a", "ignore", "lib")
        self.policy("default", "log")
        daemon = self.daemon()
        self.assertEqual(self.steps(daemon, "a")[:4],
                         [("a", "mask"), ("a", "masked"), ("a", "masked"), ("default", "used")])
        self.assertAnswer(daemon.call("Explain", application="a"), action="log", source="default")

    def test_a_file_that_could_not_be_used_is_broken(self):
        path = self.policy("a", "terminat")
        daemon = self.daemon()
        self.assertEqual(self.steps(daemon, "a")[0], ("a", "broken"))
        self.assertAnswer(daemon.call("Explain", application="a"), action="terminate", source="broken",
                          file=str(path))

    def test_explain_and_query_agree(self):
        self.policy("default", "log\ndenied = terminate"), self.policy("a", "ignore\nother = log")
        with self.daemon().connect() as client:
            for application in ("a", "b", "default"):
                for about in ({}, {"errno": 1}, {"errno": 2}, {"kind": "overload"}):
                    explained = client.call("Explain", application=application, **about)["parameters"]
                    explained.pop("steps")
                    self.assertEqual(explained, client.call("Query", application=application, **about)["parameters"])

    def test_explain_is_not_counted(self):
        with self.daemon().connect() as client:
            client.call("Explain", application="a")
            self.assertAnswer(client.call("Status"), queries=0, terminated=0)


class Ahead(DaemonTest):
    """Nothing is lost yet: the same answer, and no report of it."""

    def test_the_answer_is_that_of_any_other_query(self):
        self.policy("default", "log\ndenied = terminate"), self.policy("a", "ignore\nother = log")
        with self.daemon().connect() as client:
            for application in ("a", "b", "default", None):
                for about in ({}, {"errno": 1}, {"errno": 2}, {"kind": "overload"}):
                    self.assertEqual(client.call("Query", application=application, ahead=True, **about),
                                     client.call("Query", application=application, **about))

    def test_the_log_has_only_records_that_were_lost(self):
        daemon = self.daemon()
        with daemon.connect() as client:
            for _ in range(50):  # more reports than the limit for one application
                client.call("Query", application="useradd", operation="looked", ahead=True)
            client.call("Query", application="useradd", operation="lost", record="ADD_USER", errno=1, ahead=False)
        daemon.stop()
        told = [line for line in daemon.stderr().splitlines() if "could not write" in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn("(ADD_USER, lost: EPERM)", told[0])
        self.assertNotIn("left out", told[0])

    def test_it_is_counted_as_a_query(self):
        with self.daemon().connect() as client:
            client.call("Query", application="a", ahead=True)
            self.assertAnswer(client.call("Status"), queries=1, terminated=1, suppressed=0)


class List(DaemonTest):
    def setUp(self):
        super().setUp()
        self.names = sorted(f"application{i}" for i in range(200))
        for name in self.names:
            self.policy(name, "log")

    def test_pages_of_64_follow_each_other_in_the_order_of_names(self):
        with self.daemon().connect() as client:
            names, sizes, after = [], [], {}
            while True:
                reply = client.call("List", **after)
                self.assertAnswer(reply, generation=1)
                self.assertFalse(reply.get("continues"))
                page = reply["parameters"]
                names += [a["application"] for a in page["applications"]]
                sizes.append(len(page["applications"]))
                if "next" not in page:
                    break
                self.assertEqual(page["next"], names[-1])
                after = {"after": page["next"]}
            self.assertEqual(names, self.names)
            self.assertEqual(sizes, [64, 64, 64, 8])

    def test_with_more_every_page_comes_by_itself(self):
        with self.daemon().connect() as client:
            client.send(f"{POLICY}.List", more=True)
            names = []
            while True:
                reply = client.reply()
                names += [a["application"] for a in reply["parameters"]["applications"]]
                if not reply.get("continues"):
                    break
            self.assertNotIn("next", reply["parameters"])
            self.assertEqual(names, self.names)
            self.assertAnswer(client.call("Query", application="next"), application="next")

    def test_after_need_not_be_a_name_that_exists(self):
        with self.daemon().connect() as client:
            for after, first in (("", self.names[0]), ("application1999", "application2"),
                                 ("application2", "application20")):
                page = client.call("List", after=after)["parameters"]
                self.assertEqual(page["applications"][0]["application"], first)
            page = client.call("List", after="zzz")["parameters"]
            self.assertEqual(page["applications"], [])
            self.assertNotIn("next", page)

    def test_calls_behind_a_long_list_wait_for_their_turn(self):
        with self.daemon().connect() as client:
            client.send_bytes(Client.frame(f"{POLICY}.List", more=True)
                              + Client.frame(f"{POLICY}.Query", {"application": "last"}))
            while client.reply().get("continues"):
                pass
            self.assertAnswer(client.reply(), application="last")


class ListEntries(DaemonTest):
    def test_an_entry_has_the_whole_policy_of_its_application(self):
        path = self.policy("a", "log\ndenied = ignore\n\nother = terminate")
        self.assertEqual(self.daemon().call("List")["parameters"]["applications"],
                         [{"application": "a", "action": "log", "file": str(path), "line": 1,
                           "exceptions": [{"kind": "denied", "action": "ignore", "line": 2},
                                          {"kind": "other", "action": "terminate", "line": 4}],
                           "source": "application"}])

    def test_the_default_is_listed_and_a_masked_application_is_not(self):
        self.policy("default", "log")
        self.mask("b"), self.policy("b", "log", "lib")
        self.policy("broken", "nonsense")
        applications = self.daemon().call("List")["parameters"]["applications"]
        self.assertEqual([(a["application"], a["source"], a["action"]) for a in applications],
                         [("broken", "broken", "terminate"), ("default", "default", "log")])

    def test_an_empty_policy_is_an_empty_list(self):
        self.assertAnswer(self.daemon().call("List"), applications=[], next=None, generation=1)


if __name__ == "__main__":
    main()
