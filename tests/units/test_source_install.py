#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ./do install has installed below DESTDIR, ./do uninstall removes again."""
import os
import pathlib
import shutil
import subprocess

from ctl_harness import GUARD_FOLDER, INSTALLED_AUDITCTL
from harness import DaemonTest, main, needs_root

BUILD = pathlib.Path(os.environ["BUILD"])
SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
UNITS = "/etc/systemd/system"
LIST = "/var/lib/auditfail/installed-files"


class SourceInstall(DaemonTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.root)
        self.log = self.folder / "install-log.txt"
        for path in ("/etc/auditfail.note", "/usr/local/bin/other", f"{UNITS}/auditd.service.d/local.conf"):
            self.write(path, "of others\n")
        for path in ("/var/lib", "/usr/local/sbin", "/run"):
            (self.root / path[1:]).mkdir(parents=True)

    def write(self, path, text, mode=0o644):
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def link(self, path, target):
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def run_below(self, *argv, status=0):
        result = self.run_program(*argv, env={**os.environ, "DESTDIR": str(self.root)})
        self.assertEqual(result.returncode, status, result)
        return result.stdout + result.stderr

    def record(self, *paths):
        self.log.write_text("# List of files installed by Meson\n" + "".join(f"{self.root}{path}\n" for path in paths))
        self.run_below(SOURCE / "units/source-install", "record", self.log)

    def uninstall(self, *options, status=0):
        return self.run_below(SOURCE / "do", "uninstall", *options, status=status)

    def tree(self):
        return {str(path.relative_to(self.root)): path.lstat().st_mode for path in self.root.rglob("*")}

    def install(self):
        """Installs a release-system that does its work, and another file. Returns the release-system."""
        release = self.write("/usr/local/libexec/auditfail/release-system", "", 0o755)
        shutil.copy(BUILD / "units/release-system", release)
        self.write("/usr/local/bin/auditfailctl", "")
        self.write("/etc/auditfail/default.conf", "log\n")
        self.record("/usr/local/libexec/auditfail/release-system", "/usr/local/bin/auditfailctl",
                    "/usr/local/libexec/auditfail", "/usr/local/libexec")
        return release

    def test_the_tree_is_as_before(self):
        before = self.tree()
        result = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", f"--destdir={self.root}"],
                                capture_output=True, text=True, timeout=180, check=False)
        if "could not be found" in result.stdout + result.stderr:
            self.skipTest("not everything is built")
        self.assertEqual(result.returncode, 0, result)
        self.run_below(SOURCE / "units/source-install", "record", BUILD / "meson-logs/install-log.txt")
        self.assertTrue((self.root / INSTALLED_AUDITCTL[1:]).exists())
        self.use()
        self.assertIn(f"Kept the policy files in {self.root}/etc/auditfail; ./do uninstall --purge", self.uninstall())
        self.assertEqual({path for path in self.tree() if not path.startswith("etc/auditfail/")},
                         {*before, "etc/auditfail"})
        self.assertTrue((self.root / "etc/auditfail/default.conf").exists())
        self.uninstall("--purge")
        self.assertEqual(self.tree(), before)

    def use(self):
        """Makes the system use auditfail, as an administrator does."""
        self.link(f"{UNITS}/auditd.service.d/50-auditfail.conf", f"{GUARD_FOLDER}/auditd.service.d/50-auditfail.conf")
        self.link(f"{UNITS}/cups.service.d/50-auditfail-preload.conf", f"{GUARD_FOLDER}/auditfail-preload.conf")
        self.link(f"{UNITS}/sockets.target.wants/auditfaild.socket", "/lib/systemd/system/auditfaild.socket")
        self.link("/usr/local/sbin/auditctl", INSTALLED_AUDITCTL)
        self.write("/etc/ld.so.preload", "/usr/lib/auditfail/libauditfail-preload.so\n")
        self.write("/run/auditfail/policy.snapshot", "")

    def test_files_that_an_install_does_not_have_any_more_go(self):
        self.write("/usr/share/auditfail/old", "")
        self.record("/usr/share/auditfail/old", "/usr/share/auditfail")
        self.install()
        self.assertFalse((self.root / "usr/share/auditfail/old").exists())
        self.uninstall("--purge")
        self.assertFalse((self.root / "usr/share/auditfail").exists(), "the first install made the folder")

    def test_folders_with_files_of_others_stay(self):
        self.install()
        other = self.write("/usr/local/libexec/other", "")
        self.uninstall()
        self.assertTrue(other.exists())
        self.assertFalse((self.root / "usr/local/libexec/auditfail").exists())

    def test_nothing_is_removed_while_the_system_uses_auditfail(self):
        release = self.install()
        release.write_text("#!/bin/sh\necho 'cannot' >&2\nexit 1\n")
        before = self.tree()
        self.assertIn("cannot\ndo: nothing was removed", self.uninstall("--purge", status=1))
        self.assertEqual(self.tree(), before)
        release.unlink()
        self.assertIn("cannot find auditfail/release-system; type ./do install", self.uninstall(status=1))
        self.assertTrue((self.root / "usr/local/bin/auditfailctl").exists())

    def test_purge_may_come_later(self):
        self.install()
        self.uninstall()
        self.assertIn(f"{self.root}{LIST} does not exist, so ./do install has installed nothing", self.uninstall(status=1))
        self.uninstall("--purge")
        self.assertFalse((self.root / "etc/auditfail").exists())
        self.assertTrue((self.root / "etc/auditfail.note").exists())

    def test_another_option_is_refused(self):
        self.install()
        before = self.tree()
        self.assertIn("takes only the option --purge", self.uninstall("--all", status=1))
        self.assertEqual(self.tree(), before)

    def test_files_in_the_places_of_older_versions_go(self):
        library = "/usr/lib/x86_64-linux-gnu/libauditfail-preload.so"
        new = "/usr/lib/x86_64-linux-gnu/auditfail/libauditfail-preload.so"
        old = [self.write(path, "io.auditfail.Control") for path in ("/usr/local/sbin/auditctl", library)]
        self.write(new, "")
        preload = self.write("/etc/ld.so.preload", f"{library}\n")
        self.install()
        self.assertEqual([file.exists() for file in old], [False, True], "the loader has the library in its list")
        preload.write_text(f"{new}\n")
        self.install()
        self.assertFalse(old[1].exists())

    def test_an_auditctl_of_others_stays(self):
        other = self.write("/usr/local/sbin/auditctl", "io.auditfail is not in here")
        self.install()
        self.assertTrue(other.exists())

    def check(self, **variables):
        return self.run_program(SOURCE / "units/source-install", "check", "install",
                                env={**os.environ, "DESTDIR": "", **variables})

    @needs_root
    def test_beside_packages_it_does_not_run(self):
        query = self.folder / "dpkg-query"
        query.write_text("#!/bin/sh\nprintf '%s\\n' 'installed auditfail' 'config-files auditfail-preload' "
                         "'installed libauditfail1'\n")
        query.chmod(0o755)
        result = self.check(PATH=f"{self.folder}:{os.environ['PATH']}")
        self.assertEqual((result.returncode, result.stderr), (1, "do: auditfail is installed from packages; type: apt "
                                                                 "remove auditfail libauditfail1\n"))
        query.write_text("#!/bin/sh\nexit 1\n")
        self.assertEqual(self.check(PATH=f"{self.folder}:{os.environ['PATH']}").returncode, 0)

    def test_destdir_is_an_absolute_path(self):
        result = self.check(DESTDIR="tree")
        self.assertEqual((result.returncode, result.stderr), (1, "do: DESTDIR must be an absolute path, not \"tree\"\n"))


if __name__ == "__main__":
    main()
