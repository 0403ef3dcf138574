#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""meson.build has the version. NEWS and the files of packages cannot read it there, so `./do release` repeats it."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
MESON = ("meson.build", r"(?m)^ *version: '(.*)',$")
PLACES = [
    ("debian/changelog", r"\Aauditfail \((.*)-"),  # a tarball of Debian's has no such file
    ("rpm/auditfail.spec", r"(?m)^Version: *(.*)$"),
    ("rpm/auditfail.spec", r"%changelog\n\*.* - (.*)-"),
    ("NEWS.md", r"(?m)^## (\d.*) \("),
]


def version_in(source, file, pattern):
    found = re.search(pattern, (source / file).read_text())
    return found and found[1]


class Version(unittest.TestCase):
    def test_all_files_have_the_version_of_meson_build(self):
        for file, pattern in PLACES:
            if (SOURCE / file).exists():
                with self.subTest(file, pattern=pattern):
                    found = version_in(SOURCE, file, pattern)
                    if found or file != "NEWS.md":  # which names no version before the first release
                        self.assertEqual(found, version_in(SOURCE, *MESON))


@unittest.skipUnless(shutil.which("git") and (SOURCE / "debian").exists(), "needs git and the debian folder")
class Release(unittest.TestCase):
    """`./do release` in a repository that has only the files with the version."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="auditfail-release."))
        self.addCleanup(shutil.rmtree, self.folder)
        for file in ["tests/package/release", *(file for file, _ in [MESON, *PLACES])]:
            (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / file, self.folder / file)
        self.write("NEWS.md", "# News\n\n## Next release\n\n- A change.\n\n## 0.0.1 (2026-01-01)\n")
        self.run_here("git", "init", "-q")
        self.commit()

    def write(self, file, text):
        (self.folder / file).write_text(text)

    def run_here(self, *command):
        person = {f"GIT_{role}_{what}": "nobody@example.org" for role in ["AUTHOR", "COMMITTER"] for what in ["NAME", "EMAIL"]}
        return subprocess.run(command, cwd=self.folder, text=True, capture_output=True,
                              env={**os.environ, **person, "GIT_CONFIG_GLOBAL": "/dev/null"})

    def commit(self):
        self.run_here("git", "add", "--all")
        self.run_here("git", "commit", "-q", "-m", "before")

    def release(self, version):
        return self.run_here("tests/package/release", version)

    def test_it_writes_the_version_everywhere_and_tags(self):
        ended = self.release("7.8.9")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        for place in [MESON, *PLACES]:
            self.assertEqual(version_in(self.folder, *place), "7.8.9", place)
        self.assertIn("- A change.", (self.folder / "NEWS.md").read_text())
        self.assertEqual(self.run_here("git", "status", "--porcelain").stdout, "")
        self.assertEqual(self.run_here("git", "describe").stdout, "v7.8.9\n")

    def refused(self, version, why):
        ended = self.release(version)
        self.assertEqual((ended.returncode, why in ended.stderr), (1, True), ended.stderr)
        self.assertEqual(version_in(self.folder, *MESON), version_in(SOURCE, *MESON))

    def test_it_refuses_what_is_no_version(self):
        self.refused("next", '"next" is no version')

    def test_it_refuses_a_checkout_with_changes(self):
        self.write("more", "")
        self.refused("7.8.9", "the checkout has changes")

    def test_it_refuses_a_version_that_is_released(self):
        self.run_here("git", "tag", "v7.8.9")
        self.refused("7.8.9", "there is a tag v7.8.9")

    def test_it_refuses_a_release_without_news(self):
        self.write("NEWS.md", "# News\n\n## 0.0.1 (2026-01-01)\n")
        self.commit()
        self.refused("7.8.9", "NEWS.md does not begin with")


if __name__ == "__main__":
    main()
