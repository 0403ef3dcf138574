# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditd.service in states where the kernel alone does not tell the truth: no local events, a pending job, masked, rules
# that do not load, Restart=always.
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/requests.sh

drop_in=/run/systemd/system/auditd.service.d/90-case.conf

# auditd.service with such lines in its [Service] section.
service_with() {
        mkdir -p ${drop_in%/*}
        printf '%s\n' '[Service]' "$@" >$drop_in
        systemctl daemon-reload
}

restore() {
        rm -f $drop_in /etc/audit/rules.d/99-case.rules
        systemctl unmask --runtime auditd.service
        systemctl unmask auditd.service
        systemctl daemon-reload
        systemctl reset-failed audit-rules.service
        cp $usual_conf $conf
        # An auditd that the kernel does not know is one that the next start would take for running.
        systemctl stop auditd.service
        /usr/sbin/augenrules --load
        auditd_is_running
        usual_policies
}

# auditd runs, and the kernel gives it nothing.
without_events() {
        sed -i '/^local_events /d' $conf
        echo "local_events = no" >>$conf
        systemctl stop auditd.service
        systemctl start auditd.service
        auditd=$(systemctl show --property MainPID --value auditd.service)
        test "$auditd" -ne 0
        test "$(cat "/proc/$auditd/comm")" = auditd
        test "$(kernels_auditd)" -eq 0
}

no_local_events() {
        without_events
        alice_is_told 25 30 "gets no records of this machine (local_events = no)" stop
        test -e "/proc/$auditd"
        policy auditctl log
        alice_asks 0 stop --reason "no local events"
        fails test -e "/proc/$auditd"
}

no_local_events_by_force() {
        without_events
        alice_asks 0 stop --force --reason "no local events"
        fails test -e "/proc/$auditd"
}

a_job_is_pending() {
        auditd_is_running
        service_with "ExecStartPre=/bin/sleep 15"
        alice_asks 0 stop
        systemctl --no-block start auditd.service
        alice_is_told 15 15 "systemd has a job for auditd.service (it is activating): wait for it" stop
        await auditd_is_registered
}

masked_units_are_not_stopped_by_a_restart() {
        remember_auditd
        systemctl mask --runtime auditd.service
        alice_is_told 28 15 "auditd.service is masked; type: systemctl unmask auditd.service" restart
        auditd_was_left_alone
}

rules_do_not_load() {
        remember_auditd
        echo "-a always,exit -F no_such_field=1" >/etc/audit/rules.d/99-case.rules
        expected=32
        log=auditd
        if systemctl cat audit-rules.service >/dev/null 2>&1; then
                expected=28 # auditd.service requires it, and would not start without
                log=audit-rules
        fi
        alice_is_told "$expected" 90 "the rules do not load" restart
        grep -F "journalctl -u $log" /run/said.complaint
}

restart_always() {
        auditd_is_running
        service_with "Restart=always" "RestartSec=3"
        auditd=$(kernels_auditd)
        alice_asks 0 stop
        grep -F "systemd starts auditd again after 3000 ms, since auditd.service has Restart=always" /run/said.complaint
        await auditd_is_registered
        test "$(kernels_auditd)" -ne "$auditd"
}

check_and_restore "without local events auditd runs, and is stopped where the policy allows it" no_local_events
check_and_restore "without local events root may force it" no_local_events_by_force
check_and_restore "a job that starts auditd is told" a_job_is_pending
check_and_restore "a restart of a masked auditd.service is refused before the signal" masked_units_are_not_stopped_by_a_restart
check_and_restore "rules that do not load at a restart are told, with the journal that has the reason" rules_do_not_load
check_and_restore "after a stop it is told that systemd starts auditd again" restart_always
