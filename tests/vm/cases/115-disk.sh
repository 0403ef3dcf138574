# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The disk of the audit log is full, read-only, or hangs: auditd is not signalled, and the cause is named.
#
# The log's folder is a small disk of its own meanwhile. auditd is told to go on writing, so that it can recover.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/requests.sh

small_disk() {
        ! mountpoint --quiet /var/log/audit || usual_disk
        systemctl stop auditd.service
        truncate --size 16M /run/small-disk
        mkfs.ext4 -q -F -m 0 /run/small-disk
        mount -o loop /run/small-disk /var/log/audit
        chmod 750 /var/log/audit
        auditd_with "space_left = 2" "admin_space_left = 1" "space_left_action = IGNORE" \
                "admin_space_left_action = IGNORE" "disk_full_action = $1" "disk_error_action = $1"
        remember_auditd
}

usual_disk() {
        systemctl stop auditd.service
        umount /var/log/audit
        rm /run/small-disk
        auditd_with
}

fill() {
        cat /dev/zero >/var/log/audit/filler || :
        sync
        # What is left in the log's last block.
        set +x # which would show all of it
        filler=$(head -c 4000 /dev/zero | tr '\0' x)
        for _ in 1 2 3; do
                /usr/sbin/auditctl -m "$filler"
        done
        set -x
}

full() {
        small_disk IGNORE
        fill
        df /var/log/audit
        alice_is_told 21 6 "the disk is full" stop --timeout 6
        test "$(kernels_auditd)" -eq "$auditd"
        rm /var/log/audit/filler
        # auditd has lost what it could not write, and perhaps a part of a line.
        sleep 1
        kill -0 "$auditd"
        /usr/sbin/auditctl -m "auditd goes on"
        await goes_on
        fails record_of DAEMON_END
}

stops_when_there_is_room() {
        auditd=$(kernels_auditd)
        alice_asks 0 stop
        auditd_is_gone
        usual_disk
}

suspended() {
        small_disk SUSPEND
        fill
        await journalctl --quiet --boot --identifier auditd --grep 'Audit daemon is suspending logging'
        rm /var/log/audit/filler
        alice_is_told 23 6 "auditd has suspended logging" stop --timeout 6
        test "$(kernels_auditd)" -eq "$auditd"
}

resumed() {
        alice_asks 0 resume
        /usr/sbin/auditctl -m "auditd goes on"
        await goes_on
        # The full disk had room for half of a line, and auditd's record stands behind that half.
        trail | grep -o 'type=DAEMON_RESUME .*' | grep ' auid=1000 uid=0 ses=[0-9]'
        usual_disk
}

# All disks are, as after a failure, also with files open for writing. The root's is made writable again at once.
read_only() {
        small_disk IGNORE
        echo u >/proc/sysrq-trigger
        await grep ' /var/log/audit ext4 ro' /proc/self/mounts
        mount -o remount,rw /
        alice_is_told 22 6 "its file system is read-only" stop --timeout 6
        test "$(kernels_auditd)" -eq "$auditd"
        mount -o remount,rw /var/log/audit
        auditd_was_left_alone
        usual_disk
}

disk_hangs() {
        small_disk IGNORE
        trap 'fsfreeze --unfreeze /var/log/audit' EXIT
        fsfreeze --freeze /var/log/audit
        alice_is_told 24 6 "auditd does not write" stop --timeout 6
        fsfreeze --unfreeze /var/log/audit
        trap - EXIT
        await was_refused NotRecorded
        auditd_was_left_alone
        usual_disk
}

check "the disk is full" full
check "when there is room again, auditd is stopped as ever" stops_when_there_is_room
check "auditd has suspended logging" suspended
check "auditctl resume ends that" resumed
check "the file system is read-only" read_only
check "the disk hangs" disk_hangs
! mountpoint --quiet /var/log/audit || usual_disk >/dev/null 2>&1
auditd_with >/dev/null 2>&1
