# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# apt installs auditfail. A policy is in force and a stop names the person, at once and after a boot.
#
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/packages.sh
. ../guest/requests.sh

# Without DEBIAN_FRONTEND, apt could ask.
installs() {
        unset DEBIAN_FRONTEND
        timed "apt install" apt_install $packages auditfail
        is_installed_from $packages
        fails grep -r . /var/lib/dpkg/updates
}

units_wait() {
        for unit in auditfaild.socket auditfail-controld.socket auditfaild.service; do
                systemctl is-enabled $unit
                systemctl is-active $unit
        done
        test "$(stat -c '%F %a' /run/auditfail/io.auditfail.Policy)" = "socket 666"
        test "$(stat -c '%F %a' /run/auditfail/io.auditfail.Control)" = "socket 666"
        test "$(stat -c '%a %U %G' /run/auditfail)" = "1775 root auditfail"
        test "$(ps -o user= -p "$(daemon_pid)")" = auditfail
        test -e /run/auditfail/policy.snapshot
}

policy_is_in_force() {
        ends_with 20 auditfailctl query --ahead --errno=EPERM passwd
        ends_with 20 setpriv --reuid bob --regid bob --clear-groups auditfailctl query --ahead passwd
        auditfailctl check
}

reload_works() {
        echo ignore >/etc/auditfail/vm.conf
        systemctl reload auditfaild.service
        ends_with 0 auditfailctl query --ahead vm
        rm /etc/auditfail/vm.conf
        systemctl reload auditfaild.service
        ends_with 20 auditfailctl query --ahead vm
}

catalog_explains() {
        ends_with 20 auditfailctl query --errno=EPERM passwd
        await explained
}

explained() {
        journalctl --catalog --boot --no-pager --unit auditfaild.service |
                grep 'Subject: passwd could not write to the audit trail, and was told: terminate'
}

# Without the guard, sudo and login shells find the stock one.
guard_finds_auditctl() {
        fails test -e /usr/local/sbin/auditctl
        auditfailctl guard on
        test "$(as_person alice sudo -n sh -c 'command -v auditctl')" = /usr/local/sbin/auditctl
        fails systemctl stop auditd.service
}

stop_names_the_person() {
        remember_auditd
        alice_asks 0 stop --reason packages
        auditd_is_gone
        request_is_before_the_end
        auditd_names_alice DAEMON_END
        auditd_is_running
}

pam_profile_is_offered() {
        apt_install $packages libpam-auditfail
        test -e /usr/share/pam-configs/auditfail
        fails grep -r pam_auditfail /etc/pam.d
        pam-auth-update --package
        fails grep -r pam_auditfail /etc/pam.d
        as_person alice sudo -n true
}

# Nothing of the package has run since the boot but what the machine started.
works_after_a_boot() {
        reload_works
        units_wait
        policy_is_in_force
        auditfailctl guard
        systemctl --no-pager --failed --plain --no-legend | tee /run/failed
        fails grep auditfail /run/failed
}

if [ "$BOOT" -eq 1 ]; then
        check "apt install asks nothing" installs
        check "daemon and sockets are enabled and wait" units_wait
        check "a policy is in force" policy_is_in_force
        check "systemctl reload puts a changed policy in force" reload_works
        check "journalctl -x explains a lost record" catalog_explains
        check "the package's own test of the services passes" sh $checkout/debian/tests/services
        check "with the guard on, sudo finds our auditctl" guard_finds_auditctl
        check "a stop names the person" stop_names_the_person
        check "the PAM profile is offered, not enabled" pam_profile_is_offered
        reboot_and_go_on
fi
check "after a boot, reload, policy, sockets and guard are there" works_after_a_boot
check "after a boot, a stop names the person" stop_names_the_person
purge_all
