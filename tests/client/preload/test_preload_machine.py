#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
libauditfail-preload.so where it is the machine's: in /etc/ld.so.preload, under Debian's own programs, with a journal
and without. Each in a new mount namespace, with copies and empty folders in the place of the machine's.
"""
import contextlib
import os
import pathlib
import shutil
import socket

from harness import main
from preload_harness import (COMMON_USER, DENIED, FAILURES, NETLINK_DENIED, NO_NETLINK, PRELOAD, PROGRAM, STOPPED,
                             PreloadTest, works)

# What stands in /etc of a machine with accounts, and nothing else.
ETC = ["login.defs", "default", "pam.d", "pam.conf", "security", "nsswitch.conf", "ld.so.cache", "ld.so.conf",
       "ld.so.conf.d"]


class Setuid(PreloadTest):
    def setUp(self):
        super().setUp()
        if not works("unshare", "--mount", "true"):
            self.skipTest("needs mount namespaces")

    def test_a_setuid_program_has_the_policy_of_its_file_whatever_its_caller_wants(self):
        # All users must be able to read a library in ld.so.preload.
        library, program, config = (self.folder / name for name in ("library.so", "setuid_program", "ld.so.preload"))
        shutil.copy(PRELOAD, library)
        shutil.copy(PROGRAM, program)
        self.folder.chmod(0o750)  # no other user can run the setuid program; the stranger below is in root's group
        program.chmod(0o4755)
        config.write_text(f"{library}\n")
        self.policy("other", "ignore")
        self.start("terminate", "setuid_program")
        namespace = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                     'mount -t tmpfs none /run && mkdir /run/auditfail && mount --bind "$0/run" /run/auditfail && '
                     'mkdir /run/etc && cp -a /etc/. /run/etc && cp "$0/ld.so.preload" /run/etc && '
                     'mount --bind /run/etc /etc && exec "$@"', self.folder]
        stranger = [*DENIED, "--reuid=65534", "--clear-groups"]
        asks_for_another = ["env", "AUDITFAIL_APPLICATION=other", "AUDITFAIL_EXIT_STATUS=1", "AUDITFAIL_RUNTIME_DIR=/"]
        result = self.run_program(*namespace, *stranger, *asks_for_another, "bash", "-c",
                                  'exec -a other "$0" one-record', program)
        if result.stdout.startswith("record -1"):
            self.skipTest("set-user-ID programs get no rights in this folder")
        self.assertEqual((result.returncode, result.stdout), (STOPPED, ""), result.stderr)
        self.assertIn("setuid_program.conf:1 says", result.stderr)


class Accounts(PreloadTest):
    """Debian's programs, on copies of the accounts."""

    def setUp(self):
        super().setUp()
        if not works("unshare", "--mount", "true"):
            self.skipTest("needs mount namespaces")
        self.etc = self.folder / "etc"
        self.etc.mkdir()
        for name in ETC:
            source = pathlib.Path("/etc") / name
            if source.is_dir():
                shutil.copytree(source, self.etc / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, self.etc / name)
        for name, text in {"passwd": "root:x:0:0:root:/root:/bin/sh\nvictim:x:1000:1000::/home/victim:/bin/sh\n",
                           "shadow": "root:*:19000:0:99999:7:::\nvictim:$y$j9T$a$b:19000:0:99999:7:::\n",
                           "group": "root:x:0:\nshadow:x:42:\nvictim:x:1000:\nusers:x:100:\n",
                           "gshadow": "root:*::\nshadow:*::\nvictim:!::\nusers:*::\n"}.items():
            (self.etc / name).write_text(text)
            (self.etc / name).chmod(0o640 if "shadow" in name else 0o644)
        self.before = self.accounts()

    def accounts(self):
        """All that is in /etc of what these programs change or leave there, byte for byte."""
        names = {path.name for path in self.etc.iterdir()} - {*ETC, "ld.so.preload"}
        return {name: (self.etc / name).read_bytes() for name in names}

    def on_accounts(self, *argv, wrapper=(), preload=PRELOAD):
        """
        Runs a program where /etc is ours, with ld.so.preload in it: chage is setgid, and takes no LD_PRELOAD. The
        daemon's folder is where it belongs; what else the program may write to is empty, and forgotten.
        """
        (self.etc / "ld.so.preload").write_text(f"{preload}\n")
        empty = [place for place in ("/run", "/var/log", "/var/mail", "/var/spool", "/home")
                 if pathlib.Path(place).is_dir() and not pathlib.Path(place).is_symlink()]
        mounts = " && ".join([*(f"mount -t tmpfs none {place}" for place in empty), "mkdir /run/auditfail",
                              'mount --bind "$0/run" /run/auditfail', 'mount --bind "$0/etc" /etc'])
        return self.run_program("unshare", "--mount", "--propagation", "private", "sh", "-c",
                                f'{mounts} && exec "$@"', self.folder, *wrapper, *argv)

    COMMANDS = [["useradd", "-M", "newcomer"], ["usermod", "-L", "victim"], ["groupadd", "newgroup"],
                ["chage", "-E", "0", "victim"], ["passwd", "-l", "victim"]]

    def test_terminate_leaves_every_file_as_it_was_and_no_lock(self):
        for error, wrapper in FAILURES.items():
            for command in self.COMMANDS:
                with self.subTest(command=command[0], error=error):
                    self.start("terminate", command[0])
                    result = self.on_accounts(*command, wrapper=wrapper)
                    self.assertOutput(result, status=STOPPED, stderr=self.line(
                        "audit records would be", error, "stopped", command[0]))
                    self.assertEqual(self.accounts(), self.before)
                    self.assertEqual(len(self.decisions()), 1)

    def test_log_does_what_was_asked_for_and_reports_each_record(self):
        for wrapper in (DENIED, NO_NETLINK):
            with self.subTest(wrapper=wrapper[0]):
                self.start("log", "useradd")
                name = f"new{len(wrapper)}"
                result = self.on_accounts("useradd", "-M", name, wrapper=wrapper)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn(f"\n{name}:x:", (self.etc / "passwd").read_text())
                decisions = self.decisions()
                self.assertTrue(decisions)
                failed = "audit_open: EAFNOSUPPORT" if wrapper is NO_NETLINK else "audit_log_acct_message: EPERM"
                self.assertEqual([], [d for d in decisions if "log it" not in d or failed not in d])

    def test_useradd_in_another_root_has_the_policy_in_force(self):
        # useradd.conf is in front of the other root; the built-in default would say terminate. There is no journal.
        root = self.folder / "other"
        (root / "home").mkdir(parents=True)
        shutil.copytree(self.etc, root / "etc", symlinks=True)
        self.start("ignore", "useradd")
        result = self.on_accounts("useradd", "--root", root, "-M", "newcomer", wrapper=DENIED)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("\nnewcomer:x:", (root / "etc/passwd").read_text())

    def test_without_the_preload_useradd_creates_an_account_that_the_trail_never_shows(self):
        self.start("terminate", "useradd")
        result = self.on_accounts("useradd", "-M", "newcomer", wrapper=DENIED, preload="")
        self.assertOutput(result)
        self.assertIn("\nnewcomer:x:", (self.etc / "passwd").read_text())
        self.assertEqual(self.decisions(), [])


