# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Who asks is who asks: root's tricks to be somebody else are refused, put on record, and stop nothing.
#
# Time limit: 600 s
. ../guest/lib.sh

: "${PID_REUSE_TRIES:=2000}"

# What the daemon says of a person is what the person's own /proc says. As root through sudo and on a terminal, too.
whoami_is_the_caller() {
        # shellcheck disable=SC2016 # for the shell at the other end
        script='echo "$(cat /proc/self/sessionid) $(tty)"; exec /usr/libexec/auditfail/auditctl whoami --json'
        as_person alice sh -c "$script" >/run/whoami-plain
        as_person alice sudo -n sh -c "$script" >/run/whoami-sudo
        as_person_on_terminal bob sh -c "$script" | tr -d '\r' >/run/whoami-terminal
        cat /run/whoami-plain /run/whoami-sudo /run/whoami-terminal
        check_whoami plain 1000 1000 1000
        check_whoami sudo 0 0 1000
        check_whoami terminal 1001 1001 1001
        fails grep '"terminal"' /run/whoami-plain
        grep "\"terminal\":\"$(sed -n '1s:.* /dev/::p' /run/whoami-terminal)\"" /run/whoami-terminal
}

check_whoami() {
        grep "\"uid\":$2,\"gid\":$3,\"auid\":$4,\"session\":$(head -n 1 "/run/whoami-$1" | cut -d ' ' -f 1)," "/run/whoami-$1"
        grep '"program":"auditctl"' "/run/whoami-$1"
}

refusals() {
        trail | grep '^type=TRUSTED_APP .*op=auditd-[a-z]* answer=refused' >/run/refusals
}

have_come() {
        refusals && test "$(grep -cF "why=\"$1\"" /run/refusals)" -ge "$2"
}

# It has not ended meanwhile, to be started again.
daemon_is_the_same() {
        test "$(systemctl show --property NRestarts --value auditfail-controld.service)" -eq 0
        systemctl is-active auditfail-controld.service
}

# Refused each time; of every WHY as many records as there were attacks; nothing carried out; nobody's name on any.
# The daemon is a new one each time: it has not counted earlier refusals.
attack_is_refused() {
        auditd=$(kernels_auditd)
        systemctl stop auditfail-controld.service
        mark
        logged_in "$tools/impostor" "$1" >/run/attack
        cat /run/attack
        fails grep -v '^refused' /run/attack
        shift
        while [ $# -gt 0 ]; do
                await have_come "$1" "$2"
                shift 2
        done
        cat /run/refusals
        fails grep -vE '^type=TRUSTED_APP msg=[^ ]* pid=[0-9]* uid=0 auid=4294967295 ' /run/refusals
        fails grep -v ' res=failed' /run/refusals
        daemon_is_the_same
        test "$(kernels_auditd)" -eq "$auditd"
        auditd_is_registered
}

nothing_was_carried_out() {
        trail >/run/records
        fails grep -E 'answer=(granted|forced)|^type=DAEMON_' /run/records
}

refused_and_nothing_done() {
        attack_is_refused "$@"
        nothing_was_carried_out
}

# The kernel gives out pids that others had just before, over and over: 1000's processes end, and 1001's have their pids.
pids_are_reused() {
        auditd=$(kernels_auditd)
        systemctl stop auditfail-controld.service
        mark
        pid_max=$(cat /proc/sys/kernel/pid_max)
        echo 400 >/proc/sys/kernel/pid_max
        start=$(date +%s)
        "$tools/impostor" "$1" "$2" 1000 1001 >/run/reused || : # it wants all of them answered
        echo "$pid_max" >/proc/sys/kernel/pid_max
        cat /run/reused
        note "$(tail -n 1 /run/reused) in $(($(date +%s) - start)) s"
        # Where processes take long to make, half a request is hung up on before its other half comes.
        grep -E ' [1-9][0-9]* refused, [0-9]+ put down to who sent it, 0 put down to another, [0-9] hung up on$' /run/reused
        daemon_is_the_same
        test "$(kernels_auditd)" -eq "$auditd"
}

# Each is written by a process of its own, and the last ones may still be on their way.
twenty_refusals() {
        refusals
        test "$(wc -l </run/refusals)" -ge 20
}

# 20 at once, then one every 1.5 s.
refusals_are_bounded() {
        pids_are_reused pid-reuse "$PID_REUSE_TRIES"
        await twenty_refusals
        count=$(wc -l </run/refusals)
        note "$count of these refusals are on record"
        test "$count" -le $((30 + ($(date +%s) - start)))
}

check "whoami is who asks, with login, session and terminal, through sudo as well" whoami_is_the_caller
check "another's pid in the credentials is refused, that of a dead process as well" \
        refused_and_nothing_done forged-pid pid 2 ended 1
check "another user or group in the credentials is refused" refused_and_nothing_done forged-uid uid 4
check "a token of another connection is refused" attack_is_refused foreign-token token 2
check "a token of another process is refused" attack_is_refused other-pid token 1
check "a token is good for once" attack_is_refused second-use token 1
check "a connection that was passed on is refused" attack_is_refused fd-passing pid 3
check "a connection that a child has is refused" attack_is_refused fork pid 3
check "two senders of one message are refused" attack_is_refused two-senders pid 2
check "a request of a process that has ended is refused" refused_and_nothing_done exits-after-sending ended 1
check "descriptors are refused" refused_and_nothing_done descriptors descriptors 1
check "who has the pid of one who has ended is never taken for that one" pids_are_reused pid-cycle 200
check "nor is anybody else, and the trail is not flooded with what was refused" refusals_are_bounded
