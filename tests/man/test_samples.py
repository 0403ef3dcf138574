#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The sample programs of the manual pages: each is compiled as the page says, fails to write a record, asks, and obeys. The
parts of programs in the pages and in README.md compile.
"""
import os
import pathlib
import re
import shlex
import socket
import subprocess
import tempfile
import threading
import unittest

import examples
from harness import DEADLINE, main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
LIBRARY = pathlib.Path(os.environ["LIBAUDITFAIL"]).parent
COMPILER = shlex.split(os.environ["COMPILER"])
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
# What stands around a part of a program.
PART = """#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>
#include <libaudit.h>
%s
void part(int fd, const char *message);
void part(int fd, const char *message) { (void)fd; (void)message;
%s
}
"""


def c_blocks(page):
    """The blocks of C in PAGE, as a reader sees them."""
    return ["\n".join(block.lines) + "\n" for block in examples.blocks(page) if (block.what, block.place) == ("text", "c")]


def sample(page):
    """The one program in PAGE."""
    program, = (block for block in c_blocks(SOURCE / "man" / page) if "main(" in block)
    return program


def command_of(page):
    """The command that compiles the program with libauditfail, as PAGE has it."""
    text = examples.transcripts.read_roff((SOURCE / "man" / page).read_text())
    return shlex.split(re.search(r"\bcc [\w.-]+\.c [^\"\n\\]*", text)[0])


def without_audit():
    """What stands before a command so that the kernel refuses its audit records."""
    return ["setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write"] if os.geteuid() == 0 else []


class Samples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="auditfail-samples-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def compile(self, page, command=None):
        """Compiles the program of PAGE by the COMMAND of that page, or of another."""
        _, source, *options = command or command_of(page)
        (self.folder / source).write_text(sample(page))
        program = source.removesuffix(".c")
        output = [] if "-o" in options else ["-o", program]
        subprocess.run([*COMPILER, *WARNINGS, "-I", SOURCE / "include", source, *output, "-L", LIBRARY, f"-Wl,-rpath,{LIBRARY}",
                        *options], cwd=self.folder, check=True)
        return self.folder / program

    def run_with_policy(self, program, action):
        """Runs PROGRAM with a daemon that answers ACTION to the first question; returns what became of it, and the question."""
        questions = []
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.folder / "io.auditfail.Policy"))
            listener.listen()
            listener.settimeout(DEADLINE)

            def answer():
                connection, _ = listener.accept()
                with connection:
                    questions.append(connection.recv(4096).decode())
                    connection.sendall(b'{"parameters":{"action":"%s","file":"/p","line":7}}\0' % action.encode())

            daemon = threading.Thread(target=answer, daemon=True)
            daemon.start()
            ended = subprocess.run([*without_audit(), program], env=os.environ | {"AUDITFAIL_RUNTIME_DIR": self.folder},
                                   timeout=DEADLINE, capture_output=True, text=True, check=False)
            daemon.join(DEADLINE)
        (self.folder / "io.auditfail.Policy").unlink()
        self.assertEqual(len(questions), 1, ended)
        return ended, questions[0]

    def test_the_sample_of_audit_failure_action_obeys(self):
        program = self.compile("audit_failure_action.3")
        for action, status, output in (("ignore", 0, "at work"), ("log", 0, "at work"), ("terminate", 1, "")):
            with self.subTest(action):
                ended, question = self.run_with_policy(program, action)
                self.assertIn('"application":"example"', question)
                self.assertEqual(ended.returncode, status, ended)
                self.assertIn(output, ended.stdout)
                self.assertEqual(bool(ended.stderr), action != "ignore", ended)

    def test_the_sample_of_auditfail_ask_obeys(self):
        program = self.compile("auditfail_ask.3")
        for action, status in (("ignore", 0), ("log", 0), ("terminate", 1)):
            with self.subTest(action):
                ended, question = self.run_with_policy(program, action)
                self.assertIn('"application":"audit-or-obey"', question)
                self.assertRegex(question, r'"errno":\d+,"operation":"audit_')
                self.assertEqual(ended.returncode, status, ended)
                self.assertIn(f"/p:7 (daemon) says {action}", ended.stdout)

    def test_the_sample_of_auditfail_check_obeys_before_its_work(self):
        program = self.compile("auditfail_check.3", ["cc", "auditfail_check.c", "-lauditfail", "-laudit"])
        for action, status, output in (("ignore", 0, "at work\n"), ("log", 0, "at work\n"), ("terminate", 1, "")):
            with self.subTest(action):
                ended, question = self.run_with_policy(program, action)
                self.assertIn('"operation":"auditfail_check","record":"USER_MGMT"', question)
                self.assertEqual((ended.returncode, ended.stdout), (status, output), ended)

    def test_the_sample_for_audit_log_user_message_obeys(self):
        # The libaudit of this machine declares no function of ours.
        page = SOURCE / "native/audit/man/audit_log_user_message.3.section"
        program = self.compile(page, ["cc", "record.c", "-include", "auditfail.h", "-lauditfail", "-laudit"])
        for action, status in (("ignore", 0), ("log", 0), ("terminate", 1)):
            with self.subTest(action):
                ended, question = self.run_with_policy(program, action)
                self.assertIn('"application":"hwclock"', question)
                self.assertRegex(question, r'"errno":\d+,"operation":"audit_log_user_message","record":"USYS_CONFIG"')
                self.assertEqual(ended.returncode, status, ended)
                self.assertEqual(bool(ended.stderr), action != "ignore", ended)

    def test_parts_of_programs_compile(self):
        parts = [(page.name, block) for page in examples.PAGES for block in c_blocks(page) if "main(" not in block]
        self.assertIn("README.md", [page for page, _ in parts])
        for page, part in parts:
            with self.subTest(page):
                includes = re.findall(r"^#include .*", part, re.MULTILINE) or ["#include <auditfail.h>"]
                body = re.sub(r"^#include .*", "", part, flags=re.MULTILINE)
                (self.folder / "part.c").write_text(PART % ("\n".join(includes), body))
                subprocess.run([*COMPILER, *WARNINGS, "-I", SOURCE / "include", "-c", "part.c"], cwd=self.folder, check=True)

    def test_the_sample_of_auditfail_ask_is_the_example_in_the_source_tree(self):
        licence, _, example = (SOURCE / "client/examples/audit-or-obey.c").read_text().partition("\n")
        self.assertIn("SPDX", licence)
        self.assertEqual(sample("auditfail_ask.3").lstrip("\n"), example)


if __name__ == "__main__":
    main()
