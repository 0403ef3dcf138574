#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rotations.py COUNT: asks auditd COUNT times to rotate its log, and compares each report with what auditd did.

Exit status: 0, each report was true and each request rotated the log once at most; 1, not so.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import time

LOG = pathlib.Path("/var/log/audit/audit.log")
NEXT = LOG.with_name("audit.log.1")
PERSON = 1000
DONE, LIMITED, NO_EFFECT = 0, 13, 30
SHOWN = 20  # requests between two lines


def log_in():
    pathlib.Path("/proc/self/loginuid").write_text(str(PERSON), encoding="ascii")


def same(path, held):
    try:
        return os.path.samestat(path.lstat(), os.fstat(held))
    except FileNotFoundError:
        return False


def rotate():
    """Returns the exit status, what was said, and the seconds that it took."""
    while True:
        began = time.monotonic()
        asked = subprocess.run(["auditctl", "rotate", "--timeout=60"], capture_output=True, text=True, check=False,
                               preexec_fn=log_in)
        if asked.returncode != LIMITED:
            return asked.returncode, asked.stderr.strip(), time.monotonic() - began
        time.sleep(2)


def try_one():
    # A file that is open keeps its inode number, so that no other file can be taken for it.
    held = os.open(LOG, os.O_PATH)
    try:
        status, said, seconds = rotate()
        ended = time.time()
        kept = same(LOG, held)
        # auditd may rotate after the report that it has not. The renaming changes this time.
        true = {DONE: not kept, NO_EFFECT: kept or os.fstat(held).st_ctime > ended}.get(status, False)
        once = kept or same(NEXT, held)
    finally:
        os.close(held)
    if status != DONE or not true or not once:
        print(f"# status {status}, the log was {'kept' if kept else 'replaced'}{'' if once else ' more than once'}: "
              f"{said}", flush=True)
    return {"done": status == DONE, "true": true, "once": once, "seconds": seconds}


def show(results):
    count = {key: sum(result[key] for result in results) for key in ("done", "true", "once")}
    print(f"# {len(results)} requests: {count['done']} rotations reported, {count['true']} true reports, "
          f"{count['once']} rotated at most once, median {statistics.median(r['seconds'] for r in results):.1f} s",
          flush=True)


def main():
    results = []
    for _ in range(int(sys.argv[1])):
        result = try_one()
        # auditd may still act on the signal of the request before, whose effect had not been seen.
        if results and not results[-1]["done"]:
            result["once"] = True
        results.append(result)
        if len(results) % SHOWN == 0 or len(results) == int(sys.argv[1]):
            show(results)
    return 0 if all(result["true"] and result["once"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
