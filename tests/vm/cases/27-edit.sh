# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditfailctl edit: the policy of this machine, with the installed daemon.
. ../guest/lib.sh

file=/etc/auditfail/vm.conf

# An editor that replaces the text by WORD.
writes() {
        echo "sh -c 'echo $1 >\"\$1\"' editor"
}

a_new_policy_is_in_force() {
        EDITOR=$(writes ignore) auditfailctl edit vm >/run/said
        cat /run/said
        grep -F "$file: saved" /run/said
        stat --format '%a %U' $file | grep '^644 root$'
        ends_with 0 auditfailctl query vm
}

an_editor_of_the_machine_is_found() {
        # shellcheck disable=SC2016 # for the editor
        printf '#!/bin/sh\necho "# read by the editor" >>"$1"\n' >/usr/local/bin/editor
        chmod 755 /usr/local/bin/editor
        env -u SUDO_EDITOR -u VISUAL -u EDITOR auditfailctl edit vm
        grep -F '# read by the editor' $file
        ends_with 0 auditfailctl query vm
}

sudo_passes_an_editor_on() {
        as_person alice sudo -n "EDITOR=$(writes log)" auditfailctl edit vm
        ends_with 10 auditfailctl query vm
}

an_error_changes_nothing() {
        cp $file /run/before
        EDITOR=$(writes ingore) ends_with 1 auditfailctl edit vm 2>/run/said </dev/null
        cat /run/said
        grep -F "$file:1:1: error: unknown action \"ingore\"" /run/said
        cmp $file /run/before
        grep -Fx ingore "$(sed -n 's/.*your text is kept in //p' /run/said)"
        systemctl reload auditfaild.service
        ends_with 10 auditfailctl query vm
}

# The daemon's user must be able to read the file. Root can read any.
a_file_that_only_root_can_read_is_opened() {
        chmod 600 $file
        EDITOR=$(writes ignore) auditfailctl edit vm
        stat --format '%a' $file | grep '^644$'
        ends_with 0 auditfailctl query vm
}

another_files_error_brings_the_old_file_back() {
        cp $file /run/before
        echo ingore >/etc/auditfail/other.conf
        EDITOR=$(writes terminate) ends_with 1 auditfailctl edit vm 2>/run/said
        cat /run/said
        grep -F '/etc/auditfail/other.conf:1:1: error: ' /run/said
        grep -F "$file is as it was before; your text is kept in " /run/said
        cmp $file /run/before
        ends_with 0 auditfailctl query vm
        EDITOR=$(writes log) auditfailctl edit other
        sh -euc "$(sed -n 's/.*then type: //p' /run/said)"
        ends_with 20 auditfailctl query vm
}

others_are_told_to_use_sudo() {
        ends_with 4 as_person bob auditfailctl edit vm 2>/run/said
        grep 'only root can change the policy files; try: sudo auditfailctl edit vm$' /run/said
}

restore() {
        rm -rf /etc/auditfail/.edit-* /usr/local/bin/editor
}

check "a new policy is in force at once" a_new_policy_is_in_force
check_and_restore "the editor of the machine is found" an_editor_of_the_machine_is_found
check "sudo passes an editor on" sudo_passes_an_editor_on
check_and_restore "a text with an error changes nothing" an_error_changes_nothing
check "a file that only root can read is opened to the daemon" a_file_that_only_root_can_read_is_opened
check_and_restore "an error in another file brings the old file back" another_files_error_brings_the_old_file_back
check "other users are told to use sudo" others_are_told_to_use_sudo
rm -f $file /etc/auditfail/other.conf
systemctl reload auditfaild.service
