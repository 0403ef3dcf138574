# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What auditfailctl doctor says of Debian's own programs and services, and what they do.
#
# Time limit: 600 s
. ../guest/lib.sh

without_capability="setpriv --bounding-set=-audit_write --inh-caps=-audit_write"

# A drop-in with TEXT for a unit, until without_drop_ins: drop_in UNIT TEXT
drop_in() {
        mkdir -p "/run/systemd/system/$1.d"
        printf '[Service]\n%s\n' "$2" >"/run/systemd/system/$1.d/auditfail-case.conf"
        systemctl daemon-reload
}

without_drop_ins() {
        rm -rf /run/systemd/system/*.d/auditfail-case.conf
        rm -f /etc/systemd/system/ssh.service.d/50-auditfail-preload.conf
        systemctl daemon-reload
        systemctl restart ssh.service
}

# The last answer is in /run/said: doctor_says STATUS SUBJECT
doctor_says() {
        ends_with "$1" auditfailctl doctor "$2" >/run/said
        cat /run/said
}

a_service_is_judged_by_what_it_starts() {
        doctor_says 0 ssh.service
        grep '^  policy  *sshd, ' /run/said
        doctor_says 0 getty@tty1.service
        grep 'its file names .*/login: it is linked with libaudit' /run/said
        grep '^  policy  *login, ' /run/said
        drop_in ssh.service CapabilityBoundingSet=~CAP_AUDIT_WRITE
        drop_in getty@tty1.service CapabilityBoundingSet=~CAP_AUDIT_WRITE
        systemctl restart ssh.service
        doctor_says 1 ssh.service
        grep -i 'ssh.service: .*ends sessions with a terminal' /run/said
        grep '^  writes  *no, EPERM: ' /run/said
        systemctl stop getty@tty1.service
        doctor_says 1 getty@tty1.service
        grep '^  writes  *no, EPERM: ' /run/said
}

# As the doctor has said: sshd ends the session; under the library the policy counts.
sshd_does_as_the_doctor_says() {
        fails as_person_on_terminal bob true
        as_person bob true
        doctor_says 1 ssh.service
        sed -n 's/^  next  *//p' /run/said >/run/next
        grep '^mkdir -p /etc/systemd/system/ssh.service.d$' /run/next
        sed -n 's/^ *\(ln -s .*\)/\1/p' /run/said >>/run/next
        sh -eux /run/next
        systemctl daemon-reload
        cp -a /etc/auditfail/sshd.conf /run/sshd.conf
        echo ignore >/etc/auditfail/sshd.conf
        auditfailctl reload
        systemctl restart ssh.service
        doctor_says 0 ssh.service
        grep '^  reached  *by libauditfail-preload.so' /run/said
        as_person_on_terminal bob true
        cp -a /run/sshd.conf /etc/auditfail/sshd.conf
        auditfailctl reload
}

a_script_is_judged_by_what_it_starts() {
        doctor_says 0 adduser
        grep 'its file names ' /run/said
        # shellcheck disable=SC2086 # words
        ends_with 1 $without_capability auditfailctl doctor adduser >/run/said
        cat /run/said
        grep '^adduser: Records are lost' /run/said
}

no_alarm_is_false() {
        for program in cat ls; do
                # shellcheck disable=SC2086 # words
                $without_capability auditfailctl doctor $program >/run/said
                grep "^$program: It has no records to lose.\$" /run/said
        done
        unknown='It writes no records through libaudit; programs that it starts are not known.'
        for program in journalctl busctl loginctl /usr/lib/systemd/systemd-logind; do
                doctor_says 0 $program
                grep "^$program: $unknown\$" /run/said
        done
        # Its unit leaves it no CAP_AUDIT_WRITE.
        doctor_says 7 systemd-logind.service
        grep "^systemd-logind.service: $unknown\$" /run/said
        fails grep PAM /run/said
        # shellcheck disable=SC2086 # words
        ends_with 7 $without_capability auditfailctl doctor bash
        doctor_says 0 1
        fails grep 'no records' /run/said
}

# Runs COMMAND where socket() fails with ERRNO: without_sockets ERRNO COMMAND...
without_sockets() {
        errno=$1
        shift
        systemd-run --quiet --wait --pipe -p SystemCallFilter=~socket -p SystemCallErrorNumber="$errno" "$@"
}

useradd_does_as_the_doctor_says() {
        without_sockets EACCES auditfailctl doctor useradd >/run/said || :
        cat /run/said
        grep '^useradd: It stops by itself where audit cannot be opened' /run/said
        grep '^  writes  *no, EACCES of audit_open(): a seccomp filter or a security module' /run/said
        fails without_sockets EACCES useradd auditfail-case
        fails id auditfail-case
        without_sockets EPERM auditfailctl doctor useradd >/run/said || :
        cat /run/said
        grep '^  writes  *no, EPERM of audit_open(): a seccomp filter or a security module' /run/said
        fails without_sockets EPERM useradd auditfail-case
        fails id auditfail-case
        without_sockets EAFNOSUPPORT auditfailctl doctor useradd >/run/said || :
        grep '^useradd: Records are lost' /run/said
        without_sockets EAFNOSUPPORT useradd auditfail-case
        id auditfail-case
        userdel auditfail-case
}

su_does_as_the_doctor_says() {
        without_sockets EACCES auditfailctl doctor su >/run/said || :
        cat /run/said
        grep '^su: PAM fails without audit ("System error")' /run/said
        fails without_sockets EACCES su bob -c true
        without_sockets EAFNOSUPPORT su bob -c true
}

check "a service is judged by the programs that it starts: sshd-session, login" a_service_is_judged_by_what_it_starts
check "sshd ends sessions with a terminal, as the doctor says, and what it recommends helps" sshd_does_as_the_doctor_says
without_drop_ins >/dev/null
check "a script is judged by the programs that it starts: adduser" a_script_is_judged_by_what_it_starts
check "no alarm is false: cat, journalctl, systemd-logind" no_alarm_is_false
check "useradd stops by itself where audit cannot be opened, or goes on, as the doctor says" useradd_does_as_the_doctor_says
check "su stops or goes on as the doctor says" su_does_as_the_doctor_says
