# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the daemon's own user, taken over by an attacker, cannot do.
. ../guest/lib.sh

as_daemon() {
        setpriv --reuid auditfail --regid auditfail --clear-groups "$@"
}

sockets_stay() {
        cd /run/auditfail
        fails as_daemon rm -f io.auditfail.Policy
        fails as_daemon mv io.auditfail.Policy elsewhere
        as_daemon sh -c 'echo >false'
        fails as_daemon mv false io.auditfail.Policy
        as_daemon rm false
        test -S io.auditfail.Policy
}

policy_stays() {
        fails as_daemon sh -c 'echo ignore >/etc/auditfail/passwd.conf'
        fails as_daemon sh -c 'echo ignore >/etc/auditfail/vm.conf'
        fails as_daemon mv /etc/auditfail /etc/elsewhere
}

others_leave_the_folder_alone() {
        fails setpriv --reuid alice --regid alice --clear-groups sh -c 'echo >/run/auditfail/false'
        fails setpriv --reuid alice --regid alice --clear-groups rm -f /run/auditfail/policy.snapshot
}

check "the daemon's user cannot replace a socket that root made" sockets_stay
check "the daemon's user cannot change the policy" policy_stays
check "other users cannot write to its folder" others_leave_the_folder_alone
