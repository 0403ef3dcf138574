# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditd rotates its log while records flood it. Each report is compared with what auditd did. ROTATIONS=100 does more.
#
# Time limit: 1800 s
. ../guest/lib.sh
. ../guest/requests.sh

# The log does not rotate by itself.
rotations_in_a_flood() {
        auditd_with "max_log_file = 500"
        flooded python3 rotations.py "${ROTATIONS:-5}" >&3
}

check "each report of a rotation in a flood is true, and each request rotates once" rotations_in_a_flood
auditd_with >/dev/null 2>&1
