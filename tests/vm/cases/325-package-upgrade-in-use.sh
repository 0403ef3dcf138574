# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# While auditfail is upgraded and downgraded, thousands of programs ask, and connections are open. Each answer is right.
#
# Time limit: 900 s
. ../guest/lib.sh
. ../guest/packages.sh

has_a_policy_for_each_action() {
        echo ignore >/etc/auditfail/vm.conf
        systemctl reload auditfaild.service
        cp "$tools/askers" kept_connection.py $state # where bob can reach them
}

# The daemon has limits for bob, which root does not have.
as_bob="setpriv --reuid bob --regid bob --clear-groups"

while_programs_ask() {
        # shellcheck disable=SC2086 # several words
        $as_bob $state/askers passwd=terminate hwclock=log vm=ignore >/run/asked 2>&1 &
        askers=$!
        $as_bob python3 $state/kept_connection.py vm ignore >/run/kept 2>&1 &
        kept=$!
        trap 'kill $askers $kept' EXIT
        await test -s /run/kept
        "$@"
        trap - EXIT
        kill $askers $kept
        wait $askers && status=0 || status=$?
        wait $kept || status=$?
        tail -n 20 /run/asked /run/kept
        note "$(tail -n 1 /run/asked)"
        note "$(tail -n 1 /run/kept)"
        return $status
}

moves_to() {
        while_programs_ask timed "$1 meanwhile" install_everything "$2"
        is_installed_from "$2"
}

# The library of the packages in FOLDER, without a daemon: snapshot_answers FOLDER
snapshot_answers() {
        rm -rf $state/library
        dpkg-deb --extract "$1"/libauditfail1_*.deb $state/library
        library=$(dirname "$(find $state/library -name libauditfail.so.1)")
        systemctl stop auditfaild.socket auditfaild.service
        for asked in passwd=terminate hwclock=log vm=ignore; do
                # shellcheck disable=SC2086 # several words
                ends_with 1 $as_bob env LD_LIBRARY_PATH="$library" $state/askers --ask $asked
        done
}

restore() {
        systemctl start auditfaild.socket auditfaild.service
}

check "the last release is installed" installs_the_last_release
check "it has a policy for each action" has_a_policy_for_each_action
check_and_restore "the new library reads the old snapshot" snapshot_answers $packages
check "during an upgrade, each program and each connection gets its answer" moves_to upgrade $packages
check_and_restore "the old library reads the new snapshot" snapshot_answers $previous
check "during a downgrade, each program and each connection gets its answer" moves_to downgrade $previous
purge_all
