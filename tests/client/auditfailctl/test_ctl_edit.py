#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl edit, with editors that are scripts."""
import json
import os
import pty
import shlex
import shutil
import signal
import socket
import subprocess
import unittest

from ctl_harness import DENIED, FAILED, LOG, NO_DAEMON, USAGE, Ctl
from harness import AUDITFAILCTL, DEADLINE, SANITIZED, STRANGER, main, needs_root

BEFORE = "# passwd(1)\nterminate\n"


class Edit(Ctl):
    """On a tree with a daemon of its own."""

    def setUp(self):
        super().setUp()
        self.passwd = self.policy("passwd", BEFORE)
        self.socket = f"--socket={self.folder}/run/io.auditfail.Policy"

    def editor(self, script):
        """An editor that runs SCRIPT, with the draft as $1."""
        return {"SUDO_EDITOR": "sh -euc " + shlex.quote(script) + " editor"}

    def edit(self, status, script, *arguments, variables=None, **options):
        """Edits with SCRIPT and reloads. Without ARGUMENTS: passwd."""
        return self.assertCtl(status, "edit", f"--root={self.root}", self.socket, *(arguments or ["passwd"]),
                              variables={**self.editor(script), **(variables or {})}, stdin=subprocess.DEVNULL, **options)

    def files(self):
        return sorted(path.name for path in self.passwd.parent.iterdir())

    def assertUntouched(self):
        self.assertEqual(self.passwd.read_text(), BEFORE)
        self.assertEqual(self.files(), ["passwd.conf"])

    def kept(self):
        """The text in the only private folder."""
        [draft] = self.passwd.parent.glob(".edit-*/*")
        self.assertEqual(draft.parent.stat().st_mode & 0o777, 0o700)
        return draft.read_text()

    def test_a_new_text_is_saved_and_in_force(self):
        daemon = self.daemon()
        self.edit(0, 'echo log >"$1"', says=f"generation 2, 1 application, changed\n{self.passwd}: saved\n")
        self.assertEqual(self.passwd.read_text(), "log\n")
        self.assertAnswer(daemon.call("Query", application="passwd"), action="log")
        self.assertEqual(self.files(), ["passwd.conf"])

    def test_the_editor_gets_a_private_copy_that_has_the_files_name(self):
        self.daemon()
        seen = self.folder / "seen"
        self.edit(0, f'stat -c "%a %n" "$1" "${{1%/*}}" >{seen}; cat "$1" >>{seen}')
        mode, path = seen.read_text().split("\n")[0].split(" ")
        self.assertEqual(mode, "600")
        self.assertEqual(os.path.basename(path), "passwd.conf")
        self.assertEqual(seen.read_text().split("\n", 1)[1], f"700 {os.path.dirname(path)}\n{BEFORE}")

    def test_an_unchanged_text_changes_nothing(self):
        before = self.passwd.stat()
        self.edit(0, 'touch "$1"', says=f"{self.passwd}: unchanged\n")
        self.assertUntouched()
        after = self.passwd.stat()
        self.assertEqual((after.st_ino, after.st_mode, after.st_mtime_ns), (before.st_ino, before.st_mode, before.st_mtime_ns))

    def test_quiet_prints_nothing_and_json_prints_the_reply(self):
        self.daemon()
        self.assertEqual(self.edit(0, ":", "passwd", "--quiet").stdout, "")
        self.assertEqual(self.edit(0, 'echo log >"$1"', "passwd", "--quiet").stdout, "")
        self.assertEqual(json.loads(self.edit(0, 'echo ignore >"$1"', "passwd", "--json").stdout)["generation"], 3)

    def test_a_text_with_an_error_changes_nothing_and_is_kept(self):
        result = self.edit(FAILED, 'echo loog >"$1"', complains=f'{self.passwd}:1:1: error: unknown action "loog", expected')
        self.assertIn("\n    loog\n    ^~~~\n", result.stderr)
        self.assertIn(f"auditfailctl: {self.passwd} is unchanged, because the new text has errors\n"
                      "auditfailctl: your text is kept in ", result.stderr)
        self.assertEqual(self.passwd.read_text(), BEFORE)
        self.assertEqual(self.kept(), "loog\n")

    def on_keyboard(self, typed, script):
        """Edits at a terminal where TYPED is typed. Returns the exit status and what the terminal shows."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        os.write(master, typed)
        process = subprocess.Popen([AUDITFAILCTL, "edit", f"--root={self.root}", self.socket, "passwd"], stdin=slave,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                   env=self.environment(**self.editor(script)))
        os.close(slave)
        shown, _ = process.communicate(timeout=DEADLINE)
        return process.returncode, shown

    def test_at_a_terminal_the_text_with_an_error_can_be_edited_again(self):
        self.daemon()
        status, shown = self.on_keyboard(b"what\ne\n", 'if grep -qx loog "$1"; then echo log; else echo loog; fi >"$1.new"; '
                                                      'mv "$1.new" "$1"')
        self.assertEqual(status, 0, shown)
        self.assertEqual(shown.count("What now? (e)dit again, (q)uit without change: "), 2, shown)
        self.assertIn("saved", shown)
        self.assertEqual(self.passwd.read_text(), "log\n")
        self.assertEqual(self.files(), ["passwd.conf"])

    def test_at_a_terminal_the_text_with_an_error_can_be_given_up(self):
        status, shown = self.on_keyboard(b"q\n", 'echo loog >"$1"; echo backup >"$1~"; echo swap >"${1%/*}/.passwd.swp"')
        self.assertEqual(status, FAILED, shown)
        self.assertNotIn("is kept", shown)
        self.assertUntouched()

    def test_at_a_terminal_no_answer_keeps_the_text(self):
        status, shown = self.on_keyboard(b"\x04", 'echo loog >"$1"')
        self.assertEqual(status, FAILED, shown)
        self.assertEqual(self.kept(), "loog\n")

    def test_an_interrupt_in_the_editor_does_not_end_edit(self):
        self.daemon()
        for name in ("INT", "QUIT"):
            self.policy("passwd", BEFORE)
            self.edit(0, f'kill -{name} $PPID; echo log >"$1"', says="saved",
                      preexec_fn=lambda: [signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGQUIT)])

    def test_an_interrupt_before_the_editor_starts_leaves_nothing(self):
        with socket.socket(socket.AF_UNIX) as daemon:  # it does not answer
            daemon.bind(f"{self.folder}/stuck")
            daemon.listen()
            daemon.settimeout(DEADLINE)
            process = subprocess.Popen([AUDITFAILCTL, "edit", f"--root={self.root}", f"--socket={self.folder}/stuck", "backup"],
                                       env=self.environment(**self.editor(":")),
                                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            connection, _ = daemon.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(DEADLINE), -signal.SIGINT)
        self.assertUntouched()

    def interrupt_reload(self, number):
        """Sends a signal while edit waits for a daemon that does not answer. Returns what edit has printed."""
        path = self.folder / f"stuck.{number}"
        defaults = None if number == signal.SIGKILL else lambda: signal.signal(number, signal.SIG_DFL)
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.bind(str(path))
            daemon.listen()
            daemon.settimeout(DEADLINE)
            process = subprocess.Popen([AUDITFAILCTL, "edit", f"--root={self.root}", f"--socket={path}", "passwd"],
                                       stderr=subprocess.PIPE, text=True,
                                       env=self.environment(**self.editor('echo log >"$1"; echo backup >"$1~"')),
                                       preexec_fn=defaults)
            connection, _ = daemon.accept()
            with connection, process:
                process.send_signal(number)
                _, printed = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, -number)
        self.assertEqual(self.passwd.read_text(), "log\n")
        return printed

    def test_an_interrupt_in_the_reload_leaves_no_private_folder(self):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(number):
                self.policy("passwd", BEFORE)
                self.assertEqual(self.interrupt_reload(number),
                                 f"auditfailctl: interrupted; {self.passwd} is saved, but the daemon may not have read it; "
                                 "type: auditfailctl reload\n")
                self.assertEqual(self.files(), ["passwd.conf"])

    def test_the_next_edit_removes_what_a_killed_one_has_left(self):
        self.interrupt_reload(signal.SIGKILL)
        self.assertEqual(len(self.files()), 2)
        (self.passwd.parent / ".edit-empty").mkdir(0o700)
        self.edit(0, ":", says="unchanged")
        self.assertEqual(self.files(), ["passwd.conf"])

    def test_a_text_that_a_killed_edit_has_left_stays_and_is_told(self):
        self.edit(-signal.SIGKILL, 'echo log >"$1"; kill -KILL $PPID')
        [draft] = self.passwd.parent.glob(".edit-*/*")
        self.edit(0, ":", complains=f"an earlier edit has left its text in {draft}; if you do not need it, type: rm -r "
                                    f"{draft.parent}\n")
        self.assertEqual(self.kept(), "log\n")
        shutil.rmtree(draft.parent)
        self.edit(0, ":")

    def test_the_draft_of_an_editor_that_still_runs_is_not_touched(self):
        end = self.folder / "end"
        os.mkfifo(end)
        self.ctl("edit", f"--root={self.root}", "passwd", variables=self.editor(f"kill -KILL $PPID; read line <{end}"),
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.edit(0, ":")
        self.assertEqual(self.kept(), BEFORE)
        end.write_text("go on\n")

    def test_an_editor_that_fails_changes_nothing(self):
        for script, says in (("exit 3", "failed with exit status 3"), ("kill -KILL $$", "was ended by signal 9 (Killed)"),
                             ('rm "$1"; exit 3', "failed with exit status 3"), ('rm "$1"', "No such file or directory")):
            with self.subTest(script=script):
                result = self.edit(FAILED, script, complains=says)
                self.assertIn(f"{self.passwd} is unchanged", result.stderr)
                self.assertNotIn("is kept", result.stderr)
                self.assertUntouched()
        self.edit(FAILED, 'echo log >"$1"; exit 3', complains="your text is kept in ")
        self.assertEqual(self.passwd.read_text(), BEFORE)

    def test_an_editor_that_fails_before_a_change_leaves_nothing(self):
        self.edit(FAILED, "exit 3", complains="failed")
        self.assertUntouched()

    def test_the_editor_is_that_of_the_user(self):
        self.daemon()
        script = self.folder / "editor"
        script.write_text('#!/bin/sh\necho "$0 $*" >$SEEN; echo log >"$1"\n')
        script.chmod(0o755)
        for name in ("nano", "vi"):
            (self.folder / name).symlink_to("editor")
        commands = {"SUDO_EDITOR": "nano", "VISUAL": "vi", "EDITOR": "editor"}
        seen = self.folder / "seen"
        path = f"{self.folder}:/bin:/usr/bin"
        for given, expected in ((["SUDO_EDITOR", "VISUAL", "EDITOR"], "nano"), (["VISUAL", "EDITOR"], "vi"),
                                (["EDITOR"], "editor"), ([], "editor")):
            environment = self.environment(PATH=path, SEEN=str(seen))
            for name in commands:
                environment.pop(name, None)
            environment.update({name: commands[name] for name in given})
            self.policy("passwd", BEFORE)
            self.assertCtl(0, "edit", f"--root={self.root}", "passwd", env=environment, says="saved")
            self.assertTrue(seen.read_text().startswith(f"{self.folder}/{expected} "), (given, seen.read_text()))

    def test_without_an_editor_it_says_how_to_name_one(self):
        environment = {name: value for name, value in self.environment(PATH=str(self.folder)).items()
                       if name not in ("SUDO_EDITOR", "VISUAL", "EDITOR")}
        self.assertCtl(FAILED, "edit", f"--root={self.root}", "passwd", env=environment,
                       complains="none of the editors editor, nano and vi is installed; install one, or name yours in ")
        self.assertCtl(FAILED, "edit", f"--root={self.root}", "passwd", variables={"SUDO_EDITOR": "no-such-editor -x"},
                       complains='there is no editor "no-such-editor -x"; name another one in SUDO_EDITOR')
        self.assertUntouched()

    def test_a_reload_that_fails_puts_the_old_file_back(self):
        daemon = self.daemon()
        before = self.passwd.stat()
        other = self.policy("useradd", "loog")
        result = self.edit(FAILED, 'echo log >"$1"', complains=f"{other}:1:1: error: unknown action")
        self.assertIn(f"{self.passwd} is as it was before; your text is kept in ", result.stderr)
        self.assertEqual(self.passwd.read_text(), BEFORE)
        self.assertEqual((self.passwd.stat().st_ino, self.passwd.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))
        self.assertEqual(self.kept(), "log\n")
        self.assertAnswer(daemon.call("Query", application="passwd"), action="terminate")

        # The command that is told helps, once the other file is corrected.
        self.policy("useradd", "log")
        command = result.stderr.rpartition("then type: ")[2].partition(" && ")[0]
        subprocess.run(["sh", "-euc", command], check=True, timeout=DEADLINE)
        self.assertCtl(0, "reload", says="changed")
        self.assertCtl(LOG, "query", "passwd")

    def test_a_reload_that_fails_removes_a_new_file(self):
        self.daemon()
        self.policy("useradd", "loog")
        self.edit(FAILED, 'echo log >"$1"', "backup", complains="backup.conf is as it was before; your text is kept in ")
        self.assertFalse(self.place("backup").exists())
        self.assertEqual(self.kept(), "log\n")

    def test_a_file_that_was_bad_is_not_put_back(self):
        """Otherwise two bad files could never be corrected, one after the other."""
        self.daemon()
        self.policy("passwd", "loog")
        self.policy("useradd", "loog")
        self.edit(FAILED, 'echo log >"$1"', complains="your text stays in ")
        self.assertEqual(self.passwd.read_text(), "log\n")
        self.edit(0, 'echo log >"$1"', "useradd", says="saved")
        self.assertEqual(self.files(), ["passwd.conf", "useradd.conf"])

    def test_without_a_daemon_the_text_is_saved(self):
        self.edit(NO_DAEMON, 'echo log >"$1"', complains=f"{self.passwd} is saved, and comes into force when the daemon")
        self.assertEqual(self.passwd.read_text(), "log\n")
        self.assertEqual(self.files(), ["passwd.conf"])

    def test_without_a_daemon_a_new_file_is_saved(self):
        self.edit(NO_DAEMON, 'echo log >>"$1"', "backup", complains="backup.conf is saved, and comes into force when the daemon")
        text = self.place("backup").read_text()
        self.assertTrue(text.startswith("# What backup must do if it cannot write an audit record.\n#\n# Write the action"), text)
        self.assertTrue(text.endswith("\n\nlog\n"), text)

    def test_a_tree_alone_has_no_daemon_to_ask(self):
        self.assertCtl(0, "edit", f"--root={self.root}/", "passwd", variables=self.editor('echo log >"$1"'),
                       says=f"{self.passwd}: saved\n")
        self.assertEqual(self.passwd.read_text(), "log\n")

    def test_a_new_file_starts_with_the_policy_in_force(self):
        default = self.policy("default", "# all\n\nlog\ndenied = terminate\nexcluded = log")
        self.daemon()
        seen = self.folder / "seen"
        self.edit(0, f'cat "$1" >{seen}', "backup", says="backup.conf: unchanged\n")
        self.assertIn("# What backup must do if it cannot write an audit record.\n#\n"
                      f"# In force now (the default policy, {default}:3):\n#\n#     log\n#     denied = terminate\n#\n",
                      seen.read_text())
        self.assertFalse(self.place("backup").exists())
        self.edit(0, 'echo ignore >>"$1"', "backup", says="backup.conf: saved\n")
        self.assertTrue(self.place("backup").read_text().endswith("\n\nignore\n"))
        self.assertEqual(self.place("backup").stat().st_mode & 0o7777, 0o644)
        flat = self.policy("su", "ignore", "flat")
        self.assertCtl(0, "reload", says="changed")
        self.edit(0, f'cat "$1" >{seen}', "su", says="unchanged")
        self.assertIn(f"# In force now ({flat}:1):\n#\n#     ignore\n#\n", seen.read_text())

    def test_only_comments_are_no_policy(self):
        self.daemon()
        self.edit(FAILED, 'echo "# later" >>"$1"', "backup", complains="backup.conf:")
        self.assertFalse(self.place("backup").exists())

    def test_a_mask_becomes_a_file(self):
        mask = self.mask("su")
        self.policy("default", "log")
        self.daemon()
        self.edit(0, ":", "su", says="unchanged")
        self.assertTrue(mask.is_symlink())
        self.edit(0, 'echo terminate >>"$1"', "su", says="saved")
        self.assertFalse(mask.is_symlink())
        mask.unlink()
        mask.symlink_to("/dev/null")
        self.policy("useradd", "loog")
        self.edit(FAILED, 'echo terminate >>"$1"', "su", complains="is as it was before")
        self.assertEqual(os.readlink(mask), "/dev/null")

    def test_other_links_and_other_files_are_refused(self):
        (self.root / "elsewhere").write_text("log\n")
        self.place("su").symlink_to("../../elsewhere")
        self.place("sudo").mkdir()
        self.edit(FAILED, ":", "su", complains="su.conf: it is a link to ../../elsewhere; edit that file, then type: ")
        self.edit(FAILED, ":", "sudo", complains="sudo.conf: it is not a regular file; move it away first")
        self.assertEqual((self.root / "elsewhere").read_text(), "log\n")
        self.assertEqual(self.files(), ["passwd.conf", "su.conf", "sudo.conf"])

    def test_the_mode_stays_as_far_as_the_daemon_accepts_it(self):
        self.daemon()
        for before, after in ((0o444, 0o444), (0o664, 0o644), (0o755, 0o755), (0o600, 0o644 if os.geteuid() == 0 else 0o600)):
            self.passwd.chmod(before)
            self.edit(0, 'if grep -q log "$1"; then echo ignore; else echo log; fi >"$1.new"; mv "$1.new" "$1"', says="saved")
            self.assertEqual(self.passwd.stat().st_mode & 0o7777, after, f"{before:o}")

    def test_the_users_umask_does_not_count(self):
        self.daemon()
        self.edit(0, 'echo log >"$1"', "backup", preexec_fn=lambda: os.umask(0o077), says="saved")
        self.edit(0, 'umask 0; rm "$1"; echo ignore >"$1"', "backup", preexec_fn=lambda: os.umask(0), says="saved")
        self.assertEqual(self.place("backup").stat().st_mode & 0o7777, 0o644)

    def test_an_absolute_link_leads_into_the_tree(self):
        """The editor gets a path without this link, because it would follow the link out of the tree."""
        (self.root / "etc").rename(self.root / "data")
        (self.root / "etc").symlink_to("/data")
        real = self.root / "data/auditfail/passwd.conf"
        seen = self.folder / "seen"
        self.edit(NO_DAEMON, f'echo "$1" >{seen}; echo log >"$1"', complains="is saved")
        self.assertEqual(real.read_text(), "log\n")
        self.assertTrue(seen.read_text().startswith(f"{self.root.resolve()}/data/auditfail/.edit-"), seen.read_text())

    def test_a_missing_folder_is_made_and_goes_again_if_nothing_is_saved(self):
        self.passwd.unlink()
        self.passwd.parent.rmdir()
        self.daemon()
        self.edit(0, ":", says="unchanged", preexec_fn=lambda: os.umask(0o077))
        self.assertFalse(self.passwd.parent.exists())
        self.edit(0, 'echo log >>"$1"', says="saved", preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(self.passwd.parent.stat().st_mode & 0o777, 0o755)

    @unittest.skipUnless(shutil.which("strace") and not SANITIZED, "needs strace, and a build that can be traced")
    def test_a_file_that_cannot_be_synced_is_not_put_in_place(self):
        for name in ("passwd", "backup"):  # the second fsync() is that of the folder
            result = self.run_program("strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=2", AUDITFAILCTL,
                                      "edit", f"--root={self.root}", name, env=self.environment(**self.editor('echo log >"$1"')))
            self.assertEqual(result.returncode, FAILED, result)
            self.assertIn(f"cannot sync {self.passwd.parent}: Input/output error\n", result.stderr)
            self.assertEqual(self.kept(), "log\n")
            shutil.rmtree(next(self.passwd.parent.glob(".edit-*")))
            self.assertUntouched()

    def test_a_change_meanwhile_is_not_lost(self):
        self.daemon()
        self.edit(FAILED, f'echo log >"$1"; echo ignore >{self.passwd}', complains=f"{self.passwd} has changed since you began")
        self.assertEqual(self.passwd.read_text(), "ignore\n")
        self.assertEqual(self.kept(), "log\n")

    def test_two_edits_at_once_make_one_change(self):
        self.daemon()
        inner = shlex.join([AUDITFAILCTL, "edit", f"--root={self.root}", self.socket, "passwd", "backup"])
        script = f"echo ignore >\"$1\"; SUDO_EDITOR='sh -c \"echo log >\\$1\" editor' {inner} >/dev/null"
        for name in ("passwd", "backup"):
            self.edit(FAILED, script, name, complains=f"{self.place(name)} has changed since you began")
            self.assertEqual(self.place(name).read_text(), "log\n")
            self.place("backup").unlink()
            self.policy("passwd", BEFORE)

    def test_several_applications_are_edited_one_after_the_other(self):
        self.daemon()
        self.edit(0, 'echo log >"$1"', "passwd", "backup", "/etc/auditfail/su.conf", says="su.conf: saved\n")
        self.assertEqual(self.files(), ["backup.conf", "passwd.conf", "su.conf"])

    def test_the_first_failure_ends_it(self):
        self.daemon()
        self.edit(FAILED, 'case $1 in */backup.conf) exit 1;; esac; echo log >"$1"', "passwd", "backup", "su",
                  complains="backup.conf is unchanged")
        self.assertEqual(self.passwd.read_text(), "log\n")
        self.assertEqual(self.files(), ["passwd.conf"])

    def test_a_wrong_name_is_refused_before_the_first_editor(self):
        self.edit(USAGE, 'echo log >"$1"', "passwd", "a/b", complains='"a/b" is no application')
        self.assertCtl(USAGE, "edit", complains="edit needs an application")
        self.assertCtl(USAGE, "edit", "--root=/dev/null", "passwd", complains="--root: /dev/null is not a folder")
        self.assertUntouched()

    def test_a_text_that_is_too_long_is_refused(self):
        self.edit(FAILED, 'head -c 70000 /dev/zero | tr "\\0" "#" >"$1"', complains="longer than the 65536 bytes")
        self.assertEqual(self.passwd.read_text(), BEFORE)
        self.passwd.write_text("#" * 70000)
        self.edit(FAILED, 'echo log >"$1"', complains=f"cannot edit {self.passwd}: it is longer than the 65536 bytes")

    def test_a_folder_that_others_can_change_is_refused(self):
        self.passwd.parent.chmod(0o777)
        result = self.edit(FAILED, 'echo log >"$1"', complains="writable by its group and others (mode 0777)")
        self.assertIn("the daemon would not read them; correct the errors above first", result.stderr)
        self.assertUntouched()

    def test_a_draft_that_is_replaced_by_a_link_is_not_followed(self):
        secret = self.folder / "secret"
        secret.write_text("log\n")
        self.edit(FAILED, f'ln -sf {secret} "$1"', complains="cannot read ")
        self.assertEqual(self.passwd.read_text(), BEFORE)

    @needs_root
    def test_only_root_changes_the_files_of_the_machine(self):
        self.needs_stranger()
        self.assertCtl(DENIED, "edit", "passwd", "su", user=STRANGER, group=STRANGER, extra_groups=[],
                       complains="only root can change the policy files; try: sudo auditfailctl edit passwd su\n")

    @needs_root
    def test_root_that_cannot_become_the_daemons_user_stays_in_its_group(self):
        result = self.run_program("setpriv", "--bounding-set=-setuid", "--inh-caps=-setuid", AUDITFAILCTL, "edit",
                                  f"--root={self.root}", "backup", "su", env=self.environment(**self.editor('echo log >"$1"')))
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual([self.place(name).stat().st_gid for name in ("backup", "su")], [os.getegid()] * 2)

    @needs_root
    def test_a_user_edits_a_tree_of_their_own(self):
        self.needs_stranger()
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, STRANGER, STRANGER)
        self.assertCtl(0, "edit", f"--root={self.root}", "passwd", variables=self.editor('echo log >"$1"'), says="saved",
                       user=STRANGER, group=STRANGER, extra_groups=[])
        self.assertEqual(self.passwd.stat().st_uid, STRANGER)


if __name__ == "__main__":
    main()
