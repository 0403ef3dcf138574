# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A container, made of namespaces without an engine: it has a root file system and users of its own, and no audit. The
# daemon's socket is there, or is not.
. ../guest/lib.sh

policy=/etc/auditfail/useradd.conf

# Runs COMMAND as root of a container, which goes with it. The container sees the folder of the daemon's socket: WITH
# is "socket"; or does not: "nothing".
container() {
        with=$1
        shift
        # shellcheck disable=SC2016 # for the shell in the new namespaces
        unshare --mount --pid --ipc --uts --fork sh -euc '
                with=$1 unaudited=$2
                shift 2
                mount --make-rprivate /
                mount -t tmpfs container /mnt
                mkdir /mnt/upper /mnt/work /mnt/root
                mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work container /mnt/root
                mount --rbind /dev /mnt/root/dev
                mount -t proc proc /mnt/root/proc
                mount -t tmpfs run /mnt/root/run
                mkdir /mnt/root/run/auditfail
                [ "$with" = nothing ] || mount --bind /run/auditfail /mnt/root/run/auditfail
                cd /mnt/root
                pivot_root . mnt
                umount --lazy /mnt
                hostname container
                exec "$unaudited" ECONNREFUSED "$@"
        ' sh "$with" "$tools/unaudited" "$@"
}

# Decisions of the daemon on useradd; there are as many as lines.
decisions() {
        journalctl --sync
        journalctl --boot --output cat --no-pager --quiet MESSAGE_ID=6e5f56a498b34df28f26198f5fc86e41 \
                AUDITFAIL_APPLICATION=useradd
}

it_is_a_container() {
        # shellcheck disable=SC2016 # for the shell inside
        container socket sh -c 'echo "$$ $(hostname) $(cat /proc/self/uid_map)"; touch /etc/inside; ls /run' >/run/container
        cat /run/container
        grep -q '^1 container ' /run/container
        test ! -e /etc/inside
        # This is what there is to obey about: the kernel takes no record from there.
        container socket auditctl -m nothing >/run/refusal 2>&1 || :
        grep -x 'The audit system is disabled' /run/refusal
}

usual_policy_goes_on() {
        decisions | wc -l >/run/before
        container socket sh -c 'auditfailctl run -- useradd newcomer && getent passwd newcomer' >/run/out 2>/run/complaint
        cat /run/out /run/complaint
        grep ^newcomer: /run/out
        fails grep 'audit record' /run/complaint
        test "$(decisions | wc -l)" -gt "$(cat /run/before)"
}

terminate_stops() {
        cp $policy /run/policy
        echo terminate >$policy
        auditfailctl reload
        decisions | wc -l >/run/before
        ends_with 0 container socket sh -c 'auditfailctl run -- useradd newcomer; test $? -eq 77 && ! getent passwd newcomer' \
                2>/run/complaint
        cat /run/complaint
        grep "stopped, as $policy:1 says" /run/complaint
        test "$(decisions | wc -l)" -eq $(($(cat /run/before) + 1))
        cp /run/policy $policy
        auditfailctl reload
}

su_works() {
        test "$(container socket auditfailctl run -- su bob -c 'id -u')" -eq 1001
}

without_a_socket_it_stops() {
        cat >/run/inside.sh <<'END'
start=$(date +%s%N)
auditfailctl run -- useradd newcomer
status=$?
echo "status $status after $((($(date +%s%N) - start) / 1000000)) ms"
getent passwd newcomer
END
        cp /run/inside.sh /root/inside.sh
        container nothing sh /root/inside.sh >/run/out 2>/run/complaint || :
        cat /run/out /run/complaint
        note "without a socket: $(cat /run/out)"
        grep '^status 77 after ' /run/out
        grep 'stopped, as the built-in default says' /run/complaint
        fails grep newcomer: /run/out
        # At once: not after the second that a daemon would have had. Starting the programs is part of it.
        test "$(sed -n 's/^status 77 after \([0-9]*\) ms$/\1/p' /run/out)" -lt 1000
        rm /root/inside.sh
}

auditfailctl status >/dev/null
check "the container is one, and has no audit" it_is_a_container
check "with the daemon's socket in it, useradd goes on there, as its policy says of what has no audit" usual_policy_goes_on
check "its policy says terminate: useradd stops there, and the journal of the machine has it" terminate_stops
check "su works there" su_works
check "without the socket useradd stops at once" without_a_socket_it_stops
