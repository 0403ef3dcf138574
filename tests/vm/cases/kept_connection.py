#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kept_connection.py APPLICATION ACTION: asks auditfaild again and again over one connection, until SIGTERM.

If the daemon ends the connection, the question is asked again over a new one. The exit status is 0 if each answer was
ACTION."""
import json
import signal
import socket
import sys
import time

SOCKET = "/run/auditfail/io.auditfail.Policy"


class Client:
    def __init__(self, application):
        self.question = json.dumps({"method": "io.auditfail.Policy.Query",
                                    "parameters": {"application": application, "errno": 1, "ahead": True}})
        self.connections, self.connection = 0, None

    def ask(self):
        """The action, or None if the connection ended before the whole answer came."""
        if not self.connection:
            self.connection = socket.socket(socket.AF_UNIX)
            self.connection.settimeout(60)
            self.connection.connect(SOCKET)
            self.connections += 1
        reply = b""
        try:
            self.connection.sendall(self.question.encode() + b"\0")
            while not reply.endswith(b"\0"):
                part = self.connection.recv(65536)
                if not part:
                    break
                reply += part
        except ConnectionError:
            pass
        if not reply.endswith(b"\0"):
            self.connection.close()
            self.connection = None
            return None
        return json.loads(reply[:-1])["parameters"].get("action", reply)


def main():
    application, action = sys.argv[1:]
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    client, answers, wrong, longest = Client(application), 0, [], 0
    while not stopped:
        began = time.monotonic()
        answer = client.ask()
        while answer is None:
            answer = client.ask()
        longest = max(longest, time.monotonic() - began)
        answers += 1
        if answer != action:
            wrong.append(answer)
        if answers == 1:
            print("connected", flush=True)
        time.sleep(0.1)
    print(f"{answers} answers over {client.connections} connections, {len(wrong)} wrong {wrong[:3]}, "
          f"the longest after {longest:.1f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
