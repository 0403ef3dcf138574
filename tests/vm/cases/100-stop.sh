# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Somebody logs in and types "sudo auditctl stop": auditd ends, and the trail says who wanted that, and why.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/requests.sh

knows_alice() {
        as_person alice sudo -n \
                sh -c 'cat /proc/self/loginuid; echo; cat /proc/self/sessionid; echo; auditctl whoami --json' >/run/who
        cat /run/who
        test "$(head -n 1 /run/who)" -eq 1000
        session=$(sed -n 2p /run/who)
        tail -n 1 /run/who | grep "\"uid\":0,.*\"auid\":1000,\"session\":$session,"
}

stops() {
        remember_auditd
        alice_asks 0 stop --reason "disk replacement"
        test "$(grep -o '^[A-Z][a-z]*' /run/said | grep -vx Draining | xargs)" = \
                "Identified Recorded Signalled Ended Stopped"
        grep '^Identified as alice (auid 1000, session [0-9]*), through uid 0$' /run/said
        grep "^Signalled auditd (pid $auditd)\$" /run/said
        test ! -s /run/said.complaint
        auditd_is_gone
        await fails systemctl is-active auditd.service
        systemctl show --property StatusText --value auditfail-controld.service |
                grep -x 'Request [0-9a-f]* to stop auditd for auid 1000 is done'
}

trail_names_alice() {
        request_is_before_the_end
        event=$(sed -n 's/^Recorded and on disk: event \([0-9.:]*\) .*/\1/p' /run/said)
        request_record granted | grep "msg=audit($event):"
        record_of TRUSTED_APP --interpret >/run/interpreted
        cat /run/interpreted
        # In such a record ausearch 3.0 leaves numbers as they are.
        grep -E ' auid=(alice|1000) .* reason=disk replacement ' /run/interpreted
        auditd_names_alice DAEMON_END
}

# Without what auditd adds to it for machines.
told_word_for_word() {
        end=$(trail | grep '^type=DAEMON_END ' | tr '\035' ' ')
        grep -xF "  $end" /run/said || grep -F "${end%% AUID=*}" /run/said
}

on_a_terminal() {
        remember_auditd
        as_person_on_terminal alice sudo -n auditctl stop --reason terminal >/run/said
        cat -v /run/said
        grep '^Identified as alice (auid 1000, session [0-9]*) on pts/[0-9]*, through uid 0' /run/said
        grep '^Stopped after ' /run/said
        auditd_is_gone
        request_record granted | grep 'terminal=pts/[0-9]* '
}

for_programs() {
        remember_auditd
        alice_asks 0 stop --json
        test "$(grep -o '"step":"[a-z]*"' /run/said | cut -d '"' -f 4 | grep -vx draining | xargs)" = \
                "identified recorded signalled stopped done"
        auditd_is_gone
}

# What the process did that carried out the request, call by call.
one_after_the_other() {
        remember_auditd
        systemctl start auditfail-controld.service
        daemon=$(systemctl show --property MainPID --value auditfail-controld.service)
        rm -f /run/calls.*
        strace -ff -q -y -s 200000 -o /run/calls -p "$daemon" -e trace=read,pread64,fdatasync,fsync,pidfd_send_signal &
        strace=$!
        trap 'kill $strace' EXIT
        await grep -x "TracerPid:	$strace" "/proc/$daemon/status"
        alice_asks 0 stop --reason order
        kill $strace
        wait $strace || :
        trap - EXIT

        grep -l pidfd_send_signal /run/calls.* >/run/signallers
        test "$(wc -l </run/signallers)" -eq 1
        calls=$(cat /run/signallers)
        request=$(trail | sed -n 's/.*op=auditd-stop answer=granted request="\([0-9a-f]*\)".*/\1/p')
        seen=$(grep -nm 1 "audit\.log>.*$request" "$calls" | cut -d : -f 1)
        synced=$(sed "1,${seen}d" "$calls" | grep -nm 1 '^fdatasync([0-9]*</var/log/audit/audit\.log>) *= 0$' |
                cut -d : -f 1)
        cut -c 1-160 "$calls"
        test "$(grep -c '^pidfd_send_signal' "$calls")" -eq 1
        signalled=$(grep -n '^pidfd_send_signal([0-9].*, SIGTERM, .* = 0$' "$calls" | cut -d : -f 1)
        test $((seen + synced)) -lt "$signalled"
}

quiet_stops() {
        for _ in 1 2 3; do
                remember_auditd
                alice_asks 0 stop --reason quiet
                auditd_is_gone
                request_is_before_the_end
                auditd_names_alice DAEMON_END
        done
}

# That auditd itself still knows who told it is more than anybody can promise when events drown it.
flooded_stops() {
        for _ in 1 2 3; do
                remember_auditd
                alice_asks_in_a_flood 0 stop --reason flooded --timeout 100 >/run/flooded
                note "$(grep '^flood:' /run/flooded)"
                request_is_before_the_end
        done
}

check "the service knows alice's login and session as the kernel does" knows_alice
check "sudo auditctl stop: each step is shown, and auditd is gone" stops
check "the request is in the trail before auditd's end, and both name alice" trail_names_alice
check "she is told what the trail says, word for word" told_word_for_word
check "on a terminal: the trail says which" on_a_terminal
check "with --json: each step is an object" for_programs
check "the record is read in the log, the log is synced, and only then auditd is signalled, once" one_after_the_other
check "every quiet stop is in the trail before auditd's end, and auditd names alice, too" quiet_stops
check "every stop in a flood of records is in the trail before auditd's end" flooded_stops
auditd_is_running >/dev/null 2>&1
