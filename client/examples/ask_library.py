# SPDX-License-Identifier: LGPL-2.1-or-later
"""
python3 ask_library.py APPLICATION ERRNO

Asks by libauditfail what APPLICATION must do after a call of libaudit failed
with ERRNO, a number (0: unknown). Prints the answer. Exit status 0: go on,
1: stop.

Without auditfaild, the library takes the answer from the snapshot. Without a
snapshot, or without the library, it is terminate. It comes within a second.
"""
import ctypes
import os
import sys

ACTIONS = ("ignore", "log", "terminate")


class Question(ctypes.Structure):
    """struct auditfail_question of <auditfail.h>. Zero means the default."""
    _fields_ = [("application", ctypes.c_char_p),
                ("operation", ctypes.c_char_p),
                ("error", ctypes.c_int),
                ("timeout_ms", ctypes.c_uint),
                ("record", ctypes.c_char_p),
                ("flags", ctypes.c_uint),
                ("reserved", ctypes.c_uint64 * 4)]  # or less


def ask(application, error):
    """Returns "ignore", "log" or "terminate"."""
    question = Question(application=os.fsencode(application), error=error)
    try:
        library = ctypes.CDLL("libauditfail.so.1")
        action = library.auditfail_ask(ctypes.byref(question), None)
    except (OSError, AttributeError):
        return "terminate"
    return ACTIONS[action] if action in (0, 1) else "terminate"


if __name__ == "__main__":
    answer = ask(sys.argv[1], int(sys.argv[2]))
    print(answer)
    sys.exit(answer == "terminate")
