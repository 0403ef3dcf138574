# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The machine is what the other cases take for granted.
. ../guest/lib.sh

auditd_is_the_kernels() {
        systemctl is-active auditd.service
        auditd_is_registered
}

nobody_logged_in() {
        test "$(cat /proc/self/loginuid)" = 4294967295
}

auditd_comes_back() {
        systemctl stop auditd.service
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
        systemctl kill --signal STOP auditd.service
        auditd_is_running
}

the_trail_begins_at_the_mark() {
        /usr/sbin/auditctl -m before
        mark
        fails record_of USER
        /usr/sbin/auditctl -m after
        await record_of USER
        record_of USER >/run/records
        cat /run/records
        grep after /run/records
        fails grep before /run/records
}

a_flood_flows() {
        flooded await record_of USER --just-one >/run/flooded
        note "$(cat /run/flooded)"
        grep '^flood: [1-9]' /run/flooded
        fails pidof flood
}

polkit_answers() {
        pkaction --action-id org.freedesktop.policykit.exec
}

polkit_goes_and_comes() {
        polkit_answers
        without_polkit
        fails polkit_answers
        with_polkit
        polkit_answers
        command -v pkttyagent
}

auditd_can_be_installed_again() {
        version=$(dpkg-query -W -f '${Version}' auditd)
        test "$(dpkg-deb -f /root/debs/auditd_*.deb Version)" = "$version"
}

check "systemd runs as process 1" test -d /run/systemd/system
check "auditd runs, and is the kernel's audit daemon" auditd_is_the_kernels
check "a service has no login identity" nobody_logged_in
check "auditd comes back after it was stopped, and when it is held up" auditd_comes_back
check "a mark in the trail separates the records after it" the_trail_begins_at_the_mark
check "a flood of records reaches auditd" a_flood_flows
check "polkit is there, and can be away" polkit_goes_and_comes
check "the package of auditd is at hand" auditd_can_be_installed_again
