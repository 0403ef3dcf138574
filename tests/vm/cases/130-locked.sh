# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The kernel's auditing is locked (auditctl -e 2): signals are not, rules are.
. ../guest/lib.sh
. ../guest/requests.sh

locked() {
        auditd_is_running
        /usr/sbin/auditctl -e 2
        /usr/sbin/auditctl -s | grep '^enabled 2'
}

stops() {
        remember_auditd
        alice_asks 0 stop
        auditd_is_gone
        request_is_before_the_end
        auditd_names_alice DAEMON_END
        auditd_is_running
}

reload_says_so() {
        remember_auditd
        alice_is_told 32 30 "auditing is locked" reload
        test "$(kernels_auditd)" -eq "$auditd"
}

rotates() {
        remember_auditd
        alice_asks 0 rotate
        auditd_names_alice DAEMON_ROTATE
}

unlocked() {
        /usr/sbin/auditctl -s | grep '^enabled 1'
}

if [ "$BOOT" -eq 1 ]; then
        check "auditing is locked" locked
        check "auditd is stopped as ever" stops
        check "reload says that rules cannot be loaded" reload_says_so
        check "rotate works as ever" rotates
        reboot_and_go_on
fi
check "a reboot unlocks it" unlocked
