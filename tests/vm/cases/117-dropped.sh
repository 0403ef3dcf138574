# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The kernel acknowledges the record of a request, and drops it. auditd is told nothing, and the message names the cause.
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/requests.sh

rules=/usr/sbin/auditctl

restore() {
        $rules -e 1
        $rules -r 0
        $rules -D
}

# alice_is_told_at_once STATUS TEXT WORD...: what is known before the record is written costs no time-out.
alice_is_told_at_once() {
        expected=$1
        text=$2
        shift 2
        alice_is_told "$expected" 15 "$text" "$@"
        restore
        auditd_was_left_alone
        fails request_record granted
}

auditing_is_off() {
        remember_auditd
        $rules -e 0
        alice_is_told_at_once 18 "auditing is switched off: the kernel drops every record (enabled 0)" stop
        grep -F "to switch it on: auditctl -e 1" /run/said.complaint
}

a_rule_excludes_it() {
        remember_auditd
        $rules -a always,exclude -F msgtype=TRUSTED_APP
        alice_is_told_at_once 19 "to delete it: auditctl -d always,exclude -F msgtype=TRUSTED_APP;" rotate
}

what_the_message_says_helps() {
        remember_auditd
        $rules -a never,user -F auid=1000
        alice_asks 19 stop
        words=$(sed -n 's/.*to delete it: auditctl \(-d [^;]*\);.*/\1/p' /run/said.complaint)
        # shellcheck disable=SC2086 # several words
        $rules $words
        $rules -l | grep "No rules"
        alice_asks 0 state
        request_record granted
}

# A shell takes the words of the message as auditctl printed them. Within a check, which ends at the first failure.
what_a_shell_would_change_is_quoted() {
        remember_auditd
        $rules -a 'always,exclude' -F 'auid>=1000' -F 'auid!=-1'
        alice_asks 19 state
        cat /run/said.complaint
        sed -n 's/.*to delete it: auditctl \(-d [^;]*\);.*/\1/p' /run/said.complaint >/run/words
        grep -Fx -e "-d always,exclude -F 'auid>=1000' -F auid!=-1" /run/words
        eval "$rules $(cat /run/words)"
        $rules -l | grep "No rules"
        alice_asks 0 state
}

# Records of others use up the limit, so that the request's has no luck.
over_the_rate_limit() {
        $rules -r 1
        alice_is_told 29 20 "because the kernel lost records: the kernel lost" stop --timeout 10
        grep -F "rate limit 1, backlog" /run/said.complaint
        grep -F "lift the rate limit (auditctl -r 0)" /run/said.complaint
        test "$(kernels_auditd)" -eq "$auditd"
}

flooded_over_the_rate_limit() {
        remember_auditd
        flooded over_the_rate_limit
        $rules -r 0
        alice_asks 0 state
}

a_refusal_that_is_dropped_is_in_the_journal() {
        $rules -e 0
        python3 call.py io.auditfail.Control.Stop '{"token":"0"}' >/run/said
        grep NotIdentified /run/said
        await journal_says "Cannot record a refusal in the audit trail: the kernel drops every record (enabled 0)"
}

rules_for_others_do_not_count() {
        remember_auditd
        $rules -a never,user -F auid=1001
        $rules -a always,exclude -F msgtype=USER_CMD
        alice_asks 0 state
        request_record granted
}

root_may_force_it() {
        remember_auditd
        $rules -e 0
        alice_asks 0 stop --force --reason "auditing is off"
        grep "^Unconfirmed: .* the kernel drops every record (enabled 0)" /run/said
        await auditd_is_gone
        $rules -e 1
        auditd_is_running
        trail | grep "type=DAEMON_END .* auid=1000 uid=0"
}

the_status_says_it() {
        $rules -e 0
        $rules -r 5
        $rules -a always,exclude -F msgtype=TRUSTED_APP
        python3 call.py io.auditfail.Control.Status >/run/status
        cat /run/status
        grep '"enabled": *0' /run/status
        grep '"rateLimit": *5' /run/status
        grep '"excluding": *\["always,exclude -F msgtype=TRUSTED_APP"\]' /run/status
}

check_and_restore "auditing is off: 18, at once, and auditd is left alone" auditing_is_off
check_and_restore "a rule excludes the record: 19, at once, and the rule is named" a_rule_excludes_it
check_and_restore "what the message says deletes the rule" what_the_message_says_helps
check_and_restore "where a shell would change the words, they are quoted" what_a_shell_would_change_is_quoted
check_and_restore "over the rate limit: 29, and what lifts it" flooded_over_the_rate_limit
check_and_restore "a refusal whose record is dropped is in the journal" a_refusal_that_is_dropped_is_in_the_journal
check_and_restore "rules for other people and records do not count" rules_for_others_do_not_count
check_and_restore "root may force it" root_may_force_it
check_and_restore "Status says it as well" the_status_says_it
