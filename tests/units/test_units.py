#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Units, polkit actions and catalog, as their readers read them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import main, needs_systemd_analyze

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
UNITS = pathlib.Path(os.environ["UNITS"])  # where the build has made them from their templates
SERVICES = {"auditfaild": 1.0, "auditfail-controld": 1.5}  # the exposure that is promised, as systemd-analyze counts it
# Functions with the names of system calls that the filters lack: what only a daemon does that root starts without its
# unit, or with --listen; and what libc does by other calls.
NOT_FILTERED = {"bind", "listen", "umask", "setgroups", "setresgid", "setresuid"} | {"readdir", "setrlimit", "signal"}


@needs_systemd_analyze
class Units(unittest.TestCase):
    def setUp(self):
        """A folder of the units, with programs that are there: systemd-analyze looks."""
        folder = tempfile.TemporaryDirectory(prefix="auditfail-units-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in SERVICES:
            text = (UNITS / f"{name}.service").read_text()
            (self.folder / f"{name}.service").write_text(re.sub(r"(?m)^(Exec\w+)=\S+", r"\1=/bin/true", text))
            shutil.copy(SOURCE / f"units/{name}.socket", self.folder)

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False, cwd=self.folder)

    def assertVerified(self, *names):
        result = self.analyze("verify", "--man=no", *(f"./{name}" for name in names))
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_systemd_understands_every_line(self):
        for name in SERVICES:
            self.assertVerified(f"{name}.service", f"{name}.socket")

    def test_a_line_that_systemd_does_not_understand_would_be_seen(self):
        unit = self.folder / "auditfail-controld.service"
        unit.write_text(unit.read_text().replace("SystemCallFilter=", "SystemCallFilter=no_such_call ", 1))
        with self.assertRaises(AssertionError):
            self.assertVerified(unit.name)

    def filtered(self, name):
        """The system calls that the filter of a service lets pass."""
        words = " ".join(re.findall(r"(?m)^SystemCallFilter=(.*)$", (UNITS / f"{name}.service").read_text())).split()
        return {*words, *self.calls_of(*(word for word in words if word.startswith("@")))}

    def calls_of(self, *groups):
        """The system calls of GROUPS; of all groups that systemd knows, without GROUPS."""
        return re.findall(r"(?m)^    (\w+)$", self.analyze("syscall-filter", *groups).stdout)

    @unittest.skipUnless(shutil.which("nm"), "needs nm")
    def test_the_filters_let_pass_what_the_daemons_call(self):
        known = set(self.calls_of())
        for name in SERVICES:
            result = subprocess.run(["nm", "-D", "--undefined-only", os.environ[name.upper().replace("-", "_")]],
                                    capture_output=True, text=True, check=True)
            called = {re.sub("^__|_chk$|_2$|64$", "", symbol) for symbol in re.findall(r" U (\w+)", result.stdout)}
            self.assertIn("openat", called & known)
            self.assertEqual((called & known) - NOT_FILTERED - self.filtered(name), set())

    def test_services_are_as_closed_as_they_promise(self):
        for name, bound in SERVICES.items():
            result = self.analyze("security", "--offline=true", "--no-pager", f"--threshold={round(bound * 10)}",
                                  f"./{name}.service")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_guard_refuses_to_stop_auditd_and_the_rules_that_it_requires(self):
        for unit in ("auditd.service", "audit-rules.service"):
            (self.folder / unit).write_text("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n")
            shutil.copytree(SOURCE / f"units/{unit}.d", self.folder / f"{unit}.d")
            self.assertVerified(unit)
            text = (self.folder / f"{unit}.d/50-auditfail.conf").read_text()
            self.assertRegex(text, r"(?m)^\[Unit\]\nRefuseManualStop=yes$")
            self.assertRegex(text, r"(?m)^Description=.*auditctl \w+\)$")
            self.assertEqual("IgnoreOnIsolate=yes" in text, unit == "auditd.service")


@unittest.skipUnless(shutil.which("apparmor_parser", path=os.environ["PATH"] + ":/usr/sbin:/sbin"), "needs apparmor_parser")
class AppArmor(unittest.TestCase):
    def parse(self, text):
        """Compiles profiles with the abstractions of this machine, and loads nothing."""
        return subprocess.run(["apparmor_parser", "--config-file=/dev/null", "--skip-kernel-load", "--skip-cache", "--warn=all",
                               "--stdout"], input=text.encode(), capture_output=True, timeout=60, check=False,
                              env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})

    def assertParsed(self, name, text):
        result = self.parse(text)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(name.encode(), result.stdout)

    def test_the_profiles_are_understood(self):
        for name in SERVICES:
            self.assertParsed(name, (UNITS / "apparmor" / name).read_text())

    def test_the_abstraction_is_understood(self):
        rules = (SOURCE / "units/apparmor/abstraction").read_text()
        self.assertParsed("asker", f"include <tunables/global>\nprofile asker /bin/asker {{\n{rules}}}\n")

    def test_the_page_of_the_preload_library_has_the_rules_of_the_abstraction(self):
        rules = re.findall("(?m)^[^#].*,$", (SOURCE / "units/apparmor/abstraction").read_text())
        page = (SOURCE / "man/auditfail-preload.8").read_text()
        self.assertIn("\n.nf\n" + "\n".join(rules) + "\n.fi\n", page)

    def test_a_rule_that_is_no_rule_would_be_seen(self):
        text = (UNITS / "apparmor/auditfaild").read_text().replace("capability audit_write", "capability audit_writes")
        self.assertNotEqual(self.parse(text).returncode, 0)

    def test_each_unit_names_its_profile(self):
        for name in SERVICES:
            named = re.findall("(?m)^AppArmorProfile=(.*)$", (UNITS / f"{name}.service").read_text())
            self.assertIn(named, ([], [f"-{name}"]))  # the option apparmor
            self.assertIn(f"\nprofile {name} ", (UNITS / "apparmor" / name).read_text())


