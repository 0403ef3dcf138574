# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the library costs as long as audit works, in system calls.
. ../guest/lib.sh

# The system calls of COMMAND, from where it opens audit; the loader's are before that. Memory is the C library's, and
# clock_gettime() is none where the clock can be read without.
calls() {
        strace -qq -o /run/calls "$@" >/dev/null
        sed -n '/NETLINK_AUDIT/,$p' /run/calls | sed 's/(.*//' |
                grep -vE '^([+-].*|clock_gettime|brk|mmap|munmap|getrandom)$'
}

# What the library adds to amtu, which opens audit once and writes one record: added LIMIT COMMAND...
added() {
        limit=$1
        shift
        calls "$@" "$tools/amtu" >/run/without
        calls "$@" env LD_PRELOAD="$library" "$tools/amtu" >/run/with
        diff /run/without /run/with >/run/difference || :
        cat /run/difference
        more=$(($(wc -l </run/with) - $(wc -l </run/without)))
        note "$*: $more system calls more for audit_open and one record"
        test "$more" -le "$limit"
        fails grep '^<' /run/difference
}

# Ten of them look for a bound on the wait in the snapshot, once a minute (auditfail.conf(5)).
by_root() {
        added 26 env
        fails grep -E 'connect|AF_UNIX' /run/calls
}

by_a_process_that_may_not_ask() {
        added 30 setpriv --bounding-set=-audit_control --inh-caps=-audit_control
        test "$(grep -c 'io.auditfail.Policy"' /run/calls)" -le 1
}

nothing_elsewhere() {
        strace -qq -o /run/calls -E LD_PRELOAD="$library" true
        cat /run/calls
        grep libauditfail-preload.so /run/calls
        fails grep -E 'libaudit\.so|socket|connect' /run/calls
}

check "where audit works root asks the kernel, and no daemon" by_root
check "a process that may not ask the kernel asks auditfaild once for a type of record" by_a_process_that_may_not_ask
check "a program that does not audit does not get libaudit because of it" nothing_elsewhere
