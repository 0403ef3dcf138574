# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The machine reboots, and everything is there again.

# lib.sh would start the daemon.
before_the_case=$(systemctl is-active auditfaild.service)
. ../guest/lib.sh

boot=/var/lib/auditfail-cases/boot-id

another_boot() {
        fails cmp $boot /proc/sys/kernel/random/boot_id
}

auditd_was_ended() {
        trail | grep -oE '^type=DAEMON_(START|END)' | tail -n 2 | tee /run/ends
        test "$(xargs </run/ends)" = "type=DAEMON_END type=DAEMON_START"
}

the_daemon_runs() {
        test "$before_the_case" = active
        systemctl reload auditfaild.service
}

if [ "$BOOT" -eq 1 ]; then
        cp /proc/sys/kernel/random/boot_id $boot
        reboot_and_go_on
fi
check "the machine rebooted" another_boot
check "auditd was stopped in an orderly way" auditd_was_ended
check "auditd runs again" auditd_is_registered
check "the socket waits again" systemctl is-active auditfaild.socket
check "the policy daemon was started, and reloads before the first question" the_daemon_runs
