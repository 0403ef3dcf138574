# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# An upgrade keeps the administrator's policy, and the daemons run the new version. So does a downgrade.
#
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/packages.sh

# passwd has another policy. The policy of hwclock is removed, so default.conf applies.
policy_is_changed() {
        echo log >/etc/auditfail/passwd.conf
        rm /etc/auditfail/hwclock.conf
        systemctl reload auditfaild.service
        policy_is_the_changed_one
}

policy_is_the_changed_one() {
        test "$(cat /etc/auditfail/passwd.conf)" = log
        fails test -e /etc/auditfail/hwclock.conf
        ends_with 10 auditfailctl query --ahead passwd
        ends_with 20 auditfailctl query --ahead hwclock
        ends_with 20 auditfailctl query --ahead useradd
}

# Linux marks the program of a process as "(deleted)" if another file has taken its place.
daemons_are_the_installed_ones() {
        for unit in auditfaild auditfail-controld; do
                systemctl start $unit.service
                pid=$(systemctl show --property MainPID --value $unit.service)
                test "$(readlink "/proc/$pid/exe")" = "$(find /usr/libexec -name $unit)"
        done
}

# Daemons restart, sockets do not: moves_to WHAT FOLDER
moves_to() {
        systemctl start auditfail-controld.service
        before=$(daemon_pid)
        control_before=$(systemctl show --property MainPID --value auditfail-controld.service)
        sockets=$(stat -c %i /run/auditfail/io.auditfail.*)
        timed "$1" install_everything "$2" >/run/apt
        cat /run/apt
        is_installed_from "$2"
        test "$(daemon_pid)" -ne "$before"
        test "$(systemctl show --property MainPID --value auditfail-controld.service)" != "$control_before"
        test "$(stat -c %i /run/auditfail/io.auditfail.*)" = "$sockets"
        daemons_are_the_installed_ones
        policy_is_the_changed_one
        auditfailctl guard
        fails systemctl stop auditd.service
}

says_its_version() {
        version=$(dpkg-query -W -f '${source:Upstream-Version}' auditfail)
        auditfailctl status --json | grep -F "\"version\":\"$version\""
}

# A later package with other policy files.
change_package() {
        [ "$1" = auditfail ] || return 0
        for application in passwd hwclock useradd; do
                echo '# a later package' >>"$2/etc/auditfail/$application.conf"
        done
}

other_files_replace_nothing() {
        repack
        moves_to "upgrade with other policy files" $state/repacked
        grep 'a later package' /etc/auditfail/useradd.conf
        auditfailctl check
        auditfailctl list >/run/list
        cat /run/list
        fails grep dpkg- /run/list
}

check "the last release is installed, and the guard is on" installs_the_last_release
check "the administrator changes and removes policy files" policy_is_changed
check "an upgrade keeps the policy and the sockets, and restarts the daemons" moves_to upgrade $packages
check "the daemon says its version" says_its_version
check "a later package with other policy files keeps the administrator's" other_files_replace_nothing
check "a downgrade keeps the policy and the sockets, and restarts the daemons" moves_to downgrade $previous
purge_all
