#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Bytes that no honest client sends, to both daemons. HOSTILE_FRAMES in the environment is the number of mutated frames
for each daemon, HOSTILE_SEED another start for the random numbers.
"""
import array
import contextlib
import os
import pathlib
import random
import socket

from control_harness import CONTROL, Caller, ControlTest
from harness import POLICY, SANITIZED, SERVICE, Client, main

FRAMES = int(os.environ.get("HOSTILE_FRAMES", "4000"))
SEED = int(os.environ.get("HOSTILE_SEED", "1"))
BATCH = 50  # frames of a connection, and connections before another client checks the daemon
CORPUS = pathlib.Path(os.environ["SOURCE_ROOT"], "tests/fuzz/corpus")
GROWTH = 4 << 20  # bytes that the daemon may keep: buffers, and pages of the heap

NESTED = b'{"method":"%s.Query","parameters":' % POLICY.encode() + b"[" * 4000 + b"]" * 4000 + b"}"
LARGE = b'{"method":"%s.Query","parameters":{"application":"%s"}}' % (POLICY.encode(), b"x" * 16000)
TOKENS = [b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\\ud800", b"\\u0000", b"{", b"}", b"[" * 50,
          b'"', b"\\", b"1e999", b"-0", b"9" * 40, b"null", b"true", b",", b":", b"\n", b'"more":true', b'"oneway":true']


def seeds(folder):
    files = [path.read_bytes() for path in sorted((CORPUS / folder).iterdir())]
    return [data for data in files if len(data) < 4096] + [NESTED, LARGE]


def mutate(chance, data, others):
    data = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.choice(TOKENS)
            case 1:
                del data[at:at + chance.randrange(1, 16)]
            case 2 if at < len(data):
                data[at] = chance.randrange(256)
            case 3:
                data[at:] = chance.choice(others)[-chance.randrange(1, 64):]
            case 4:
                data[at:at] = data[at:at + 64]
            case _:
                data[at:at + 1] = bytes([chance.choice(b'{}[]",:\\\0')])
    return bytes(data) + chance.choice((b"\0", b"\0", b"\0", b""))


class Hostile:
    """Tests of a daemon, for the two classes below. begin() starts it; check() asks it something."""

    corpus = path = None

    def setUp(self):
        super().setUp()
        self.process = self.begin()
        self.check()
        self.before = self.process.resident(), self.process.descriptors()

    def drain(self, client):
        with contextlib.suppress(BlockingIOError):
            while client.socket.recv(1 << 16):
                pass
            raise ConnectionResetError

    def back_to_normal(self):
        self.check()
        self.eventually(lambda: self.process.descriptors() <= self.before[1])
        if not SANITIZED:
            self.assertLess(self.process.resident(), self.before[0] + GROWTH)

    def test_mutated_frames_end_their_connection_at_most(self):
        chance, all_seeds = random.Random(SEED), seeds(self.corpus)
        sent = connections = 0
        while sent < FRAMES:
            with Client(self.path) as client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.socket.setblocking(False)
                for _ in range(BATCH):  # or until the daemon hangs up
                    frame = mutate(chance, chance.choice(all_seeds), all_seeds)
                    with contextlib.suppress(BlockingIOError):
                        client.socket.send(frame)
                        sent += 1
                    self.drain(client)
            connections += 1
            if connections % BATCH == 0:
                self.check()
        print(f"# {sent} frames over {connections} connections")
        self.back_to_normal()

    def test_descriptors_that_a_caller_passes_are_closed(self):
        frame = Client.frame(f"{SERVICE}.GetInfo")
        ends = [os.pipe() for _ in range(20)]
        for reader, writer in ends:
            with Client(self.path) as client:
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer] * 50))]
                with contextlib.suppress(EOFError, ConnectionError):
                    for part in (frame[:10], frame[10:]):
                        client.socket.sendmsg([part], rights)
                    client.reply()
                os.close(writer)
                self.assertEqual(os.read(reader, 1), b"", "this process holds no other copy")
            os.close(reader)
        self.back_to_normal()

    def test_a_call_that_cannot_be_served_gets_the_error_of_varlink(self):
        """Bytes that are no JSON object have none: their connection ends."""
        for frame, error in ((b"{}", "InvalidParameter"), (b'{"method":null}', "InvalidParameter"),
                             (b'{"method":"x.y.Z"}', "InterfaceNotFound"),
                             (b'{"method":"%s.Z"}' % self.interface.encode(), "MethodNotFound"),
                             (b'{"method":"%s.GetInterfaceDescription"}' % SERVICE.encode(), "InvalidParameter"),
                             (b'{"method":"x.y.Z","parameters":[]}', "InvalidParameter"),
                             (b'{"method":"%s.GetInfo","upgrade":true}' % SERVICE.encode(), "InvalidParameter"),
                             (NESTED, None), (LARGE + b" " * 1000, None), (b"\xff", None), (b"", None), (b"[]", None)):
            with self.subTest(frame[:60]), Client(self.path) as client:
                client.send_bytes(frame + b"\0")
                if error:
                    self.assertEqual(client.reply()["error"], f"{SERVICE}.{error}")
                    self.assertIn("interfaces", client.call(f"{SERVICE}.GetInfo")["parameters"])
                else:
                    self.assertTrue(client.ended())


class Policy(Hostile, ControlTest):
    corpus, interface = "request", POLICY

    def begin(self):
        self.policy("a", "log")
        daemon = self.daemon()
        self.path = daemon.path
        return daemon

    def check(self):
        self.assertAnswer(self.process.call("Query", application="a"), action="log")


class Control(Hostile, ControlTest):
    corpus, interface = "control", CONTROL

    def begin(self):
        return self.start()

    def check(self):
        with Caller(self.path) as caller:
            caller.identify()


if __name__ == "__main__":
    main()
