# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The guard closes the anonymous way to stop auditd, and none of the others.
#
# Time limit: 1200 s
. ../guest/lib.sh

turns_on() {
        ends_with 1 auditfailctl guard >/run/guard
        grep '^off: systemctl stop auditd.service works' /run/guard
        auditfailctl guard on | grep '^on: systemd refuses'
        auditfailctl guard | grep '^on: systemd refuses'
        auditfailctl guard on
}

which_auditctl() {
        "$@" sh -c 'command -v auditctl || echo none'
}

# As the table in auditctl-stop(8) says.
callers_find_auditctl() {
        test "$(readlink /usr/local/sbin/auditctl)" = /usr/libexec/auditfail/auditctl
        auditfailctl guard | grep '^auditctl is /usr/local/sbin/auditctl, which comes with auditfail$'
        auditfailctl guard --json | grep -F '"auditctl":{"file":"/usr/local/sbin/auditctl","ours":true}'
        test "$(which_auditctl as_person alice sudo -n)" = /usr/local/sbin/auditctl
        test "$(which_auditctl systemd-run --quiet --wait --pipe)" = /usr/local/sbin/auditctl
        test "$(su - root -c 'command -v auditctl')" = /usr/local/sbin/auditctl
        as_person alice sudo -n auditctl whoami --json | grep '"auid":1000'
        as_person alice sudo -n auditctl -s >/run/status
        grep "^pid $(kernels_auditd)$" /run/status
}

cron_has_looked() {
        test -s /run/by-crontab && test -s /run/by-cron.d
}

cron_finds_auditctl() {
        cp -p /etc/crontab /run/crontab
        look='command -v auditctl || echo none; }'
        echo "* * * * * root { $look >/run/by-crontab" >>/etc/crontab
        echo "* * * * * root { $look >/run/by-cron.d" >/etc/cron.d/auditfail-case
        trap 'cp -p /run/crontab /etc/crontab; rm /etc/cron.d/auditfail-case' EXIT
        systemctl restart cron.service
        await cron_has_looked || await cron_has_looked
        grep '^/usr/local/sbin/auditctl$' /run/by-crontab
        grep '^none$' /run/by-cron.d
}

augenrules_loads_by_the_stock_auditctl() {
        sh -x /sbin/augenrules --load 2>/run/steps
        cat /run/steps
        grep '^+ /sbin/auditctl -R ' /run/steps
        test "$(stat -L -c %i /sbin/auditctl)" -ne "$(stat -L -c %i /usr/local/sbin/auditctl)"
        as_person alice sudo -n auditctl reload
}

# An administrator has a script of that name.
another_auditctl_stays() {
        auditfailctl guard off
        printf '#!/bin/sh\necho mine\n' >/usr/local/sbin/auditctl
        chmod 755 /usr/local/sbin/auditctl
        ends_with 1 auditfailctl guard on >/run/guard 2>&1
        grep 'move it away, and type: auditfailctl guard on' /run/guard
        fails systemctl stop auditd.service
        ends_with 1 auditfailctl guard >/run/guard
        grep '^auditctl is /usr/local/sbin/auditctl, which does not come with auditfail' /run/guard
        auditfailctl guard off
        test "$(/usr/local/sbin/auditctl)" = mine
        rm /usr/local/sbin/auditctl
        auditfailctl guard on
}

