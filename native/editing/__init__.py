# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Edits an unpacked upstream source by symbol: functions, calls and variables are found by their names, not by the text
around them. So this repository needs no text of other projects.

    #!/usr/bin/env python3
    import pathlib, sys

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    from editing import main

    def edit(source):
        helper = source.c("lib/helper.c")
        helper.include("<auditfail.h>", after="<libaudit.h>")
        helper.function("helper_open").call("audit_open").after("if (fd < 0)\\n\\treturn;")
        source.text("lib/Makefile.am").make("libhelper_la_LIBADD").add("-laudit")

    main(edit)

All edits of a source are written together at the end. If a place has moved, or more than one place fits, nothing is
written: a message names the file, what was expected, and what was found. The same happens if the source is edited already.
"""
from editing.problem import Problem
from editing.source import Source, main

__all__ = ["Problem", "Source", "main"]
