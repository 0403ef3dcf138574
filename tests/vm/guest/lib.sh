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
