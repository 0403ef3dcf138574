#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hostile_user.py SECONDS SOCKET [PROGRAM]: one user asks auditfaild in invented names, as fast as it can.

Three processes ask at the same time: over a connection that is kept, by processes that end before they are answered,
and through the setuid-root PROGRAM, a copy of auditfailctl. Prints how often each one asked."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

AT_ONCE = 50  # calls that are sent before the replies are read


def call(name):
    return json.dumps({"method": "io.auditfail.Policy.Query",
                       "parameters": {"application": name, "errno": 1}}).encode() + b"\0"


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(path)
    return connection


def on_one_connection(path, end):
    asked = 0
    connection = None
    while time.monotonic() < end:
        try:
            connection = connection or connect(path)
            connection.sendall(b"".join(call(f"kept-{asked + i}") for i in range(AT_ONCE)))
            replies = 0
            while replies < AT_ONCE:
                replies += (connection.recv(65536) or sys.exit("the daemon hung up")).count(b"\0")
            asked += AT_ONCE
        except OSError:
            connection = None
    return asked


def without_waiting(path, end):
    asked = 0
    while time.monotonic() < end:
        if os.fork() == 0:
            with contextlib.suppress(OSError):
                connect(path).sendall(call(f"gone-{asked}"))
            os._exit(0)
        os.wait()
        asked += 1
    return asked


def by_setuid_programs(program, path, end):
    asked = 0
    while time.monotonic() < end:
        subprocess.run([program, f"--socket={path}", "--timeout=30", "query", f"setuid-{asked}", "--errno=EPERM"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        asked += 1
    return asked


def main():
    seconds, path, *program = sys.argv[1:]
    end = time.monotonic() + int(seconds)
    signal.alarm(int(seconds) + 120)
    ways = {"kept": lambda: on_one_connection(path, end), "gone": lambda: without_waiting(path, end)}
    if program:
        ways["setuid"] = lambda: by_setuid_programs(program[0], path, end)
    children = {}
    for way, ask in ways.items():
        children[way] = os.fork()
        if children[way] == 0:
            print(f"{way}: {ask()}", flush=True)
            os._exit(0)
    return max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children.values())


if __name__ == "__main__":
    sys.exit(main())
