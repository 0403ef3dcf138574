#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""native/audit/edit.py gives three manual pages of libaudit their sections. Here the source is one of the test's own."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import main

EDIT = pathlib.Path(os.environ["SOURCE_ROOT"], "native/audit/edit.py")
SOURCE = {
    "lib/Makefile.am": "libaudit_la_LIBADD =\nlibaudit_la_DEPENDENCIES =\n",
    "lib/libaudit.h": "extern int get_auditfail_action(auditfail_t *failmode);\n",
}
# The first entry of SEE ALSO of each page.
PAGES = {"audit_open": "netlink (7)", "audit_log_user_message": "audit_log_user_comm_message (3)",
         "get_auditfail_action": "audit_open (3)"}
PAGE = '.TH X 3\n.SH NAME\nx\n.SH "SEE ALSO"\n\n.BR %s,\n.BR last (3).\n'


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="auditfail-native-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, text in SOURCE.items():
            self.write(name, text)
        for name, entry in PAGES.items():
            self.write(f"docs/{name}.3", PAGE % entry)

    def write(self, name, text):
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def page(self, name):
        return (self.folder / f"docs/{name}.3").read_text()

    def edit(self):
        return subprocess.run([sys.executable, EDIT, self.folder], capture_output=True, text=True, check=False)

    def test_each_page_gets_its_sections_before_see_also(self):
        self.assertEqual(self.edit().returncode, 0)
        for name, entry in PAGES.items():
            before, after = self.page(name).split('.SH "SEE ALSO"')
            self.assertTrue(before.startswith(".TH X 3\n.SH NAME\nx\n.SH NOTES\n"), before)
            self.assertIn("audit_failure_action", before)
            self.assertNotIn('.\\"', before)
            self.assertEqual(after, f"\n\n.BR audit_failure_action (3),\n.BR {entry},\n.BR last (3).\n")

    def test_a_page_without_the_place_is_an_error(self):
        self.write("docs/audit_open.3", PAGE % "another (7)")
        result = self.edit()
        self.assertEqual(result.returncode, 1)
        self.assertIn("docs/audit_open.3: a line with /^\\.BR netlink", result.stderr)
        self.assertNotIn("NOTES", self.page("get_auditfail_action"))


if __name__ == "__main__":
    main()
