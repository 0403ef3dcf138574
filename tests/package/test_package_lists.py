#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""debian/*.install and rpm/auditfail.spec name each file that is installed, once. Otherwise the build of packages ends at
the last step."""
import fnmatch
import functools
import json
import os
import pathlib
import re
import subprocess
import unittest

from harness import main

DEBIAN = pathlib.Path(os.environ["SOURCE_ROOT"], "debian")
SPEC = pathlib.Path(os.environ["SOURCE_ROOT"], "rpm/auditfail.spec")
BUILD = pathlib.Path(os.environ["BUILD"])


# The folders that the macros of the spec stand for.
MACROS = {
    "_bindir": "usr/bin", "_datadir": "usr/share", "_includedir": "usr/include",
    "_libexecdir": "usr/libexec", "_mandir": "usr/share/man", "_sysusersdir": "usr/lib/sysusers.d",
    "_tmpfilesdir": "usr/lib/tmpfiles.d", "_unitdir": "usr/lib/systemd/system",
    "_journalcatalogdir": "usr/lib/systemd/catalog", "name": "auditfail",
}
# What the spec removes after the installation: %doc and %license have the first, and Fedora has no use for the second.
REMOVED = ["usr/share/doc/*", "usr/share/pam-configs/*"]


@functools.cache
def introspected(what):
    return json.loads(subprocess.run(["meson", "introspect", f"--{what}", BUILD], check=True, capture_output=True,
                                     timeout=60).stdout)


def option(name):
    return next(option["value"] for option in introspected("buildoptions") if option["name"] == name)


def installed():
    """The paths of the installed files, as the packages have them, without those of /etc."""
    prefix = option("prefix")
    files = [pathlib.PurePath("usr", os.path.relpath(path, prefix)) for path in introspected("installed").values()
             if not path.startswith("/etc/")]
    return list(map(str, files))


def lists():
    """The patterns of each list, each for a file or a folder."""
    for path in [*DEBIAN.glob("*.install"), DEBIAN / "not-installed"]:
        for line in path.read_text().split():
            if not line.startswith("debian/tmp/etc"):
                yield f"{path.name}: {line}", line


def spec_lists():
    """The same of the spec."""
    macros = MACROS | {"_libdir": f"usr/{option('libdir')}"}
    for package in re.split(r"(?m)^%files *", SPEC.read_text().split("%changelog")[0])[1:]:
        name, *lines = package.splitlines()
        for line in lines:
            pattern = re.sub(r"%{(\w+)}", lambda macro: macros.get(macro[1], macro[0]), line.split(" ")[-1])
            if pattern.startswith("usr/") and not line.startswith("%dir"):
                yield f"{name}: {line}", pattern.rstrip("/")


class PackageLists(unittest.TestCase):
    def assertComplete(self, files, patterns):
        """Each of FILES is in one list, and each of PATTERNS, pairs of a title and a pattern, has a file."""
        unused = {name for name, _ in patterns}
        for file in files:
            found = [name for name, pattern in patterns
                     if fnmatch.fnmatch(file, pattern) or fnmatch.fnmatch(file, f"{pattern}/*")]
            self.assertEqual(len(found), 1, f"{file} is in {found or 'no list'}")
            unused -= set(found)
        self.assertEqual(unused, set())

    def test_each_installed_file_is_in_one_debian_package_and_each_line_has_a_file(self):
        files = [file for file in installed() if not fnmatch.fnmatch(file, "*/systemd/system/*")]
        if not any(fnmatch.fnmatch(file, "usr/lib/*/libauditfail.so") for file in files):
            self.skipTest("the folders of this build are not those of Debian")
        self.assertComplete(files, list(lists()))

    def test_each_installed_file_is_in_one_rpm_package_and_each_line_has_a_file(self):
        if option("zsh_functions") != "zsh/site-functions":
            self.skipTest("the folders of this build are those of Debian")
        files = [file for file in installed() if not any(fnmatch.fnmatch(file, removed) for removed in REMOVED)]
        self.assertComplete(files, list(spec_lists()))


if __name__ == "__main__":
    main()
