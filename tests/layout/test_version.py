#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""meson.build has the version. The files of packages cannot read it there, so they repeat it."""
import os
import pathlib
import re
import unittest

from harness import main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
PLACES = [
    ("debian/changelog", r"\Aauditfail \((.*)-"),  # a tarball of Debian's has no such file
    ("rpm/auditfail.spec", r"(?m)^Version: *(.*)$"),
    ("rpm/auditfail.spec", r"%changelog\n\*.* - (.*)-"),
]


class Version(unittest.TestCase):
    def test_packages_have_the_version_of_meson_build(self):
        version = re.search(r"(?m)^ *version: '(.*)',$", (SOURCE / "meson.build").read_text())[1]
        for file, pattern in PLACES:
            if (SOURCE / file).exists():
                with self.subTest(file, pattern=pattern):
                    self.assertEqual(re.search(pattern, (SOURCE / file).read_text())[1], version)


if __name__ == "__main__":
    main()
