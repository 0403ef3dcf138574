# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The other requests: auditd does it, alice is told what it did, and the trail names her.
#
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/requests.sh

rules=/etc/audit/rules.d/50-case.rules

reloads_rules() {
        remember_auditd
        echo '-w /etc/hostname -p wa -k case-of-alice' >$rules
        alice_asks 0 reload --reason "new rules"
        grep '^Rules: loaded' /run/said
        /usr/sbin/auditctl -l | grep case-of-alice
        request_record granted
        await record_of CONFIG_CHANGE
        record_of CONFIG_CHANGE --raw | grep ' auid=1000 .*op=add_rule key="case-of-alice"'
        record_of DAEMON_CONFIG --raw | grep ' auid=1000 '
        test "$(kernels_auditd)" -eq "$auditd"
}

reloads_configuration() {
        remember_auditd
        alice_asks 0 state
        grep 'max log size = 8192 KB' /run/said
        sed -i 's/^max_log_file = .*/max_log_file = 9/' $conf
        alice_asks 0 reload
        alice_asks 0 state
        grep 'max log size = 9216 KB' /run/said
        cp $usual_conf $conf
        alice_asks 0 reload
}

says_when_rules_are_broken() {
        remember_auditd
        echo '-w /etc/hostname -p wa -k' >>$rules
        alice_is_told 32 30 "the rules cannot be loaded" reload
        test "$(kernels_auditd)" -eq "$auditd"
        record_of DAEMON_CONFIG --raw | grep ' auid=1000 '
        rm $rules
        alice_asks 0 reload
        fails sh -c '/usr/sbin/auditctl -l | grep case-of-alice'
}

rotates() {
        remember_auditd
        inode=$(stat -c %i /var/log/audit/audit.log)
        alice_asks 0 rotate --reason "a new day"
        test "$(stat -c %i /var/log/audit/audit.log)" -ne "$inode"
        test "$(stat -c %i /var/log/audit/audit.log.1)" -eq "$inode"
        request_record granted
        auditd_names_alice DAEMON_ROTATE
        test "$(kernels_auditd)" -eq "$auditd"
}

says_when_nothing_rotates() {
        auditd_with "num_logs = 1"
        remember_auditd
        alice_is_told 30 5 "see num_logs" rotate --timeout 5
        auditd_with
}

resumes() {
        remember_auditd
        alice_asks 0 resume
        request_record granted
        auditd_names_alice DAEMON_RESUME
}

reports() {
        remember_auditd
        alice_asks 0 state
        grep 'audit version = ' /run/said
        grep 'logging suspended = no' /run/said
        request_record granted
        test "$(kernels_auditd)" -eq "$auditd"
}

restarts() {
        remember_auditd
        alice_asks 0 restart --reason "new library"
        test "$(grep -o '^[A-Z][a-z]*' /run/said | grep -vx Draining | xargs)" = \
                "Identified Recorded Signalled Ended Starting Restarted"
        test ! -e "/proc/$auditd"
        auditd_is_registered
        systemctl is-active auditd.service
        grep "^Restarted after .*: auditd (pid $(kernels_auditd))\\." /run/said
        request_is_before_the_end
        auditd_names_alice DAEMON_END
        test "$(place_of '^type=DAEMON_END')" -lt "$(place_of '^type=DAEMON_START')"
}

says_when_it_does_not_start() {
        remember_auditd
        mkdir -p /run/systemd/system/auditd.service.d
        printf '[Service]\nExecStartPre=false\n' >/run/systemd/system/auditd.service.d/fails.conf
        systemctl daemon-reload
        alice_is_told 31 30 "auditd has not started again so far" restart
        auditd_is_gone
        rm /run/systemd/system/auditd.service.d/fails.conf
        systemctl daemon-reload
        auditd_is_running
        request_is_before_the_end
}

# An auditd that is too busy to learn the sender of a signal ignores it, and alice is told so. It rotates its log anyway.
asked_in_a_flood() {
        alice_asks_in_a_flood 0 "$@" && return
        note "$1 in a flood: $(cat /run/said.complaint)"
        test "$1" != restart
        grep 'it had no effect so far: auditd .* has the signal, and' /run/said.complaint
}

# Whose log does not rotate by itself until it has forgotten the request.
in_a_flood() {
        auditd_with "max_log_file = 500"
        for word in rotate reload resume state restart; do
                remember_auditd
                asked_in_a_flood $word --timeout 100
                request_record granted
        done
}

check "reload loads the rules, in alice's name" reloads_rules
check "reload has auditd read its configuration" reloads_configuration
check "reload says when rules cannot be loaded" says_when_rules_are_broken
check "rotate: the log is another file" rotates
check "rotate says when auditd has kept its log" says_when_nothing_rotates
check "resume" resumes
check "state prints what auditd reports on itself" reports
check "restart: another auditd runs" restarts
check "restart says when auditd does not start" says_when_it_does_not_start
check "all of them in a flood of records" in_a_flood
rm -f $rules
auditd_with >/dev/null 2>&1
