# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The lost record is in the audit trail all the same: the daemon wrote that it was lost, and for whom.
. ../guest/lib.sh

record_of() {
        ausearch --input-logs --message TRUSTED_APP --start boot "$@" 2>&1 </dev/null | grep op=audit-failure
}

# Other cases may have left such records already.
number_of_records() {
        record_of --raw | wc -l
}

there_is_another() {
        test "$(number_of_records)" -gt "$before"
}

is_in_the_trail() {
        before=$(number_of_records)
        ends_with 1 logged_in refused_program useradd
        await there_is_another
        record_of --raw | tail -n 1 >/run/record
        cat /run/record
        grep -q 'application="useradd" operation="audit_log_user_message" lost=? exit=-1 kind=denied answer=terminate' /run/record
        grep -q ' oauid=1000 uid=0 ' /run/record
        grep -q ' res=failed' /run/record
}

is_found_by_its_fields() {
        record_of --success no | grep useradd
        fails record_of --success yes
}

# In such a record ausearch 3.0 leaves numbers as they are. With --debug it names the records that make no sense to it.
is_parsed() {
        record_of --interpret >/run/interpreted
        cat /run/interpreted
        grep -qE ' exit=(EPERM|-1)' /run/interpreted
        grep -qE ' oauid=(alice|1000) ' /run/interpreted
        ausearch --input-logs --message TRUSTED_APP --start boot --debug >/dev/null 2>/run/complaints </dev/null
        cat /run/complaints
        fails grep TRUSTED_APP /run/complaints
}

check "a refused program's lost record is in the trail" is_in_the_trail
check "ausearch finds it among the failures" is_found_by_its_fields
check "ausearch makes sense of every field" is_parsed
