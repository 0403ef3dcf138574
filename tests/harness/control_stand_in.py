# SPDX-License-Identifier: LGPL-2.1-or-later
"""An auditfail-controld that tests play, for auditfaild to ask what the kernel does with records."""
import json
import os
import pathlib
import socket
import threading

CAP_AUDIT_WRITE = 29
DEADLINE = 10  # seconds for a call to come


def holds_audit_write():
    """Whether auditfaild would ask for this process at all."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("CapEff:")[1].split()[0], 16) >> CAP_AUDIT_WRITE & 1


class Control:
    """A control daemon: takes one call at a time, and answers with what it is told."""

    def __init__(self, path):
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(os.fspath(path))
        self.listening.listen()
        self.listening.settimeout(DEADLINE)
        self.calls = []

    def take(self):
        connection = self.listening.accept()[0]
        connection.settimeout(DEADLINE)
        received = b""
        while not received.endswith(b"\0"):
            received += connection.recv(4096)
        self.calls.append(json.loads(received[:-1]))
        return connection

    def answer(self, **parameters):
        with self.take() as connection:
            connection.sendall(json.dumps({"parameters": parameters}).encode() + b"\0")

    def answer_bytes(self, data):
        with self.take() as connection:
            connection.sendall(data)

    def close(self):
        self.listening.close()

    def answer_always(self, **parameters):
        """Answers every call so, until close()."""
        def serve():
            while True:
                try:
                    self.answer(**parameters)
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
