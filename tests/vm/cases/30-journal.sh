# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A decision in the journal.
. ../guest/lib.sh

decision=6e5f56a498b34df28f26198f5fc86e41

# The newest decision on APPLICATION, as FORMAT.
newest() {
        journalctl --sync
        journalctl --output "$2" --no-pager --lines 1 MESSAGE_ID=$decision AUDITFAIL_APPLICATION="$1"
}

has_fields() {
        ends_with 1 logged_in refused_program passwd
        await newest passwd export
        newest passwd export >/run/entry
        cat /run/entry
        line=$(grep -n '^terminate' /etc/auditfail/passwd.conf | cut -d : -f 1)
        for field in ACTION=terminate KIND=denied ERRNO=1 OPERATION=audit_log_user_message UID=0 AUID=1000 \
                PROGRAM=audit-or-obey FILE=/etc/auditfail/passwd.conf LINE="$line" UNIT=auditfail-cases.service; do
                grep -qx "AUDITFAIL_$field" /run/entry
        done
        grep -qE '^AUDITFAIL_PID=[0-9]+$' /run/entry
        grep -qx _SYSTEMD_UNIT=auditfaild.service /run/entry
}

is_explained() {
        journalctl --catalog --no-pager --lines 1 MESSAGE_ID=$decision >/run/explained
        cat /run/explained
        grep -q 'Subject: ' /run/explained
}

is_in_the_history() {
        auditfailctl history --application passwd | grep -F audit_log_user_message
}

check "a decision is an entry with who asked, why, and what was answered" has_fields
check "journalctl --catalog explains it" is_explained
check "auditfailctl history shows it" is_in_the_history
