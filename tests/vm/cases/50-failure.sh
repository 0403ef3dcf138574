# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A daemon that dies, hangs or is stopped: programs are answered, and it comes back.
. ../guest/lib.sh

another_daemon() {
        now=$(daemon_pid) && test "$now" -ne "$1"
}

killed_it_comes_back() {
        before=$(daemon_pid)
        kill -KILL "$before"
        ends_with 0 refused_program hwclock
        await another_daemon "$before"
        refused_program hwclock | grep '(daemon) says log'
}

stopped_the_snapshot_answers() {
        systemctl stop auditfaild.socket auditfaild.service
        refused_program hwclock | grep '(snapshot) says log'
        systemctl start auditfaild.socket
        auditfailctl status >/dev/null # starts it, which takes an emulated machine as long as a program waits
        refused_program hwclock | grep '(daemon) says log'
}

hung_programs_are_answered_in_time() {
        before=$(daemon_pid)
        kill -STOP "$before"
        start=$(date +%s)
        refused_program hwclock | grep '(snapshot) says log'
        test $(($(date +%s) - start)) -le 5
}

# WatchdogSec= is 30 s.
hung_it_is_replaced() {
        before=$(daemon_pid)
        await another_daemon "$before" || await another_daemon "$before" || await another_daemon "$before"
        refused_program hwclock | grep '(daemon) says log'
}

check "killed, it comes back" killed_it_comes_back
check "stopped, its snapshot answers; started, it does" stopped_the_snapshot_answers
check "while it hangs, the snapshot answers within the time limit" hung_programs_are_answered_in_time
check "the watchdog replaces a daemon that hangs" hung_it_is_replaced
