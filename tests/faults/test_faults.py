#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Each system call and each allocation of each program fails once, with each errno of its manual page. Here that is a
sample; `./do faults` goes through all. FAULTS has the names of targets, or "all". "TARGET CALL:N:ERRNO" is one fault.
FAULTS_SAMPLE is the size of the sample.
"""
import os
import time
import unittest

from faults import Fault, go_through, run
from harness import SANITIZED, main
from targets import TARGETS

SAMPLE = int(os.environ.get("FAULTS_SAMPLE", "8"))  # system calls of a target, and as many allocations
CHOSEN = os.environ.get("FAULTS", "")
REPORTED = 20  # failures of one target


@unittest.skipIf(SANITIZED, "a sanitizer makes calls of its own, and ends the program if one of them fails")
class Faults(unittest.TestCase):
    def go_through(self, target, sample):
        if target.needs_root and os.geteuid() != 0:
            self.skipTest("needs root")
        start = time.monotonic()
        summary = go_through(target, sample)
        print(f"# {target.__name__}: {summary.runs} faults at {summary.places} places, not reached: {summary.missed}, "
              f"failed: {len(summary.failures)}, {time.monotonic() - start:.1f} s", flush=True)
        self.assertEqual(sorted(summary.unknown), [], "errnos.py does not have these system calls")
        self.assertEqual(len(summary.failures), 0, "\n".join(f"{target.__name__} {fault} targets.py:{reason}"
                                                             for fault, reason in summary.failures[:REPORTED]))
        self.assertLess(summary.missed, summary.runs / 2 + 1)


def add(target):
    words = CHOSEN.split()
    if len(words) == 2 and ":" in words[1]:
        def repeat(self):
            call, number, error = words[1].split(":")
            baseline = run(target, Fault("malloc" if call == "malloc" else "none"))[0]
            self.assertIsNone(run(target, Fault(call, int(number), error), baseline)[2])
        method = repeat
    else:
        def method(self):
            self.go_through(target, 0 if words and "FAULTS_SAMPLE" not in os.environ else SAMPLE)
    method.__doc__ = f"{target.__name__}: {target.__doc__ or Faults.__name__}".split("\n")[0]
    if not words or words == ["all"] or target.__name__ == words[0] or target.__name__ in words:
        setattr(Faults, f"test_{target.__name__}", method)


list(map(add, TARGETS))

if __name__ == "__main__":
    main()
