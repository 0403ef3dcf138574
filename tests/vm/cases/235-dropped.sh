# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Records that the kernel acknowledges and drops: auditing is off, a rule excludes them, the rate limit is reached.
# Time limit: 600 s
. ../guest/lib.sh

# /sbin/auditctl is the stock one in any case.
rules=/usr/sbin/auditctl

restore() {
        $rules -e 1 >/dev/null
        $rules -r 0 >/dev/null
        $rules -D >/dev/null
        usual_policies
        userdel newcomer 2>/dev/null
        sed -i /pam_auditfail/d /etc/pam.d/su
}

account_exists() {
        grep ^newcomer: /etc/passwd
}

last_entry() {
        journalctl --sync
        auditfailctl history --lines=1
}

stops_while_auditing_is_off() {
        policy useradd ignore "disabled = terminate"
        $rules -e 0
        ends_with 77 auditfailctl run useradd -M newcomer 2>/run/said
        cat /run/said
        grep "useradd: audit records would be dropped: auditing is switched off; stopped, as" /run/said
        fails account_exists
        last_entry | grep "disabled (ESHUTDOWN)"
}

goes_on_as_installed() {
        $rules -e 0
        auditfailctl run useradd -M newcomer 2>/run/said
        test ! -s /run/said
        account_exists
        last_entry | grep "disabled (ESHUTDOWN) of audit_log_acct_message for ADD_USER"
}

status_says_so() {
        auditfailctl status | grep "Audit trail: can be written"
        $rules -e 0
        auditfailctl status >/run/said
        cat /run/said
        grep "Audit trail: auditing is switched off: the kernel drops every record; type: auditctl -e 1" /run/said
}

# systemd-journald switches auditing on or off when it starts, as Audit= in journald.conf says.
finds_what_journald_did() {
        policy useradd ignore "disabled = terminate"
        systemctl restart systemd-journald.service
        enabled=$($rules -s | sed -n 's/^enabled //p')
        note "after a restart of systemd-journald: enabled $enabled"
        expected=0
        [ "$enabled" -ne 0 ] || expected=77
        ends_with "$expected" auditfailctl run useradd -M newcomer
}

stops_at_an_excluded_record() {
        policy useradd ignore "excluded = terminate"
        $rules -a always,exclude -F msgtype=ADD_USER
        ends_with 77 auditfailctl run useradd -M newcomer 2>/run/said
        cat /run/said
        grep "useradd: audit record ADD_USER dropped: an audit rule excludes it; stopped, as" /run/said
}

goes_on_where_another_type_is_excluded() {
        policy useradd terminate
        $rules -a always,exclude -F msgtype=CRED_ACQ
        auditfailctl run useradd -M newcomer
        account_exists
}

stops_before_it_writes_where_every_record_is_excluded() {
        policy useradd ignore "excluded = terminate"
        $rules -a never,user -F uid=0
        ends_with 77 auditfailctl run useradd -M newcomer 2>/run/said
        cat /run/said
        grep "audit records would be dropped: an audit rule excludes it" /run/said
        fails account_exists
}

rules_for_others_do_not_count() {
        policy useradd terminate
        $rules -a never,user -F auid=4711
        $rules -a always,exclude -F exe=/usr/bin/cat
        $rules -a always,exit -F arch=b64 -S mknod -k test
        auditfailctl run useradd -M newcomer
        account_exists
}

# audit_filter() of the kernel lets no rule without fields match, and ends the filter at a field that it does not know.
rules_that_look_as_if_they_matched_do_not_count() {
        policy useradd terminate
        $rules -a never,user
        $rules -a never,user -F uid=0 -F euid=0
        $rules -l
        mark
        auditfailctl run useradd -M newcomer
        account_exists
        await record_of ADD_USER
}

stops_at_the_rate_limit() {
        useradd -M newcomer
        policy userdel ignore "overload = terminate"
        $rules -r 1
        $rules -s
        ends_with 77 auditfailctl run userdel newcomer 2>/run/said
        cat /run/said
        grep "lost: no room in the kernel's queue, or its rate limit" /run/said
        last_entry | grep "overload (ENOBUFS)"
}

# CAP_AUDIT_WRITE alone.
confined() {
        setpriv --bounding-set=-all,+audit_write --inh-caps=-all,+audit_write auditfailctl run "$tools/amtu"
}

a_confined_process_finds_out_by_auditfaild() {
        policy amtu ignore "excluded = terminate"
        confined
        $rules -a always,exclude -F msgtype=TEST
        ends_with 77 confined 2>/run/said
        cat /run/said
        grep "amtu: audit record TEST dropped: an audit rule excludes it" /run/said
        systemctl stop auditfail-controld.socket auditfail-controld.service
        confined
        systemctl start auditfail-controld.socket
}

pam_finds_out() {
        policy su ignore "disabled = terminate" "excluded = terminate"
        sed -i '1i account required pam_auditfail.so' /etc/pam.d/su
        su bob -c true
        $rules -a always,exclude -F msgtype=USER_ACCT
        ends_with 1 su bob -c true 2>/run/said
        cat /run/said
        grep "audit records would be dropped: an audit rule excludes it; stopped" /run/said
        $rules -D
        $rules -e 0
        ends_with 1 su bob -c true
}

check_and_restore "useradd is stopped while auditing is off, where the policy says so" stops_while_auditing_is_off
check_and_restore "as installed the policy lets it go on, and the journal has the loss" goes_on_as_installed
check_and_restore "status says that auditing is off, and what to type" status_says_so
check_and_restore "it is found when systemd-journald has switched auditing off" finds_what_journald_did
check_and_restore "a record that a rule excludes counts as lost" stops_at_an_excluded_record
check_and_restore "a rule for another type loses nothing" goes_on_where_another_type_is_excluded
check_and_restore "where a rule excludes every record nothing is changed" stops_before_it_writes_where_every_record_is_excluded
check_and_restore "rules for other users and programs do not count" rules_for_others_do_not_count
check_and_restore "rules that match nothing, or have a field that the filter does not know, do not count" \
        rules_that_look_as_if_they_matched_do_not_count
check_and_restore "a record over the rate limit counts as lost" stops_at_the_rate_limit
check_and_restore "a process that may not ask the kernel finds out by auditfaild" a_confined_process_finds_out_by_auditfaild
check_and_restore "pam_auditfail finds it, too" pam_finds_out
