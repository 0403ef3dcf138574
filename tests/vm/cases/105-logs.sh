# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The record is found however auditd writes its log; where it writes none that can be read, the policy decides.
#
# Time limit: 1200 s
. ../guest/lib.sh
. ../guest/requests.sh

stop_is_found() {
        auditd_with "$@"
        remember_auditd
        alice_asks 0 stop --reason "$*"
        grep '^Recorded and on disk' /run/said
        auditd_is_gone
        request_is_before_the_end
        auditd_names_alice DAEMON_END
}

log_is_nearly_full() {
        test "$(stat -c %s /var/log/audit/audit.log)" -ge 950000
}

# auditd is held up, and more waits for it than its log file has room for: the record comes behind that, in another file.
found_behind_a_rotation() {
        auditd_with "max_log_file = 1" "max_log_file_action = ROTATE"
        set +x # which would show all of it
        filler=$(head -c 7000 /dev/zero | tr '\0' x)
        until log_is_nearly_full; do
                /usr/sbin/auditctl -m "$filler"
        done
        remember_auditd
        inode=$(stat -c %i /var/log/audit/audit.log)
        kill -STOP "$auditd"
        # The kernel may drop some while nobody takes them.
        for _ in $(seq 60); do
                /usr/sbin/auditctl -m "$filler"
        done
        set -x
        alice_begins 0 stop
        kill -CONT "$auditd"
        see_through
        grep '^Recorded and on disk' /run/begun
        auditd_is_gone
        request_is_before_the_end
        test "$(stat -c %i /var/log/audit/audit.log)" -ne "$inode"
}

found_while_it_rotates() {
        auditd_with "max_log_file = 1" "num_logs = 20" "max_log_file_action = ROTATE"
        for _ in 1 2 3; do
                auditd_is_running
                auditd=$(kernels_auditd)
                rm -f /run/mark /var/log/audit/audit.log.*
                alice_asks_in_a_flood 0 stop --reason rotating --timeout 100
                event=$(sed -n 's/^Recorded and on disk: event [0-9.]*:\([0-9]*\) .*/\1/p' /run/said)
                auditd_is_gone
                ls -l /var/log/audit
                trail >/run/trail.now
                line=$(grep -n "^type=TRUSTED_APP msg=audit([0-9.]*:$event): .*op=auditd-stop answer=granted" \
                        /run/trail.now | cut -d : -f 1)
                end=$(grep -n '^type=DAEMON_END' /run/trail.now | tail -n 1 | cut -d : -f 1)
                test "$line" -lt "$end"
        done
}

not_confirmed() {
        auditd_with "$@"
        auditd=$(kernels_auditd)
        policy auditctl terminate
        alice_is_told 25 30 "it is not known whether the request is in the audit trail" stop
        test "$(kernels_auditd)" -eq "$auditd"
        for word in log ignore; do
                policy auditctl $word
                auditd_is_running
                auditd=$(kernels_auditd)
                alice_asks 0 stop --reason "policy $word"
                grep '^Unconfirmed: ' /run/said
                auditd_is_gone
        done
        policy auditctl terminate
        auditd_is_running
        auditd=$(kernels_auditd)
        alice_asks 0 stop --reason forced --force
        grep '^Unconfirmed: ' /run/said
        auditd_is_gone
        usual_policies
}

not_written() {
        not_confirmed "write_logs = no"
}

not_written_either() {
        not_confirmed "log_format = NOLOG"
}

# auditd writes where the service sees nothing (ProtectHome=).
not_readable() {
        mkdir -p /home/audit-logs
        chmod 700 /home/audit-logs
        : >/home/audit-logs/audit.log
        not_confirmed "log_file = /home/audit-logs/audit.log"
        cut -c 1-300 /home/audit-logs/audit.log | grep TRUSTED_APP
        grep 'answer=refused why="NotConfirmed"' /home/audit-logs/audit.log
        grep 'answer=forced why="unconfirmed"' /home/audit-logs/audit.log
        grep '^type=DAEMON_END ' /home/audit-logs/audit.log
        test "$(grep -c '^type=DAEMON_END .* auid=1000 uid=0 ' /home/audit-logs/audit.log)" -eq 3
}

# Changed since auditd has read it, and so that it says nothing: where the log is, is not known.
configuration_is_broken() {
        auditd_with
        remember_auditd
        echo "log_file = nonsense nonsense" >>$conf
        alice_is_told 25 30 "auditd's configuration cannot be read" stop
        cp $usual_conf $conf
        auditd_was_left_alone
}

usual_auditd() {
        auditd_with
        mark
}

check "log_format = RAW" stop_is_found "log_format = RAW"
check "log_format = ENRICHED" stop_is_found "log_format = ENRICHED"
check "name_format = HOSTNAME: records begin with a node" stop_is_found "name_format = HOSTNAME"
check "the record stands in another file than the log was when it was asked for" found_behind_a_rotation
check "auditd rotates its log all the time" found_while_it_rotates
check "write_logs = no: the policy for auditctl decides, or --force" not_written
check "log_format = NOLOG: the policy for auditctl decides, or --force" not_written_either
check "the log cannot be read: the policy for auditctl decides, or --force" not_readable
check "auditd's configuration makes no sense: it is not signalled" configuration_is_broken
check "auditd runs as usual again" usual_auditd
