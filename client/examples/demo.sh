#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh BUILD: a daemon that nobody started, a program whose audit record the kernel refuses, and three answers.
#
# All files are in a temporary folder, nothing outside of it is touched, and every process ends with the story. It exits
# with 1 when something does not go as told.
set -eu

# As root a record would be written, into this machine's own trail. Without the capability the kernel refuses it, and
# the daemon's records too.
may_write_records() {
        capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
        [ $((0x$capabilities >> 29 & 1)) -eq 1 ] # CAP_AUDIT_WRITE
}
if may_write_records; then
        exec setpriv --bounding-set=-audit_write --inh-caps=-audit_write --ambient-caps=-audit_write "$0" "$@"
fi

source=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=$(CDPATH='' cd -- "$1" && pwd)
PATH=$build/daemon/auditfaild:$build/client/auditfailctl:$build/client/examples:$PATH

folder=$(mktemp -d "${TMPDIR:-/tmp}/auditfail.XXXXXX")
pid=
clean_up() {
        [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
        wait
        rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT PIPE TERM

tell() {
        printf '\n%s\n' "$*"
}

# Shows a command, runs it, and insists on its exit status.
run() {
        expected=$1
        printf '$ %s\n' "$2"
        status=0
        eval "$2" 2>&1 || status=$?
        [ "$status" -eq "$expected" ] || {
                echo "demo: this should have ended with status $expected, not $status. The daemon said:" >&2
                cat log >&2
                exit 1
        }
}

# Waits for something that another process does, 10 s at most.
await() {
        for _ in $(seq 200); do
                ! eval "$1" || return 0
                sleep 0.05
        done
        echo "demo: waited for this in vain: $1. The daemon said:" >&2
        cat log >&2
        exit 1
}

cd "$folder"
umask 022
mkdir -p etc/auditfail run
cp "$source"/etc/auditfail/*.conf etc/auditfail
echo ignore >etc/auditfail/backup.conf # none of the files that come with it ignores EPERM
export AUDITFAIL_RUNTIME_DIR="$folder/run"

echo "With the policy of etc/auditfail in a temporary folder, systemd listens, and starts auditfaild when somebody asks:"
command="systemd-socket-activate -l $folder/run/io.auditfail.Policy auditfaild --root . --runtime run --no-trail"
[ "$(id -u)" -ne 0 ] || command="$command --user root"
echo "\$ $command &"
$command 2>log &
pid=$!
await '[ -S run/io.auditfail.Policy ]'
run 0 "cat /proc/$pid/comm"

tell "A program sends an audit record. The kernel refuses it, the program asks what to do now, and obeys:"
run 0 'audit-or-obey backup'
run 0 'audit-or-obey hwclock'
run 1 'audit-or-obey passwd'
run 0 "cat /proc/$pid/comm"
await 'grep -q "passwd .* told to terminate" log'
run 0 'tail -n 1 log'

tell "The administrator edits a file, and reloads:"
run 0 'echo log >etc/auditfail/passwd.conf'
run 0 'auditfailctl reload'
run 0 'audit-or-obey passwd'

tell "With a mistake in it nothing changes, and the mistake is named:"
run 0 'echo ingore >etc/auditfail/passwd.conf'
run 1 'auditfailctl reload'
run 0 'audit-or-obey passwd'

tell "The daemon is gone, and what it knew still holds:"
run 0 "kill $pid"
wait "$pid" || :
pid=
rm run/io.auditfail.Policy
run 0 'audit-or-obey passwd'
