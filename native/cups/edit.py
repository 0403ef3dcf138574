#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes cupsd record each print job, and ask auditfail if it cannot. GUIDE.md says where, and why."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from editing import main  # noqa: E402

RECORD = """
if (!cupsdAuditJob(job, printer))
\treturn;

"""


def edit(source):
    for name in ("scheduler/audit.c", "scheduler/audit.h", "config-scripts/cups-audit.m4"):
        source.copy(HERE / pathlib.Path(name).name, name)
    source.text("configure.ac").after_line(r"^sinclude\(config-scripts/cups-pam\.m4\)",
                                           "sinclude(config-scripts/cups-audit.m4)")
    source.text("config.h.in").after_line("^#undef HAVE_PAM_SETCRED$", "#undef HAVE_LIBAUDIT")
    source.text("scheduler/Makefile").make("CUPSDOBJS").add("audit.o")
    source.c("scheduler/cupsd.h").include('"audit.h"', after='"job.h"')
    source.c("scheduler/job.c").function("start_job").test("printer_message", 1).before(RECORD)

    source.text("debian/control").after_line("^ libavahi-client-dev,$", " libaudit-dev [linux-any],")
    # The profile lets cupsd read all of /run, but a client must also write to the socket.
    source.text("debian/local/apparmor-profile").after_line(r"run/avahi-daemon/socket rw,$",
                                                            "  /{,var/}run/auditfail/io.auditfail.Policy rw,")


if __name__ == "__main__":
    main(edit)
