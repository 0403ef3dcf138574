# SPDX-License-Identifier: LGPL-2.1-or-later
"""
python3 ask_socket.py APPLICATION ERRNO [SOCKET]

Asks auditfaild what APPLICATION must do after a call of libaudit failed with
ERRNO, a number (0: unknown). Prints the answer. Exit status 0: go on, 1: stop.

Without auditfaild, the answer is terminate. It comes within a second: half of
it limits connect(), which waits if many others ask, and half limits recv().
"""
import json
import socket
import struct
import sys

SOCKET = "/run/auditfail/io.auditfail.Policy"
HALF_A_SECOND = struct.pack("ll", 0, 500_000)


def ask(application, error, path=SOCKET):
    """Returns "ignore", "log" or "terminate"."""
    call = {"method": "io.auditfail.Policy.Query", "parameters":
            {"application": application, "errno": error or None, "close": True}}
    try:
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, HALF_A_SECOND)
            daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, HALF_A_SECOND)
            daemon.connect(path)
            daemon.sendall(json.dumps(call).encode() + b"\0")
            reply = daemon.recv(16384, socket.MSG_WAITALL)
        action = json.loads(reply[:reply.index(b"\0")])["parameters"]["action"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "terminate"
    return action if action in ("ignore", "log") else "terminate"


if __name__ == "__main__":
    answer = ask(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
    print(answer)
    sys.exit(answer == "terminate")
