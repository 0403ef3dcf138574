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

two_at_audit_open() {
        calls "$tools/amtu" >/run/without
        with_library "$tools/amtu" >/run/with
        diff /run/without /run/with >/run/difference || :
        cat /run/difference
        grep -q sendto /run/without
        test "$(grep -c '^>' /run/difference)" -le 2
        fails grep '^<' /run/difference
        fails grep -E 'connect|AF_UNIX' /run/calls
}

# It writes several; each opens, sends and closes, or sends alone.
none_per_record() {
        usermod -c Robert bob
        calls usermod -c Bob -s /bin/sh bob >/run/without
        usermod -c Robert -s /bin/bash bob
        with_library usermod -c Bob -s /bin/sh bob >/run/with
        usermod -c "" -s /bin/bash bob
        note "usermod: $(grep -c sendto /run/without) records, $(wc -l </run/without) system calls; with the library \
$(wc -l </run/with)"
        opened=$(grep -c NETLINK_AUDIT /run/calls)
        test $(($(wc -l </run/with) - $(wc -l </run/without))) -le $((2 * opened))
        fails grep auditfail/io /run/calls
}

nothing_elsewhere() {
        strace -qq -o /run/calls -E LD_PRELOAD=libauditfail-preload.so true
        cat /run/calls
        grep libauditfail-preload.so /run/calls
        fails grep -E 'libaudit\.so|socket|connect' /run/calls
}

check "where audit works the library makes two system calls at audit_open, and asks nobody" two_at_audit_open
check "it makes none for a record" none_per_record
check "a program that does not audit does not get libaudit because of it" nothing_elsewhere
