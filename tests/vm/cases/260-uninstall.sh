# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A machine that uses auditfail in every way does without it after ./do uninstall.
#
# Time limit: 600 s
. ../guest/lib.sh

everything_is_used() {
        auditfailctl guard on
        echo "$library" >>/etc/ld.so.preload
        DEBIAN_FRONTEND=noninteractive pam-auth-update --enable auditfail
        printf 'account required pam_permit.so\naccount optional pam_auditfail.so\n' >/etc/pam.d/auditfail-case
        mkdir -p /etc/systemd/system/cron.service.d
        ln -s /usr/share/auditfail/auditfail-preload.conf /etc/systemd/system/cron.service.d/50-auditfail-preload.conf
        systemctl daemon-reload
        systemctl restart cron.service
        grep -F "$library" "/proc/$(systemctl show --property MainPID --value cron.service)/maps"
        grep pam_auditfail /etc/pam.d/common-account
        as_person alice sudo -n auditctl whoami
}

it_is_uninstalled() {
        "$checkout/do" uninstall >/run/said 2>&1
        cat /run/said
        grep -F '  /etc/pam.d/auditfail-case:2: account optional pam_auditfail.so' /run/said
        grep -F "  /etc/ld.so.preload:1: $library" /run/said
        grep -F 'restart cron.service; it still has libauditfail-preload.so in memory' /run/said
}

# The files of its name that stay belong to the administrator, to the cases and to libaudit, whose function has the name.
stays='^/etc/auditfail|^/etc/pam.d/auditfail-case$|auditfail-cases(.service)?$|^/usr/local/bin/auditctl$'
stays="$stays|/get_auditfail_action[.]3"

nothing_uses_it() {
        fails test -e /etc/ld.so.preload
        fails grep -l pam_auditfail /etc/pam.d/common-*
        fails systemctl cat auditfaild.service
        fails systemctl is-active auditfaild.socket auditfail-controld.socket
        fails test -e /run/auditfail
        find / -xdev \( -path "$checkout" -o -path /tmp -o -path /var/log -o -path /proc -o -path /run \) -prune \
                -o \( -name '*auditfail*' -o -lname '*auditfail*' \) -print -prune >/run/left
        cat /run/left
        fails grep -vE "$stays" /run/left
        systemctl restart cron.service
        fails grep auditfail "/proc/$(systemctl show --property MainPID --value cron.service)/maps"
}

the_machine_works() {
        as_person alice sudo -n true
        test "$(as_person alice sudo -n sh -c 'command -v auditctl')" = /usr/sbin/auditctl
        systemctl stop auditd.service
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
}

it_is_purged() {
        id auditfail
        test -f /etc/auditfail/default.conf
        "$checkout/do" uninstall --purge
        fails id auditfail
        fails test -e /etc/auditfail
}

it_is_installed_again() {
        "$checkout/do" install
        systemctl enable --now auditfaild.service auditfail-controld.socket
        ends_with 20 auditfailctl query passwd --errno=EPERM --timeout=30
        auditfailctl guard --json | grep '"on":false'
}

check "it is used everywhere" everything_is_used
check "./do uninstall names lines that were written by hand" it_is_uninstalled
check "nothing of it is left in use" nothing_uses_it
check "logins, sudo and auditd work without it" the_machine_works
check "./do uninstall --purge takes the policy and the user" it_is_purged
rm -f /etc/pam.d/auditfail-case
check "./do install brings it back" it_is_installed_again
