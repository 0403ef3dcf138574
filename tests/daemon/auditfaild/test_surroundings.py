#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What auditfaild does when the files and the machine around it are not as they should be, and that it recovers."""
import contextlib
import os
import pathlib
import pwd
import resource
import socket
import struct
import threading
import unittest

from harness import POLICY, SANITIZED, STRANGER, DaemonTest, main, needs_root

OLD, NEW = "log", "ignore"
FULL_RUNTIME = 'mount -t tmpfs -o size=16k,mode=755 none "$0" && exec "$@"'


def generation_of(snapshot):
    return struct.unpack_from("<8sQ", snapshot.read_bytes())[1]


def written_by_the_loop(daemon):
    """Returns the number of bytes that the daemon's first thread has written."""
    return int(pathlib.Path(f"/proc/{daemon.pid}/task/{daemon.pid}/io").read_text().split()[3])


class Files(DaemonTest):
    """Each row changes etc/auditfail. The next reload takes NEW, or keeps OLD and says why; so does a repair then."""

    def setUp(self):
        super().setUp()
        self.etc = self.root / "etc/auditfail"
        self.file = self.policy("a", OLD)

    def put(self, data):
        self.file.unlink()
        self.file.write_bytes(data)

    def link(self, target):
        self.file.unlink()
        self.file.symlink_to(target)

    def replaced(self, make):
        self.put_away()
        make(self.etc)

    def put_away(self):
        if os.path.lexists(self.etc):
            self.etc.rename(self.folder / f"away.{len(os.listdir(self.folder))}")

    def unix_socket(self):
        self.file.unlink()
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.fspath(self.file))

    def two_links(self):
        self.link("b.conf")
        self.place("b").symlink_to("a.conf")

    def rows(self):
        """(What, how, the action after the reload, what the reply says if the policy is refused.)"""
        yield "CR LF", lambda: self.put(b"ignore\r\n"), NEW, None
        yield "blanks at the end", lambda: self.put(b"ignore \t \n \n"), NEW, None
        yield "no newline at the end", lambda: self.put(b"ignore"), NEW, None
        yield "a link to a file beside it", lambda: (self.policy("b", NEW), self.link("b.conf")), NEW, None
        yield "a byte order mark", lambda: self.put(b"\xef\xbb\xbfignore\n"), OLD, "byte order mark"
        yield "UTF-16", lambda: self.put("ignore\n".encode("utf-16")), OLD, "a.conf"
        yield "NUL", lambda: self.put(b"ignore\n\0"), OLD, "NUL"
        yield "an empty file", lambda: self.put(b""), OLD, "a.conf"
        yield "1 MiB", lambda: self.put(b"ignore\n" + b"#" * (1 << 20)), OLD, "too long"
        yield "no permission to read", lambda: self.file.chmod(0), OLD, "a.conf"
        yield "mode 0664", lambda: self.file.chmod(0o664), OLD, "a.conf"
        yield "a link in a circle", self.two_links, OLD, "links"
        yield "a link to nothing", lambda: self.link("missing"), OLD, "a.conf"
        # A link of --root stays in the tree, where there is no such device.
        yield "a link to a device of the machine", lambda: self.link("/dev/zero"), OLD, "does not exist"
        yield "a FIFO", lambda: (self.file.unlink(), os.mkfifo(self.file)), OLD, "not a regular file"
        yield "a socket", self.unix_socket, OLD, "a.conf"
        yield "a folder", lambda: (self.file.unlink(), self.file.mkdir()), OLD, "not a regular file"
        yield "a folder that nobody may read", lambda: self.etc.chmod(0), OLD, "auditfail"
        yield "a folder that others may change", lambda: self.etc.chmod(0o777), OLD, "auditfail"
        yield "a file in place of the folder", lambda: self.replaced(pathlib.Path.touch), OLD, "auditfail"
        yield "a circle in place of the folder", lambda: self.replaced(lambda p: p.symlink_to(p)), OLD, "auditfail"
        yield "no folder: the policy has no file", lambda: self.replaced(lambda _: None), "terminate", None
        if os.geteuid() == 0:
            yield "a file of another user", lambda: os.chown(self.file, STRANGER, STRANGER), OLD, "a.conf"

    def repair(self, action):
        """Makes the folder anew."""
        if self.etc.is_dir() and not self.etc.is_symlink():
            self.etc.chmod(0o755)
        self.put_away()
        self.etc.mkdir()
        self.policy("a", action)

    def test_a_bad_file_or_folder_is_refused_with_its_cause_and_a_repair_is_taken(self):
        daemon = self.daemon()
        for what, change, action, says in self.rows():
            with self.subTest(what):
                change()
                reply = daemon.call("Reload")
                if says is None:
                    self.assertNotIn("error", reply, reply)
                else:
                    self.assertEqual(reply["error"], f"{POLICY}.LoadFailed")
                    self.assertIn(says, str(reply["parameters"]["problems"]))
                    self.assertIn("The new policy is not taken", daemon.stderr())
                self.assertEqual(daemon.query("a")["action"], action)
                self.repair(NEW)
                self.assertAnswer(daemon.call("Reload"))
                self.assertEqual(daemon.query("a")["action"], NEW)
            self.repair(OLD)
            daemon.call("Reload")


