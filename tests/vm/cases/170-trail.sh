# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the tools that people use make of a request, whatever its reason says.
#
# Time limit: 600 s
. ../guest/lib.sh

reasons=/run/reasons
fields="type pid uid auid ses subj op answer request opid oauid oses olabel ocomm reason exe hostname addr terminal res"

# A word of $1 characters.
word_of() {
        head -c "$1" /dev/zero | tr '\0' x
}

make_reasons() {
        rm -rf $reasons
        mkdir $reasons
        printf 'maintenance' >$reasons/1
        printf 'it'\''s "quoted"' >$reasons/2
        printf 'two\nlines' >$reasons/3
        printf 'auid=0' >$reasons/4
        printf "' res=failed" >$reasons/5
        printf "x' res=success'\ntype=USER_LOGIN msg=audit(1.000:1): pid=1 uid=0 auid=0 ses=1 msg='op=login id=0 res=success'" >$reasons/6
        printf 'naïve – 日本語 ✓' >$reasons/7
        printf 'security update' >$reasons/8 # in hexadecimal there are only digits
        word_of 4094 >$reasons/9
}

stop_for_each_reason() {
        for reason in 1 2 3 4 5 6 7 8 9; do
                as_person alice sudo -n auditctl stop --reason "$(cat $reasons/$reason)"
                auditd_is_running
        done
}

# Of logins, sshd tells the trail where they are on a terminal.
logged_in_on_terminals() {
        trail >/run/records && test "$(grep -c '^type=USER_LOGIN .* res=success' /run/records)" -eq 2
}

all_are_there() {
        mark
        stop_for_each_reason
        as_person_on_terminal alice sudo -n auditctl rotate
        as_person_on_terminal bob true
        await logged_in_on_terminals
        trail >/run/with
        grep -c '^type=TRUSTED_APP .* auid=1000 .*op=auditd-stop answer=granted' /run/with | grep -x 9
        grep -c '^type=DAEMON_END .* auid=1000 ' /run/with | grep -x 9
        grep '^type=TRUSTED_APP ' /run/with >/run/ours
}

too_long_is_said() {
        auditd=$(kernels_auditd)
        ends_with 2 as_person alice sudo -n auditctl stop --reason "$(word_of 4095)" 2>/run/refusal
        cat /run/refusal
        grep 'the reason is too long for the audit trail.*auditd was not told anything' /run/refusal
        ends_with 2 as_person alice sudo -n auditctl stop --reason "$(word_of 2040) a few more" 2>/run/refusal
        test "$(kernels_auditd)" -eq "$auditd"
}

# auparse's own reading: every field in its place, and each reason is what it was.
every_field_is_read_back() {
        python3 read_records.py /run/with >/run/read
        cat /run/read
        test "$(wc -l </run/read)" -eq 10
        python3 - "$fields" <<'PYTHON'
import json, pathlib, sys
records = [json.loads(line) for line in open('/run/read')]
for number, record in enumerate(records, 1):
    assert ' '.join(record) == sys.argv[1], ' '.join(record)
    # In such a record audit 3.0 leaves numbers as they are.
    assert record['auid'] in ('alice', '1000') and record['uid'] in (['root', 'root'], ['0', '0']), record
    assert record['oauid'] in ('alice', '1000') and record['ocomm'] == 'auditctl', record
    assert record['opid'].isdigit() and record['oses'].isdigit() and record['res'] == 'success', record
    assert record['exe'] == '/usr/libexec/auditfail-controld' and record['answer'] == 'granted', record
    if number < 10:
        assert record['op'] == 'auditd-stop', record
        assert record['reason'] == pathlib.Path(f'/run/reasons/{number}').read_text(), record['reason']
PYTHON
}

found() {
        ausearch --input /run/with --message TRUSTED_APP --raw "$@" | wc -l
}