RULE = SOURCE / "units/polkit-1/40-auditfail-guard.rules"
UNIT_ACTION = "org.freedesktop.systemd1.manage-units"
FILE_ACTION = "org.freedesktop.systemd1.manage-unit-files"


@unittest.skipUnless(shutil.which("node"), "needs node, to run a rule of polkit's")
class GuardRule(unittest.TestCase):
    def ask(self, action, **details):
        """What the rule says to ACTION; None: polkit goes on to the next rule."""
        script = (f"var polkit = {{Result: {{NO: 'no'}}, addRule: function(rule) {{ this.rule = rule; }}}};\n"
                  f"{RULE.read_text()}\n"
                  f"var details = {json.dumps(details)};\n"
                  f"var action = {{id: {json.dumps(action)}, lookup: function(name) {{ return details[name]; }}}};\n"
                  "console.log(JSON.stringify(polkit.rule(action, {user: 'alice'}) || null));")
        result = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
        return json.loads(result.stdout)

    def test_users_may_start_auditd_and_nothing_more(self):
        for unit in ("auditd.service", "audit-rules.service"):
            for verb in ("stop", "restart", "try-restart", "reload-or-restart", "kill", "freeze", "set-property", "clean"):
                self.assertEqual(self.ask(UNIT_ACTION, unit=unit, verb=verb), "no", (unit, verb))
            for verb in ("start", "reset-failed", "thaw"):
                self.assertIsNone(self.ask(UNIT_ACTION, unit=unit, verb=verb), (unit, verb))

    def test_an_action_that_implies_another_opens_no_way(self):
        self.assertEqual(self.ask(FILE_ACTION, unit="auditd.service", verb="kill"), "no")

    def test_other_units_and_actions_are_left_to_other_rules(self):
        self.assertIsNone(self.ask(UNIT_ACTION, unit="cron.service", verb="stop"))
        self.assertIsNone(self.ask(UNIT_ACTION))
        self.assertIsNone(self.ask(FILE_ACTION))
        self.assertIsNone(self.ask("org.freedesktop.login1.reboot", unit="auditd.service", verb="stop"))


class Polkit(unittest.TestCase):
    def setUp(self):
        self.policy = xml.etree.ElementTree.parse(SOURCE / "units/io.auditfail.control.policy").getroot()

    def test_the_actions_are_those_that_the_daemon_asks_for(self):
        asked = re.findall(r'"(io\.auditfail\.control\.\w+)"', (SOURCE / "daemon/controld/caller/authority.h").read_text())
        self.assertEqual({action.get("id") for action in self.policy.iter("action")}, set(asked))

    def test_nobody_may_without_an_administrators_password(self):
        for action in self.policy.iter("action"):
            answers = {answer.tag: answer.text for answer in action.find("defaults")}
            self.assertEqual(set(answers), {"allow_any", "allow_inactive", "allow_active"})
            for answer in answers.values():
                self.assertIn(answer, ("auth_admin", "auth_admin_keep"), action.get("id"))

    def test_a_password_for_something_else_stops_no_auditd(self):
        stop = self.policy.find("action[@id='io.auditfail.control.stop']/defaults")
        self.assertEqual({answer.text for answer in stop}, {"auth_admin"})

    def test_people_are_told_what_they_allow(self):
        for action in self.policy.iter("action"):
            self.assertTrue(action.findtext("description") and action.findtext("message"), action.get("id"))


class Catalog(unittest.TestCase):
    def test_every_message_is_explained(self):
        ids = re.findall(r'"([0-9a-f]{32})"', (SOURCE / "protocol/message_ids.h").read_text())
        explained = re.findall(r"(?m)^-- ([0-9a-f]{32})$", (SOURCE / "units/auditfail.catalog").read_text())
        self.assertEqual(sorted(ids), sorted(explained))
        self.assertEqual(len(ids), len(set(ids)))

    def test_journalctl_reads_it(self):
        with tempfile.TemporaryDirectory(prefix="auditfail-catalog-") as root:
            folder = pathlib.Path(root) / "usr/lib/systemd/catalog"
            folder.mkdir(parents=True)
            (pathlib.Path(root) / "var/lib/systemd/catalog").mkdir(parents=True)
            shutil.copy(SOURCE / "units/auditfail.catalog", folder)
            for command in (["--update-catalog"], ["--list-catalog"]):
                result = subprocess.run(["journalctl", f"--root={root}", *command], capture_output=True, text=True,
                                        timeout=60, check=False)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(result.stdout.count("\n"),
                             (SOURCE / "units/auditfail.catalog").read_text().count("\nSubject:"))


if __name__ == "__main__":
    main()
