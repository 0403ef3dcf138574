# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Removal takes auditfail out of all that used it: auditd's unit, the loader, PAM and services. People still log in, and
# programs that run go on. Purge leaves nothing.
#
# Time limit: 1800 s
. ../guest/lib.sh
. ../guest/packages.sh

drop_in=/etc/systemd/system/cron.service.d/50-auditfail-preload.conf

# By the loader's own list, PAM's profile, a line in a file of PAM, a drop-in, and the guard.
everything_is_used() {
        install_everything $packages
        auditfailctl guard on
        printf '%s\n' "# by hand" "$other" /usr/lib/*/auditfail/libauditfail-preload.so >/etc/ld.so.preload
        pam-auth-update --package --enable auditfail
        grep -r pam_auditfail.so /etc/pam.d
        cp -a /etc/pam.d/chfn /run/chfn
        echo 'account requisite pam_auditfail.so # by hand' >>/etc/pam.d/chfn
        mkdir -p ${drop_in%/*}
        ln -s /usr/share/auditfail/auditfail-preload.conf $drop_in
        systemctl daemon-reload
        systemctl restart cron.service
        people_log_in
}

people_log_in() {
        test "$(as_person bob id -u)" -eq 1001
        test "$(as_person alice sudo -n id -u)" -eq 0
        test "$(su bob -c 'id -u')" -eq 1001
        # shellcheck disable=SC2016 # for bob's shell
        "$checkout/tests/vm/guest/answer" '$ ' 'echo bob is $(id -u)\nexit\n' login -f bob >/run/login || :
        cat -v /run/login
        grep 'bob is 1001' /run/login
        fails grep -i preload /run/login
}

removes() {
        rm -f /run/go
        sh -c 'until [ -e /run/go ]; do sleep 0.2; done; id -u' >/run/went 2>&1 &
        echo $! >/run/went.pid
        await grep libauditfail-preload "/proc/$!/maps"
        # shellcheck disable=SC2046 # several names
        timed remove apt-get -qy remove $(installed_packages) </dev/null >/run/apt 2>&1
        cat /run/apt
}

# The line that an administrator wrote stays, since only they know what must be there. It locks people out of chfn.
warns() {
        grep -A 3 'WARNING: PAM is still configured to use pam_auditfail.so' /run/apt
        grep ' /etc/pam.d/chfn:[0-9]*: account requisite pam_auditfail.so' /run/apt
        grep ' /etc/ld.so.preload:3: /usr/lib/.*/libauditfail-preload.so' /run/apt
        grep 'by hand' /etc/pam.d/chfn
        cp -a /run/chfn /etc/pam.d/chfn
}

nothing_uses_it() {
        fails grep -r pam_auditfail /etc/pam.d
        test "$(cat /etc/ld.so.preload)" = "# by hand
$other"
        fails test -L $drop_in
        fails test -e /usr/local/sbin/auditctl
        fails test -e /etc/systemd/system/auditd.service.d
        fails test -e /etc/polkit-1/rules.d/40-auditfail-guard.rules
        fails test -e /run/auditfail
        fails pgrep auditfail
        systemctl restart cron.service 2>/run/complaint
        test ! -s /run/complaint
        systemctl restart auditd.service
        auditd_is_registered
        test -e /etc/auditfail/passwd.conf
}

a_program_goes_on() {
        kill -0 "$(cat /run/went.pid)"
        touch /run/go
        await test -s /run/went
        test "$(cat /run/went)" = 0
}

# Removed, the packages are installed again: the policy of before is in force.
comes_back() {
        echo log >/etc/auditfail/passwd.conf
        apt_install $packages auditfail
        ends_with 10 auditfailctl query --ahead passwd
        systemctl is-enabled auditfaild.service auditfaild.socket auditfail-controld.socket
        fails auditfailctl guard
}

other=$(readlink -f /usr/lib/*/libcap-ng.so.0)
check "everything uses auditfail, and people log in" everything_is_used
check "remove takes it out" removes
check "it warns about the lines that people wrote" warns
check "nothing uses it any more" nothing_uses_it
check "people log in" people_log_in
check "a program with the library goes on" a_program_goes_on
check "installed again, it takes up its policy" comes_back
rm -f /etc/ld.so.preload
purge_all