ausearch_finds_it() {
        test "$(found --loginuid alice)" -eq 10
        test "$(found --loginuid bob)" -eq 0
        test "$(found --loginuid 0)" -eq 0
        test "$(found --uid 0)" -eq 10
        test "$(found --uid-all alice)" -eq 10
        test "$(found --success yes)" -eq 10
        test "$(found --success no)" -eq 0
        test "$(found --executable /usr/libexec/auditfail-controld)" -eq 10
        ausearch --input /run/with --message TRUSTED_APP --debug >/dev/null 2>/run/complaints
        cat /run/complaints
        fails grep TRUSTED_APP /run/complaints
}

ausearch_shows_it() {
        ausearch --input /run/with --message TRUSTED_APP --loginuid alice --interpret >/run/shown
        cat /run/shown
        test "$(grep -c '^type=' /run/shown)" -eq 10
        grep ' auid=\(alice\|1000\) .*reason=maintenance exe=/usr/libexec/auditfail-controld .* res=success' /run/shown
        grep 'reason=it'\''s "quoted" exe=' /run/shown
        grep 'reason=security update exe=' /run/shown
        test "$(grep -c 'reason=x\{4094\} exe=.* res=success' /run/shown)" -eq 1
        fails grep '^type=USER_LOGIN' /run/shown
}

# The trail as it would be without our events: neither the requests nor the logins that were taken on for them.
without_ours() {
        sed -n 's/^type=TRUSTED_APP [^ ]* pid=\([0-9]*\) .*/^type=LOGIN .* pid=\1 uid=0 .* auid=1000 /p' /run/with >/run/workers
        grep -f /run/workers /run/with >/run/logins
        test "$(wc -l </run/logins)" -eq 10
        cat /run/ours /run/logins | grep -o 'msg=audit([0-9.:]*)' >/run/events
        grep -vFf /run/events /run/with >/run/without
}

the_same_without_ours() {
        # An empty report is a failure to some.
        "$@" /run/with >/run/report-with 2>&1 || :
        "$@" /run/without >/run/report-without 2>&1 || :
        # The name of the file is in some of them.
        sed -i 's:/run/with\(out\)\{0,1\}::' /run/report-with /run/report-without
        cmp /run/report-with /run/report-without || diff /run/report-with /run/report-without
}

last_logins() {
        aulastlog --stdin <"$1"
}

no_login_appears() {
        without_ours
        the_same_without_ours aulast -f
        cat /run/report-with
        test "$(grep -c '^alice ' /run/report-with)" -eq 1
        test "$(grep -c '^bob ' /run/report-with)" -eq 1
        fails grep '^root ' /run/report-with
        the_same_without_ours aulast --bad -f
        the_same_without_ours last_logins
        cat /run/report-with
        for report in --login "--login -i" "--login --failed" "--login --summary" --auth "--auth --failed" --failed; do
                # shellcheck disable=SC2086 # several options
                the_same_without_ours aureport $report --input
        done
}

reports() {
        aureport --input /run/with "$@" >/run/report
        cat /run/report
}

aureport_counts_it() {
        reports
        reports -i
        grep '^Number of logins: 2$' /run/report
        grep '^Number of failed logins: 0$' /run/report
        # Ten requests, and the logins that were taken on for them.
        reports --executable --summary -i
        grep '^20  /usr/libexec/auditfail-controld$' /run/report
        reports --user -i
        test "$(grep -c ' alice .*/usr/libexec/auditfail-controld ' /run/report)" -eq 20
        reports --event -i
        test "$(grep -c ' TRUSTED_APP alice yes$' /run/report)" -eq 10
}

auditd_is_running >/dev/null
make_reasons
check "auditd is stopped for reasons of all kinds" all_are_there
check "a reason that is too long is refused, and it says so" too_long_is_said
check "auparse reads back every field as it was" every_field_is_read_back
check "ausearch finds the requests by who asked, and takes none of them for damaged" ausearch_finds_it
check "ausearch -i shows them, and nothing that a reason pretends" ausearch_shows_it
check "no login appears in aulast, aulastlog and aureport, nor an authentication, but those that were" no_login_appears
check "aureport counts them as what they are" aureport_counts_it
