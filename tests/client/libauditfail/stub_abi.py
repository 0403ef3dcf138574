#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that were built with the last release run with this libauditfail.so: abidiff compares both interfaces."""
import shutil
import subprocess
import sys

RELEASED, LIBRARY = sys.argv[1:]

if not shutil.which("abidiff"):
    print("1..0 # SKIP abidiff (package abigail-tools) is not there")
    sys.exit()
sections = subprocess.run(["readelf", "-S", "-W", LIBRARY], capture_output=True, text=True, check=True).stdout
if ".debug_info" not in sections:
    print("1..0 # SKIP the library has no debug information, so abidiff cannot see its types")
    sys.exit()

# New functions and enumerators are no difference: a program that was built with an older release does not know them. A
# member in reserved bytes is a difference. If old programs leave it zero, copy it to released_abi.c, too.
result = subprocess.run(["abidiff", "--no-added-syms", RELEASED, LIBRARY], capture_output=True, text=True, check=False)
print("1..1")
print("ok" if result.returncode == 0 else "not ok", "1 - the interface is that of the last release, or has more functions")
if result.returncode != 0:
    print(*(f"# {line}" for line in (result.stdout + result.stderr).splitlines()), sep="\n")
    sys.exit(1)
