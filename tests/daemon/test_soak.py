#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
All load at once, for a long time: queries, monitors, reloads, hostile clients and kills. Each answer is one of two policies,
and memory, descriptors and times of answers do not grow. SOAK_HOURS is the time; `./do soak HOURS` sets it.

Each kind of load runs in a thread, on three daemons: an auditfaild that never ends, an auditfaild that is killed again and
again, and an auditfail-controld. All load pauses a few times. Only then, the sizes of different times can be compared.
"""
import contextlib
import itertools
import os
import random
import signal
import socket
import statistics
import threading
import time

from control_harness import Caller, ControlTest
from harness import POLICY, SANITIZED, STRANGER, Client, become, main

SECONDS = float(os.environ.get("SOAK_HOURS", 30 / 3600)) * 3600
PERIODS = max(12, int(SECONDS / 60))  # with a pause after each
WARM_UP = 1 / 4  # of the periods; then all buffers have been used once
ANSWERS = ("ignore", "log")
# What sizes may differ by without a reason: pages that the allocator keeps, and a machine that is busy meanwhile.
MEMORY_SLACK, TIME_SLACK = 512 * 1024, 0.05
HUNG_UP = (ConnectionError, EOFError, BrokenPipeError, TimeoutError)  # a daemon that is killed, or hangs up on a hostile client
JUNK = [b"junk\0", b"{" * 16000 + b"\0", b'{"method":"', b"\0" * 100, b'{"method":"' + b"x" * 20000, b"\xff\xfe\0",
        Client.frame(f"{POLICY}.Query", {"application": "../passwd"}), Client.frame(f"{POLICY}.List", {}) * 20]


class Load:
    """Runs functions again and again in threads, until the end or an error. pause() waits until none of them runs."""

    def __init__(self):
        self.going, self.ended, self.errors, self.threads = threading.Event(), False, [], []
        self.lock, self.running = threading.Condition(), 0

    def add(self, action):
        self.threads.append(threading.Thread(target=self._repeat, args=(action,)))
        self.threads[-1].start()

    def _repeat(self, action):
        while self.going.wait() and not self.ended:
            with self.lock:
                self.running += 1
            try:
                action()
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(f"{action.__name__}: {error!r}")
                self.ended = True
            finally:
                with self.lock:
                    self.running -= 1
                    self.lock.notify_all()

    def pause(self):
        self.going.clear()
        with self.lock:
            self.lock.wait_for(lambda: self.running == 0)

    def end(self):
        self.ended = True
        self.going.set()
        for thread in self.threads:
            thread.join()


class Soak(ControlTest):
    def setUp(self):
        super().setUp()
        self.policy("passwd", ANSWERS[0])
        self.load, self.times, self.generations = Load(), [], itertools.count()
        self.counts = dict.fromkeys(("queries", "monitors", "reloads", "hostile", "kills", "control"), 0)
        self.addCleanup(self.load.end)
        self.lasting = self.daemon()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(self.listener.close)
        self.killed_path = self.folder / "killed"
        self.listener.bind(os.fspath(self.killed_path))
        self.killed_path.chmod(0o666)
        self.listener.listen(64)
        self.killed = self.daemon_unready(sockets=[self.listener]).ready()
        self.control = self.start("--idle-exit=0") if os.geteuid() == 0 else None

    def query(self):
        begin = time.monotonic()
        with self.lasting.connect() as client:
            self.assertIn(client.call("Query", application="passwd", errno=1)["parameters"]["action"], ANSWERS)
        self.times.append(time.monotonic() - begin)
        self.counts["queries"] += 1

    def query_the_killed_one(self):
        with contextlib.suppress(*HUNG_UP), Client(self.killed_path) as client:
            for _ in range(20):
                self.assertIn(client.call("Query", application="passwd", errno=1)["parameters"]["action"], ANSWERS)

    def monitor(self):
        with self.lasting.connect() as client:
            client.send(f"{POLICY}.Monitor", {}, more=True)
            client.reply()
            time.sleep(random.random() / 2)  # and does not read what comes meanwhile
        self.counts["monitors"] += 1

    def reload(self):
        self.policy("passwd", ANSWERS[next(self.generations) % 2])
        self.assertNotIn("error", self.lasting.call("Reload"))
        self.counts["reloads"] += 1
        time.sleep(0.05)

    def kill(self):
        time.sleep(random.random() / 2)
        self.killed.kill()
        self.killed.close()
        self.killed = self.daemon_unready(sockets=[self.listener]).ready()
        self.processes.pop(0)  # not all of them, for the report of a failure
        self.counts["kills"] += 1

    def ask_to_stop(self):
        """Identify, Status and a Stop that does nothing, or is refused because there are too many."""
        with Caller(self.path) as caller:
            caller.call("Status")
            self.assertIn("error", caller.stop(force=True))
        self.counts["control"] += 1
        time.sleep(0.05)

    def be_hostile(self, path):
        """A child of another user, which hangs up on what it has begun."""
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                if os.geteuid() == 0:
                    become(STRANGER)
                clients = []
                for _ in range(100):
                    with contextlib.suppress(OSError):
                        clients.append(Client(path))
                        clients[-1].socket.setblocking(False)
                        clients[-1].send_bytes(random.choice(JUNK)[:random.randrange(1, 20000)])
                        socket.send_fds(clients[-1].socket, [b"x"], [0])
            os._exit(0)
        os.waitpid(pid, 0)
        self.counts["hostile"] += 100

    def be_hostile_to_both(self):
        self.be_hostile(self.lasting.path)
        if self.control:
            self.be_hostile(self.path)

    def sizes(self):
        """What must not grow, by name, while no load runs."""
        self.eventually(lambda: self.lasting.call("Status")["parameters"]["connections"] == 1)
        sizes = {"time of an answer": statistics.median(self.times)}
        self.times.clear()
        for name, process in (("auditfaild", self.lasting), ("auditfail-controld", self.control)):
            if process:
                self.eventually(lambda process=process: not process.children())
                sizes[f"memory of {name}"] = process.resident()
                sizes[f"descriptors of {name}"] = process.descriptors()
        return sizes

    def assertNoGrowth(self, name, series):
        first, last = series[:len(series) // 2], series[len(series) // 2:]
        before, after = statistics.median(first), statistics.median(last)
        allowed = before + 2 if name.startswith("descriptors") else before * 1.05 + MEMORY_SLACK
        if name.startswith("time"):
            allowed = before * 2 + TIME_SLACK
        print(f"# {name}: {before:g} in the first half, {after:g} in the second", flush=True)
        self.assertLessEqual(after, allowed, f"{name} grows: {series}")

    def test_nothing_grows(self):
        actions = [self.query, self.query, self.query_the_killed_one, self.monitor, self.reload, self.kill, self.be_hostile_to_both]
        for action in actions + ([self.ask_to_stop] if self.control else []):
            self.load.add(action)
        samples = []
        for _ in range(PERIODS):
            self.load.going.set()
            time.sleep(SECONDS / PERIODS)
            self.load.pause()
            self.assertEqual(self.load.errors, [])
            samples.append(self.sizes())
        self.load.end()
        self.assertEqual(self.lasting.status, None)
        print(f"# {SECONDS:g} s: " + ", ".join(f"{count} {name}" for name, count in self.counts.items()), flush=True)
        self.assertTrue(all(self.counts[name] for name in self.counts if self.control or name != "control"), self.counts)
        samples = samples[int(PERIODS * WARM_UP):]
        for name in samples[0]:
            if not (SANITIZED and name.startswith("memory")):  # a sanitizer keeps freed memory for a while
                self.assertNoGrowth(name, [sample[name] for sample in samples])


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main()
