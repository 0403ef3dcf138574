# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# systemctl reload: the new policy, or the reason why not.
. ../guest/lib.sh

a_good_file_takes_effect() {
        echo ignore >/etc/auditfail/vm.conf
        systemctl reload auditfaild.service
        ends_with 0 auditfailctl query vm
}

a_bad_file_fails_the_reload() {
        since=$(date '+%Y-%m-%d %H:%M:%S')
        echo ingore >/etc/auditfail/vm.conf
        fails systemctl reload auditfaild.service
        systemctl is-active auditfaild.service
        ends_with 0 auditfailctl query vm
        journalctl --sync
        journalctl --unit auditfaild.service --since "$since" --output cat >/run/said
        cat /run/said
        grep -F '/etc/auditfail/vm.conf:1:1: error: ' /run/said
        systemctl show --property StatusText auditfaild.service | grep -F 'reload FAILED (errors: 1)'
}

mended_it_is_forgotten() {
        rm /etc/auditfail/vm.conf
        systemctl reload auditfaild.service
        systemctl show --property StatusText auditfaild.service | grep -vF FAILED
        ends_with 20 auditfailctl query vm
}

check "a good file takes effect" a_good_file_takes_effect
check "a bad file fails the reload, the journal says why, and the old policy stays" a_bad_file_fails_the_reload
check "the next reload clears that" mended_it_is_forgotten
