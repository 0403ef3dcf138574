# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditfailctl check, run by root, says what the daemon itself would say: it is another user, and cannot read everything.
. ../guest/lib.sh

problems() {
        grep ': error: ' "$1" || :
}

# Check and reload have the same errors, as many as there are arguments, and each argument is in one of them.
agree() {
        fails auditfailctl check 2>/run/check
        fails auditfailctl reload 2>/run/reload
        problems /run/check >/run/check.errors
        problems /run/reload >/run/reload.errors
        cat /run/check.errors
        cmp /run/check.errors /run/reload.errors
        test "$(wc -l </run/check.errors)" -eq $#
        for text; do
                grep -F "$text" /run/check.errors
        done
}

all_is_well() {
        auditfailctl check
        systemctl reload auditfaild.service
}

# What a message says to type.
type_what_helps() {
        sed -n 's/.*(type: \(.*\))$/\1/p' /run/check.errors >/run/commands
        cat /run/commands
        test -s /run/commands
        sh -eux /run/commands
}

a_file_of_roots_own() {
        trap 'chmod 644 /etc/auditfail/useradd.conf' EXIT
        all_is_well
        for mode in 600 640 400; do
                chmod "$mode" /etc/auditfail/useradd.conf
                agree "(type: chmod a+r /etc/auditfail/useradd.conf)"
                type_what_helps
                all_is_well
        done
}

# Which is why it matters.
it_means_terminate_at_start() {
        trap 'rm -f /etc/auditfail/vm.conf' EXIT
        (
                umask 077
                echo ignore >/etc/auditfail/vm.conf
        )
        fails auditfailctl check
        systemctl restart auditfaild.service
        ends_with 20 auditfailctl query vm
        chmod a+r /etc/auditfail/vm.conf
        all_is_well
        ends_with 0 auditfailctl query vm
}

a_folder_of_roots_own() {
        trap 'chmod 755 /etc/auditfail' EXIT
        for mode in 700 750 744 711; do
                chmod "$mode" /etc/auditfail
                agree "(type: chmod a+rx /etc/auditfail)"
                fails auditfailctl check /etc/auditfail
                fails auditfailctl check /etc/auditfail/useradd.conf
                type_what_helps
                chmod 755 /etc/auditfail
                all_is_well
        done
}

a_folder_above() {
        trap 'chmod 755 /etc' EXIT
        chmod 700 /etc
        agree "(type: chmod a+rx /etc)"
        fails auditfailctl check /etc/auditfail
        type_what_helps
        all_is_well
}

the_daemons_group() {
        trap 'chgrp root /etc/auditfail /etc/auditfail/useradd.conf; chmod 755 /etc/auditfail; chmod 644 /etc/auditfail/*.conf' EXIT
        chgrp auditfail /etc/auditfail /etc/auditfail/useradd.conf
        chmod 750 /etc/auditfail
        chmod 640 /etc/auditfail/useradd.conf
        all_is_well
        auditfailctl check /etc/auditfail
}

# refused TARGET MESSAGE: a link to it.
refused() {
        ln -sfn "$1" /etc/auditfail/vm.conf
        agree "/etc/auditfail/vm.conf: error: a link through $2"
        fails auditfailctl check /etc/auditfail/vm.conf
}

a_link_that_others_can_turn() {
        trap 'rm -rf /etc/auditfail/vm.conf /etc/vm.link /srv/alice /srv/open /tmp/vm.conf /home/alice/vm.conf; chmod 700 /root' EXIT
        mkdir -p /srv/alice /srv/open
        echo ignore | tee /srv/alice/vm.conf /srv/open/vm.conf /tmp/vm.conf >/home/alice/vm.conf
        ln -sf /dev/null /srv/open/mask
        ln -sf /srv/open/vm.conf /etc/vm.link
        chown -R alice /srv/alice
        chmod 1777 /srv/open
        chmod 755 /root
        refused /srv/alice/vm.conf "/srv/alice, which is owned by uid $(id -u alice)"
        refused /srv/open/vm.conf '/srv/open, which is writable by its group and others (mode 1777)'
        refused ../../srv/open/vm.conf '/srv/open, which is writable by '
        refused ../vm.link '/srv/open, which is writable by '
        refused /srv/open/mask '/srv/open, which is writable by '
        refused /tmp/vm.conf '/tmp, which is writable by '
        refused /home/alice/vm.conf '/home, which is hidden from auditfaild by its unit'
        refused /root/vm.conf '/root, which is hidden from auditfaild by its unit'

        refused /srv/open/vm.conf /srv/open
        type_what_helps
        test ! -L /etc/auditfail/vm.conf
        all_is_well
        ends_with 0 auditfailctl query vm
}

links_that_only_root_can_turn() {
        trap 'rm -rf /etc/auditfail/vm.conf /srv/policy' EXIT
        mkdir -p /srv/policy
        echo log >/srv/policy/first
        ln -sf first /srv/policy/second
        ln -sf /srv/policy/second /etc/auditfail/vm.conf
        all_is_well
        ends_with 10 auditfailctl query vm
        ln -sf /dev/null /etc/auditfail/vm.conf
        all_is_well
        ends_with 20 auditfailctl query vm
        auditfailctl explain vm | grep -E '/etc/auditfail/vm.conf +mask'
}

check "a file that only root can read fails check, as it fails a reload" a_file_of_roots_own
check "at the next start it means terminate" it_means_terminate_at_start
check "a folder that only root can read fails both, too" a_folder_of_roots_own
check "so does a folder above" a_folder_above
check "what the daemon's group may read is no error" the_daemons_group
check "a link that others can turn elsewhere fails both" a_link_that_others_can_turn
check "links that only root can turn, and masks, are followed" links_that_only_root_can_turn
