#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh BUILD: a daemon under socket activation, a program whose audit record the kernel refuses, and the three answers.
#
# The demo writes only to a temporary folder and ends every process that it starts. It exits with 1 if a command does not
# end as expected.
set -eu

# Root could write a record to this machine's own trail. Without the capability, the kernel refuses the record, and the
# daemon's records, too.
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

# Shows a command and runs it. Ends the demo if its exit status is another.
run() {
        expected=$1
        printf '$ %s\n' "$2"
        status=0
        eval "$2" 2>&1 || status=$?
        [ "$status" -eq "$expected" ] || {
                echo "demo: the command ended with status $status, expected $expected. Log of the daemon:" >&2
                cat log >&2
                exit 1
        }
}

# Waits at most 10 s until the condition holds.
await() {
        for _ in $(seq 200); do
                ! eval "$1" || return 0
                sleep 0.05
        done
        echo "demo: timed out: $1. Log of the daemon:" >&2
        cat log >&2
        exit 1
}

cd "$folder"
umask 022
mkdir -p etc/auditfail run
cp "$source"/etc/auditfail/*.conf etc/auditfail
echo ignore >etc/auditfail/backup.conf # no shipped policy file ignores EPERM
export AUDITFAIL_RUNTIME_DIR="$folder/run"

echo "systemd listens on the socket, and starts auditfaild at the first connection:"
command="systemd-socket-activate -l $folder/run/io.auditfail.Policy auditfaild --root . --runtime run --no-trail"
[ "$(id -u)" -ne 0 ] || command="$command --user root"
echo "\$ $command &"
$command 2>log &
pid=$!
await '[ -S run/io.auditfail.Policy ]'
run 0 "cat /proc/$pid/comm"
# Programs wait 1 s for an answer. On a busy machine, the start of the daemon can take longer.
run 0 'auditfailctl --timeout=30 query backup'
run 0 "cat /proc/$pid/comm"

tell "A program sends an audit record. The kernel refuses it. The program asks for the policy, and obeys:"
run 0 'audit-or-obey backup'
run 0 'audit-or-obey hwclock'
run 1 'audit-or-obey passwd'
await 'grep -q "passwd .* told to terminate" log'
run 0 'tail -n 1 log'

tell "The administrator edits a file and reloads:"
run 0 'echo log >etc/auditfail/passwd.conf'
run 0 'auditfailctl reload'
run 0 'audit-or-obey passwd'

tell "If a file has an error, nothing changes, and the reload names the error:"
run 0 'echo ingore >etc/auditfail/passwd.conf'
run 1 'auditfailctl reload'
run 0 'audit-or-obey passwd'

tell "Without the daemon, the policy that it loaded last still applies:"
run 0 "kill $pid"
wait "$pid" || :
pid=
rm run/io.auditfail.Policy
run 0 'audit-or-obey passwd'
