#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages are well-formed; the Markdown pages name what exists."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
PAGES = ["README.md", "HACKING.md", "CONTRIBUTING.md", "SECURITY.md", "client/examples/README.md"]
FOLDERS = ("client", "daemon", "etc/auditfail", "include", "man", "protocol", "tests", "units")
# How a file of tests says that it has a case.
CASE_OF = {".c": r"Test\([^)]*, {}[,)]", ".py": r"def test_{}\(", ".sh": r'check(_and_restore)? "{}"'}
EXAMPLE = re.compile(r"NNN|NAME|\*")  # stands for a name of the reader's


def page_with(section, folder):
    """Makes a page in FOLDER of a SECTION that a page of another project gets."""
    page = pathlib.Path(folder, section.stem)
    name = page.stem
    page.write_text(f'.TH {name.upper()} 3 2026-11-28\n.SH NAME\n{name} \\- a page\n{section.read_text()}')
    return page


class ManualPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="auditfail-pages-")
        cls.addClassCleanup(folder.cleanup)
        sections = [page_with(section, folder.name) for section in (SOURCE / "native").glob("*/man/*.section")]
        cls.pages = sorted([*(SOURCE / "man").glob("*.[1-8]"), *sections])

    def assertClean(self, stream, *command, **environment):
        """COMMAND, with the name of each page, prints nothing on its STREAM."""
        for page in self.pages:
            result = subprocess.run([*command, page], env=os.environ | environment, capture_output=True, text=True,
                                    errors="replace", timeout=60, check=False)
            self.assertEqual(getattr(result, stream), "", page.name)

    @unittest.skipUnless(shutil.which("man"), "needs man")
    def test_man_formats_them_without_a_warning(self):
        self.assertClean("stderr", "man", "--warnings", "--local-file", LC_ALL="C.UTF-8", MANWIDTH="80")

    @unittest.skipUnless(shutil.which("mandoc"), "needs mandoc")
    def test_mandoc_formats_them_without_a_warning(self):
        self.assertClean("stdout", "mandoc", "-Tlint", "-Wwarning")

    def test_each_has_examples(self):
        for page in (SOURCE / "man").glob("*.[1-8]"):
            self.assertIn("\n.SH EXAMPLES\n", page.read_text(), page.name)


class References(unittest.TestCase):
    def test_links_lead_to_files(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#:]+)\)", (SOURCE / page).read_text()):
                self.assertTrue((SOURCE / page).parent.joinpath(target).exists(), f"{page}: {target}")

    def test_paths_exist(self):
        for page in PAGES:
            for path in re.findall(r"`([^`\s]+/[^`\s]*)`", (SOURCE / page).read_text()):
                if path.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and not EXAMPLE.search(path):
                    self.assertTrue((SOURCE / path).exists(), f"{page}: {path}")

    def test_functions_exist(self):
        sources = "\n".join(path.read_text(errors="replace") for folder in FOLDERS for suffix in ("c", "h", "py")
                            for path in (SOURCE / folder).rglob(f"*.{suffix}"))
        names = set(re.findall(r"\w+(?=\()", sources))
        for page in ("HACKING.md", "CONTRIBUTING.md"):
            for name in re.findall(r"`(\w+)\(\)`", (SOURCE / page).read_text()):
                self.assertTrue(name in names or name.startswith("x_"), f"{page}: {name}()")

    def test_the_tests_of_each_threat_exist(self):
        rows = [line.strip("| \n").split(" | ") for line in (SOURCE / "SECURITY.md").read_text().splitlines()
                if line.startswith("| ")][2:]
        self.assertTrue(rows)
        for threat, _, tests in rows:
            names = re.findall("`([^`:]+)(?:: ([^`]+))?`", tests)
            self.assertTrue(names, threat)
            for file, case in names:
                found = list((SOURCE / "tests").rglob(file))
                self.assertEqual(len(found), 1, f"{threat}: {file}")
                if not file.startswith("fuzz_"):
                    pattern = CASE_OF[found[0].suffix].format(re.escape(case))
                    self.assertTrue(re.search(pattern, found[0].read_text()), f"{threat}: {file}: {case}")


if __name__ == "__main__":
    main()
