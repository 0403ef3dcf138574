# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Who may: root, and whom polkit lets; without polkit root alone, and nobody else is even listened to.
#
# Time limit: 900 s
. ../guest/lib.sh

auditctl=/usr/libexec/auditfail/auditctl
rule=/etc/polkit-1/rules.d/10-auditfail-case.rules

# The request of USER is on record: has_record FIELDS... as patterns.
has_record() {
        trail | grep '^type=TRUSTED_APP ' >/run/requests || return 1
        for field; do
                grep -E -e "$field" /run/requests >/run/found || return 1
                cp /run/found /run/requests
        done
}

# Begins a check: the daemon is a new one, and auditd is as it is.
begin() {
        auditd_is_running
        auditd=$(kernels_auditd)
        systemctl stop auditfail-controld.service
        mark
        begun=$(date '+%Y-%m-%d %H:%M:%S')
}

auditd_was_left_alone() {
        test "$(kernels_auditd)" -eq "$auditd"
        auditd_is_registered
        trail >/run/records
        fails grep '^type=DAEMON_' /run/records
        fails grep -E 'answer=(granted|forced)' /run/records
}

auditd_was_stopped() {
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
}

others_are_turned_away() {
        begin
        for user in alice bob; do
                ends_with 10 as_person $user $auditctl stop --reason "$user was here" 2>/run/refusal
                cat /run/refusal
                grep 'permission denied: only root may.*; auditd was not told anything; try: sudo auditctl stop' /run/refusal
                ends_with 10 as_person $user $auditctl whoami
        done
        for uid in 1000 1001; do
                await has_record 'op=auditd-request answer=refused why="root"' " oauid=[0-9]+ uid=$uid " 'reason=\?' res=failed
        done
        fails grep -v 'pid=[0-9]* uid=0 auid=4294967295 ' /run/requests
        auditd_was_left_alone
}

is_traced() {
        grep '^TracerPid:.[1-9]' "/proc/$1/status"
}

# The system calls of the daemon while bob talks to it.
nobody_elses_bytes_are_read() {
        begin
        python3 /run/call.py io.auditfail.Control.Status | grep '"polkit":false'
        pid=$(systemctl show --property MainPID --value auditfail-controld.service)
        strace -f -s 64 -o /run/strace -p "$pid" 2>/dev/null &
        tracer=$!
        await is_traced "$pid"
        setpriv --reuid bob --regid bob --clear-groups python3 /run/call.py --garbage >/run/reply
        setpriv --reuid bob --regid bob --clear-groups python3 /run/call.py io.auditfail.Control.Identify >>/run/reply
        kill $tracer
        wait $tracer || :
        cat /run/reply /run/strace
        test "$(grep -c '^{"error":"io.auditfail.Control.PermissionDenied"' /run/reply)" -eq 2
        test "$(grep -c 'accept4(.*= [0-9]' /run/strace)" -eq 2
        fails grep -E 'garbage|Identify' /run/strace
        journalctl --sync
        journalctl --unit auditfail-controld.service --since "$begun" --output cat >/run/said
        cat /run/said
        test "$(grep -c '^Refused (request): root\. Asked by uid 1001, ' /run/said)" -eq 2
        # strace can hold up who writes the record of a refusal for longer than that may take.
        fails grep -vE '^Refused |tarting|tarted|^Running as |topping|topped|eactivated|^auditfail-controld.service: |worker is over its time' /run/said
}

root_may() {
        begin
        as_person alice sudo -n auditctl stop --reason "root may" >/run/stopped
        cat /run/stopped
        auditd_was_stopped
        has_record 'op=auditd-stop answer=granted' 'uid=0 auid=1000 .* oauid=1000 uid=0 ' res=success
}