class ApartTest(PreloadTest):
    """Programs with a journal of the test's own, or without."""

    def setUp(self):
        super().setUp()
        if not works("unshare", "--mount", "true"):
            self.skipTest("needs mount namespaces")
        (self.folder / "journal").mkdir()
        (self.folder / "ld.so.preload").touch()

    def listen(self, *names):
        """Who takes datagrams at these names, in the place of journald."""
        sockets = {}
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            sockets[name] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sockets[name].bind(os.fspath(path))
            path.chmod(0o666)
            self.addCleanup(sockets[name].close)
        return sockets

    def apart(self, *argv, listeners=()):
        """Runs ARGV where /run, /dev and /etc/ld.so.preload are ours: its result, and what LISTENERS were sent."""
        files = {"journal": "journal/systemd/journal/socket"}
        sockets = self.listen(*(files[name] for name in listeners))
        result = self.run_program("unshare", "--mount", "--propagation", "private", "sh", "-c",
                                  'cd "$0" && mount -t tmpfs none /mnt && cp -a /etc/. /mnt && '
                                  'cp ld.so.preload /mnt && mount --bind /mnt /etc && mount --bind journal /run && exec "$@"',
                                  self.folder, *argv)
        sent = []
        for listener in sockets.values():
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sent.append(listener.recv(1 << 16).decode())
        return result, sent


