#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl with a daemon that is missing, hangs, or breaks the protocol."""
import contextlib
import json
import os
import socket

from ctl_harness import DENIED, NO_DAEMON, PROTOCOL, TIMEOUT, Ctl, frame
from harness import POLICY, SERVICE, STRANGER, main, needs_root


class Trouble(Ctl):
    """Each failure has an exit status and a message with the next step."""

    ASKING = (["status"], ["list"], ["explain"], ["reload"], ["monitor"])

    def assertEach(self, status, frames, complains, hold=False, commands=(*ASKING, ["query"]), options=()):
        for command in commands:
            with self.subTest(command=command, frames=frames):
                path = self.impostor(*frames, hold=hold)
                result = self.assertCtl(status, *command, *options, f"--socket={path}", complains=complains)
                self.assertEqual(result.stdout, "")

    def test_no_socket(self):
        for command in self.ASKING:
            self.assertCtl(NO_DAEMON, *command,
                           complains="run/io.auditfail.Policy: no such socket; try: auditfaild --listen ")
        if not os.path.exists("/run/auditfail/io.auditfail.Policy"):
            self.assertCtl(NO_DAEMON, "status", variables={"AUDITFAIL_RUNTIME_DIR": ""},
                           complains="no daemon behind /run/auditfail/io.auditfail.Policy: no such socket; is "
                                     "auditfaild.socket enabled? try: systemctl enable --now auditfaild\n")

    def test_a_socket_without_a_listener(self):
        path = self.folder / "dead"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
            dead.bind(os.fspath(path))
        self.assertCtl(NO_DAEMON, "status", f"--socket={path}", complains="no process listens there; try: ")

    def test_a_path_that_cannot_be_a_socket(self):
        self.assertCtl(NO_DAEMON, "status", "--socket=/dev/null/socket",
                       complains="no daemon behind /dev/null/socket: Not a directory")

    @needs_root
    def test_a_socket_that_is_closed_to_this_user(self):
        self.needs_stranger()
        daemon = self.daemon()
        daemon.path.chmod(0o600)
        self.assertCtl(DENIED, "status", complains=f"cannot connect to {daemon.path}: Permission denied; ",
                       user=STRANGER, group=STRANGER, extra_groups=[])

    def test_a_service_that_accepts_no_connection(self):
        path = self.folder / "busy"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as busy, contextlib.ExitStack() as stack:
            busy.bind(os.fspath(path))
            busy.listen(0)
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting.connect(os.fspath(path))
            self.assertCtl(TIMEOUT, "status", f"--socket={path}", "--timeout=0.05",
                           complains="accepted no connection within 0.05 s")

    def test_a_service_that_says_nothing(self):
        self.assertEach(TIMEOUT, [], "did not answer in time", hold=True, options=["--timeout=0.05"])

    def test_a_service_that_begins_and_does_not_end(self):
        self.assertEach(TIMEOUT, [b'{"parameters":'], "did not answer in time", hold=True, options=["--timeout=0.05"])

    def test_a_service_that_hangs_up(self):
        self.assertEach(NO_DAEMON, [], "closed the connection; try: journalctl -u auditfaild")
        self.assertEach(NO_DAEMON, [b'{"parameters":'], "closed the connection")

    def test_a_service_that_speaks_something_else(self):
        for words in (b"220 mail.example ESMTP\r\n\0", b"\0", b"[]\0", b'{"parameters":[]}\0', b'{"error":1}\0'):
            self.assertEach(PROTOCOL, [words], "does not speak Varlink")

    def test_answers_of_the_wrong_form(self):
        self.assertEach(PROTOCOL, [frame({})], "cannot be understood")
        for command, good, bad in (
                (["query"], {"action": "log", "generation": 1}, {"action": "panic"}),
                (["query"], {"action": "log", "generation": 1}, {"action": None}),
                (["query"], {"action": "log", "generation": 1}, {"file": 3}),
                (["query"], {"action": "log", "generation": 1}, {"file": "/etc/auditfail/a\0b"}),
                (["query"], {"action": "log", "generation": 1}, {"line": "3"}),
                (["query"], {"action": "log", "generation": 1}, {"generation": 1.5}),
                (["list"], {"applications": []}, {"applications": {}}),
                (["list"], {"applications": []}, {"applications": [1]}),
                (["list"], {"applications": []}, {"applications": [{"application": "a"}]}),
                (["explain"], {"steps": []}, {"steps": "none"}),
                (["explain"], {"steps": []}, {"steps": [None]}),
                (["reload"], {"generation": 1, "changed": True, "applications": 1, "problems": [], "omitted": 0},
                 {"problems": [{"file": "x"}]}),
                (["reload"], {"generation": 1, "changed": True, "applications": 1, "problems": [], "omitted": 0},
                 {"changed": "yes"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"event": "decision"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"event": "reload"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"lost": None})):
            self.assertEach(PROTOCOL, [frame({**good, **bad})], "cannot be understood", commands=[command])

    def test_errors_of_the_service(self):
        self.assertEach(DENIED, [frame({"resource": "connections"}, f"{POLICY}.QuotaExceeded")],
                        "gives this user no more connections")
        self.assertEach(DENIED, [frame({}, f"{SERVICE}.PermissionDenied")], "only root and the daemon's own user")
        self.assertEach(PROTOCOL, [frame({"parameter": "application"}, f"{SERVICE}.InvalidParameter")],
                        "does not accept the application of the call; is it of this version (")
        self.assertEach(PROTOCOL, [frame({"interface": POLICY}, f"{SERVICE}.InterfaceNotFound")], "is it auditfaild")
        self.assertEach(PROTOCOL, [frame({}, "org.example.Strange")],
                        "does not know: org.example.Strange; try: journalctl -u auditfaild")

    def test_words_of_the_service_do_not_reach_the_terminal_as_commands(self):
        evil = "\x1b]0;owned\x07\x9b31m\x7f\u202e"
        entry = {"application": f"a{evil}", "action": f"log{evil}", "file": evil, "line": 1, "exceptions": [],
                 "source": "application"}
        for output in (self.ctl("list", f"--socket={self.impostor(frame({'applications': [entry]}))}"),
                       self.ctl("list", "-q", f"--socket={self.impostor(frame({'applications': [entry]}))}"),
                       self.ctl("status", f"--socket={self.impostor(frame({}, f'org.example.{evil}'))}")):
            for control in "\x1b\x07\x9b\x7f\u202e":
                self.assertNotIn(control, output.stdout + output.stderr)
            self.assertIn("\\x1B]0;owned", output.stdout + output.stderr)
        told = self.ctl("list", "--json", f"--socket={self.impostor(frame({'applications': [entry]}))}").stdout
        self.assertEqual(json.loads(told), [entry])
        for control in "\x1b\x9b\x7f":
            self.assertNotIn(control, told)


if __name__ == "__main__":
    main()
