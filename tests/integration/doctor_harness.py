# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of auditfailctl doctor have in common: the programs that it looks at, and how it is asked."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import unittest

from harness import DEADLINE, SANITIZED, STRANGER, without_blanks
from test_auditfailctl import FAILED, Ctl

AUDITFAILCTL = os.environ["AUDITFAILCTL"]
AUDIT, STATIC, PAM, BOTH, PRELOAD = (
    without_blanks(os.environ[name])
    for name in ("SUBJECT_AUDIT", "SUBJECT_STATIC", "SUBJECT_PAM", "SUBJECT_BOTH", "PRELOAD_STAND_IN"))
WITHOUT_AUDIT = (os.environ["WITHOUT_NETLINK"], "send:ECONNREFUSED")

UNKNOWN = 7  # auditfailctl(1)

COMMON = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
UNABLE = ("setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write")
APART = ("unshare", "--user", "--map-root-user")


def can_audit():
    """Whether this machine takes records from here: only then can it be seen that it does."""
    capable = any(line.startswith("CapEff") and int(line.split()[1], 16) >> 29 & 1
                  for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    with contextlib.suppress(OSError), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9):
        return capable and os.stat("/proc/self/ns/user").st_ino == 0xEFFFFFFD
    return False


not_sanitized = unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
needs_audit = unittest.skipUnless(can_audit(), "the kernel takes no audit records from here")
can_separate = subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
needs_namespace = unittest.skipUnless(can_separate, "no user namespace can be made here")


def etc(test, name, text):
    """A wrapper that has a program see TEXT in the file NAME of /etc, in a mount namespace of its own."""
    folder = test.folder / "etc"
    folder.mkdir(exist_ok=True)
    script = ["set -e", f"mount -t tmpfs none {folder}", f"mkdir {folder}/new {folder}/work",
              f"mount -t overlay -o lowerdir=/etc,upperdir={folder}/new,workdir={folder}/work none /etc",
              f"printf '%s\\n' '{text}' >/etc/{name}"]
    wrapper = ("unshare", "--mount", "sh", "-c", "\n".join([*script, 'exec "$@"']), "sh")
    if test.run_program(*wrapper, "true").returncode != 0:
        test.skipTest("no overlay can be mounted over /etc here")
    return wrapper


class Doctor(Ctl):
    def environment(self, **variables):
        kept = super().environment(**variables)
        for name in ("LD_PRELOAD", "AUDITFAIL_APPLICATION"):
            if name not in variables:
                kept.pop(name, None)
        return {"AUDITFAIL_PRELOAD": PRELOAD, **kept}

    def doctor(self, subject, wrapper=(), status=None, **variables):
        """What it says of SUBJECT, as a dict; the exit status must be STATUS, or fit the verdict."""
        result = self.run_program(*wrapper, AUDITFAILCTL, "--json", "doctor", str(subject),
                                  env=self.environment(**variables))
        self.assertEqual(result.stderr, "", result)
        said = json.loads(result.stdout)
        self.assertEqual(result.returncode, {"lost": FAILED, "unknown": UNKNOWN}.get(said["verdict"], 0), said)
        if status is not None:
            self.assertEqual(result.returncode, status, said)
        return said

    def start(self, *argv, **variables):
        """A program that stays until the test is over; returns its pid once it runs."""
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.environment(**variables), text=True)
        self.addCleanup(process.communicate, timeout=DEADLINE)
        self.assertEqual(process.stdout.readline(), "runs\n")
        return process.pid