class WithoutDaemon(ApartTest):
    """The library writes the log entries itself if the daemon is gone, and the snapshot answers."""

    def lose_one_record(self, policy, *listeners, daemon=False, case="one-record", wrapper=DENIED,
                        preload=PRELOAD):
        """One record lost under POLICY: the result, and what LISTENERS ("journal") were sent."""
        self.start(policy)
        if not daemon:
            self.running.stop()
            (self.folder / "run/io.auditfail.Policy").unlink(missing_ok=True)
        return self.apart(*self.command(PROGRAM, case, wrapper=wrapper, preload=preload), listeners=listeners)

    def lose_one_record_everywhere(self, **environment):
        """The same of a common user, with the library in every program, and neither daemon nor snapshot."""
        (self.folder / "ld.so.preload").write_text(f"{PRELOAD}\n")
        return self.apart(*self.command(PROGRAM, "one-record", wrapper=COMMON_USER, environment=environment,
                                        preload=""), listeners=["journal"])

    def test_a_lost_record_makes_one_entry_in_the_journal_as_the_daemon_would_write_it(self):
        result, sent = self.lose_one_record("log", "journal")
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1, sent)
        entry = dict(line.split("=", 1) for line in sent[0].splitlines())
        self.assertEqual(entry["MESSAGE_ID"], "6e5f56a498b34df28f26198f5fc86e41")
        sentence = self.line("audit record ADD_USER", "Operation not permitted", "going on").strip()
        self.assertEqual(entry["MESSAGE"], f"{sentence} (auditfaild did not answer: No such file or directory)")
        self.assertEqual({name.removeprefix("AUDITFAIL_"): value for name, value in entry.items()
                          if name.startswith("AUDITFAIL_") and name != "AUDITFAIL_PID"},
                         {"APPLICATION": "preload_program", "ACTION": "log", "KIND": "denied", "ERRNO": "1",
                          "OPERATION": "audit_log_acct_message", "RECORD": "ADD_USER", "UID": "0",
                          "PROGRAM": "preload_program", "FILE": str(self.place("preload_program")), "LINE": "1"})

    def test_a_refusal_that_nobody_explains_is_of_no_kind(self):
        preload = f"{PRELOAD}:{os.environ.get('PRELOAD_SILENT', 'preload_silent.so')}"
        if not works(*self.command(PROGRAM, "open-only")):
            self.skipTest("this kernel takes no records from here, and says why")
        result, sent = self.lose_one_record("log\ndenied = terminate", "journal", wrapper=(), preload=preload)
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1, sent)
        self.assertIn("MESSAGE=preload_program: audit record ADD_USER refused for a reason not known; going on, as ",
                      sent[0])
        self.assertNotIn("AUDITFAIL_KIND=", sent[0])
        self.assertNotIn("AUDITFAIL_ERRNO=", sent[0])

    def test_a_thread_that_is_cancelled_meanwhile_has_its_record_reported(self):
        result, sent = self.lose_one_record("log", "journal", case="cancelled", wrapper=NETLINK_DENIED)
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1)

    def test_a_daemon_that_does_not_answer_is_waited_for_once(self):
        self.start("terminate")
        self.running.stop()
        path = self.folder / "run/io.auditfail.Policy"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(str(path))
            silent.listen()
            result, sent = self.apart(*self.command(PROGRAM, "open-only", wrapper=DENIED), listeners=["journal"])
            silent.settimeout(0)
            silent.accept()[0].close()
            with self.assertRaises(BlockingIOError):
                silent.accept()
        self.assertEqual(result.returncode, STOPPED)
        self.assertEqual(len(sent), 1, sent)

    def test_without_a_journal_it_is_a_line_on_stderr(self):
        result, _ = self.lose_one_record("log")
        self.assertOutput(result, "record 1 0", stderr=self.line("audit record ADD_USER", "Operation not permitted",
                                                                 "going on"))

    def test_ignore_is_reported_but_never_said(self):
        result, sent = self.lose_one_record("ignore", "journal")
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1)
        self.assertIn("PRIORITY=6\n", sent[0])
        result, _ = self.lose_one_record("ignore")
        self.assertOutput(result, "record 1 0")

    def test_who_is_stopped_is_reported_once_and_said(self):
        result, sent = self.lose_one_record("terminate", "journal")
        self.assertOutput(result, status=STOPPED, stderr=self.line("audit records would be", "Operation not permitted",
                                                                   "stopped"))
        self.assertEqual(len(sent), 1)
        self.assertIn("AUDITFAIL_OPERATION=audit_open\n", sent[0])

    def test_where_nobody_knows_its_policy_a_common_users_program_goes_on_and_each_loss_is_reported(self):
        result, sent = self.lose_one_record_everywhere()
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1, sent)
        self.assertIn("MESSAGE=preload_program: audit record ADD_USER refused: Operation not permitted; going on, as "
                      "the built-in default says without auditfaild and its snapshot (auditfaild did not answer: No such file or directory)\n", sent[0])
        self.assertIn("\nAUDITFAIL_ACTION=log\n", sent[0])

    def test_unless_it_was_singled_out(self):
        result, sent = self.lose_one_record_everywhere(AUDITFAIL_APPLICATION="preload_program")
        self.assertOutput(result, status=STOPPED, stderr="preload_program: audit records would be refused: Operation "
                          "not permitted; stopped, as the built-in default says without auditfaild and its snapshot\n")
        self.assertEqual(len(sent), 1, sent)

    def test_what_the_daemon_has_reported_is_not_reported_again(self):
        result, sent = self.lose_one_record("log", "journal", daemon=True)
        self.assertOutput(result, "record 1 0")
        self.assertEqual(sent, [])
        self.assertEqual(len(self.decisions()), 1)


