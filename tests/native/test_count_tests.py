#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""native/count_tests.py counts what the test runners of other projects print."""
import os
import sys
import unittest

from harness import main

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["SOURCE_ROOT"], "native"))
from count_tests import count  # noqa: E402


class Counts(unittest.TestCase):
    def assertCounts(self, log, passed, failed, skipped):
        self.assertEqual(count(log), {"passed": passed, "failed": failed, "skipped": skipped})

    def test_automake_in_two_folders(self):
        self.assertCounts("# TOTAL: 4\n# PASS:  2\n# SKIP:  1\n# XFAIL: 0\n# FAIL:  1\n# XPASS: 0\n# ERROR: 0\n"
                          "# TOTAL: 1\n# PASS:  1\n# SKIP:  0\n# XFAIL: 0\n# FAIL:  0\n# XPASS: 0\n# ERROR: 0\n", 3, 1, 1)

    def test_meson(self):
        self.assertCounts("Ok:                 62  \nExpected Fail:      1   \nFail:               2   \n"
                          "Unexpected Pass:    0   \nSkipped:            3   \nTimeout:            1   \n", 63, 3, 3)

    def test_a_log_without_tests(self):
        self.assertCounts("PASS: a\nOk\n", 0, 0, 0)


if __name__ == "__main__":
    main()
