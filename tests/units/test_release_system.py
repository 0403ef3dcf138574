#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""release-system, on a tree."""
import os
import pathlib
import shutil

from ctl_harness import GUARD_FOLDER, INSTALLED_AUDITCTL
from harness import STRANGER, DaemonTest, main

RELEASE = pathlib.Path(os.environ["UNITS"]) / "release-system"
SYSTEM = "etc/systemd/system"
LIBRARY = "/usr/lib/x86_64-linux-gnu/auditfail/libauditfail-preload.so"


class ReleaseSystem(DaemonTest):
    def setUp(self):
        super().setUp()
        (self.root / SYSTEM).mkdir(parents=True)

    def release(self, *parts, status=0, script=RELEASE, **options):
        """Returns what it says, and what it complains of."""
        result = self.run_program(script, f"--root={self.root}", *parts, **options)
        self.assertEqual(result.returncode, status, result)
        return result.stdout, result.stderr

    def link(self, path, target):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)
        return file

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def left(self):
        """The files that are left, and the folders below systemd's."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*")
                      if not path.is_dir() or path.is_symlink() or str(path.parent).endswith(SYSTEM))

    def test_nothing_to_do_is_no_error_and_says_nothing(self):
        self.assertEqual(self.release("guard", "pam", "preload", "units"), ("", ""))
        self.assertEqual(self.left(), [])

    def test_guard_takes_away_links_to_our_files_which_are_gone(self):
        links = [self.link(f"{SYSTEM}/{unit}.d/50-auditfail.conf", f"{GUARD_FOLDER}/{unit}.d/50-auditfail.conf")
                 for unit in ("auditd.service", "audit-rules.service")]
        links.append(self.link("etc/polkit-1/rules.d/40-auditfail-guard.rules",
                               f"{GUARD_FOLDER}/polkit-1/40-auditfail-guard.rules"))
        links.append(self.link("usr/local/sbin/auditctl", INSTALLED_AUDITCTL))
        said, complained = self.release("guard")
        self.assertEqual((said, complained), ("".join(f"auditfail: removed {link}\n" for link in links), ""))
        self.assertEqual(self.left(), [])
        self.assertTrue((self.root / "usr/local/sbin").is_dir())
        self.assertTrue((self.root / "etc/polkit-1/rules.d").is_dir())

    def test_files_and_links_of_others_stay(self):
        self.link(f"{SYSTEM}/auditd.service.d/50-auditfail.conf", "/dev/null")
        self.write(f"{SYSTEM}/audit-rules.service.d/50-auditfail.conf", "[Unit]\n")
        self.link("usr/local/sbin/auditctl", "/opt/auditctl")
        self.link(f"{SYSTEM}/cups.service.d/local.conf", "/opt/auditfail-preload.conf")
        before = self.left()
        self.assertEqual(self.release("guard", "preload", "units"), ("", ""))
        self.assertEqual(self.left(), before)

    def test_preload_unlinks_drop_ins_whatever_their_name(self):
        target = f"{GUARD_FOLDER}/auditfail-preload.conf"
        self.link(f"{SYSTEM}/cups.service.d/50-auditfail-preload.conf", target)
        self.link(f"{SYSTEM}/ssh.service.d/audit.conf", f"../../../..{target}")
        other = self.write(f"{SYSTEM}/ssh.service.d/local.conf", "")
        said, _ = self.release("preload")
        self.assertIn("restart cups.service; it still has libauditfail-preload.so in memory", said)
        self.assertIn("restart ssh.service;", said)
        self.assertEqual(self.left(), [str(path.relative_to(self.root)) for path in (other.parent, other)])

    def test_preload_takes_the_library_out_of_the_loaders_list(self):
        for before, after in (
                (f"{LIBRARY}\n", None),
                (f"{LIBRARY}", None),
                ("/usr/$LIB/auditfail/libauditfail-preload.so\n", None),
                (f"/a.so\n{LIBRARY}\n/b.so\n", "/a.so\n/b.so\n"),
                (f"/a.so:{LIBRARY} /b.so # both\n", "/a.so /b.so # both\n"),
                (f"{LIBRARY} # ours\n", "# ours\n"),
                (f"# see {LIBRARY}\n", f"# see {LIBRARY}\n"),
                (f"{LIBRARY}.old\n", f"{LIBRARY}.old\n"),
                ("/a.so\n", "/a.so\n")):
            with self.subTest(before):
                file = self.write("etc/ld.so.preload", before)
                file.chmod(0o640)
                _, complained = self.release("preload")
                self.assertEqual(file.read_text() if file.exists() else None, after)
                self.assertEqual("taken out" in complained, before != after)
                self.assertEqual([path.name for path in file.parent.glob("ld*")], ["ld.so.preload"] if after else [])
                if after:
                    self.assertEqual(file.stat().st_mode & 0o777, 0o640)

    def test_preload_follows_no_link_out_of_the_tree(self):
        outside = self.folder / "ld.so.preload"
        outside.write_text(f"{LIBRARY}\n")
        self.link("etc/ld.so.preload", outside)
        self.assertEqual(self.release("preload"), ("", ""))
        self.assertEqual(outside.read_text(), f"{LIBRARY}\n")
        inside = self.write("etc/preload", f"/a.so\n{LIBRARY}\n")
        (self.root / "etc/ld.so.preload").unlink()
        self.link("etc/ld.so.preload", "preload")
        self.release("preload")
        self.assertEqual(inside.read_text(), "/a.so\n")

    def test_preload_names_the_line_that_it_took_out(self):
        file = self.write("etc/ld.so.preload", f"/a.so\n{LIBRARY}\n")
        self.assertIn(f"  {file}:2: {LIBRARY}\n", self.release("preload")[1])

    def test_preload_warns_about_copies_of_the_drop_in(self):
        copy = self.write(f"{SYSTEM}/cups.service.d/copy.conf", f"# {LIBRARY}\n[Service]\nEnvironment=LD_PRELOAD={LIBRARY}\n")
        self.assertIn(f"WARNING: these lines still name libauditfail-preload.so:\n  {copy}:3: Env",
                      self.release("preload")[1])
        self.assertTrue(copy.exists())

    def test_pam_warns_about_lines_that_are_left(self):
        login = self.write("etc/pam.d/login", "# pam_auditfail.so\nauth requisite pam_unix.so\n"
                                              "account requisite /lib/security/pam_auditfail.so\n")
        self.write("etc/pam.d/login.dpkg-old", login.read_text())
        text = login.read_text()
        _, complained = self.release("pam")
        self.assertIn("WARNING: PAM is still configured to use pam_auditfail.so:\n"
                      f"  {login}:3: account requisite /lib/security/pam_auditfail.so\n"
                      "Without the module, these lines lock users out.", complained)
        self.assertEqual(complained.count("login"), 1)
        self.assertEqual(login.read_text(), text)

    def test_units_are_disabled_and_leave_nothing_in_run(self):
        units = ("/usr/lib/systemd/system", "/lib/systemd/system", "../../../../lib/systemd/system")
        names = ("sockets.target.wants/auditfaild.socket", "sockets.target.wants/auditfail-controld.socket",
                 "multi-user.target.wants/auditfaild.service", "multi-user.target.wants/cron.service")
        for name, folder in zip(names, [*units, units[0]]):
            self.link(f"{SYSTEM}/{name}", f"{folder}/{name.rsplit('/', maxsplit=1)[1]}")
        self.write("run/auditfail/policy.snapshot", "")
        self.write("run/auditfail-controld/request", "")
        self.release("units")
        self.assertEqual(self.left(), [f"{SYSTEM}/multi-user.target.wants",
                                       f"{SYSTEM}/multi-user.target.wants/cron.service"])
        self.assertFalse((self.root / "run/auditfail").exists())
        self.assertFalse((self.root / "run/auditfail-controld").exists())

    def test_a_failure_says_what_to_do_and_stops_no_other_part(self):
        # Root may write to every folder, and another user cannot enter the build folder.
        script = shutil.copy(RELEASE, self.folder)
        stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []} if os.geteuid() == 0 else {}
        link = self.link(f"{SYSTEM}/auditd.service.d/50-auditfail.conf",
                         f"{GUARD_FOLDER}/auditd.service.d/50-auditfail.conf")
        for text in (f"{LIBRARY}\n", f"/a.so {LIBRARY}\n"):
            file = self.write("etc/ld.so.preload", text)
            for folder in (file.parent, link.parent):
                folder.chmod(0o555)
                self.addCleanup(folder.chmod, 0o755)
            _, complained = self.release("preload", "guard", status=1, script=script, **stranger)
            self.assertIn(f"cannot take libauditfail-preload.so out of {file}; remove the name", complained)
            self.assertIn(f"cannot remove {link}, which leads to a file of auditfail; remove the link", complained)
            self.assertEqual(file.read_text(), text)
            file.parent.chmod(0o755)

    def test_an_unknown_part_is_a_usage_error(self):
        self.assertIn('there is no part "gard"', self.release("gard", status=2)[1])
        self.root = self.folder / "none"
        self.assertIn(f'there is no folder "{self.root}"', self.release("guard", status=2)[1])

    def test_an_empty_root_is_this_machine(self):
        result = self.run_program("sh", "-c", f'trap \'echo "root is <$root>"\' EXIT; set -- --root=; . "{RELEASE}"')
        self.assertEqual((result.returncode, result.stdout), (0, "root is <>\n"), result)


if __name__ == "__main__":
    main()
