#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bash, zsh and fish complete after auditfailctl and auditctl."""
import os
import pathlib
import re
import subprocess

from completion_shells import Bash, Fish, Zsh
from ctl_harness import Ctl
from harness import AUDITFAILCTL, DEADLINE, main

AUDITCTL = os.environ["AUDITCTL"]
SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
MODES = {"short", "pretty", "auto", "off"}


class Completions:
    SHELL = None

    def setUp(self):
        super().setUp()
        self.policy("passwd", "log")
        self.policy("useradd", "log")
        self.daemon()
        programs = self.folder / "programs"
        programs.mkdir()
        for name, target in (("auditfailctl", AUDITFAILCTL), ("auditctl", AUDITCTL)):
            (programs / name).symlink_to(target)
        (programs / "systemctl").write_text("#!/bin/sh\necho 'a-service.service loaded active running A service'\n")
        (programs / "systemctl").chmod(0o755)
        home = self.folder / "home"
        (home / "drafts").mkdir(parents=True)
        (home / "draft.conf").touch()
        path = f"{programs}:{os.environ['PATH']}"
        self.shell = self.SHELL(SOURCE / "units/completions", home, self.environment(PATH=path))
        self.addCleanup(self.shell.close)

    def help(self, *command):
        return subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=DEADLINE, check=True,
                              env=self.environment()).stdout

    def assertCompletes(self, line, words):
        self.assertEqual(self.shell.complete(line), set(words), line)

    def test_every_command_and_option(self):
        commands = re.findall(r"(?m)^  ([a-z]+) ", self.help(AUDITFAILCTL))
        self.assertCompletes("auditfailctl ", commands)
        for command in commands:
            text = self.help(AUDITFAILCTL, command).partition("\n\n")[2]
            self.assertCompletes(f"auditfailctl {command} --", re.findall(r"(?m)^  .{4}(--[a-z-]+)", text))

    def test_every_verb_and_option_of_auditctl(self):
        verbs = re.findall(r"(?m)^  ([a-z]+) ", self.help(AUDITCTL, "stop"))
        self.assertCompletes("auditctl ", verbs)
        for verb in verbs:
            self.assertCompletes(f"auditctl {verb} --", re.findall(r"(?m)^  .{4}(--[a-z-]+)", self.help(AUDITCTL, verb)))
        self.assertCompletes("auditctl stop --json=", MODES)

    def test_applications(self):
        for line in ("query ", "explain ", "history -a ", "history --application=", "run --as=", "--no-pager query "):
            self.assertCompletes(f"auditfailctl {line}", {"passwd", "useradd"})
        for line in ("edit u", "--json explain u"):
            self.assertCompletes(f"auditfailctl {line}", {"useradd"})

    def test_values(self):
        for line, words in (("list --json=", MODES), ("query --kind=o", {"overload", "other"}), ("guard o", {"on", "off"}),
                            ("query -e EPR", {"EPROTONOSUPPORT"}), ("history --since=y", {"yesterday"}),
                            ("list --color=", {"auto", "always", "never"})):
            self.assertCompletes(f"auditfailctl {line}", words)

    def test_units_processes_and_programs(self):
        self.assertIn("a-service.service", self.shell.complete("auditfailctl doctor a-s"))
        self.assertIn(str(os.getpid()), self.shell.complete(f"auditfailctl doctor {str(os.getpid())[:-1]}"))
        self.assertIn("auditfailctl", self.shell.complete("auditfailctl doctor auditfailc"))
        self.assertIn("auditfailctl", self.shell.complete("auditfailctl run auditfailc"))

    def test_check_completes_drafts(self):
        found = self.shell.complete("auditfailctl check dr")
        self.assertEqual({pathlib.Path(path).name for path in found}, {"draft.conf", "drafts"})


class InBash(Completions, Ctl):
    SHELL = Bash


class InZsh(Completions, Ctl):
    SHELL = Zsh


class InFish(Completions, Ctl):
    SHELL = Fish


if __name__ == "__main__":
    main()
