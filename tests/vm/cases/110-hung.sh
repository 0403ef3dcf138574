# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditd does not do what it should, or is not there: who asks is told so in time, and auditd is told nothing.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/requests.sh

stopped() {
        remember_auditd
        kill -STOP "$auditd"
        alice_is_told 20 6 "auditd (pid $auditd) is stopped" stop --timeout 6
        kill -CONT "$auditd"
        await was_refused NotRecorded
        auditd_was_left_alone
        test "$(record_of TRUSTED_APP --raw | grep -c 'answer=granted')" -ge 1
}

stopped_and_forced() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins 30 stop --timeout 6 --force
        await she_saw Unconfirmed
        see_through
        grep -F "auditd has the signal" /run/begun.complaint
        grep -F "has the signal, and has not ended in time" /run/begun.complaint
        fails grep '^Stopped' /run/begun
        test -e "/proc/$auditd"
        journal_says "Request .* to stop auditd failed: NoEffect: .*; auditd has the signal"
        # It ends when it can. Whether it looks for records before that, such as this request's, is its own affair.
        kill -CONT "$auditd"
        await auditd_is_gone
}

frozen() {
        remember_auditd
        trap 'systemctl thaw auditd.service' EXIT
        systemctl freeze auditd.service
        alice_is_told 24 6 "auditd does not write" stop --timeout 6
        systemctl thaw auditd.service
        trap - EXIT
        await was_refused NotRecorded
        auditd_was_left_alone
}

# It comes to itself before the time is over.
hung_for_a_while() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins 0 stop --timeout 30
        fails she_saw Signalled
        kill -CONT "$auditd"
        see_through
        auditd_is_gone
        request_is_before_the_end
}

second_at_the_same_time() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins 0 stop --timeout 60
        alice_is_told 14 5 "another request is being carried out: that of alice (auid 1000, session " stop
        alice_is_told 14 5 "another request is being carried out" rotate
        fails she_saw Signalled
        kill -CONT "$auditd"
        see_through
        auditd_is_gone
        request_is_before_the_end
}

ends_by_itself() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins 26 stop --timeout 30
        kill -KILL "$auditd"
        see_through
        note "stop ends with status 26: $(cat /run/begun.complaint)"
        test "$(wc -l </run/begun.complaint)" -eq 1
        grep -F "auditd ended by itself meanwhile" /run/begun.complaint
        fails she_saw 'Signalled\|Ended\|Stopped'
}

nobody_there() {
        auditd_is_running
        systemctl stop auditd.service
        alice_is_told 15 5 "there is no audit daemon" stop
        alice_is_told 15 5 "there is no audit daemon" reload
}

# The kernel learns of its end only when it has something for it.
killed_unseen() {
        auditd_is_running
        auditd=$(kernels_auditd)
        mkdir -p /run/systemd/system/auditd.service.d
        printf '[Service]\nRestart=no\n' >/run/systemd/system/auditd.service.d/once.conf
        systemctl daemon-reload
        kill -KILL "$auditd"
        alice_is_told 15 5 "there is no audit daemon" stop
        rm /run/systemd/system/auditd.service.d/once.conf
        systemctl daemon-reload
}

somebody_else() {
        auditd_is_running
        systemctl stop auditd.service
        "$tools/other-daemon" &
        other=$!
        trap 'kill $other' EXIT
        await is_registered_other
        alice_is_told 16 5 "the audit daemon is not auditd: other-daemon (pid $other)" stop
        alice_is_told 16 5 "the audit daemon is not auditd: other-daemon (pid $other)" stop --force
        kill -0 $other
        kill $other
        trap - EXIT
        wait $other || :
        auditd_is_running
}

is_registered_other() {
        test "$(kernels_auditd)" -eq "$other"
}

# It has the signal, and takes its time: nobody is told that it has stopped.
slow_to_end() {
        remember_auditd
        auditd_ends_late
        alice_is_told 30 5 "auditd (pid $auditd) has the signal, and has not ended in time" stop --timeout 5
        fails grep '^\(Ended\|Stopped\)' /run/said
        grep '^Draining: ' /run/said
        let_it_end
        request_is_before_the_end
        auditd_names_alice DAEMON_END
}

check "auditd is stopped (SIGSTOP): it is not signalled, and goes on later" stopped
check "auditd is stopped, and root forces it: it is signalled, and nobody is told that it has ended" stopped_and_forced
check "auditd is frozen: it is not signalled, and goes on later" frozen
check "auditd hangs for a while: its record is awaited" hung_for_a_while
check "a second request at the same time is told whose is the first" second_at_the_same_time
check "auditd ends by itself before it is signalled" ends_by_itself
check "there is no audit daemon" nobody_there
check "auditd was killed" killed_unseen
check "another program is the audit daemon: it is not signalled" somebody_else
check "auditd has the signal and does not end in time: nobody is told that it has" slow_to_end
auditd_is_running >/dev/null 2>&1