class ChangedRoot(ApartTest):
    """Programs that open audit after chroot(2). The creator of the new root controls the files in it."""

    def setUp(self):
        super().setUp()
        self.new_root = self.folder / "elsewhere"
        self.new_root.mkdir()

    def chrooted(self, case="chrooted", listeners=("journal",), root=None):
        return self.apart(*self.command(PROGRAM, case, wrapper=DENIED, environment={"NEW_ROOT": root or self.new_root}),
                          listeners=listeners)

    def test_the_policy_of_before_is_in_force_and_each_loss_is_in_the_journal_of_before(self):
        self.policy("default", "terminate")
        self.start("log")
        result, sent = self.chrooted()
        self.assertOutput(result, "record 1 0", "record 2 0")
        self.assertEqual(len(sent), 2, sent)
        self.assertIn("AUDITFAIL_RECORD=ADD_USER\n", sent[1])
        self.assertEqual(self.decisions(), [])

    def test_terminate_names_the_file(self):
        self.start("terminate")
        result, sent = self.chrooted()
        self.assertOutput(result, status=STOPPED, stderr=self.line("audit records would be", "Operation not permitted",
                                                                   "stopped"))
        self.assertEqual(len(sent), 1, sent)

    def test_without_a_journal_the_loss_is_a_line_on_stderr(self):
        self.start("log")
        result, _ = self.chrooted(listeners=[])
        self.assertEqual(result.stdout, "record 1 0\nrecord 2 0\n")
        self.assertEqual(result.stderr.count("going on"), 2, result.stderr)

    def test_nothing_in_the_new_root_is_asked_or_told(self):
        inside = self.new_root / self.folder.relative_to("/")
        (inside / "run").mkdir(parents=True)
        self.start("ignore")
        shutil.copy(self.folder / "run/policy.snapshot", inside / "run/policy.snapshot")
        self.start("terminate")
        daemon, journal = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (self.new_root / "run/systemd/journal").mkdir(parents=True)
        with daemon, journal:
            self.bind_below(daemon, inside / "run/io.auditfail.Policy")
            self.bind_below(journal, self.new_root / "run/systemd/journal/socket")
            daemon.listen()
            result, sent = self.chrooted()
            for forged in (daemon, journal):
                forged.setblocking(False)
            with self.assertRaises(BlockingIOError):
                daemon.accept()
            with self.assertRaises(BlockingIOError):
                journal.recv(1)
        self.assertEqual(result.returncode, STOPPED, result.stderr)
        self.assertIn(f"as {self.place('preload_program')}:1 says", result.stderr)
        self.assertEqual(len(sent), 1, sent)

    @staticmethod
    def bind_below(listener, path):
        """The path may be longer than the address of a socket."""
        folder = os.open(path.parent, os.O_PATH)
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)

    def test_no_connection_to_the_daemon_is_left_open(self):
        # The daemon would take the program for root after it has given up root's rights.
        self.start("ignore")
        self.assertOutput(self.chrooted("chrooted-streams")[0], "streams 0 0")

    def test_the_same_root_is_no_other_one(self):
        self.start("log")
        result, sent = self.chrooted(root="/")
        self.assertOutput(result, "record 1 0", "record 2 0")
        self.assertEqual(sent, [])
        self.assertEqual(len(self.decisions()), 2)

    def test_a_second_change_keeps_what_the_first_one_kept(self):
        self.start("log")
        (self.new_root / "root").mkdir()
        result, sent = self.chrooted("chrooted-twice")
        self.assertOutput(result, "record 1 0")
        self.assertEqual(len(sent), 1, sent)

    def test_a_child_has_the_policy_of_before_as_well(self):
        self.start("ignore")
        self.assertOutput(self.chrooted("chrooted-child")[0], "record 1 0", "record 1 0")

    def test_a_program_that_has_closed_what_was_kept_gets_the_built_in_answer(self):
        self.start("ignore")
        result, _ = self.chrooted("chrooted-closed")
        self.assertEqual(result.returncode, STOPPED)
        self.assertIn("as the built-in default says without auditfaild and its snapshot", result.stderr)


if __name__ == "__main__":
    main()
