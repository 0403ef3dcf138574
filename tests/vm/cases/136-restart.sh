# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A restart leaves auditd alone where it would not come back; and what else systemd does with auditd.service beside the
# requests of people.
#
# Time limit: 1200 s
. ../guest/lib.sh
. ../guest/requests.sh

# with UNIT LINE...: a drop-in with these lines.
with() {
        unit=$1
        shift
        mkdir -p "/run/systemd/system/$unit.d"
        printf '%s\n' "$@" >"/run/systemd/system/$unit.d/case.conf"
        systemctl daemon-reload
}

plugin=/etc/audit/plugins.d/case.conf

restore() {
        rm -rf /run/systemd/system/auditd.service.d /run/systemd/system/audit-rules.service.d
        pkill -KILL -x case-plugin
        rm -f $plugin /etc/audit/rules.d/99-case.rules /run/systemd/system/case.target
        systemctl unmask --runtime auditd.service audit-rules.service
        systemctl daemon-reload
        systemctl reset-failed audit-rules.service
        auditfailctl guard off
        cp "$usual_conf" "$conf"
        # An auditd that the kernel does not know is one that the next start would take for running.
        systemctl stop auditd.service
        /usr/sbin/augenrules --load
        auditd_is_running
        systemctl --no-block start multi-user.target # which waits for this case
}

# Alice's restart is refused with TEXT before the signal, and the trail says so.
restart_is_refused() {
        alice_is_told 28 30 "$1" restart
        auditd_was_left_alone
        await was_refused Failed
}

masked() {
        remember_auditd
        systemctl mask --runtime auditd.service
        restart_is_refused "auditd.service is masked; type: systemctl unmask auditd.service"
}

not_to_be_started() {
        remember_auditd
        with auditd.service '[Unit]' RefuseManualStart=yes
        restart_is_refused "RefuseManualStart="
}

badly_set() {
        remember_auditd
        with auditd.service '[Service]' ExecStart=/bin/true
        restart_is_refused "cannot load auditd.service (bad-setting)"
}

requires_a_masked_unit() {
        remember_auditd
        with auditd.service '[Unit]' Requires=case-needed.service
        systemctl mask --runtime case-needed.service
        restart_is_refused "auditd.service requires case-needed.service, which is masked"
        systemctl unmask --runtime case-needed.service
}

requires_a_missing_unit() {
        remember_auditd
        with auditd.service '[Unit]' Requires=case-missing.service
        restart_is_refused "auditd.service requires case-missing.service, which is not-found"
}

# systemd would not start auditd without them since audit 4.
rules_are_broken() {
        remember_auditd
        echo "-a always,exit -F no_such_field=1" >/etc/audit/rules.d/99-case.rules
        restart_is_refused "the rules do not load: audit-rules.service has failed; see: journalctl -u audit-rules"
        rm /etc/audit/rules.d/99-case.rules
        alice_asks 0 restart
        auditd_is_registered
}

# systemd starts a unit no more than 5 times in 10 s, and a restart starts that of the rules twice.
many_restarts() {
        auditd_is_running
        systemctl reset-failed auditd.service
        begin=$(date +%s)
        for i in 1 2 3 4; do
                auditctl restart --force --reason "restart $i"
        done
        note "4 restarts in $(($(date +%s) - begin)) s"
        auditd_is_registered
}

# To cancel a job that runs changes nothing. One that waits is not begun.
jobs() {
        auditd_is_running
        alice_asks 0 stop
        with auditd.service '[Service]' 'ExecStartPre=/bin/sleep 20'
        systemctl --no-block start auditd.service
        alice_is_told 15 15 "systemd has a job for auditd.service (it is activating): wait for it; to see job " stop
        job=$(sed -n 's/.* to see job \([0-9]*\): .*/\1/p' /run/said.complaint)
        systemctl cancel "$job"
        note "after systemctl cancel of the job that runs: $(systemctl is-active auditd.service || :)"
        await auditd_is_registered
        alice_asks 0 stop
        with auditd.service '[Unit]' After=case-slow.service
        systemd-run --unit case-slow --property Type=oneshot --no-block sleep 30
        systemctl --no-block start auditd.service
        alice_is_told 15 15 "systemd has a job for auditd.service (it is inactive): wait for it, or type: systemctl cancel " stop
        job=$(sed -n 's/.* systemctl cancel \([0-9]*\);.*/\1/p' /run/said.complaint)
        systemctl cancel "$job"
        systemctl stop case-slow.service
        sleep 2
        test "$(kernels_auditd)" -eq 0
}

without_events() {
        sed -i '/^local_events /d' "$conf"
        echo "local_events = no" >>"$conf"
        systemctl stop auditd.service
        systemctl start auditd.service
        auditd=$(systemctl show --property MainPID --value auditd.service)
        test "$auditd" -ne 0
        test "$(kernels_auditd)" -eq 0
}

unregistered_restart() {
        without_events
        alice_asks 0 restart --force
        new=$(systemctl show --property MainPID --value auditd.service)
        test "$new" -ne "$auditd"
        grep "^Restarted after .*: auditd (pid $new)" /run/said
        grep "auditd gets no records of this machine" /run/said.complaint
        cp "$usual_conf" "$conf"
        alice_asks 0 restart --force
        auditd_is_registered
        fails grep "gets no records" /run/said.complaint
}

