# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What becomes of who stopped auditd, and how long it takes: QUIET stops and FLOODED ones, ours and the stock way in
# turn. A line "# {...}" for each of them; run.py makes a table of those.
#
# Time limit: 36000 s
. ../guest/lib.sh

stops() {
        python3 stops.py "$tools/flood" "$QUIET" "$FLOODED" 2>&1 >&3
}

check "the stops were made" stops