class Changes(DaemonTest):
    """Files that change during the load."""

    @contextlib.contextmanager
    def meanwhile(self, action):
        over = threading.Event()

        def repeat():
            while not over.is_set():
                action()
        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def test_a_folder_that_is_replaced_during_the_load_is_one_folder_or_the_other(self):
        etc = self.root / "etc/auditfail"
        etc.rmdir()
        for action in (OLD, NEW):
            (self.root / f"etc/{action}").mkdir()
            for number in range(50):
                (self.root / f"etc/{action}/a{number}.conf").write_text(f"{action}\n")
        etc.symlink_to(OLD)
        daemon = self.daemon()
        turn = iter(range(1 << 30))

        def swap():
            new = self.root / "etc/new"
            new.symlink_to((OLD, NEW)[next(turn) % 2])
            new.rename(etc)

        seen = set()
        with self.meanwhile(swap), daemon.connect() as client:
            for _ in range(40):
                self.assertAnswer(client.call("Reload"))
                actions = {client.call("Query", application=f"a{number}")["parameters"]["action"]
                           for number in range(0, 50, 7)}
                self.assertEqual(len(actions), 1, actions)
                seen |= actions
        self.assertLessEqual(seen, {OLD, NEW})

    def test_a_file_that_grows_during_the_load_is_taken_or_too_long(self):
        path = self.policy("a", NEW)
        daemon = self.daemon()
        with path.open("a") as file, self.meanwhile(lambda: (file.write("# more\n"), file.flush())):
            for _ in range(20):
                reply = daemon.call("Reload")
                if "error" in reply:
                    self.assertIn("too long", str(reply))
                self.assertEqual(daemon.query("a")["action"], NEW)


@needs_root
class FullRuntimeFolder(DaemonTest):
    """/run is a small file system, in a mount namespace of the daemon's own."""

    def full(self, folder):
        with contextlib.suppress(OSError), open(folder / "fill", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 1024)

    def test_an_old_snapshot_keeps_its_generation_and_is_replaced_when_there_is_room(self):
        self.policy("a", OLD)
        small = self.folder / "small"
        small.mkdir()
        daemon = self.daemon(wrapper=["unshare", "--mount", "sh", "-c", FULL_RUNTIME, small],
                             options=["--runtime", small])
        inside = pathlib.Path(f"/proc/{daemon.pid}/root{small}")
        snapshot = inside / "policy.snapshot"
        before = snapshot.read_bytes()
        self.full(inside)
        self.policy("a", NEW)
        self.assertAnswer(daemon.call("Reload"), generation=2, changed=True)
        self.assertEqual(daemon.query("a")["action"], NEW)
        self.assertIn(f"Cannot write {small}/policy.snapshot: No space left on device", daemon.stderr())
        self.assertEqual(snapshot.read_bytes(), before, "the old snapshot, of generation 1")
        self.assertEqual(sorted(os.listdir(inside)), ["fill", "policy.snapshot"])
        (inside / "fill").unlink()
        self.eventually(lambda: generation_of(snapshot) == 2)
        self.eventually(lambda: "The snapshot is written" in daemon.stderr())

    def test_a_start_without_room_answers_and_writes_the_snapshot_later(self):
        for number in range(16):
            self.policy(f"a{number}", OLD)
        small = self.folder / "small"
        small.mkdir()
        script = FULL_RUNTIME.replace("&& exec", '&& { head -c 1m /dev/zero >"$0/fill"; :; } && exec')
        daemon = self.daemon(wrapper=["unshare", "--mount", "sh", "-c", script, small], options=["--runtime", small])
        inside = pathlib.Path(f"/proc/{daemon.pid}/root{small}")
        self.assertEqual(daemon.query("a0")["action"], OLD)
        self.assertEqual(os.listdir(inside), ["fill"])
        before = written_by_the_loop(daemon)
        (inside / "fill").unlink()
        self.eventually((inside / "policy.snapshot").exists)
        size = (inside / "policy.snapshot").stat().st_size
        self.assertLess(written_by_the_loop(daemon) - before, size, "a thread writes it: the loop may not wait for a disk")


@needs_root
class NoThreads(DaemonTest):
    """The limit of processes of the daemon's user."""

    def setUp(self):
        super().setUp()
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder / "run", nobody.pw_uid, nobody.pw_gid)
        self.policy("a", OLD)

    @unittest.skipIf(SANITIZED, "the leak sanitizer needs a thread of its own")
    def test_a_start_without_threads_fails_with_the_cause(self):
        daemon = self.daemon_unready(user="nobody", wrapper=["prlimit", "--nproc=1"])
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("Cannot start: Resource temporarily unavailable", daemon.stderr())

    def test_a_reload_without_threads_keeps_the_policy_and_works_later(self):
        daemon = self.daemon(user="nobody")
        try:
            before = resource.prlimit(daemon.pid, resource.RLIMIT_NPROC)
        except PermissionError:
            self.skipTest("needs CAP_SYS_RESOURCE, to change the limits of another user's process")
        resource.prlimit(daemon.pid, resource.RLIMIT_NPROC, (1, before[1]))
        self.policy("a", NEW)
        self.assertIn("cannot start a thread", str(daemon.call("Reload")["parameters"]["problems"]))
        self.assertEqual(daemon.query("a")["action"], OLD)
        resource.prlimit(daemon.pid, resource.RLIMIT_NPROC, before)
        self.assertAnswer(daemon.call("Reload"), generation=2)
        self.assertEqual(daemon.query("a")["action"], NEW)


if __name__ == "__main__":
    main()