# The mask has no part in who runs.
unregistered_and_masked() {
        without_events
        systemctl mask --runtime auditd.service
        alice_is_told 25 30 "gets no records of this machine" stop
        alice_asks 0 stop --force
        fails test -e "/proc/$auditd"
}

not_started_by_systemd() {
        auditd_is_running
        systemctl stop auditd.service
        with auditd.service '[Service]' Restart=always
        /usr/sbin/auditd
        await kernel_has_one
        alice_asks 0 stop
        fails grep 'starts auditd again' /run/said.complaint
}

kernel_has_one() {
        test "$(kernels_auditd)" -ne 0
}

# auditd starts a plugin that runs COMMAND, with this TimeoutStopSec= of its unit: with_plugin SECONDS COMMAND
with_plugin() {
        printf '#!/bin/sh\n%s\n' "$2" >/usr/local/sbin/case-plugin
        chmod 750 /usr/local/sbin/case-plugin
        printf '%s\n' 'active = yes' 'direction = out' 'path = /usr/local/sbin/case-plugin' 'type = always' \
                'format = string' >$plugin
        with auditd.service '[Service]' "TimeoutStopSec=$1"
        systemctl stop auditd.service
        remember_auditd
        await pidof -x case-plugin
}

another_runs() {
        test "$(kernels_auditd)" -ne "$auditd" && auditd_is_registered
}

# Until systemd kills it, auditd.service is "deactivating".
a_plugin_never_ends() {
        with_plugin 40 "trap '' TERM; while :; do sleep 1; done"
        alice_is_told 31 15 "; systemd kills them in " restart --timeout 15
        grep -F "auditd has not started again so far: auditd.service is deactivating, and starts again when" \
                /run/said.complaint
        fails another_runs
        await another_runs
        await journal_says "Request .*: auditd (pid $(kernels_auditd)) was started after the time limit"
        note "$(journal_says 'after the time limit')"
}

a_plugin_takes_its_time() {
        with_plugin 90 "trap '' TERM; cat >/dev/null; sleep 10"
        begin=$(date +%s)
        alice_asks 0 restart --timeout 90
        test $(($(date +%s) - begin)) -ge 10
        another_runs
}

auditd_takes_its_time() {
        remember_auditd
        auditd_ends_late
        alice_is_told 30 10 "has not ended in time; it is started again when it has ended" restart --timeout 10
        test -e "/proc/$auditd"
        kill $late
        trap - EXIT
        await another_runs
        await journal_says "Request .*: auditd (pid $(kernels_auditd)) was started after the time limit"
        request_is_before_the_end
}

# A target that needs all that runs but auditd.
isolate() {
        {
                printf '%s\n' '[Unit]' AllowIsolate=yes DefaultDependencies=no
                systemctl list-units --plain --no-legend --state active,activating | awk '
                        $1 ~ /^(auditd|audit-rules)\.service$|^(multi-user|graphical)\.target$|\\/ { next }
                        { print "Wants=" $1 }'
        } >/run/systemd/system/case.target
        systemctl daemon-reload
        timeout 60 systemctl --no-block isolate case.target
}

isolate_stops_it() {
        auditd_is_running
        isolate
        await kernel_has_none
}

kernel_has_none() {
        test "$(kernels_auditd)" -eq 0
}

the_guard_keeps_it() {
        remember_auditd
        auditfailctl guard on
        isolate
        await systemctl is-active case.target
        sleep 5
        test "$(kernels_auditd)" -eq "$auditd"
        auditd_is_registered
}

check_and_restore "a restart of a masked unit is refused, and the trail says so" masked
check_and_restore "a restart of a unit that may not be started by hand is refused" not_to_be_started
check_and_restore "a restart of a unit that systemd cannot read is refused" badly_set
check_and_restore "a restart of a unit that requires a masked one is refused" requires_a_masked_unit
check_and_restore "a restart of a unit that requires a missing one is refused" requires_a_missing_unit
if [ -e /usr/lib/systemd/system/audit-rules.service ]; then
        check_and_restore "rules that do not load stop no auditd that would need them to start" rules_are_broken
else
        skip "rules that do not load stop no auditd that would need them to start" "no unit loads the rules"
fi
check_and_restore "several restarts in a row succeed" many_restarts
check_and_restore "a plugin of auditd that never ends delays the start, and does not prevent it" a_plugin_never_ends
check_and_restore "a plugin of auditd that takes its time is waited for" a_plugin_takes_its_time
check_and_restore "an auditd that ends after the time limit is started again" auditd_takes_its_time
check_and_restore "a job that runs is to be waited for, one that waits may be cancelled" jobs
check_and_restore "an auditd that the kernel does not know is restarted" unregistered_restart
check_and_restore "an auditd that the kernel does not know is found when its unit is masked" unregistered_and_masked
check_and_restore "of an auditd that systemd did not start, nobody says that systemd starts it again" not_started_by_systemd
check_and_restore "systemctl isolate stops auditd" isolate_stops_it
check_and_restore "with the guard on, it does not" the_guard_keeps_it
