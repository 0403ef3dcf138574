# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The guard closes the anonymous way to stop auditd, and none of the others.
#
# Time limit: 600 s
. ../guest/lib.sh

turns_on() {
        ends_with 1 auditfailctl guard >/run/guard
        grep '^off: systemctl stop auditd.service works' /run/guard
        auditfailctl guard on | grep '^on: systemd refuses'
        auditfailctl guard | grep '^on: systemd refuses'
        auditfailctl guard on
}

only_root_turns_it() {
        fails as_person bob auditfailctl guard off
        auditfailctl guard
}

the_anonymous_way_is_closed() {
        before=$(kernels_auditd)
        for command in stop restart try-restart; do
                fails as_person alice sudo -n systemctl $command auditd.service 2>/run/refusal
                cat /run/refusal
                grep 'Operation refused, unit auditd.service may be requested by dependency only' /run/refusal
        done
        systemctl status auditd.service | head -n 1 | grep 'to stop it: auditctl stop'
        systemctl status auditd.service | grep 'man:auditctl-stop(8)'
        test "$(kernels_auditd)" -eq "$before"
        auditd_is_registered
}

auditctl_stops() {
        mark
        as_person alice sudo -n auditctl stop --reason "with the guard on"
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
        trail | grep '^type=DAEMON_END .* auid=1000 '
}

auditctl_restarts() {
        before=$(kernels_auditd)
        mark
        as_person alice sudo -n auditctl restart
        auditd_is_registered
        test "$(kernels_auditd)" -ne "$before"
        record_of TRUSTED_APP --loginuid alice --raw | grep 'op=auditd-restart answer=granted'
}

# A later version of the package, as far as dpkg knows.
the_package_is_upgraded() {
        rm -f /usr/sbin/policy-rc.d # which keeps packages from starting anything while a machine is put together
        rm -rf /run/package
        dpkg --install /root/debs/auditd_*.deb
        dpkg-deb --raw-extract /root/debs/auditd_*.deb /run/package
        sed -i 's/^Version: .*/&+upgrade/' /run/package/DEBIAN/control
        dpkg-deb --root-owner-group -Znone --build /run/package /run/upgrade.deb
        dpkg --install /run/upgrade.deb
        dpkg-query -W -f '${Version} ${db:Status-Status}\n' auditd | grep '+upgrade installed$'
        await auditd_is_registered
        auditfailctl guard
        fails systemctl stop auditd.service
        dpkg --install --force-downgrade /root/debs/auditd_*.deb
        await auditd_is_registered
}

# Polkit does not even ask alice for a password then. She may start auditd.
polkit_refuses() {
        for command in stop kill; do
                fails as_person alice systemctl --no-ask-password $command auditd.service 2>/run/refusal
                cat /run/refusal
                fails grep 'Interactive authentication required' /run/refusal
        done
        fails as_person alice systemctl --no-ask-password start auditd.service 2>/run/refusal
        grep 'Interactive authentication required' /run/refusal
        auditd_is_registered
}

# systemd 252 goes on to refuse. Since 257 a mask takes the drop-ins away, and the stop is not refused any more.
a_mask_is_told() {
        systemctl mask --runtime auditd.service
        refused=$(systemctl show --property RefuseManualStop --value auditd.service)
        status=0
        auditfailctl guard >/run/guard || status=$?
        systemctl unmask --runtime auditd.service
        cat /run/guard
        note "masked: RefuseManualStop=$refused, guard ends with $status: $(cat /run/guard)"
        grep 'masked.*; type: systemctl unmask auditd.service' /run/guard
        [ "$refused" = yes ] && expected=0 || expected=1
        test "$status" -eq "$expected"
        auditfailctl guard | grep '^on: systemd refuses'
}

turns_off() {
        auditfailctl guard off | grep '^off: systemctl stop auditd.service works'
        systemctl stop auditd.service
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
        fails test -e /etc/systemd/system/auditd.service.d
        fails ls /etc/polkit-1/rules.d/*auditfail*
}

stays_on() {
        auditfailctl guard
        fails systemctl stop auditd.service
        auditd_is_registered
}

# The last thing that the trail has of the boot before is auditd's orderly end.
the_reboot_stopped_auditd() {
        trail | grep -oE '^type=DAEMON_(START|END|ABORT)' | tail -n 2 | tee /run/ends
        test "$(xargs </run/ends)" = "type=DAEMON_END type=DAEMON_START"
        journalctl --boot -1 --unit auditd.service --output cat | tail -n 20 | sed -n '/^Stopping/,$p' | tee /run/said
        grep '^Stopped auditd.service' /run/said
        fails grep -iE 'fail|refused|timed out|kill' /run/said
}

auditd_is_running >/dev/null
if [ "$BOOT" -eq 1 ]; then
        check "the guard is turned on, once or twice" turns_on
        check "only root turns it off" only_root_turns_it
        check "systemctl stop and restart are refused, and the status says what to type" the_anonymous_way_is_closed
        check "polkit lets no user stop or kill it" polkit_refuses
        check "a masked auditd.service is told" a_mask_is_told
        check "auditctl stop still works" auditctl_stops
        check "auditctl restart does, too" auditctl_restarts
        check "the package of auditd is installed again and upgraded" the_package_is_upgraded
        check "the guard is turned off, and leaves nothing" turns_off
        auditfailctl guard on
        reboot_and_go_on
fi
check "the reboot has stopped auditd as ever" the_reboot_stopped_auditd
check "the guard is still on" stays_on
auditfailctl guard off
