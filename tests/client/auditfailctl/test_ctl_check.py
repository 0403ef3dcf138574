#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl check."""
import json
import os
import pathlib
import pwd
import re
import struct
import subprocess

from ctl_harness import FAILED, Ctl
from harness import AUDITFAILCTL, DEADLINE, STRANGER, main, needs_root


class Check(Ctl):
    def check(self, status, *arguments, **options):
        return self.ctl_json("check", *arguments, status=status, **options)

    def test_good_files_pass(self):
        self.policy("passwd", "terminate")
        self.policy("default", "log", "lib")
        self.assertEqual(self.assertCtl(0, "check", "--root", self.root).stdout,
                         "2 applications: no errors, no warnings\n")
        self.assertEqual(self.assertCtl(0, "check", self.place("passwd")).stdout, "1 file: no errors, no warnings\n")
        self.assertEqual(self.check(0, self.root / "etc/auditfail"),
                         {"files": 1, "errors": 0, "warnings": 0, "problems": [], "omitted": 0})

    def test_bad_files_fail_with_a_compilers_message(self):
        path = self.policy("passwd", "# a comment\n  terminat")
        for arguments in (["--root", self.root], [path], [path.parent]):
            result = self.assertCtl(FAILED, "check", *arguments, says=": 1 error, no warnings\n",
                                    complains=f'{path}:2:3: error: unknown action "terminat", expected ')
            self.assertIn('    ^~~~~~~~\n    did you mean "terminate"?\n', result.stderr)
        self.assertEqual(self.assertCtl(FAILED, "check", "--quiet", path, complains="error").stdout, "")

    def test_every_problem_of_every_file_is_told(self):
        for name in ("a", "b"):
            self.policy(name, "nonsense\ndenied = nonsense")
        report = self.check(FAILED, "--root", self.root)
        self.assertEqual([(p["file"], p["line"]) for p in report["problems"]],
                         [(str(self.place(name)), line) for name in ("a", "b") for line in (1, 2)])
        self.assertEqual(report["errors"], 4)

    def test_problems_in_json_are_as_a_reload_tells_them(self):
        self.daemon()
        self.policy("passwd", "terminat # who is not ASCII is heard as well: ä€😀")
        told = json.loads(self.ctl("--json", "reload").stdout)["problems"]
        self.assertEqual(self.check(FAILED, "--root", self.root)["problems"], told)

    def test_a_folder_means_its_conf_files(self):
        self.policy("passwd", "log")
        (self.root / "etc/auditfail/passwd.conf~").write_text("nonsense")
        (self.root / "etc/auditfail/.passwd.conf").write_text("nonsense")
        (self.root / "etc/auditfail/README").write_text("nonsense")
        self.assertEqual(self.check(0, self.root / "etc/auditfail")["files"], 1)

    def test_a_file_that_is_not_there_is_an_error(self):
        self.assertCtl(FAILED, "check", self.folder / "nothing.conf", says="no files: 1 error",
                       complains="nothing.conf: error: ")

    def test_a_tree_is_named_with_or_without_a_slash_at_its_end(self):
        self.policy("passwd", "log")
        self.assertCtl(0, "check", f"--root={self.root}//", says="1 application: no errors")

    @needs_root
    def test_a_folder_that_the_user_cannot_read_is_an_error(self):
        self.needs_stranger()
        folder = self.root / "etc/auditfail"
        folder.chmod(0o700)
        self.assertCtl(FAILED, "check", folder, complains=f"{folder}: error: cannot read this folder: Permission denied",
                       says="no files: 1 error", user=STRANGER, group=STRANGER, extra_groups=[])

    @needs_root
    def test_a_file_must_belong_to_an_allowed_owner(self):
        path = self.policy("passwd", "log")
        os.chown(path, STRANGER, STRANGER)
        self.assertCtl(FAILED, "check", path, says="1 error", complains="passwd.conf: error: ")
        self.assertCtl(FAILED, "check", "--root", self.root, says="1 error", complains="passwd.conf: error: ")
        self.assertEqual(self.check(0, "--owner", str(STRANGER), path)["errors"], 0)
        self.assertEqual(self.check(0, "--owner", "nobody", "--root", self.root)["errors"], 0)

    def test_nothing_to_check_is_worth_a_warning(self):
        empty = pathlib.Path(self.root, "empty")
        empty.mkdir()
        self.assertEqual(self.check(0, str(empty))["warnings"], 1)
        self.assertEqual(self.check(0, "--root", str(empty))["warnings"], 1)
        self.assertCtl(FAILED, "check", "--strict", str(empty), complains="holds no policy file")

    def test_a_folder_is_held_to_the_names_that_the_daemon_takes(self):
        folder = pathlib.Path(self.root, "names")
        folder.mkdir()
        for name in ("a b.conf", "forgotten", "passwd.conf", "passwd.conf.bak", "README"):
            (folder / name).write_text("log\n")
        report = self.check(FAILED, str(folder))
        self.assertEqual([(pathlib.Path(p["file"]).name, p["severity"]) for p in report["problems"]],
                         [("a b.conf", "error"), ("forgotten", "warning")])
        self.assertEqual(report["files"], 2)

    def test_strict_fails_because_of_warnings(self):
        # A file whose name does not end in ".conf" is not read, and causes a warning.
        (self.root / "etc/auditfail/passwd").write_text("log\n")
        self.assertEqual(self.check(0, "--root", self.root)["warnings"], 1)
        self.assertEqual(self.check(FAILED, "--strict", "--root", self.root)["warnings"], 1)


