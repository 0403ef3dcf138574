# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The library is in /etc/ld.so.preload, and the machine boots with it in every process: nobody notices, but who loses a
# record.
#
# Time limit: 600 s
. ../guest/lib.sh

state=/var/lib/auditfail-cases

failed_units() {
        systemctl list-units --state failed --plain --no-legend | cut -d ' ' -f 1 | sort
}

# multi-user.target waits for this case; nothing else is left to be started.
only_we_are_left() {
        systemctl list-jobs --plain --no-legend >/run/jobs
        cat /run/jobs
        fails grep -vE ' (auditfail-cases\.service|(multi-user|graphical)\.target|systemd-update-utmp-runlevel\.service) ' \
                /run/jobs
}

it_boots() {
        await only_we_are_left
        failed_units >/run/failed-units
        diff $state/failed-units /run/failed-units
}

processes_with_library() {
        grep -l "$library" /proc/[0-9]*/maps 2>/dev/null
}

it_is_in_every_process() {
        for process in 1 "$(systemctl show --property MainPID --value ssh)" "$(systemctl show --property MainPID --value cron)" \
                "$(kernels_auditd)" "$(daemon_pid)"; do
                grep "$library" "/proc/$process/maps"
        done
        note "processes with the library: $(processes_with_library | wc -l)"
}

# Since the boot, with audit at work: whoever is named here was hurt.
nobody_lost_a_record() {
        journalctl --sync
        journalctl --boot --output cat --no-pager --quiet MESSAGE_ID=6e5f56a498b34df28f26198f5fc86e41 >/run/decisions
        cat /run/decisions
        test ! -s /run/decisions
}

people_work() {
        test "$(as_person bob id -u)" -eq 1001
        test "$(as_person alice sudo -n id -u)" -eq 0
        test "$(su bob -c 'id -u')" -eq 1001
        test "$(su - bob -c 'id -u')" -eq 1001
}

a_job_is_done() {
        await test -e /run/everywhere
        test "$(stat -c %U /run/everywhere)" = root
}

apt_works() {
        DEBIAN_FRONTEND=noninteractive apt-get -qy install --reinstall /root/debs/auditd_*.deb
        await auditd_is_registered
        fails grep -r . /var/lib/dpkg/updates
}

the_daemons_work() {
        mark
        auditfailctl status
        as_person alice sudo -n auditctl whoami | grep -F alice
        as_person alice sudo -n auditctl rotate
}

nobody_crashed() {
        journalctl --sync
        journalctl --boot --output short --no-pager --quiet >/run/journal
        fails grep -E "segfault|core dump|dumped core|general protection|traps:|code=(killed|dumped)|symbol lookup error|cannot be preloaded|undefined symbol|stack smashing" \
                /run/journal
}

a_loss_is_obeyed() {
        cp /etc/passwd /etc/shadow /etc/group /etc/gshadow /run
        ends_with 77 "$tools/unaudited" EPERM useradd newcomer 2>/run/complaint
        cat /run/complaint
        grep 'useradd: .*refused: Operation not permitted; stopped, as /etc/auditfail/useradd.conf:[0-9]* says$' /run/complaint
        for file in passwd shadow group gshadow; do
                cmp /run/$file /etc/$file
        done
        fails getent passwd newcomer
}

# Setuid programs, which would not take LD_PRELOAD from bob, or from root (chage).
setuid_programs_obey() {
        ends_with 77 "$tools/unaudited" EPERM -u bob gpasswd -a alice users 2>/run/complaint
        cat /run/complaint
        grep 'gpasswd: .*stopped, as /etc/auditfail/gpasswd.conf' /run/complaint
        ends_with 77 "$tools/unaudited" EPERM chage -M 90 bob 2>/run/complaint
        cat /run/complaint
        grep 'chage: .*stopped, as /etc/auditfail/chage.conf' /run/complaint
}

if [ "$BOOT" -eq 1 ]; then
        failed_units >$state/failed-units
        echo '@reboot root touch /run/everywhere' >/etc/cron.d/everywhere
        echo "$library" >/etc/ld.so.preload
        reboot_and_go_on
fi
check "with the library in /etc/ld.so.preload it boots, and no other unit fails than without" it_boots
auditfailctl status >/dev/null
check "the library is in process 1, and in the daemons" it_is_in_every_process
check "as long as audit works nobody is asked about" nobody_lost_a_record
check "people log in over ssh, sudo and su" people_work
check "cron does its jobs" a_job_is_done
check "apt installs a package" apt_works
check "auditd and both our daemons work" the_daemons_work
check "still nobody was asked about" nobody_lost_a_record
check "no process crashed, and none misses a symbol" nobody_crashed
check "who loses its record obeys" a_loss_is_obeyed
check "setuid programs obey" setuid_programs_obey
rm -f /etc/ld.so.preload /etc/cron.d/everywhere
