# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the library costs as long as audit works, in system calls.
. ../guest/lib.sh

# The system calls of COMMAND, from where it opens audit; the loader's are before that.
calls() {
        strace -qq -o /run/calls "$@" >/dev/null
        sed -n '/NETLINK_AUDIT/,$p' /run/calls | sed 's/(.*//' | grep -v '^[+-]'
}

# with_library COMMAND...: as `auditfailctl run` would, which does more before.
with_library() {
        calls -E LD_PRELOAD=libauditfail-preload.so "$@"
}

# What the library adds is printed, and asks the daemon nothing: it finds nothing lost.
added_calls() {
        calls "$@" >/run/without
        with_library "$@" >/run/with
        diff /run/without /run/with >/run/difference || :
        cat /run/difference
        fails grep '^<' /run/difference
        grep -c '^>' /run/difference >/run/added || :
}

# amtu opens audit once, and writes one record.
by_root() {
        added_calls "$tools/amtu"
        note "root: $(cat /run/added) system calls more for audit_open and one record"
        test "$(cat /run/added)" -le 18
        fails grep -E 'connect|AF_UNIX' /run/calls
}

by_a_process_that_may_not_ask() {
        strace -qq -o /run/calls setpriv --bounding-set=-audit_control --inh-caps=-audit_control "$tools/amtu" >/dev/null
        without=$(sed -n '/NETLINK_AUDIT/,$p' /run/calls | grep -cv '^[+-]')
        strace -qq -o /run/calls setpriv --bounding-set=-audit_control --inh-caps=-audit_control \
                env LD_PRELOAD=libauditfail-preload.so "$tools/amtu" >/dev/null
        with=$(sed -n '/NETLINK_AUDIT/,$p' /run/calls | grep -cv '^[+-]')
        note "without CAP_AUDIT_CONTROL: $((with - without)) system calls more, with one question to auditfaild"
        test $((with - without)) -le 20
        test "$(grep -c 'io.auditfail.Policy"' /run/calls)" -le 1
}

nothing_elsewhere() {
        strace -qq -o /run/calls -E LD_PRELOAD=libauditfail-preload.so true
        cat /run/calls
        grep libauditfail-preload.so /run/calls
        fails grep -E 'libaudit\.so|socket|connect' /run/calls
}

check "where audit works root asks the kernel, and no daemon" by_root
check "a process that may not ask the kernel asks auditfaild once for a type of record" by_a_process_that_may_not_ask
check "a program that does not audit does not get libaudit because of it" nothing_elsewhere
