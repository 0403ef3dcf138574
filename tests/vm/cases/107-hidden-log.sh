# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditd's log lies where the sandbox of auditfail-controld hides it: the error names the setting, and a line that helps.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/requests.sh

drop_in=/run/systemd/system/auditfail-controld.service.d/hidden-log.conf
# As auditfail-controld(8) has them.
page="ProtectHome=tmpfs
BindReadOnlyPaths=/home/audit-logs"

# unit_has LINES
unit_has() {
        mkdir -p ${drop_in%/*}
        printf '[Service]\n%s\n' "$1" >$drop_in
        systemctl daemon-reload
        systemctl restart auditfail-controld.service
}

# hidden_and_shown FOLDER SETTING LINE [LINES]: SETTING hides the log in FOLDER, LINE shows it. So do LINES.
hidden_and_shown() {
        mkdir -p "$1"
        auditd_with "log_file = $1/audit.log"
        auditd=$(kernels_auditd)
        alice_is_told 25 10 "$1/audit.log is hidden by $2 of auditfail-controld.service; add the line \"$3\"" stop
        test "$(kernels_auditd)" -eq "$auditd"
        await grep 'answer=refused why="NotConfirmed"' "$1/audit.log"
        unit_has "${4:-$3}"
        alice_asks 0 stop --reason "hidden no more"
        grep '^Recorded and on disk' /run/said
        auditd_is_gone
        grep '^type=DAEMON_END .* auid=1000 uid=0 ' "$1/audit.log"
}

restore() {
        rm -f $drop_in
        systemctl daemon-reload
        systemctl stop auditfail-controld.service
        auditd_with
        rm -rf /home/audit-logs /root/audit.log* /tmp/audit-logs
}

check_and_restore "ProtectHome= hides a log below /home" \
        hidden_and_shown /home/audit-logs ProtectHome= ProtectHome=read-only "$page"
check_and_restore "ProtectHome= hides a log in /root" hidden_and_shown /root ProtectHome= ProtectHome=read-only
check_and_restore "PrivateTmp= hides a log below /tmp" \
        hidden_and_shown /tmp/audit-logs PrivateTmp= BindReadOnlyPaths=/tmp/audit-logs
