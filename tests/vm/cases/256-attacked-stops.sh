# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# An adversary with root's rights interferes with stops of auditd. STOPS=100 does more; SEED=N repeats the choices of a run.
# 1,000 stops take three hours in the machine of ./do vm --shell, where a case has no time limit.
#
# Time limit: 1800 s
. ../guest/lib.sh
. ../guest/requests.sh

# The log has a small disk of its own. Nothing in it is removed by a rotation, and a full disk does not suspend auditd.
small_disk() {
        systemctl stop auditd.service
        truncate --size 32M /run/small-disk
        mkfs.ext4 -q -F -m 0 /run/small-disk
        mount -o loop /run/small-disk /var/log/audit
        rmdir /var/log/audit/lost+found
        chmod 750 /var/log/audit
        auditd_with "max_log_file = 4" "num_logs = 99" "space_left = 2" "admin_space_left = 1" \
                "space_left_action = IGNORE" "admin_space_left_action = IGNORE" "disk_full_action = IGNORE" \
                "disk_error_action = IGNORE"
}

# kill(2) fails, and yet auditd takes bob for the process that signalled it. The request names alice all the same.
# auditd is slow to ask the kernel for the sender, as it may be on a busy machine.
anyone_can_take_the_senders_place() {
        remember_auditd
        strace -f -q -o /run/slow -p "$auditd" -e trace=sendto -e inject=sendto:delay_enter=300000 &
        slow=$!
        await grep -x "TracerPid:	[1-9][0-9]*" "/proc/$auditd/status"
        (
                echo 1001 >/proc/self/loginuid
                exec setpriv --reuid bob --regid bob --clear-groups python3 -c "
import os, signal, time
end = time.monotonic() + 200
while time.monotonic() < end:
    try:
        os.kill($auditd, signal.SIGTERM)
    except PermissionError:
        pass
"
        ) &
        bob=$!
        trap 'kill $bob $slow' EXIT
        alice_asks 0 reload --timeout 60
        grep -F "auditctl: done, but: auditd names another login" /run/said.complaint
        alice_asks 0 stop --timeout 60
        grep -F "auditctl: done, but: auditd names another login" /run/said.complaint
        kill $bob $slow || :
        trap - EXIT
        auditd_is_gone
        record_of DAEMON_CONFIG --raw | grep ' auid=1001 '
        record_of DAEMON_END --raw >/run/end
        note "auditd names bob for the stop of alice: $(cut -d ' ' -f 3- /run/end)"
        grep ' auid=1001 ' /run/end
        request_is_before_the_end
}

stops_under_attack() {
        python3 attacked_stops.py "${STOPS:-24}" "$tools" >&3
}

restore() {
        systemctl stop auditd.service
        rm -f /run/mark
        umount /var/log/audit
        rm -f /run/small-disk
        auditd_with
}

check "a process that may not signal auditd can make auditd name it, and the reply says so" anyone_can_take_the_senders_place
small_disk >/run/small-disk.log 2>&1
check_and_restore "every stop under attack has its requester in the trail, and is reported truly" stops_under_attack
