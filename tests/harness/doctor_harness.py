# SPDX-License-Identifier: LGPL-2.1-or-later
"""For the tests of auditfailctl doctor: the programs that it diagnoses, and the ways to run it."""
import json
import os
import subprocess
import unittest

from harness import DEADLINE, SANITIZED, STRANGER, without_blanks
from ctl_harness import FAILED, Ctl

AUDITFAILCTL = os.environ["AUDITFAILCTL"]
AUDIT, STATIC, PAM, BOTH, PRELOAD = (
    without_blanks(os.environ[name])
    for name in ("SUBJECT_AUDIT", "SUBJECT_STATIC", "SUBJECT_PAM", "SUBJECT_BOTH", "PRELOAD_STAND_IN"))
KERNEL = without_blanks(os.environ["KERNEL_STAND_IN"])
WITHOUT_AUDIT = (os.environ["WITHOUT_NETLINK"], "send:ECONNREFUSED")

UNKNOWN = 7  # auditfailctl(1)

COMMON = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
UNABLE = ("setpriv", "--bounding-set=-audit_write", "--inh-caps=-audit_write")
APART = ("unshare", "--user", "--map-root-user")


not_sanitized = unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
# kernel_stand_in.c takes the records, whatever this machine does.
needs_audit = unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")
can_separate = subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0
needs_namespace = unittest.skipUnless(can_separate, "no user namespace can be made here")


def etc(test, name, text):
    """A wrapper: its program sees TEXT in the file NAME of /etc, in a mount namespace of its own."""
    folder = test.folder / "etc"
    folder.mkdir(exist_ok=True)
    script = ["set -e", f"mount -t tmpfs none {folder}", f"mkdir {folder}/new {folder}/work",
              f"mount -t overlay -o lowerdir=/etc,upperdir={folder}/new,workdir={folder}/work none /etc",
              f"printf '%s\\n' '{text}' >/etc/{name}"]
    wrapper = ("unshare", "--mount", "sh", "-c", "\n".join([*script, 'exec "$@"']), "sh")
    if test.run_program(*wrapper, "true").returncode != 0:
        test.skipTest("no overlay can be mounted over /etc here")
    return wrapper


class Has:
    """Equals a text or a list that contains ITEM."""

    def __init__(self, item):
        self.item = item

    def __eq__(self, other):
        return self.item in other

    def __repr__(self):
        return f"Has({self.item!r})"


class Doctor(Ctl):
    def environment(self, **variables):
        kept = super().environment(**variables)
        for name in ("LD_PRELOAD", "AUDITFAIL_APPLICATION"):
            if name not in variables:
                kept.pop(name, None)
        return {"AUDITFAIL_PRELOAD": PRELOAD, **kept}

    @staticmethod
    def before_kernel(wrapper, environment):
        """ENVIRONMENT with the stand-in for the kernel (AUDIT_KERNEL), unless WRAPPER itself breaks audit."""
        if {"setpriv", "--user", WITHOUT_AUDIT[0]} & set(wrapper):
            return environment
        preload = [KERNEL, *filter(None, [environment.get("LD_PRELOAD")])]
        options = f"{environment.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"
        return {**environment, "LD_PRELOAD": ":".join(preload), "ASAN_OPTIONS": options}

    def doctor(self, subject, wrapper=(), status=None, **names):
        """
        What doctor says about SUBJECT in JSON, as a dict. The exit status is STATUS, or follows from the verdict; the
        text for people begins with the same outcome. NAMES in capitals are variables of the environment, and others
        are members of the JSON with the values that they must have.
        """
        variables = {name: value for name, value in names.items() if name.isupper()}
        expected = {name: value for name, value in names.items() if not name.isupper()}
        environment = self.before_kernel(wrapper, self.environment(**variables))
        result, text = (self.run_program(*wrapper, AUDITFAILCTL, *options, "doctor", str(subject), env=environment)
                        for options in (["--json"], []))
        self.assertEqual(result.stderr, "", result)
        said = json.loads(result.stdout)
        self.assertEqual(result.returncode, {"lost": FAILED, "unknown": UNKNOWN}.get(said["verdict"], 0), said)
        if status is not None:
            self.assertEqual(result.returncode, status, said)
        self.assertEqual((text.stdout.splitlines()[0], text.returncode),
                         (f"{subject}: {said['outcome']}", result.returncode))
        self.assertEqual(expected, {name: said.get(name) for name in expected}, said)
        return said

    def start(self, *argv, **variables):
        """Starts a program that runs until the end of the test. Returns its pid."""
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.environment(**variables), text=True)
        self.addCleanup(process.communicate, timeout=DEADLINE)
        self.assertEqual(process.stdout.readline(), "runs\n")
        return process.pid
