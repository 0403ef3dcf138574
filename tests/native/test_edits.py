#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The edits of each package fail loudly on another source. What the edit of openssh does beyond the library."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import main

NATIVE = pathlib.Path(os.environ["SOURCE_ROOT"], "native")
sys.path.insert(0, str(NATIVE))
from editing import Problem, Source  # noqa: E402

LOGINREC = """\
int
login_write(struct logininfo *li)
{
\tlogin_set_current_time(li);
\twrite_everywhere(li);
#ifdef SSH_AUDIT_EVENTS
\tif (li->type == LTYPE_LOGIN)
\t\taudit_session_open(li);
#endif
\treturn (0);
}
"""


def script(package):
    """The module native/PACKAGE/edit.py."""
    spec = importlib.util.spec_from_file_location(f"edit_{package}", NATIVE / package / "edit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class EachPackage(unittest.TestCase):
    def test_another_source_is_refused_and_left_alone(self):
        for edit in sorted(NATIVE.glob("*/edit.py")):
            with self.subTest(edit=edit), tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([edit, folder], capture_output=True, text=True, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("Nothing was edited", done.stderr)
                self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


class Openssh(unittest.TestCase):
    def moved(self, text):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "loginrec.c").write_text(text)
            loginrec = Source(folder).c("loginrec.c")
            script("openssh").record_first(loginrec)
            return loginrec.text

    def test_the_audit_record_comes_before_the_others(self):
        text = self.moved(LOGINREC)
        self.assertEqual(text.count("audit_session_open"), 1)
        self.assertLess(text.index("#endif"), text.index("write_everywhere"))
        self.assertIn("\tlogin_set_current_time(li);\n#ifdef SSH_AUDIT_EVENTS\n\tif (li->type", text)

    def test_two_places_are_refused(self):
        block = LOGINREC[LOGINREC.index("#ifdef"):LOGINREC.index("\treturn")]
        with self.assertRaisesRegex(Problem, "found 2 times"):
            self.moved(LOGINREC.replace(block, block + block))

    def test_no_place_is_refused(self):
        with self.assertRaisesRegex(Problem, "found 0 times"):
            self.moved(LOGINREC.replace("audit_session_open", "other"))


if __name__ == "__main__":
    main()