only_root_turns_it() {
        fails as_person bob auditfailctl guard off
        auditfailctl guard
        as_person bob auditfailctl guard | grep '^on: systemd refuses'
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

case_rule=/etc/polkit-1/rules.d/50-auditfail-case.rules

# polkit lets alice do with systemd's units what she wants.
polkit_trusts_alice() {
        cat >$case_rule <<'END'
polkit.addRule(function(action, subject) {
        if (action.id.indexOf("org.freedesktop.systemd1.") == 0 && subject.user == "alice")
                return polkit.Result.YES;
});
END
        systemctl restart polkit.service
        await as_person alice systemctl reset-failed auditd.service
}

polkit_refuses_signals() {
        polkit_trusts_alice
        before=$(kernels_auditd)
        for command in "kill --signal=CONT" freeze "set-property --runtime" stop; do
                setting=
                [ "${command%% *}" != set-property ] || setting=MemoryMax=1G
                # shellcheck disable=SC2086 # a command and its options
                fails as_person alice systemctl $command auditd.service $setting 2>/run/refusal
                cat /run/refusal
                grep -i 'access denied\|permission denied' /run/refusal
        done
        as_person alice systemctl start auditd.service
        # She masks the unit, and systemd does not stop it for her.
        fails as_person alice systemctl mask --now auditd.service
        systemctl show --property LoadState auditd.service | grep masked
        test "$(kernels_auditd)" -eq "$before"
        systemctl unmask auditd.service
        auditfailctl guard
        auditfailctl guard off
        await as_person alice systemctl kill --signal=CONT auditd.service
        auditfailctl guard on
        test "$(kernels_auditd)" -eq "$before"
}

# For the checks that may leave auditd or the guard in another state.
restore() {
        rm -f $case_rule
        systemctl unmask auditd.service
        systemctl daemon-reload
        systemctl restart polkit.service
        auditfailctl guard on
        auditd_is_running
}

# systemd 252 goes on to refuse. Since 257 a mask takes the drop-ins away, and systemd stops auditd.
says_when_the_unit_is_masked() {
        mark
        systemctl mask --now auditd.service || :
        refused=$(systemctl show --property RefuseManualStop --value auditd.service)
        note "after mask --now: RefuseManualStop=$refused, auditd $(kernels_auditd)"
        status=0
        auditfailctl guard >/run/guard || status=$?
        cat /run/guard
        auditfailctl guard --json | grep '"masked":"auditd.service"'
        systemctl unmask auditd.service
        grep '^on.*auditd.service is masked.*; type: systemctl unmask auditd.service$' /run/guard
        [ "$refused" = yes ] && expected=0 || expected=1
        test "$status" -eq "$expected"
        auditfailctl guard | grep '^on: systemd refuses to stop auditd.service; auditctl'
}

# Each way that auditfail-controld(8) names for root. The trail names process 1, and no session.
anonymously() {
        auditd_is_running
        mark
        "$@"
        await trail_ends
        await kernel_has_no_auditd
        trail | grep '^type=DAEMON_END ' >/run/end
        note "$1 $2: $(grep -o 'op=.*' /run/end)"
        grep ' ses=4294967295 pid=1 ' /run/end
}

trail_ends() {
        trail | grep '^type=DAEMON_END '
}

kernel_has_no_auditd() {
        test "$(kernels_auditd)" -eq 0
}

root_has_ways_around_it() {
        anonymously systemctl kill auditd.service
        anonymously systemd-run --quiet --wait --property=Conflicts=auditd.service true
        auditd_is_running
        systemctl revert auditd.service
        auditfailctl guard || note "systemctl revert turns it off"
        auditfailctl guard on
}

turns_off() {
        auditfailctl guard off | grep '^off: systemctl stop auditd.service works'
        systemctl stop auditd.service
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
        fails test -e /etc/systemd/system/auditd.service.d
        fails ls /etc/polkit-1/rules.d/*auditfail*
        fails test -L /usr/local/sbin/auditctl
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
        check "root's shells, sudo and services find our auditctl" callers_find_auditctl
        check "/etc/crontab finds it, and other crontabs find none" cron_finds_auditctl
        check "augenrules loads rules by the stock auditctl" augenrules_loads_by_the_stock_auditctl
        check "an auditctl of others stays, and the rest of the guard is turned on" another_auditctl_stays
        check "only root turns it off" only_root_turns_it
        check "systemctl stop and restart are refused, and the status says what to type" the_anonymous_way_is_closed
        check_and_restore "polkit's rule refuses what systemd would do for users whom polkit trusts" polkit_refuses_signals
        check_and_restore "guard status says that auditd.service is masked, and what helps" says_when_the_unit_is_masked
        check_and_restore "root has the ways around it that the manual names" root_has_ways_around_it
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
