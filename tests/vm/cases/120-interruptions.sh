# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Who asked changes their mind, or goes away, or the service is to end: before auditd is signalled nothing happens to
# it, and afterwards the request is seen through.
#
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/requests.sh

# A request that waits for an auditd that is held up.
begin_and_wait() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins "$@"
}

was_cancelled() {
        kill -CONT "$auditd"
        await was_refused Cancelled
        auditd_was_left_alone
}

was_seen_through() {
        let_it_end
        request_is_before_the_end
        auditd_names_alice DAEMON_END
        await journal_says "auditd (pid $auditd) was stopped by auid 1000"
}

# She presses it when the terminal shows PROMPT: ctrl_c STATUS PROMPT
ctrl_c() {
        ends_with "$1" as_person_answering alice "$2" '\003' sudo -n auditctl stop --timeout 40 >/run/said
        cat -v /run/said
        note "Ctrl-C: status $1: $(grep -o 'auditctl: .*' /run/said)"
}

cancels() {
        remember_auditd
        kill -STOP "$auditd"
        ctrl_c 27 Identified
        grep -F 'cancelled; auditd was not told anything' /run/said
        was_cancelled
}

detaches() {
        remember_auditd
        auditd_ends_late
        ctrl_c 33 Signalled
        grep -F 'detached: auditd has the signal already; the request goes on without you' /run/said
        was_seen_through
}

# What ssh makes of that is 255.
killed_before() {
        begin_and_wait 255 stop --timeout 40
        kill -KILL "$(her_auditctl)"
        see_through
        was_cancelled
}

killed_after() {
        remember_auditd
        auditd_ends_late
        alice_begins 255 stop --timeout 40
        await she_saw Signalled
        kill -KILL "$(her_auditctl)"
        see_through
        was_seen_through
}

service_ends_before() {
        begin_and_wait 27 stop --timeout 40
        timeout 20 systemctl stop auditfail-controld.service
        see_through
        cat /run/begun.complaint
        was_cancelled
}

service_is() {
        systemctl show --property ActiveState auditfail-controld.service | grep -x "ActiveState=$1"
}

service_ends_after() {
        remember_auditd
        auditd_ends_late
        alice_begins 0 stop --timeout 40
        await she_saw Signalled
        timeout 60 systemctl stop auditfail-controld.service &
        stopping=$!
        await service_is deactivating
        was_seen_through
        see_through
        she_saw Stopped
        wait $stopping
}

service_is_killed_before() {
        begin_and_wait 40 stop --timeout 40
        kill -KILL "$(systemctl show --property MainPID --value auditfail-controld.service)"
        see_through
        cat /run/begun.complaint
        note "stop ends with status 40: $(cat /run/begun.complaint)"
        kill -CONT "$auditd"
        auditd_was_left_alone
        next_request_explains "before auditd got the signal"
        await was_refused Failed
}

# The request after the one that was interrupted says so, and the one after that does not.
next_request_explains() {
        alice_asks 0 state
        grep -E "note: request [0-9a-f]{16} to stop auditd was interrupted $1" /run/said.complaint
        journal_says "request [0-9a-f]* to stop auditd was interrupted $1\|ended unexpectedly"
        alice_asks 0 state
        fails grep interrupted /run/said.complaint
}

worker() {
        cat "/proc/$1/task/$1/children"
}

no_worker_is_left() {
        test -z "$(worker "$daemon")"
}

worker_is_killed_before() {
        begin_and_wait 28 stop --timeout 40
        daemon=$(systemctl show --property MainPID --value auditfail-controld.service)
        kill -KILL "$(worker "$daemon" | tr -d ' ')"
        see_through
        grep -F "ended unexpectedly; auditd was not told anything" /run/begun.complaint
        await no_worker_is_left
        kill -CONT "$auditd"
        auditd_was_left_alone
        await was_refused Failed
        next_request_explains "before auditd got the signal"
}

worker_is_killed_after() {
        remember_auditd
        auditd_ends_late
        alice_begins 34 stop --timeout 40
        await she_saw Signalled
        kill -KILL "$(worker "$(systemctl show --property MainPID --value auditfail-controld.service)" | tr -d ' ')"
        see_through
        grep -F "ended unexpectedly; auditd has the signal" /run/begun.complaint
        let_it_end
        request_is_before_the_end
        auditd_is_running
        next_request_explains "after auditd got the signal"
}

check "Ctrl-C before the signal cancels: auditd runs on, and the trail says that" cancels
check "Ctrl-C after the signal detaches: auditd ends, and the trail says for whom" detaches
check "auditctl is killed before the signal: auditd runs on" killed_before
check "auditctl is killed after the signal: auditd ends, and the trail says for whom" killed_after
check "the service is told to end before the signal: the request is cancelled" service_ends_before
check "the service is told to end after the signal: it sees the request through" service_ends_after
check "the service is killed before the signal: auditd runs on" service_is_killed_before
auditd_is_running >/dev/null 2>&1
check "the worker is killed before the signal: auditd runs on, and the report says so" worker_is_killed_before
auditd_is_running >/dev/null 2>&1
check "the worker is killed after the signal: auditd ends, and the report says so" worker_is_killed_after
auditd_is_running >/dev/null 2>&1
