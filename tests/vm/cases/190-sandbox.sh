# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What auditfail-controld could do, if it wanted.
. ../guest/lib.sh

controld_pid() {
        pid=$(systemctl show --property MainPID --value auditfail-controld.service)
        test "$pid" -ne 0
        echo "$pid"
}

# systemd's own measure counts tenths.
exposure_is_at_most() {
        systemd-analyze --no-pager security --threshold="$1" "$2" | grep -v '✓'
        systemd-analyze --no-pager security --threshold="$1" "$2" >/dev/null
}

# CAP_AUDIT_WRITE and CAP_AUDIT_CONTROL
has_two_capabilities() {
        cat "/proc/$1/status"
        for set in CapPrm CapEff CapBnd; do
                grep "^$set:.0000000060000000\$" "/proc/$1/status"
        done
        for set in CapInh CapAmb; do
                grep "^$set:.0000000000000000\$" "/proc/$1/status"
        done
        grep '^NoNewPrivs:.1$' "/proc/$1/status"
        grep '^Seccomp:.2$' "/proc/$1/status"
}

daemon_has_two_capabilities() {
        auditctl whoami
        has_two_capabilities "$(controld_pid)"
}

has_a_child() {
        pgrep --parent "$(controld_pid)"
}

# A request that waits for an auditd which has been stopped is there to be looked at.
worker_has_no_more() {
        auditctl whoami
        daemon=$(controld_pid)
        systemctl kill --signal STOP auditd.service
        logged_in auditctl rotate --timeout=15 &
        client=$!
        await has_a_child
        worker=$(has_a_child)
        has_two_capabilities "$worker"
        test "$(cat "/proc/$worker/loginuid")" -eq 1000
        ls -l "/proc/$daemon/fd" "/proc/$worker/fd"
        # Neither the listening socket nor the caller's connection.
        find "/proc/$worker/fd" -lname 'socket:*' -printf '%l\n' | sort >/run/worker
        find "/proc/$daemon/fd" -lname 'socket:*' -printf '%l\n' | sort >/run/daemon
        comm -12 /run/worker /run/daemon >/run/both
        journal=$(readlink "/proc/$daemon/fd/2")
        fails grep -vxF "$journal" /run/both
        ends_with 20 wait $client
        auditd_is_running
}

within() {
        nsenter --target "$(controld_pid)" --mount "$@"
}

sees_little_and_changes_less() {
        auditctl whoami
        for folder in / /usr /etc /var /var/log/audit /run /root /home /dev; do
                fails within touch $folder/auditfail-case
        done
        within touch /tmp/auditfail-case
        fails test -e /tmp/auditfail-case
        within touch /etc/audit/auditfail-case
        rm /etc/audit/auditfail-case
        test -z "$(within ls -A /root /home | grep -v :)"
        fails within test -e /dev/vda
        sed -n '3,$p' "/proc/$(controld_pid)/net/dev" >/run/interfaces
        cat /run/interfaces
        fails grep -v '^ *lo:' /run/interfaces
}

is_traced() {
        grep '^TracerPid:.[1-9]' "/proc/$1/status"
}

# Its filter lets a system call fail with EPERM where it is not in it. All that it does, augenrules included.
nothing_that_it_does_is_filtered() {
        auditctl whoami
        daemon=$(controld_pid)
        strace --follow-forks --output /run/strace --attach "$daemon" 2>/dev/null &
        tracer=$!
        await is_traced "$daemon"
        auditctl whoami
        python3 /run/call.py io.auditfail.Control.Status
        echo "-w /etc/auditfail -p wa -k auditfail-case" >/etc/audit/rules.d/auditfail-case.rules
        logged_in auditctl reload
        /usr/sbin/auditctl -l | grep auditfail-case
        rm /etc/audit/rules.d/auditfail-case.rules
        for word in reload rotate resume state restart stop; do
                logged_in auditctl $word --timeout=60
        done
        auditd_is_running
        setpriv --reuid alice --regid alice --clear-groups python3 /run/call.py io.auditfail.Control.Identify
        ends_with 11 auditctl stop
        kill $tracer
        wait $tracer || :
        /usr/sbin/auditctl -D -k auditfail-case || :
        sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/; t; d' /run/strace | sort | uniq -c | sort -rn >/run/calls
        note "$(wc -l </run/calls) system calls: $(awk '{ print $2 }' /run/calls | sort | xargs)"
        # It may not have larger buffers for sockets than others, tries to, and needs none.
        grep ' = -1 EPERM' /run/strace >/run/refused || :
        fails grep -v setsockopt /run/refused
}

cp call.py /run # where others than root can read it
check "systemd-analyze security sees an exposure of at most 1.5 for auditfail-controld" \
        exposure_is_at_most 15 auditfail-controld.service
check "and of at most 1.0 for auditfaild" exposure_is_at_most 10 auditfaild.service
check "it has two capabilities, no way to get more, and a filter of system calls" daemon_has_two_capabilities
check "the process of a request has no more, carries the caller's login, and holds nothing of the daemon's" worker_has_no_more
check "it sees little of the machine, and changes less" sees_little_and_changes_less
check "its filter has all system calls that it uses, and augenrules" nothing_that_it_does_is_filtered
auditd_is_running >/dev/null
