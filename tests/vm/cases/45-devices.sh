# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The example device-allocator hands out a disk: the trail names its user, and without a record nobody gets it.
. ../guest/lib.sh

examples=$checkout/build-install/client/examples

# Starts the allocator below WRAPPER: allocator_is_running [WRAPPER...]
allocator_is_running() {
        "$@" "$examples/device-allocator" /run/devices "disk=$disk" >/run/allocator.log 2>&1 &
        allocator=$!
        trap 'kill $allocator; wait $allocator; cat /run/allocator.log' EXIT
        await test -S /run/devices
        chmod 666 /run/devices
}

# Runs COMMAND as bob, with the disk as its standard input, and the connection as descriptor 3.
bob_uses_disk() {
        setpriv --reuid bob --regid bob --clear-groups "$examples/use-device" /run/devices disk "$@" 3>&-
}

grant_and_return_are_recorded() {
        mark
        allocator_is_running
        bob_uses_disk sh -c 'echo written by bob >&0'
        head -c 14 "$disk" | grep 'written by bob'
        await record_of DEV_DEALLOC
        for type in DEV_ALLOC DEV_DEALLOC; do
                record_of $type --interpret >/run/record
                cat /run/record
                grep ' device=disk id=bob ' /run/record
        done
}

# Without the connection, bob has returned the disk.
kept_disk_is_not_handed_out() {
        allocator_is_running
        bob_uses_disk sh -c 'exec 3>&-; echo bob has it; exec sleep 30' >/run/bob.log 2>&1 &
        await grep 'bob has it' /run/bob.log
        await busy
        kill $!
        await bob_uses_disk true
}

busy() {
        bob_uses_disk true 2>&1 | grep 'Device or resource busy'
}

disk_is_not_handed_out_without_a_record() {
        allocator_is_running setpriv --bounding-set=-audit_write --inh-caps=-audit_write
        ends_with 1 bob_uses_disk touch /run/handed-out >/run/refusal 2>&1
        grep 'use-device: disk: the grant cannot be recorded' /run/refusal
        fails test -e /run/handed-out
        await logged 'Operation not permitted; refused'
        journalctl --unit auditfaild.service --boot | grep 'device-allocator .*DEV_ALLOC.* told to terminate'
}

logged() {
        grep "$1" /run/allocator.log
}

log_hands_out_the_disk_and_reports() {
        policy device-allocator log
        allocator_is_running setpriv --bounding-set=-audit_write --inh-caps=-audit_write
        bob_uses_disk true
        await logged 'grant of disk, user 1001, is not recorded'
}

truncate -s 1M /run/disk
disk=$(losetup --find --show /run/disk)
check "a grant and a return are recorded, with the user" grant_and_return_are_recorded
check "a disk that its last user still has open is not handed out" kept_disk_is_not_handed_out
check "without a record, the disk is not handed out" disk_is_not_handed_out_without_a_record
check "with log, it is handed out, and the loss is reported" log_hands_out_the_disk_and_reports
usual_policies >/run/restored 2>&1
losetup --detach "$disk"
rm -f /run/disk