def daemon_user():
    """The user as which check reads files for root: the user of the daemon, or one that owns nothing."""
    try:
        return pwd.getpwnam("auditfail")
    except KeyError:
        return pwd.getpwuid(STRANGER)


class CheckLikeTheDaemon(Ctl):
    """check reports what the daemon reports. If this user is root, the daemon runs as another user."""

    def setUp(self):
        super().setUp()
        user = daemon_user()
        if os.geteuid() == 0:
            os.chown(self.folder / "run", user.pw_uid, user.pw_gid)
        self.policy("passwd", "log")
        self.policy("su", "log", "flat")
        self.policy("sudo", "log", "lib")
        self.running = self.daemon(user=user.pw_name) if os.geteuid() == 0 else self.daemon()

    def assertSame(self, *says):
        """Both report one problem for each of SAYS, which is part of its text."""
        told = json.loads(self.ctl("--json", "reload").stdout)["problems"]
        report = self.ctl_json("check", "--root", self.root, status=FAILED if says else 0)
        self.assertEqual(report["problems"], told)
        self.assertEqual(len(told), len(says), told)
        for problem, text in zip(told, says):
            self.assertIn(text, f"{problem['file']}: {problem['message']}, expected {problem['expected']}")

    def assertClosed(self, path, mode, command, barred=None, named=None):
        """With MODE, the daemon cannot open PATH. The problem of NAMED names the command that helps: chmod COMMAND BARRED."""
        before = path.stat().st_mode
        path.chmod(mode)
        with self.subTest(path=path, mode=f"{mode:o}"):
            self.assertSame(f"{named or path}: cannot be opened: Permission denied, expected ")
            self.assertIn(f"(type: chmod {command} {barred or path})",
                          self.ctl("check", "--root", self.root).stderr)
        path.chmod(before)
        self.assertSame()

    def test_files_must_be_open_to_the_daemon(self):
        for place, name in (("etc", "passwd"), ("flat", "su"), ("lib", "sudo")):
            for mode in (0o600, 0o640) if os.geteuid() == 0 else (0o200,):
                self.assertClosed(self.place(name, place), mode, "a+r")

    def test_folders_must_be_open_to_the_daemon(self):
        for folder in ("etc", "etc/auditfail", "usr/lib/auditfail"):
            for mode in (0o700, 0o750, 0o744, 0o711) if os.geteuid() == 0 else (0o600, 0o300):
                self.assertClosed(self.root / folder, mode, "a+rx")
        for folder in ("usr", "usr/lib"):
            self.assertClosed(self.root / folder, 0o600, "a+rx", named=self.root / "usr/lib/auditfail")

    def test_what_a_link_leads_to_must_be_open_to_the_daemon(self):
        (self.root / "elsewhere").mkdir()
        target = self.root / "elsewhere/policy"
        target.write_text("log\n")
        link = self.place("login")
        link.symlink_to("../../elsewhere/policy")
        self.assertSame()
        self.assertClosed(target, 0o200, "a+r", barred=link, named=link)
        self.assertClosed(target.parent, 0o600, "a+rx", named=link)

    def test_a_link_through_a_folder_of_others_is_refused(self):
        others = self.root / "others"
        others.mkdir()
        (others / "policy").write_text("log\n")
        (others / "mask").symlink_to("/dev/null")
        link = self.place("login")
        for name in ("policy", "mask", "nothing"):
            link.symlink_to(f"../../others/{name}")
            for mode in (0o1777, 0o777, 0o775):
                others.chmod(mode)
                self.assertSame(f"{link}: a link through {others}, which is writable by ")
                self.assertCtl(FAILED, "check", link, complains=f"{link}: error: a link through {others}, which is ")
            others.chmod(0o755)
            if os.geteuid() == 0:
                os.chown(others, STRANGER, STRANGER)
                self.assertSame(f"{link}: a link through {others}, which is owned by uid {STRANGER}, expected ")
                os.chown(others, 0, 0)
            link.unlink()
        self.mask("login")
        self.assertSame()

    def test_the_command_that_is_told_helps(self):
        (self.root / "others").mkdir()
        (self.root / "others").chmod(0o777)
        (self.root / "others/policy").write_text("log\n")
        link = self.place("login")
        link.symlink_to("../../others/policy")
        self.place("passwd").chmod(0o200)
        complaint = self.assertCtl(FAILED, "check", "--root", self.root, complains="(type: ").stderr
        commands = re.findall(r"\(type: (.*)\)$", complaint, re.MULTILINE)
        self.assertEqual(len(commands), 2, complaint)
        for command in commands:
            subprocess.run(["sh", "-euc", command], check=True, timeout=DEADLINE)
        self.assertSame()
        self.assertEqual(link.read_text(), "log\n")

    @needs_root
    def test_the_daemons_group_may_be_what_opens_a_file(self):
        user = daemon_user()
        for path, mode in ((self.place("passwd"), 0o640), (self.place("passwd").parent, 0o750)):
            os.chown(path, 0, user.pw_gid)
            path.chmod(mode)
        self.assertSame()

    @needs_root
    def test_an_access_control_list_opens_and_closes_a_file(self):
        path, user = self.place("passwd"), daemon_user()

        def allow(rights):
            entries = [(0x01, 6, 0xffffffff), (0x02, rights, user.pw_uid), (0x04, 4, 0xffffffff),
                       (0x10, 4, 0xffffffff), (0x20, 4 - rights, 0xffffffff)]
            os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) +
                        b"".join(struct.pack("<HHI", *entry) for entry in entries))
        try:
            allow(4)
        except OSError as error:
            self.skipTest(f"no access control lists here: {error}")
        self.assertSame()
        allow(0)
        self.assertSame("passwd.conf: cannot be opened: Permission denied")

    @needs_root
    def test_a_tree_may_lie_where_only_root_can_go(self):
        self.running.stop()
        for folder in (self.root, self.folder):
            folder.chmod(0o700)
            self.assertCtl(0, "check", "--root", self.root, says="3 applications: no errors, no warnings")
            self.place("passwd").chmod(0o600)
            self.assertCtl(FAILED, "check", "--root", self.root, complains="chmod a+r ")
            self.place("passwd").chmod(0o644)

    @needs_root
    def test_a_draft_may_lie_where_only_root_can_go(self):
        drafts = self.root / "drafts"
        drafts.mkdir(0o700)
        draft, link = drafts / "passwd.conf", drafts / "su.conf"
        draft.write_text("log\n")
        link.symlink_to("passwd.conf")
        for path in (draft, link):
            draft.chmod(0o644)
            self.assertCtl(0, "check", path, says="1 file: no errors, no warnings")
            self.assertCtl(0, "check", drafts, says="2 files: no errors, 1 warning",
                           complains=f"{drafts}: warning: auditfaild cannot read this folder")
            draft.chmod(0o600)
            self.assertCtl(FAILED, "check", path, complains=f"(type: chmod a+r {path})")
            self.assertCtl(FAILED, "check", drafts, complains=f"(type: chmod a+r {path})")

    @needs_root
    def test_a_tree_with_users_of_its_own_has_its_own_daemon(self):
        os.chown(self.place("passwd"), 0, 54321)
        self.place("passwd").chmod(0o640)
        for users, status in (("auditfail:x:54320:54321::/:/bin/false\n", 0), ("root:x:0:0::/:/bin/sh\n", FAILED)):
            (self.root / "etc/passwd").write_text(users)
            self.ctl_json("check", "--root", self.root, status=status)
            (self.root / "etc/passwd").rename(self.root / "users")
            (self.root / "etc/passwd").symlink_to("/users")  # in the tree
            self.ctl_json("check", "--root", self.root, status=status)
            (self.root / "etc/passwd").unlink()

    @needs_root
    def test_the_daemon_that_another_user_starts_reads_as_that_user(self):
        self.place("passwd").chmod(0o600)
        os.chown(self.place("passwd"), 54321, 54321)
        self.ctl_json("check", "--root", self.root, "--owner=54321")
        self.ctl_json("check", self.place("passwd"), "--owner=54321")
        self.ctl_json("check", "--root", self.root, "--owner=54322", status=FAILED)

    @needs_root
    def test_where_root_cannot_become_another_user_it_says_so(self):
        apart = ["unshare", "--user", "--map-root-user", AUDITFAILCTL]
        try:
            subprocess.run([*apart, "--version"], check=True, timeout=DEADLINE, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no user namespaces here")
        self.mask("login")
        result = self.run_program(*apart, "check", "--root", self.root)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("auditfailctl: warning: cannot read as the user of auditfaild (uid ", result.stderr)


@needs_root
class CheckMachine(Ctl):
    """The policy files of this machine, in a mount namespace that hides its /etc."""

    NAMESPACE = """
        mount -t tmpfs -o mode=755 none /etc && mkdir /etc/auditfail && echo log >/etc/auditfail/passwd.conf || exit 99
        echo auditfail:x:54321:54321::/:/bin/false >/etc/passwd
        cd /etc/auditfail
    """

    def assertChecked(self, script, status, says, complains=""):
        with self.subTest(script=script):
            result = self.in_namespace(self.NAMESPACE + script)
            self.assertEqual(result.returncode, status, result)
            self.assertIn(says, result.stdout)
            self.assertIn(complains, result.stderr)
            self.assertEqual(bool(complains), bool(result.stderr), result)

    def test_the_machine_and_its_files_are_checked_alike(self):
        for operand in ("", "/etc/auditfail", "/etc/auditfail/", ".", "passwd.conf", "/etc/auditfail/passwd.conf"):
            self.assertChecked(f"ctl check {operand}", 0, "1 file: no errors" if operand else "1 application: no errors")
            self.assertChecked(f"chown 54321 . passwd.conf; ctl check {operand}", FAILED, "error", "error: owned by uid 54321")

    def test_the_folder_of_the_machine_must_be_open_to_the_daemon(self):
        for operand in ("", ".", "passwd.conf"):
            self.assertChecked(f"chmod 700 .; ctl check {operand}", FAILED, "1 error",
                               "chmod a+rx /etc/auditfail" if not operand else "error: ")

    def test_the_root_folder_is_no_place_of_policy(self):
        self.assertChecked("ctl check /", 0, "no files: no errors", "/: warning: holds no policy file")

    def test_another_owner_may_be_named(self):
        self.assertChecked("chown 54321 . passwd.conf; ctl check --owner=54321 .", 0, "1 file: no errors")


if __name__ == "__main__":
    main()
