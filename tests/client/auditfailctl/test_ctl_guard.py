#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl guard."""
import json
import os
import pathlib
import shutil
import signal
import unittest

from ctl_harness import DENIED, FAILED, GUARD_FOLDER, INSTALLED_AUDITCTL, NO_DAEMON, TIMEOUT, USAGE, Ctl
from harness import AUDITFAILCTL, SANITIZED, STRANGER, main, needs_root
from systemd_harness import SystemdTest


class Guard(Ctl):
    """On a tree. The booted machine tests the effect on a real systemd."""

    UNITS = ("auditd.service", "audit-rules.service")

    def setUp(self):
        super().setUp()
        places = [f"{unit}.d/50-auditfail.conf" for unit in self.UNITS]
        self.come_with_auditfail = [self.root / GUARD_FOLDER.relative_to("/") / place for place in places]
        self.links = [self.root / "etc/systemd/system" / place for place in places]
        self.links[0].parent.parent.mkdir(parents=True)
        for file in self.come_with_auditfail:
            file.parent.mkdir(parents=True)
            file.write_text("[Unit]\nRefuseManualStop=yes\n")
        self.ours = self.program(INSTALLED_AUDITCTL)
        self.come_with_auditfail.append(self.ours)
        self.auditctl = self.root / "usr/local/sbin/auditctl"

    def program(self, path):
        """Puts a program into the tree at PATH, an absolute path."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o755)
        return file

    def guard(self, status, *arguments, **options):
        return self.assertCtl(status, "guard", f"--root={self.root}", *arguments, **options)

    def test_on_links_to_the_files_that_come_with_auditfail(self):
        self.guard(0, "on", says="on")
        for link, unit in zip(self.links, self.UNITS):
            self.assertEqual(os.readlink(link), f"{GUARD_FOLDER}/{unit}.d/50-auditfail.conf")
            self.assertEqual(link.parent.stat().st_mode & 0o777, 0o755)
        self.assertEqual(os.readlink(self.auditctl), INSTALLED_AUDITCTL)
        self.assertEqual(self.auditctl.parent.stat().st_mode & 0o777, 0o755)

    def test_off_leaves_nothing_behind(self):
        self.guard(0, "on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(self.links[0].parent.parent.iterdir()), [])
        self.assertEqual(list(self.auditctl.parent.iterdir()), [])

    def test_off_leaves_the_drop_ins_of_others_alone(self):
        self.guard(0, "on")
        other = self.links[0].with_name("local.conf")
        other.touch()
        self.guard(0, "off")
        self.assertEqual(list(other.parent.iterdir()), [other])

    def test_the_same_again_changes_nothing_and_is_no_error(self):
        for word in ("on", "off"):
            for changed in (True, False):
                state = json.loads(self.guard(0, word, "--json").stdout)
                auditctl = {"file": "/usr/local/sbin/auditctl", "ours": True} if word == "on" else {"ours": False}
                self.assertEqual(state, {"on": word == "on", "changed": changed, "auditctl": auditctl,
                                         "files": [str(link) for link in [*self.links, self.auditctl]]})

    def test_status_tells_by_the_exit_status_too(self):
        self.guard(FAILED, "status", says="off")
        self.guard(FAILED, says="off")
        self.guard(0, "on")
        self.guard(0, "status", says="on")
        self.assertEqual(self.guard(0, "status", "--quiet").stdout, "")

    def test_half_a_guard_is_off_and_can_be_made_whole(self):
        for link in self.links:
            self.guard(0, "on")
            link.unlink()
            self.guard(FAILED, "status", says="off")
            self.guard(0, "on", says="on")
            self.assertTrue(link.is_symlink())

    def test_a_file_that_is_not_ours_stops_every_change(self):
        for link in self.links:
            link.parent.mkdir()
            for make in (lambda: link.write_text("[Unit]\n"), lambda: link.symlink_to("/dev/null")):
                make()
                before = link.lstat().st_mtime_ns
                for word in ("on", "off"):
                    self.guard(FAILED, word, complains=f"{link} is not the guard that comes with auditfail")
                self.guard(FAILED, "status")
                self.assertEqual(link.lstat().st_mtime_ns, before)
                self.assertEqual([path for path in [*self.links, self.auditctl]
                                  if path.is_symlink() or path.exists()], [link])
                link.unlink()

    def test_off_takes_away_what_is_ours_beside_a_file_that_is_not(self):
        for link in self.links:
            self.guard(0, "on")
            link.unlink()
            link.write_text("[Unit]\n")
            self.guard(FAILED, "off", complains=f"{link} is not the guard that comes with auditfail")
            self.assertEqual([path for path in [*self.links, self.auditctl] if path.is_symlink() or path.exists()],
                             [link])
            link.unlink()

    def test_another_auditctl_is_left_alone_and_the_rest_is_done(self):
        for make in (self.auditctl.touch, lambda: self.auditctl.symlink_to("/usr/sbin/auditctl")):
            self.auditctl.parent.mkdir(parents=True, exist_ok=True)
            make()
            before = self.auditctl.lstat()
            self.guard(FAILED, "on", says="on, whenever systemd starts\n",
                       complains=f"{self.auditctl} is not the auditctl that comes with auditfail; move it away, and type: "
                                 "auditfailctl guard on")
            self.assertTrue(all(link.is_symlink() for link in self.links))
            self.guard(FAILED, "status", says="to use the one of auditfail, move /usr/local/sbin/auditctl away, and type")
            self.guard(0, "off")
            after = self.auditctl.lstat()
            self.assertEqual((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns))
            self.assertFalse(self.links[0].exists())
            self.auditctl.unlink()

    def test_without_a_folder_for_auditctl_the_rest_is_done(self):
        self.auditctl.parent.parent.mkdir(parents=True, exist_ok=True)
        self.auditctl.parent.touch()
        self.guard(FAILED, "on", says="on, whenever systemd starts", complains=f"cannot make {self.auditctl}: Not a dir")
        self.assertTrue(all(link.is_symlink() for link in self.links))

    def test_absolute_links_lead_into_the_tree(self):
        for folder in ("etc", "usr"):
            (self.root / folder).rename(self.root / f"{folder}-data")
            (self.root / folder).symlink_to(f"/{folder}-data")
        self.guard(0, "on", says="on")
        places = [link.relative_to(self.root / "etc") for link in self.links]
        self.assertTrue(all((self.root / "etc-data" / place).is_symlink() for place in places))
        self.assertTrue((self.root / "usr-data/local/sbin/auditctl").is_symlink())
        self.guard(0, "status", says="on")
        mask = self.root / "etc-data/systemd/system/auditd.service"
        mask.symlink_to("/dev/null")
        self.guard(FAILED, "status", says="auditd.service is masked")
        mask.unlink()
        self.guard(0, "off", says="off")
        self.assertEqual(list((self.root / "etc-data/systemd/system").iterdir()), [])
        self.assertFalse((self.root / "usr-data/local/sbin/auditctl").is_symlink())

    def test_on_does_all_or_nothing(self):
        units = self.links[0].parent.parent
        for unit in reversed(self.UNITS):
            (units / f"{unit}.d").touch()
            result = self.guard(FAILED, "on", complains=f"cannot make {units}/{unit}.d/50-auditfail.conf: Not a directory\n")
            self.assertIn("the guard is as it was before; correct the error above, then type: auditfailctl guard on\n",
                          result.stderr)
            self.assertEqual([path.name for path in units.iterdir()], [f"{unit}.d"])
            self.assertFalse(self.auditctl.parent.exists())
            (units / f"{unit}.d").unlink()

    def test_on_keeps_the_half_that_was_there(self):
        self.guard(0, "on")
        self.links[1].unlink()
        self.links[1].parent.rmdir()
        self.links[1].parent.touch()
        self.guard(FAILED, "on", complains="the guard is as it was before")
        self.assertTrue(self.links[0].is_symlink())

    @unittest.skipUnless(shutil.which("strace") and not SANITIZED, "needs strace, and a build that can be traced")
    def test_on_leaves_no_empty_folder_if_a_link_cannot_be_made(self):
        for nth in ("1", "2"):
            result = self.run_program("strace", "-qq", "-o", "/dev/null", "-e", f"inject=symlink,symlinkat:error=ENOSPC:when={nth}",
                                      AUDITFAILCTL, "guard", f"--root={self.root}", "on", env=self.environment())
            self.assertEqual(result.returncode, FAILED, result)
            self.assertIn("50-auditfail.conf: No space left on device\n", result.stderr)
            self.assertEqual(list(self.links[0].parent.parent.iterdir()), [])

    def test_status_says_which_auditctl_root_gets(self):
        self.guard(0, "on", says="auditctl is /usr/local/sbin/auditctl, which comes with auditfail\n")
        self.guard(0, "status", says="auditctl is /usr/local/sbin/auditctl, which comes with auditfail\n")
        self.program("/usr/sbin/auditctl")
        self.guard(0, "status", says="auditctl is /usr/local/sbin/auditctl, which comes with auditfail\n")
        self.auditctl.unlink()
        other = "auditctl is {}, which does not come with auditfail; to use the one of auditfail, type: auditfailctl guard on"
        self.guard(FAILED, "status", says=other.format("/usr/sbin/auditctl"))
        local = self.program("/usr/local/bin/auditctl")
        self.guard(FAILED, "status", says=other.format("/usr/local/bin/auditctl"))
        local.chmod(0o644)  # no program
        self.guard(FAILED, "status", says=other.format("/usr/sbin/auditctl"))
        local.unlink()
        local.symlink_to(INSTALLED_AUDITCTL)  # which leads to a file of the tree
        self.guard(0, "status", says="auditctl is /usr/local/bin/auditctl, which comes with auditfail\n")
        self.assertEqual(json.loads(self.guard(0, "status", "--json").stdout)["auditctl"],
                         {"file": "/usr/local/bin/auditctl", "ours": True})

    def test_status_says_when_there_is_no_auditctl_or_ours_is_missing(self):
        self.guard(FAILED, "status", says="there is no auditctl in the search path of root and sudo; to use the one of")
        self.guard(0, "on")
        self.ours.unlink()
        self.guard(FAILED, "status", says=f"{INSTALLED_AUDITCTL} is missing: install auditfail again")

    def test_a_link_of_another_kind_to_our_auditctl_is_left_alone_and_no_error(self):
        self.auditctl.parent.mkdir(parents=True)
        target = os.path.relpath(self.ours, self.auditctl.parent)
        self.auditctl.symlink_to(target)
        self.guard(0, "on", says="auditctl is /usr/local/sbin/auditctl, which comes with auditfail\n")
        self.assertEqual(os.readlink(self.auditctl), target)

    def install_polkit(self):
        """Returns the path of the guard's rule for polkit. Only polkit and root may read the folder, as on Debian."""
        rules = self.root / "etc/polkit-1/rules.d"
        rules.mkdir(parents=True)
        rules.chmod(0o700)
        rule = self.root / GUARD_FOLDER.relative_to("/") / "polkit-1/40-auditfail-guard.rules"
        rule.parent.mkdir(parents=True)
        rule.touch()
        return rules / rule.name

    def test_where_polkit_is_it_gets_a_rule_and_keeps_its_folder(self):
        rule = self.install_polkit()
        state = json.loads(self.guard(0, "on", "--json").stdout)
        self.assertEqual(os.readlink(rule), f"{GUARD_FOLDER}/polkit-1/{rule.name}")
        self.assertEqual(state["files"], [str(link) for link in [*self.links, rule, self.auditctl]])
        self.guard(0, "status", says="on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(rule.parent.iterdir()), [])

    def test_polkit_may_come_after_the_guard(self):
        self.guard(0, "on")
        rule = self.install_polkit()
        self.guard(FAILED, "status", says="on, but polkit may let users kill auditd through systemd; type: auditfailctl")
        self.guard(0, "on", says="on")
        self.assertTrue(rule.is_symlink())

    def test_a_rule_of_this_name_that_is_not_ours_is_left_alone(self):
        rule = self.install_polkit()
        rule.write_text("")
        self.guard(FAILED, "on", complains=f"{rule} is not the guard that comes with auditfail")
        self.assertFalse(self.links[0].exists())

    @needs_root
    def test_users_who_may_not_see_polkits_rules_get_an_answer(self):
        self.needs_stranger()
        self.install_polkit()
        self.guard(0, "on")
        self.guard(0, "status", says="on", user=STRANGER, group=STRANGER, extra_groups=[])

    def test_a_mask_takes_the_guard_out_of_force(self):
        for unit in self.UNITS:
            with self.subTest(unit):
                mask = self.root / "etc/systemd/system" / unit
                mask.symlink_to("/dev/null")
                self.guard(FAILED, "on", says=f"on, but not in force: {unit} is masked")
                self.guard(FAILED, "status", says=f"type: systemctl unmask {unit}")
                self.assertEqual(json.loads(self.guard(FAILED, "status", "--json").stdout)["masked"], unit)
                mask.unlink()
                self.guard(0, "status")

    def test_without_the_files_that_come_with_auditfail_nothing_is_linked(self):
        for file in self.come_with_auditfail:
            file.unlink()
            self.guard(FAILED, "on", complains=f"cannot find {file}")
            self.assertFalse(self.links[0].parent.exists())
            file.touch(0o755)

    def test_a_guard_whose_auditfail_is_gone_can_be_turned_off(self):
        self.guard(0, "on")
        for file in self.come_with_auditfail:
            file.unlink()
        self.guard(0, "off")
        self.assertFalse(self.auditctl.is_symlink())
        self.assertFalse(self.links[0].parent.exists())

    @needs_root
    def test_only_root_may(self):
        self.needs_stranger()
        stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
        self.guard(DENIED, "on", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "on")
        self.guard(DENIED, "off", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "status", **stranger)

    def test_another_word_is_no_state(self):
        self.guard(USAGE, "of", complains='did you mean "off"?')


AUDITCTL_FOLDER = pathlib.Path(INSTALLED_AUDITCTL).parent


@needs_root
class Machine(SystemdTest, Ctl):
    """On this machine, in a mount namespace that hides its files, with a systemd that the test plays."""

    NAMESPACE = f"""
        mount -t tmpfs none /run && mkdir -p /run/systemd/system || exit 99
        mount -t tmpfs none /etc && mkdir -p /etc/systemd/system || exit 99
        mount -t tmpfs none /usr/local && mkdir -p /usr/local/share /usr/local/libexec || exit 99
        mount -t tmpfs none "{GUARD_FOLDER.parent}" || exit 99
        mount -t tmpfs none "{AUDITCTL_FOLDER.parent}" || exit 99
        mkdir "{AUDITCTL_FOLDER}" && cp /bin/true "{INSTALLED_AUDITCTL}" || exit 99
        for file in auditd.service.d audit-rules.service.d; do
                mkdir -p "{GUARD_FOLDER}/$file" && touch "{GUARD_FOLDER}/$file/50-auditfail.conf" || exit 99
        done
        guard() {{ ctl guard "$@"; }}
    """
    REFUSES = ("RefuseManualStop=1", "audit-rules.service/LoadState=loaded", "audit-rules.service/RefuseManualStop=1",
               "auditfail-controld.socket/ActiveState=active")
    ON_RELOAD = ("audit-rules.service/LoadState=loaded", "new:RefuseManualStop=1",
                 "new:audit-rules.service/RefuseManualStop=1", "auditfail-controld.socket/ActiveState=active")

    def on_machine(self, script):
        return self.in_namespace(self.NAMESPACE + script, DBUS_SYSTEM_BUS_ADDRESS=self.address)

    def assertGuard(self, script, status, says="", complains=""):
        with self.subTest(script=script, says=says, complains=complains):
            result = self.on_machine(script)
            self.assertEqual(result.returncode, status, result)
            self.assertIn(says, result.stdout)
            self.assertIn(complains, result.stderr)
            self.assertEqual(bool(complains), bool(result.stderr), result)

    def test_on_makes_systemd_read_the_drop_ins(self):
        systemd = self.systemd("auditd.service", *self.ON_RELOAD)
        self.assertGuard("guard on", 0, "on: systemd refuses to stop auditd.service; auditctl stop does it")
        systemd.kill()
        self.assertEqual(systemd.stdout.read(), "reload\n")

    def test_json_tells_whether_the_guard_is_in_force(self):
        for properties, status, in_force in ((self.REFUSES, 0, True), ((), FAILED, False)):
            self.systemd("auditd.service", *properties)
            result = self.on_machine("guard --root=/ on >/dev/null; guard --json")
            state = json.loads(result.stdout)
            self.assertEqual((state["on"], state["inForce"], result.returncode), (True, in_force, status))

    def test_off_makes_systemd_forget_them(self):
        systemd = self.systemd("auditd.service", *self.REFUSES, "new:RefuseManualStop=0")
        self.assertGuard("guard --root=/ on >/dev/null; guard off", 0, "off: systemctl stop auditd.service works")
        systemd.kill()
        self.assertEqual(systemd.stdout.read(), "reload\n")

    def test_state_of_systemd(self):
        on, masked = "guard --root=/ on >/dev/null; ", ("LoadState=masked", *self.REFUSES)
        polkit = "mkdir -p /etc/polkit-1/rules.d; "
        for properties, script, status, says in (
                ((), "guard", FAILED, "off: systemctl stop auditd.service works"),
                (self.REFUSES, "guard", 0, "off, but something else makes systemd refuse to stop auditd.service"),
                ((), on + "guard", FAILED, "on, but not in force; try: systemctl daemon-reload"),
                (masked, on + "guard", 0, "does not start it again, because auditd.service is masked; type: systemctl unm"),
                (("audit-rules.service/LoadState=masked",), on + "guard", FAILED,
                 "on, but not in force: audit-rules.service is masked"),
                (self.REFUSES, on + polkit + "guard", FAILED, "polkit may let users kill auditd through systemd"),
                (("RefuseManualStop=1",), on + "guard", 0, "on: systemd refuses")):  # before audit 4
            self.systemd("auditd.service", *properties)
            self.assertGuard(script, status, says)

    def test_on_warns_without_the_socket_of_auditctl(self):
        self.systemd("auditd.service", *self.ON_RELOAD[:-1])
        self.assertGuard("guard on", 0, "on: systemd refuses", "auditfail-controld.socket is not active")

    def test_a_systemd_that_does_not_obey_is_an_error(self):
        self.systemd("auditd.service")
        self.assertGuard("guard on", FAILED, complains="systemd still allows auditd.service to be stopped")
        for error, status in (("org.freedesktop.systemd1.Error", NO_DAEMON),
                              ("org.freedesktop.DBus.Error.AccessDenied", DENIED)):
            self.systemd("auditd.service", f"ReloadError={error}")
            self.assertGuard("guard on", status,
                             complains="did not read its files again (try: systemctl daemon-reload): no reload today")

    def test_without_an_answer_of_systemd_there_is_none(self):
        self.assertGuard("guard", NO_DAEMON, complains="systemd does not tell whether it refuses to stop auditd.service")
        systemd = self.systemd("auditd.service")
        systemd.send_signal(signal.SIGSTOP)
        self.assertGuard("guard --timeout=0.2", TIMEOUT, complains="does not tell whether it refuses")
        self.address = f"unix:path={self.folder}/none"
        self.assertGuard("guard", NO_DAEMON, complains="systemd cannot be asked over D-Bus")

    def test_off_removes_the_links_before_it_asks_systemd(self):
        self.systemd("auditd.service", *self.REFUSES)
        self.address = f"unix:path={self.folder}/none"
        self.assertGuard("guard --root=/ on >/dev/null; guard off; status=$?; ls /etc/systemd/system /usr/local/sbin; "
                         "exit $status", NO_DAEMON, says="/etc/systemd/system:\n\n/usr/local/sbin:\n",
                         complains="cannot be told over D-Bus to read its files again (type: systemctl daemon-reload)")


if __name__ == "__main__":
    main()
