# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The stock auditctl and all that calls it work before auditfail is installed, with it, with the guard on, and after it.
#
# Time limit: 1200 s
. ../guest/lib.sh
. ../guest/packages.sh

rules=/etc/audit/rules.d/auditfail-case.rules
cron=/etc/cron.d/auditfail-case

stock_is_untouched() {
        dpkg -S "$stock" || dpkg -S "${stock#/usr}"
        test -z "$(dpkg --verify auditd)"
        test -z "$(dpkg-divert --list '*auditctl*')"
        fails update-alternatives --query auditctl
}

# What a script, augenrules and systemd call.
scripts_work() {
        for program in /usr/sbin/auditctl /sbin/auditctl; do
                $program -s | grep '^enabled 1$'
        done
        echo "-w /run/auditfail-case -p wa -k auditfail-case" >$rules
        augenrules --load
        /usr/sbin/auditctl -l | grep auditfail-case
        rm $rules
        augenrules --load
        /usr/sbin/auditctl -l >/run/rules
        fails grep auditfail-case /run/rules
}

# Debian 13 loads the rules with a unit of its own. A restart of that unit restarts auditd, so the guard refuses it, too.
auditd_restarts() {
        before=$(kernels_auditd)
        rules_unit=audit-rules.service
        systemctl cat $rules_unit >/run/cat 2>&1 || rules_unit=
        if [ "$1" = guarded ]; then
                fails systemctl restart auditd.service
                as_person alice sudo -n auditctl restart
                [ ! "$rules_unit" ] || fails systemctl restart $rules_unit
                [ ! "$rules_unit" ] || systemctl start $rules_unit
        else
                systemctl restart auditd.service
                [ ! "$rules_unit" ] || systemctl restart $rules_unit
        fi
        await auditd_is_registered
        test "$(kernels_auditd)" -ne "$before"
}

# The package again, and a version that is later as far as dpkg knows.
auditd_is_installed_again() {
        dpkg --install /root/debs/auditd_*.deb
        await auditd_is_registered
        rm -rf /run/auditd
        dpkg-deb --raw-extract /root/debs/auditd_*.deb /run/auditd
        sed -i 's/^Version: .*/&+later/' /run/auditd/DEBIAN/control
        dpkg-deb --root-owner-group -Znone --build /run/auditd /run/auditd.deb
        dpkg --install /run/auditd.deb
        await auditd_is_registered
        dpkg --install --force-downgrade /root/debs/auditd_*.deb
        await auditd_is_registered
}

# everything_works guarded|unguarded
everything_works() {
        stock_is_untouched
        scripts_work
        auditd_restarts "$1"
        auditd_is_installed_again
        stock_is_untouched
}

# Lines of /etc/cron.d have the PATH that stands above them, and otherwise cron's own, which has no sbin.
set_cron_up() {
        cat >$cron <<'END'
* * * * * root echo "own $(command -v auditctl)" >>/run/cron-own
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
* * * * * root echo "usual $(command -v auditctl) $(auditctl -s | head -n 1)" >>/run/cron-usual
END
}

# Which auditctl sudo, a login shell of root, and cron find: is_found FILE
is_found() {
        test "$(readlink -f "$(as_person alice sudo -n sh -c 'command -v auditctl')")" = "$1"
        as_person alice sudo -n auditctl -s | grep '^enabled 1$'
        test "$(readlink -f "$(su - root -c 'command -v auditctl')")" = "$1"
        rm -f /run/cron-own /run/cron-usual
        await test -s /run/cron-usual || await test -s /run/cron-usual
        cat /run/cron-own /run/cron-usual
        grep -x 'own ' /run/cron-own
        grep ' enabled 1$' /run/cron-usual
        test "$(readlink -f "$(tail -n 1 /run/cron-usual | cut -d ' ' -f 2)")" = "$1"
}

installs() {
        apt_install $packages auditfail
}

guard_adds_a_link() {
        auditfailctl guard on
        test "$(readlink -f /usr/local/sbin/auditctl)" = $ours
        as_person alice sudo -n auditctl whoami | grep -F alice
}

guard_removes_the_link() {
        auditfailctl guard off
        fails test -L /usr/local/sbin/auditctl
}

stock=$(readlink -f /usr/sbin/auditctl)
ours=/usr/libexec/auditfail/auditctl
set_cron_up
check "before auditfail, the stock auditctl, its callers and upgrades of auditd work" everything_works unguarded
check "before auditfail, sudo, login shells and cron find the stock auditctl" is_found "$stock"
check "auditfail is installed" installs
check "with auditfail, they work" everything_works unguarded
check "with auditfail, sudo, login shells and cron find the stock auditctl" is_found "$stock"
check "the guard links our auditctl" guard_adds_a_link
check "with the guard on, they work" everything_works guarded
check "with the guard on, sudo, login shells and cron find ours" is_found $ours
check "the guard removes the link" guard_removes_the_link
check "purge removes auditfail" purges
check "after auditfail, they work" everything_works unguarded
check "after auditfail, sudo, login shells and cron find the stock auditctl" is_found "$stock"
rm $cron
check "after the purge, the machine is as it was before" as_before
