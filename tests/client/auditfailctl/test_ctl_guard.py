#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl guard."""
import json
import os

from ctl_harness import DENIED, FAILED, GUARD_FOLDER, USAGE, Ctl
from harness import STRANGER, main, needs_root


class Guard(Ctl):
    """On a tree of its own. What systemd makes of it is for the booted machine to show."""

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

    def guard(self, status, *arguments, **options):
        return self.assertCtl(status, "guard", f"--root={self.root}", *arguments, **options)

    def test_on_links_to_the_files_that_come_with_auditfail(self):
        self.guard(0, "on", says="on")
        for link, unit in zip(self.links, self.UNITS):
            self.assertEqual(os.readlink(link), f"{GUARD_FOLDER}/{unit}.d/50-auditfail.conf")
            self.assertEqual(link.parent.stat().st_mode & 0o777, 0o755)

    def test_off_leaves_nothing_behind(self):
        self.guard(0, "on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(self.links[0].parent.parent.iterdir()), [])

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
                self.assertEqual(state, {"on": word == "on", "changed": changed,
                                         "files": [str(link) for link in self.links]})

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

    def test_a_file_of_somebody_else_is_left_alone_and_so_is_the_rest(self):
        for link in self.links:
            link.parent.mkdir()
            for make in (lambda: link.write_text("[Unit]\n"), lambda: link.symlink_to("/dev/null")):
                make()
                before = link.lstat().st_mtime_ns
                for word in ("on", "off"):
                    self.guard(FAILED, word, complains=f"{link} is not the guard that comes with auditfail")
                self.guard(FAILED, "status")
                self.assertEqual(link.lstat().st_mtime_ns, before)
                self.assertEqual([path for path in self.links if path.is_symlink() or path.exists()], [link])
                link.unlink()

    def install_polkit(self):
        """Returns the link that the guard has among polkit's rules. Only polkit and root may look there, as on Debian."""
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
        self.assertEqual(state["files"], [str(link) for link in [*self.links, rule]])
        self.guard(0, "status", says="on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(rule.parent.iterdir()), [])

    def test_polkit_may_come_after_the_guard(self):
        self.guard(0, "on")
        rule = self.install_polkit()
        self.guard(FAILED, "status", says="on, but polkit may let users have systemd kill auditd; type: auditfailctl guard on")
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
        self.come_with_auditfail[0].unlink()
        self.guard(FAILED, "on", complains=f"cannot find {self.come_with_auditfail[0]}")
        self.assertFalse(self.links[0].parent.exists())

    def test_a_guard_whose_auditfail_is_gone_can_be_turned_off(self):
        self.guard(0, "on")
        for file in self.come_with_auditfail:
            file.unlink()
        self.guard(0, "off")

    @needs_root
    def test_only_root_may(self):
        self.needs_stranger()
        stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
        self.guard(DENIED, "on", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "on")
        self.guard(DENIED, "off", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "status", **stranger)

    def test_another_word_is_no_state(self):
        self.guard(USAGE, "of", complains="did you mean off?")


if __name__ == "__main__":
    main()
