# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Records do not fail: they wait, because auditd hangs or cannot keep up. A bound in the policy limits the wait of programs.
#
# Time limit: 1200 s
. ../guest/lib.sh

rules=/usr/sbin/auditctl
senders=10
drop_in=/etc/systemd/system/ssh.service.d/50-auditfail-preload.conf

restore() {
        kill_floods
        kill -CONT "$(pidof auditd)"
        await room
        $rules -b 8192 --backlog_wait_time 60000
        usual_policies
        for name in newcomer newcomer2; do
                userdel $name
        done
        sed -i /pam_auditfail/d /etc/pam.d/su
        [ ! -e $drop_in ] || {
                rm $drop_in
                systemctl daemon-reload
                systemctl restart ssh.service
        }
}

room() {
        ! auditfailctl status | grep "Queue: full"
}

kill_floods() {
        # shellcheck disable=SC2046 # one word each
        [ ! -s /run/floods ] || kill -KILL $(cat /run/floods) || :
        : >/run/floods
}

# So many senders that each of them waits for many rounds of the kernel, which wakes one a round.
crowd() {
        : >/run/floods
        for _ in $(seq $senders); do
                "$tools/flood" >/run/flood.log 2>&1 &
                echo $! >>/run/floods
        done
        await most_wait
}

most_wait() {
        waiting=0
        while read -r flood; do
                case $(sed 's/.*) //' "/proc/$flood/stat") in D*) waiting=$((waiting + 1)) ;; esac
        done </run/floods
        test $waiting -ge $((senders - 2))
}

# Sets $took to the milliseconds that COMMAND takes, and $status.
timed() {
        began=$(date +%s%N)
        status=0
        "$@" >/run/said 2>&1 || status=$?
        took=$((($(date +%s%N) - began) / 1000000))
        note "$took ms, status $status: $*"
}

lost() {
        $rules -s | sed -n 's/^lost //p'
}

# Stops auditd, if it is not stopped yet, and fills its socket and the kernel's queue. Between two rounds of the kernel,
# the queue is empty for a moment. A program that finds room then does not wait, or waits later. So the checks try three
# times.
hang() {
        kill_floods
        case $(ps -o stat= -p "$(pidof auditd)") in
        T*) ;;
        *)
                $rules -b 100 --backlog_wait_time 5000
                kill -STOP "$(pidof auditd)"
                ;;
        esac
        crowd
}

waits_without_a_bound() {
        policy useradd ignore
        timed auditfailctl run useradd -M newcomer
        quiet=$took
        for _ in 1 2 3; do
                hang
                timed useradd -M newcomer2
                test $status -eq 0
                echo "$took" >/run/unbounded
                [ "$took" -le $((quiet + 1000)) ] || break
                userdel newcomer2
        done
        for command in "auditfailctl run userdel newcomer2" "su bob -c true" "auditfailctl run su bob -c true" \
                "sudo -n true" "auditfailctl run sudo -n true" "$rules -s"; do
                hang
                # shellcheck disable=SC2086 # several words
                timed $command
        done
        test "$(cat /run/unbounded)" -gt $((quiet + 1000))
}

status_and_doctor_say_it() {
        hang
        timed auditfailctl status
        cat /run/said
        grep "Queue: full: every program that writes a record waits; auditd (pid [0-9]*) is stopped" /run/said
        timed auditfailctl doctor useradd
        grep "auditd (pid [0-9]*) is stopped; type: kill -CONT" /run/said
}

goes_on_within_the_bound() {
        policy useradd ignore "overload = log" "wait = 1"
        before=$(lost)
        for _ in 1 2 3; do
                hang
                timed auditfailctl run useradd -M newcomer
                test $status -eq 0
                journalctl --sync
                auditfailctl history --lines=9 >/run/history
                ! grep ETIMEDOUT /run/history || break
                userdel newcomer
        done
        test "$took" -lt "$(cat /run/unbounded)"
        grep ^newcomer: /etc/passwd
        note "processes that wait in its place: $(ps -o stat= -o wchan:24= -C useradd | sort | uniq -c | tr '\n' ' ')"
        kill_floods
        cat /run/history
        grep "overload (ETIMEDOUT) of audit_log_acct_message for ADD_USER" /run/history
        note "the kernel lost $(($(lost) - before)) records, with 100 in each queue"
}

is_stopped_within_the_bound() {
        policy useradd ignore "overload = terminate" "wait = 1"
        for _ in 1 2 3; do
                hang
                timed auditfailctl run useradd -M newcomer
                cat /run/said
                [ $status -ne 77 ] || break
                userdel newcomer
        done
        test $status -eq 77
        # If audit_open() found room, the first record did not.
        grep "useradd: audit record.* delayed: the kernel's queue is full; stopped, as" /run/said
        fails grep ^newcomer: /etc/passwd
}

with_room_the_program_writes_its_records_itself() {
        policy useradd terminate "wait = 1"
        mark
        auditfailctl run sh -c 'echo $$ >/run/pid; exec useradd -M newcomer'
        await record_of ADD_USER
        record_of ADD_USER --raw | grep " pid=$(cat /run/pid) "
}

# The module cannot limit the wait of libpam's own records.
pam_stops_within_the_bound() {
        policy su ignore "overload = terminate" "wait = 1"
        sed -i '1i auth required pam_auditfail.so' /etc/pam.d/su # before libpam's first record
        for _ in 1 2 3; do
                hang
                timed su bob -c true
                cat /run/said
                [ $status -ne 1 ] || break
        done
        test $status -eq 1
        grep "audit records would be delayed: the kernel's queue is full; stopped" /run/said
}

sshd_lets_users_in() {
        policy sshd ignore "overload = log" "wait = 1"
        timed as_person bob true
        hang
        timed as_person bob true
        unbounded=$took
        kill_floods
        kill -CONT "$(pidof auditd)"
        await room
        mkdir -p ${drop_in%/*}
        ln -s /usr/share/auditfail/auditfail-preload.conf $drop_in
        systemctl daemon-reload
        systemctl restart ssh.service
        hang
        timed as_person bob true
        cat /run/said
        test $status -eq 0
        note "a login by ssh with a full queue: $unbounded ms, and with a bound of 1 s $took ms"
}

# Without a flood the kernel keeps what it was given.
writes_the_records_later() {
        policy useradd ignore "overload = log" "wait = 1"
        mark
        kill -STOP "$(pidof auditd)"
        before=$(lost)
        timed auditfailctl run useradd -M newcomer
        test $status -eq 0
        auditfailctl status | grep "Queue: auditd (pid [0-9]*) is stopped; type: kill -CONT"
        fails record_of ADD_USER
        kill -CONT "$(pidof auditd)"
        await record_of ADD_USER
        test "$(lost)" -eq "$before"
}

check_and_restore "auditd hangs: programs wait for the kernel's queue" waits_without_a_bound
check_and_restore "status and doctor say so, and do not wait" status_and_doctor_say_it
check_and_restore "with a bound, a program goes on in time" goes_on_within_the_bound
check_and_restore "or it is stopped in time, before it has changed anything" is_stopped_within_the_bound
check_and_restore "pam_auditfail stops su in time" pam_stops_within_the_bound
check_and_restore "sshd with a bound lets users in, sooner or later" sshd_lets_users_in
check_and_restore "with a bound and room in the queue, records have the program's pid" \
        with_room_the_program_writes_its_records_itself
check_and_restore "auditd goes on: it writes the records that waited" writes_the_records_later
