#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layout of the sources, which HACKING.md explains: who may include whom, and which header declares what."""
import os
import pathlib
import tempfile
import unittest

from harness import main
from includes import Sources, folder, stem

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
FOLDERS = ["include", "protocol", "daemon", "client"]

# Each folder, and the folders that it may include: with a folder, the ones below it. What is not listed has the line of
# the folder above it.
PROTOCOL = ["include", "protocol"]
ALLOWED = {
    "include": [],
    "protocol": ["include"],
    "protocol/json": ["protocol"],
    "protocol/varlink": ["protocol"],
    "protocol/audit": ["protocol", "include"],
    "daemon/common": PROTOCOL,
    "daemon/policy": [*PROTOCOL, "daemon/common"],
    "daemon/server": [*PROTOCOL, "daemon/common"],
    "daemon/auditfaild": [*PROTOCOL, "daemon/common", "daemon/policy", "daemon/server"],
    "daemon/controld": [*PROTOCOL, "client/libauditfail", "daemon/common", "daemon/server"],
    "client/libauditfail": PROTOCOL,
    "client/shim": [*PROTOCOL, "client/libauditfail"],
    "client/preload": [*PROTOCOL, "client/libauditfail", "client/shim"],
    "client/pam": [*PROTOCOL, "client/libauditfail", "client/shim"],
    "client/common": PROTOCOL,
    "client/auditctl": [*PROTOCOL, "client/common"],
    "client/auditfailctl": [*PROTOCOL, "client/libauditfail", "client/common", "client/shim", "daemon/policy"],
    "client/examples": ["include"],
}
# Headers whose declarations no source file of their name defines.
ELSEWHERE = {
    "include/auditfail.h": "the public interface: client/libauditfail defines it",
    "protocol/interfaces.h": "the build makes interfaces.c from the .varlink files",
}
FILES_MAX = 15  # C source files in a folder


class Layout(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.sources = Sources(SOURCE, FOLDERS, ALLOWED, ELSEWHERE)

    def assertNone(self, found):
        if found:
            self.fail("\n" + "\n\n".join(found))

    def test_an_include_line_names_a_header_by_its_path(self):
        self.assertNone(self.sources.unknown())

    def test_no_two_headers_share_a_name(self):
        self.assertNone(self.sources.names_twice())

    def test_files_form_no_circle(self):
        self.assertNone(self.sources.circles(stem))

    def test_folders_form_no_circle(self):
        self.assertNone(self.sources.circles(folder))

    def test_includes_go_in_the_direction_of_the_layout(self):
        self.assertNone(self.sources.wrong_directions())

    def test_a_header_declares_what_its_own_file_defines(self):
        self.assertNone(self.sources.foreign_declarations())

    def test_no_folder_holds_too_many_files(self):
        count = {}
        for path in self.sources.texts:
            if path.endswith(".c"):
                count[folder(path)] = count.get(folder(path), 0) + 1
        self.assertNone([f"{name}: {number} C files" for name, number in count.items() if number > FILES_MAX])

    def test_parameterized_tests_survive_optimisation_by_the_linker(self):
        """tests/harness/parameterized.h says why Criterion's own header does not do."""
        users = [path.relative_to(SOURCE).as_posix() for path in sorted((SOURCE / "tests").rglob("*.[ch]"))
                 if "#include <criterion/parameterized.h>" in path.read_text()]
        self.assertEqual(users, ["tests/harness/parameterized.h"])


class Checker(unittest.TestCase):
    """Each fault is found in a tree that has it."""

    def sources(self, files, allowed=None):
        folder_of_test = tempfile.TemporaryDirectory()
        self.addCleanup(folder_of_test.cleanup)
        root = pathlib.Path(folder_of_test.name)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return Sources(root, ["a", "b"], allowed or {}, {})

    def test_a_header_of_the_same_folder_needs_its_path_too(self):
        self.assertEqual(self.sources({"a/x.h": "", "a/x.c": '#include "x.h"\n'}).unknown(), ['a/x.c:1: #include "x.h"'])

    def test_a_name_used_twice(self):
        self.assertEqual(self.sources({"a/x.h": "", "b/x.h": ""}).names_twice(), ["a/x.h and b/x.h"])

    def test_a_circle_of_files(self):
        files = {"a/x.h": "", "a/x.c": '#include "a/y.h"\n', "a/y.h": "", "a/y.c": '\n#include "a/x.h"\n'}
        self.assertEqual(self.sources(files).circles(stem), ['a/x.c:1: #include "a/y.h"\na/y.c:2: #include "a/x.h"'])

    def test_a_circle_of_folders(self):
        files = {"a/x.h": "", "a/y.h": '#include "b/z.h"', "b/z.h": "", "b/w.h": '#include "a/x.h"'}
        self.assertEqual(self.sources(files).circles(stem), [])
        self.assertEqual(self.sources(files).circles(folder), ['a/y.h:1: #include "b/z.h"\nb/w.h:1: #include "a/x.h"'])

    def test_a_wrong_direction(self):
        files = {"a/x.h": '#include "b/y.h"', "b/y.h": "", "a/deep/z.c": '#include "b/y.h"'}
        self.assertEqual(self.sources(files, {"a": ["b"]}).wrong_directions(), [])
        self.assertEqual(self.sources(files, {"a": []}).wrong_directions(),
                         ['a/deep/z.c:1: #include "b/y.h"', 'a/x.h:1: #include "b/y.h"'])

    def test_a_comment_includes_nothing(self):
        self.assertEqual(self.sources({"a/x.c": '/*\n#include "x.h"\n*/\n// #include "x.h"\n'}).unknown(), [])

    def test_a_function_of_another_file(self):
        files = {"a/x.h": "int own(void);\nstruct s {\n        int n;\n};\n__attribute__((format(printf, 1, 2)))\n"
                          "int\nforeign(const char *format, ...);\nextern int variable;\nstatic inline int f(void);\n",
                 "a/x.c": "int own(void) {\n        return foreign();\n}\n", "a/y.c": "int foreign(void) {\n}\n"}
        self.assertEqual(self.sources(files).foreign_declarations(),
                         ["a/x.h:7: foreign(const char *format, ...);", "a/x.h:8: extern int variable;"])


if __name__ == "__main__":
    main()
