#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: puts audit_failure_action() and auditfail_ask() into libaudit."""
import pathlib
import re
import sys

NATIVE = pathlib.Path(__file__).resolve().parents[1]
CHECKOUT = NATIVE.parent
sys.path.insert(0, str(NATIVE))
from editing import Problem, main  # noqa: E402

FUNCTIONS = ["audit_failure_action", "auditfail_ask"]
# Here the sources lie below lib/, with their paths in the checkout, so that their include lines stay as they are.
PLACE = "auditfail"
FIRST = "client/libauditfail/ask.c"
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
COMMENT = re.compile(r'^\.\\".*\n', re.MULTILINE)
SHARED = re.compile(r"^#ifndef AUDITFAIL_DECLARED.*^#endif /\* AUDITFAIL_DECLARED \*/\n", re.MULTILINE | re.DOTALL)

MAKEFILE = f"""
noinst_LTLIBRARIES = libauditfail.la
libauditfail_la_SOURCES = {{sources}} auditfail_values.c
libauditfail_la_CPPFLAGS = -I${{{{srcdir}}}}/{PLACE} -I${{{{srcdir}}}}/{PLACE}/include -I${{{{srcdir}}}}
libauditfail_la_CFLAGS = -std=gnu17 -fvisibility=hidden ${{{{AM_CFLAGS}}}}
"""
# The pages that get sections from man/, and the entry of SEE ALSO that ours goes before.
PAGES = {
    "audit_open.3": r"^\.BR netlink \(7\)",
    "audit_log_user_message.3": r"^\.BR audit_log_user_comm_message \(3\)",
    "get_auditfail_action.3": r"^\.BR audit_open \(3\)",
}
# What a compiler can check of the promise that programs may compare an answer with libaudit's own constants.
VALUES = """\
/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libaudit.h"

_Static_assert((int)AUDITFAIL_IGNORE == (int)FAIL_IGNORE, "the same value");
_Static_assert((int)AUDITFAIL_LOG == (int)FAIL_LOG, "the same value");
_Static_assert((int)AUDITFAIL_TERMINATE == (int)FAIL_TERMINATE, "the same value");
"""


def needed_files():
    """The sources of the two functions and their headers, by their paths in the checkout."""
    found, new = [], [FIRST]
    while new:
        name = new.pop()
        found.append(name)
        wanted = INCLUDE.findall((CHECKOUT / name).read_text(encoding="utf-8"))
        wanted = ["include/auditfail.h" if header == "auditfail.h" else header for header in wanted]
        wanted += [header[:-1] + "c" for header in wanted if (CHECKOUT / header).with_suffix(".c").exists()]
        new += [file for file in dict.fromkeys(wanted) if file not in found + new]
    return sorted(found)


def declarations():
    """The part of auditfail.h that libaudit.h gets."""
    part = SHARED.search((CHECKOUT / "include/auditfail.h").read_text(encoding="utf-8"))
    if not part:
        raise Problem("include/auditfail.h", "the part between #ifndef AUDITFAIL_DECLARED and its #endif", "not found")
    return part.group()


def edit_pages(source):
    for name, entry in PAGES.items():
        section = (NATIVE / f"audit/man/{name}.section").read_text(encoding="utf-8")
        page = source.text(f"docs/{name}")
        page.before_line(entry, ".BR audit_failure_action (3),")
        page.before_line(r'^\.SH "SEE ALSO"', COMMENT.sub("", section))


def edit(source):
    files = needed_files()
    for file in files:
        source.copy(CHECKOUT / file, f"lib/{PLACE}/{file}")
    source.write("lib/auditfail_values.c", VALUES)
    makefile = source.text("lib/Makefile.am")
    makefile.make("libaudit_la_LIBADD").add("libauditfail.la")
    makefile.make("libaudit_la_DEPENDENCIES").add("libauditfail.la")
    makefile.append(MAKEFILE.format(sources=" \\\n\t".join(f"{PLACE}/{file}" for file in files)))
    source.c("lib/libaudit.h").after_declaration("get_auditfail_action", "\n" + declarations())
    edit_pages(source)
    if source.has("debian/libaudit1.symbols"):
        source.debian_symbols("libaudit1", "libaudit.so.1", FUNCTIONS)


if __name__ == "__main__":
    main(edit)
