#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Runs the tests of a build in surroundings that other people have, and compares the counts.

    surroundings.py BUILD [NAME...]

All tests must pass in each of the surroundings. Their number must be the one of the usual surroundings, or, if a test
fails there, of the next ones without a failure. An ordinary user may skip more tests; all others must skip the same
number. The last line counts the surroundings.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).parent.parent
NOBODY = 65534
NO_HOME = {"HOME": "/nonexistent", "CCACHE_DISABLE": "1"}  # as root, ccache would make the folder
PACKAGE_BUILD = {"SOURCE_DATE_EPOCH": "1700000000", "DEB_BUILD_OPTIONS": "parallel=2", "DEB_HOST_ARCH": "amd64",
                 "DEB_RULES_REQUIRES_ROOT": "no", "LC_ALL": "C.UTF-8", **NO_HOME}
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # root's own programs may be closed to an ordinary user


def ignore_signals():
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)


def become_nobody():
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


class Surroundings:
    def __init__(self, names, scratch):
        self.names, self.scratch = names, scratch
        self.expected = self.usually_skipped = None
        self.passed = self.failed = 0

    def run(self, title, build, environment=None, before=None):
        """Runs the tests in ENVIRONMENT, added to the usual one. BEFORE is called in the child before exec()."""
        (build / "meson-logs/testlog.json").unlink(missing_ok=True)
        subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--quiet", *self.names], cwd=build, check=False,
                       env={**os.environ, **(environment or {})}, preexec_fn=before, restore_signals=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        summary = subprocess.run([SOURCE / "tests/summary.py", build], check=False, capture_output=True, text=True)
        *lines, count = summary.stdout.splitlines()
        skipped = {line for line in lines if line.startswith("SKIPPED")}
        numbers = [int(number) for number in re.findall(r"\d+", count)]
        if self.usually_skipped is None:
            self.usually_skipped = skipped
        passed = summary.returncode == 0
        if passed:
            self.expected = self.expected or numbers
            passed = sum(numbers) == sum(self.expected) if before is become_nobody else numbers == self.expected
        if passed:
            self.passed += 1
        else:
            self.failed += 1
            for line in lines:
                if line and line not in self.usually_skipped:
                    print(line)
            for line in self.usually_skipped - skipped:
                print(f"Not {line}")
        print(f"{title}: {count}", flush=True)

    def run_in_german(self, build):
        locales = self.scratch / "locales"
        locales.mkdir()
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if made.returncode == 0:
            self.run("LC_ALL=de_DE.UTF-8", build, {"LOCPATH": str(locales), "LC_ALL": "de_DE.UTF-8"})
        else:
            print("LC_ALL=de_DE.UTF-8: left out, because localedef cannot make this locale")

    def copy_with_blanks(self):
        """Builds a copy of the sources in a folder with blanks."""
        copy = self.scratch / "a folder with blanks"
        built = [path.name for path in SOURCE.glob("build*")]
        shutil.copytree(SOURCE, copy, symlinks=True, ignore=shutil.ignore_patterns(*built, ".git", "__pycache__"))
        for command in (["meson", "setup", "build", "-Dtests=enabled"], ["meson", "compile", "-C", "build"]):
            subprocess.run(command, cwd=copy, check=True, stdout=subprocess.DEVNULL,
                           env={**os.environ, "PATH": SYSTEM_PATH})
        return copy / "build"

    def run_all(self, build):
        self.run("usual surroundings", build)
        self.run("SIGHUP, SIGINT and SIGPIPE ignored", build, before=ignore_signals)
        self.run("stdin closed", build, before=lambda: os.close(0))
        self.run("umask 077", build, before=lambda: os.umask(0o077))
        folder = self.scratch / "tmp"
        folder.mkdir()
        folder.chmod(0o1777)
        self.run("another TMPDIR", build, {"TMPDIR": str(folder)})
        self.run("LC_ALL=C", build, {"LC_ALL": "C"})
        self.run_in_german(build)
        self.run("build of a package", build, PACKAGE_BUILD)
        copy = self.copy_with_blanks()
        self.run("folder with blanks", copy)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", copy.parent], check=True)
            self.run("ordinary user", copy, {"PATH": SYSTEM_PATH, **NO_HOME}, before=become_nobody)
        else:
            print("root: left out, because an ordinary user runs this")


def main():
    with tempfile.TemporaryDirectory(prefix="auditfail-surroundings-") as scratch:
        os.chmod(scratch, 0o755)
        surroundings = Surroundings(sys.argv[2:], pathlib.Path(scratch))
        surroundings.run_all(pathlib.Path(sys.argv[1]).resolve())
    print(f"{surroundings.passed} passed, {surroundings.failed} failed")
    return surroundings.failed > 0


if __name__ == "__main__":
    sys.exit(main())
