#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The declarations that libaudit.h gets, for programs and for SWIG, which makes libaudit's modules for scripts."""
import os
import pathlib
import re
import subprocess
import unittest

from harness import main

HEADER = pathlib.Path(os.environ["SOURCE_ROOT"]) / "include/auditfail.h"


def declared(*options):
    text = subprocess.run(["cc", "-E", "-P", *options, HEADER], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"\b(audit_failure_action|auditfail_ask|auditfail_answer)\b", text))


class Header(unittest.TestCase):
    def test_programs_get_the_calls(self):
        self.assertEqual(declared(), {"audit_failure_action", "auditfail_ask", "auditfail_answer"})

    def test_a_module_for_scripts_gets_none_since_each_script_would_seem_to_ask_by_itself(self):
        self.assertEqual(declared("-DSWIG"), {"auditfail_answer"})


if __name__ == "__main__":
    main()
