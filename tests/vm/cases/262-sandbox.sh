# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What a captured daemon could do. sandbox-probe runs in its place, and tries: each attempt is refused, or it is in a
# table, with the reason.
. ../guest/lib.sh

# What both daemons can do.
both_can() {
        cat <<'END'
read /etc/passwd -- every process can; libc looks up users there
read /proc/1/status -- the daemons read what /proc says about their callers
read /dev/null -- PrivateDevices= leaves the devices that hold nothing
read /sys/kernel/notes -- every process can
connect to /run/auditfail/io.auditfail.Policy -- auditfail-controld asks for the policy of auditctl
connect to /run/auditfail/io.auditfail.Control -- auditfaild asks whether the kernel keeps a record
connect to /run/dbus/system_bus_socket -- every process can; auditfail-controld asks polkit and systemd
connect to /run/systemd/notify -- the daemons tell systemd their state
connect to /run/systemd/journal/dev-log -- the daemons log to the journal
connect to /run/systemd/journal/stdout -- the daemons log to the journal
make a socket of AF_NETLINK, audit -- audit records go through such a socket
make a socket of AF_NETLINK, route -- systemd cannot restrict the protocol; the network namespace is empty
write an audit record -- this is the purpose of CAP_AUDIT_WRITE
fork -- the call that makes threads and workers also makes processes, which have the same sandbox
execute a program -- systemd executes the daemon; the program has the same sandbox, and no new privileges
open a descriptor for process 1 -- the daemons hold their callers by such descriptors
END
        systemd-analyze syscall-filter @default | grep -q '^ *@sandbox$' || return 0
        cat <<'END'
filter system calls -- systemd 257 allows it to every service; it only takes rights away
restrict itself -- systemd 257 allows it to every service; it only takes rights away
END
}

auditfaild_can() {
        both_can
        cat <<'END'
make a file in /run/auditfail -- it replaces the snapshot there
write /run/auditfail/policy.snapshot -- it is the owner
END
}

# It is root without the capabilities of root.
controld_can() {
        both_can
        cat <<'END'
read /etc/shadow -- root owns the file
read /etc/ssh/ssh_host_ed25519_key -- root owns the file
read /var/log/audit/audit.log -- it finds its records there
list /proc/1/fd -- process 1 is root's; the links cannot be read
make a file in /etc/audit -- augenrules writes the rules
make a file in /run/auditfail-controld -- it keeps the request that is under way there
make a file in /tmp -- augenrules needs one there; the folder is its own
write /proc/self/loginuid -- a worker takes on the login of the caller
write /proc/self/oom_score_adj -- /proc is writable for the login
write /proc/1/oom_score_adj -- /proc is writable for the login, and process 1 is root's
write /etc/audit/auditd.conf -- root owns the file, and augenrules writes in its folder
change the mode of a file -- augenrules does
ask for the state of auditing -- it looks for auditd and for rules that drop records
change the state of auditing -- this is the same capability; auditctl -R loads rules with it
start a program through systemd -- it makes systemd start auditd, and systemd trusts root
signal process 1 by its descriptor -- it signals auditd so; process 1 is root's, too
watch a file -- it watches the log of auditd
make a pipe -- it reads what augenrules prints
END
}

# What AppArmor's profiles refuse of that. These kernels do not mediate connections to Unix sockets, nor D-Bus.
auditfaild_can_not() {
        cat <<'END'
read /etc/passwd
read /sys/kernel/notes
execute a program
make a file in /run/auditfail
END
}

controld_can_not() {
        cat <<'END'
read /etc/shadow
read /etc/ssh/ssh_host_ed25519_key
read /sys/kernel/notes
make a file in /etc/audit
make a file in /tmp
write /proc/self/oom_score_adj
write /proc/1/oom_score_adj
write /etc/audit/auditd.conf
change the mode of a file
execute a program
END
}

# The unit of a daemon with sandbox-probe in the place of the daemon: its settings, and another lifetime.
# probe DAEMON [LOGIN [SETTING]]: what it can do is in /run/attempts.
probe() {
        unit=/run/systemd/system/probe.service
        sed -E '/^(Type|ExecStart|ExecReload|Restart.*|WatchdogSec|Requires|After|Before|Conflicts)=/d; /^\[Install\]/,$d' \
                "$(systemctl show --property FragmentPath --value "$1.service")" >$unit
        program=$(systemctl show --property ExecStart --value "$1.service" | sed 's/.* path=\([^ ]*\) .*/\1/')
        grep -q '^SystemCallFilter=' $unit
        cat >>$unit <<END
[Service]
Type=oneshot
ExecStart=$program $other ${2-}
BindReadOnlyPaths=$tools/sandbox-probe:$program
${3-}
END
        systemctl daemon-reload
        cursor=$(journalctl --quiet --lines 1 --show-cursor | sed -n 's/^-- cursor: //p')
        systemctl start probe.service
        # Not a file: AppArmor takes an open file away from a process whose profile has no rule for it.
        journalctl --sync
        journalctl --quiet --output cat --after-cursor "$cursor" | grep '^\(yes\|no\) ' >/run/attempts
        test "$(wc -l </run/attempts)" -gt 150
}

