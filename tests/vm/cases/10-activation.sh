# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# From a socket that waits to a daemon with one privilege.
. ../guest/lib.sh

only_the_socket_is_there() {
        systemctl is-enabled auditfaild.socket
        systemctl is-active auditfaild.socket
        fails systemctl is-active auditfaild.service
        test "$(stat -c %a /run/auditfail/io.auditfail.Policy)" = 666
}

# An emulated machine may take more than the usual second to start it.
the_first_query_starts_the_daemon() {
        ends_with 20 setpriv --reuid alice --regid alice --clear-groups auditfailctl --timeout 30 query passwd
        systemctl is-active auditfaild.service
}

it_has_one_capability() {
        status=/proc/$(daemon_pid)/status
        cat "$status"
        test "$(ps -o user= -p "$(daemon_pid)")" = auditfail
        audit_write=0000000020000000
        for set in CapPrm CapEff CapBnd; do
                grep -q "^$set:.$audit_write\$" "$status"
        done
        grep -q '^NoNewPrivs:.1$' "$status"
        grep -q '^Seccomp:.2$' "$status"
}

its_status_is_a_sentence() {
        text=$(systemctl show --property StatusText --value auditfaild.service)
        printf '%s\n' "$text" | grep -E '^[0-9]+ applications, generation [0-9]+$'
        systemctl status auditfaild.service | grep -F "$text"
}

it_is_small() {
        pss=$(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$(daemon_pid)/smaps_rollup")
        test "$pss" -le 4096
}

# systemd's own measure counts tenths.
it_is_hardly_exposed() {
        systemd-analyze --no-pager security --threshold=10 auditfaild.service | grep -v '✓'
        systemd-analyze --no-pager security --threshold=10 auditfaild.service >/dev/null
}

systemctl stop auditfaild.service
check "the socket stays when the daemon stops, and everyone may connect" only_the_socket_is_there
check "the first query, of any user, starts the daemon" the_first_query_starts_the_daemon
check "it is no root, has CAP_AUDIT_WRITE alone, and a filter of system calls" it_has_one_capability
check "systemctl status shows which policy it has" its_status_is_a_sentence
check "it takes at most 4 MiB" it_is_small
check "systemd-analyze security sees an exposure of at most 1.0" it_is_hardly_exposed
