#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""README.md, HACKING.md and CONTRIBUTING.md name only files, folders and functions that exist."""
import os
import pathlib
import re
import unittest

from harness import main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
PAGES = ["README.md", "HACKING.md", "CONTRIBUTING.md"]
FOLDERS = ("client", "daemon", "etc/auditfail", "include", "man", "protocol", "tests", "units")
EXAMPLE = re.compile(r"NNN|NAME|\*")  # stands for a name of the reader's


class References(unittest.TestCase):
    def test_links_lead_to_files(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#:]+)\)", (SOURCE / page).read_text()):
                self.assertTrue((SOURCE / target).exists(), f"{page}: {target}")

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


if __name__ == "__main__":
    main()