# can TABLE EXCEPTIONS: fails if /run/attempts and the table differ.
can() {
        "$2" >/run/exceptions
        "$1" | sed 's/ -- .*//' | grep -vxF -f /run/exceptions | sort >/run/expected
        sed -n 's/^yes //p' /run/attempts | sort >/run/possible
        diff /run/expected /run/possible
}

count_refusals() {
        note "$1: $(grep -c '^no ' /run/attempts) attempts of $(wc -l </run/attempts) were refused"
}

# captured DAEMON TABLE [LOGIN]: without AppArmor.
captured() {
        probe "$1" "${3-}" AppArmorProfile=
        can "$2" :
        count_refusals "$1"
}

# captured_under_apparmor DAEMON TABLE EXCEPTIONS
captured_under_apparmor() {
        probe "$1"
        can "$2" "$3"
        count_refusals "$1 under AppArmor"
}

# The daemons run under the profiles that are tried here.
profiles_are_enforced() {
        auditctl whoami
        for daemon in auditfaild auditfail-controld; do
                pid=$(systemctl show --property MainPID --value $daemon.service)
                test "$(cat "/proc/$pid/attr/current")" = "$daemon (enforce)"
        done
}

# What remains are attempts that this machine refuses to everyone. Linux 6.1 lacks fchmodat2().
nothing_is_refused_outside() {
        auditctl whoami # which makes /run/auditfail-controld
        await grep @probe-me /proc/net/unix
        systemd-run --quiet --wait --property StandardOutput=truncate:/run/attempts "$tools/sandbox-probe" "$other"
        sed -i '/^no .*: ENOSYS$/d' /run/attempts
        fails grep '^no ' /run/attempts
}

has_a_child() {
        pgrep --parent "$(systemctl show --property MainPID --value auditfail-controld.service)"
}

confinement_of() {
        grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' "/proc/$1/status"
        for namespace in cgroup ipc mnt net pid user uts; do
                readlink "/proc/$1/ns/$namespace"
        done
        cat "/proc/$1/cgroup"
}

# A request that waits for a stopped auditd is there to be looked at.
worker_has_the_daemons_sandbox() {
        auditctl whoami
        systemctl kill --signal STOP auditd.service
        logged_in auditctl rotate --timeout=15 &
        await has_a_child
        confinement_of "$(has_a_child)" >/run/worker
        confinement_of "$(systemctl show --property MainPID --value auditfail-controld.service)" >/run/daemon
        auditd_is_running
        wait $! || :
        diff /run/daemon /run/worker
}

is_traced() {
        grep '^TracerPid:.[1-9]' "/proc/$1/status"
}

# Its filter lets a system call fail with EPERM where it is not in it.
nothing_that_auditfaild_does_is_filtered() {
        systemctl restart auditfaild.service
        daemon=$(daemon_pid)
        strace --follow-forks --output /run/strace --attach "$daemon" 2>/dev/null &
        await is_traced "$daemon"
        for query in "passwd --errno=EPERM" "passwd --ahead" "nonsense --errno=ENOBUFS"; do
                # shellcheck disable=SC2086 # words
                auditfailctl query $query --timeout=30 || test $? -ge 20
        done
        refused_program passwd || :
        setpriv --reuid bob --regid bob --clear-groups auditfailctl query su --errno=EPERM --timeout=30 || test $? -ge 20
        auditfailctl list
        auditfailctl status
        auditfailctl explain passwd
        auditfailctl reload
        systemctl stop auditfaild.service
        wait
        systemctl start auditfaild.service
        sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/; t; d' /run/strace | sort -u >/run/calls
        note "$(wc -l </run/calls) system calls: $(xargs </run/calls)"
        # It may not have larger buffers for sockets than others, tries to, and needs none.
        grep ' = -1 EPERM' /run/strace >/run/refused || :
        fails grep -v setsockopt /run/refused
}

# A file and an abstract socket of the machine, and a process of another user.
touch /tmp/probe-me
python3 -c '
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("\0probe-me")
listener.listen(1000)
time.sleep(600)' &
listener=$!
setpriv --reuid alice --regid alice --clear-groups sleep 600 &
other=$!

check "outside of a sandbox, root can do all that sandbox-probe tries" nothing_is_refused_outside
check "a captured auditfaild can do what the table says" captured auditfaild auditfaild_can
check "a captured auditfail-controld can do what the table says" captured auditfail-controld controld_can
check "a captured worker, which has taken on a login, can do no more" captured auditfail-controld controld_can 1000
if grep -q '^auditfaild (enforce)$' /sys/kernel/security/apparmor/profiles 2>/dev/null; then
        check "AppArmor enforces the profiles of both daemons" profiles_are_enforced
        check "under AppArmor, a captured auditfaild can do less" \
                captured_under_apparmor auditfaild auditfaild_can auditfaild_can_not
        check "under AppArmor, a captured auditfail-controld can do less" \
                captured_under_apparmor auditfail-controld controld_can controld_can_not
else
        skip "AppArmor enforces the profiles of both daemons" "this machine has not loaded the profiles"
fi
check "the worker of a request is in the sandbox of the daemon" worker_has_the_daemons_sandbox
check "the filter of auditfaild has all system calls that it uses" nothing_that_auditfaild_does_is_filtered

kill $listener $other
rm -f /tmp/probe-me /run/systemd/system/probe.service
systemctl daemon-reload
auditd_is_running >/dev/null