polkit_says_no() {
        begin
        for user in alice bob; do
                ends_with 10 as_person $user $auditctl stop --reason "$user was here" 2>/run/refusal
                cat /run/refusal
                grep 'permission denied: polkit wants a password' /run/refusal
        done
        for uid in 1000 1001; do
                await has_record 'op=auditd-stop answer=refused why="polkit"' " auid=$uid .* oauid=$uid uid=$uid " res=failed
        done
        record_of TRUSTED_APP --loginuid alice --success no --interpret >/run/found
        cat /run/found
        grep "oauid=\(alice\|1000\) .* reason=alice was here " /run/found
        auditd_was_left_alone
}

# A rule lets alice stop, and nothing else; and nobody else.
polkit_says_yes() {
        cat >$rule <<'RULE'
polkit.addRule(function(action, subject) {
        if (action.id == "io.auditfail.control.stop" && subject.user == "alice")
                return polkit.Result.YES;
});
RULE
        systemctl restart polkit.service
        begin
        ends_with 10 as_person bob $auditctl stop
        ends_with 10 as_person alice $auditctl rotate
        auditd_was_left_alone
        ends_with 10 as_person alice $auditctl stop --force 2>/run/refusal
        grep 'only root may use force' /run/refusal
        await has_record 'op=auditd-stop answer=refused why="force"' ' auid=1000 .* oauid=1000 uid=1000 '
        auditd_was_left_alone
        as_person alice $auditctl stop --reason "polkit lets me"
        auditd_was_stopped
        has_record 'op=auditd-stop answer=granted' ' auid=1000 .* oauid=1000 uid=1000 ' res=success
        trail | grep '^type=DAEMON_END .* auid=1000 '
}

polkit_asks() {
        rm -f $rule
        systemctl restart polkit.service
        begin
        as_person_answering alice 'Password: ' 'password of alice\n' $auditctl stop --reason "asked" >/run/asked
        cat /run/asked
        grep '^Waiting for polkit' /run/asked
        auditd_was_stopped
        has_record 'op=auditd-stop answer=granted' ' auid=1000 .* oauid=1000 uid=1000 .* terminal=pts/[0-9]+ res=success'
}

a_wrong_password_is_refused() {
        begin
        ends_with 10 as_person_answering bob 'Password: ' 'password of bob\n' $auditctl stop --reason "asked" >/run/asked
        cat /run/asked
        await has_record 'op=auditd-stop answer=refused why="polkit"' ' auid=1001 .* uid=1001 '
        auditd_was_left_alone
}

# Ctrl-C goes to the agent and to auditctl.
dismissed_is_cancelled() {
        begin
        ends_with 27 as_person_answering alice 'Password: ' '\003' $auditctl stop >/run/asked
        cat /run/asked
        grep 'cancelled; auditd was not told anything' /run/asked
        auditd_was_left_alone
}

# Nobody is left to answer, nor to be told: the daemon forgets the request, and is free for another.
gone_is_gone() {
        begin
        as_person_answering alice 'Password: ' '' $auditctl stop >/run/asked &
        asker=$!
        await grep 'Password: ' /run/asked
        kill -KILL "$(pgrep -u alice -x auditctl)"
        wait $asker || :
        cat /run/asked
        auditd_was_left_alone
        as_person alice sudo -n auditctl state
}

auditd_is_running >/dev/null
cp call.py /run # where others than root can read it
without_polkit
check "without polkit others than root are turned away, on record" others_are_turned_away
check "not a byte of theirs is read" nobody_elses_bytes_are_read
check "root may" root_may
with_polkit
check "polkit keeps others away: refused under their own names" polkit_says_no
check "a rule of polkit lets alice stop auditd, under her name, and do nothing else; and bob nothing" polkit_says_yes
check "an agent asks for the password of an administrator, and auditd stops" polkit_asks
check "another's password is refused" a_wrong_password_is_refused
check "Ctrl-C at the password cancels" dismissed_is_cancelled
check "who is gone while polkit asks has asked nothing" gone_is_gone
rm -f $rule
