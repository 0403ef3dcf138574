# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the cases: `. ../guest/lib.sh`, then `check SENTENCE FUNCTION` for each thing that must be true.

# One case: passes when COMMAND does, every line of it. What it did is shown when it fails.
check() {
        sentence=$1
        shift
        # Nothing may stand around this that makes the shell ignore -e in it, such as "if" or "||".
        output=$(exec 2>&1; set -eux; "$@")
        status=$?
        if [ "$status" -eq 0 ]; then
                echo "ok - $sentence"
        else
                echo "not ok - $sentence"
                printf '%s\n' "$output" "status $status" | sed 's/^/# /'
        fi
}

# A case that cannot be tried on this machine.
skip() {
        echo "ok - $1 # SKIP $2"
}

# Waits, 20 s at most, until COMMAND succeeds.
await() {
        for _ in $(seq 100); do
                ! "$@" >/run/await 2>&1 || return 0
                sleep 0.2
        done
        cat /run/await
        return 1
}

# Succeeds when COMMAND ends with STATUS.
ends_with() {
        expected=$1
        shift
        status=0
        "$@" || status=$?
        [ "$status" -eq "$expected" ]
}

fails() {
        ! "$@"
}

# Fails when there is no daemon: kill(1) would take 0 for everybody here.
daemon_pid() {
        pid=$(systemctl show --property MainPID --value auditfaild.service)
        test "$pid" -ne 0
        echo "$pid"
}

# The program of the demo, which the kernel refuses its record: audit-or-obey [APPLICATION].
refused_program() {
        setpriv --bounding-set=-audit_write --inh-caps=-audit_write \
                /root/auditfail/build-install/client/examples/audit-or-obey "$@"
}

# Runs COMMAND as a process of the login of user 1000, as pam_loginuid makes one.
logged_in() {
        (
                echo 1000 >/proc/self/loginuid
                "$@"
        )
}
