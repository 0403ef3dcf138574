#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns the interface files into C strings, so that what the daemon serves is what stands in the files."""
import pathlib
import sys

output, *inputs = map(pathlib.Path, sys.argv[1:])
with output.open("w") as out:
    out.write('#include "protocol/interfaces.h"\n')
    for path in inputs:
        symbol = "interface_" + path.name.removesuffix(".varlink").replace(".", "_").lower()
        out.write(f"const char {symbol}[] =\n")
        for line in path.read_text().splitlines():
            escaped = line.replace("\\", "\\\\").replace('"', '\\"')
            out.write(f'    "{escaped}\\n"\n')
        out.write("    ;\n")
