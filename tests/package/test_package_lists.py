#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""debian/*.install names each file that is installed, once. Otherwise the build of the packages ends at the last step."""
import fnmatch
import json
import os
import pathlib
import subprocess
import unittest

from harness import main

DEBIAN = pathlib.Path(os.environ["SOURCE_ROOT"], "debian")
BUILD = pathlib.Path(os.environ["UNITS"]).parent


def introspected(what):
    return json.loads(subprocess.run(["meson", "introspect", f"--{what}", BUILD], check=True, capture_output=True,
                                     timeout=60).stdout)


def installed():
    """The files as the packages have them, without those of /etc, and those that debian/rules adds by their folder."""
    prefix = next(option["value"] for option in introspected("buildoptions") if option["name"] == "prefix")
    files = [pathlib.PurePath("usr", os.path.relpath(path, prefix)) for path in introspected("installed").values()]
    return [str(file) for file in files if not file.match("systemd/system/*")]


def lists():
    """The patterns of each list, each for a file or a folder."""
    for path in [*DEBIAN.glob("*.install"), DEBIAN / "not-installed"]:
        for line in path.read_text().split():
            if not line.startswith("debian/tmp/etc"):
                yield f"{path.name}: {line}", line


class PackageLists(unittest.TestCase):
    def test_each_installed_file_is_in_one_package_and_each_line_has_a_file(self):
        files = installed()
        if not any(fnmatch.fnmatch(file, "usr/lib/*/libauditfail.so") for file in files):
            self.skipTest("the folders of this build are not those of Debian")
        unused = {name for name, _ in lists()}
        for file in files:
            found = [name for name, pattern in lists()
                     if fnmatch.fnmatch(file, pattern) or fnmatch.fnmatch(file, f"{pattern}/*")]
            self.assertEqual(len(found), 1, f"{file} is in {found or 'no list'}")
            unused -= set(found)
        self.assertEqual(unused, set())


if __name__ == "__main__":
    main()
