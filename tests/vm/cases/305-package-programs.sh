# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The other packages: unchanged programs obey, PAM does, and a program is built with the library.
. ../guest/lib.sh
. ../guest/packages.sh

installs() {
        timed "apt install of everything" install_everything $packages
        is_installed_from $packages
}

useradd_obeys() {
        ends_with 77 "$tools/unaudited" EPERM auditfailctl run useradd newcomer 2>/run/complaint
        cat /run/complaint
        grep 'stopped, as /etc/auditfail/useradd.conf' /run/complaint
        fails getent passwd newcomer
}

pam_obeys() {
        pam-auth-update --package --enable auditfail
        su bob -c true
        fails "$tools/unaudited" EPERM su bob -c true
}

program_is_built() {
        cd $state
        # shellcheck disable=SC2046 # several options
        gcc -o audit-or-obey $checkout/client/examples/audit-or-obey.c $(pkg-config --cflags --libs libauditfail) -laudit
        ldd audit-or-obey | grep 'libauditfail.so.1 => /'
        ./audit-or-obey hwclock | grep 'The record is written'
        "$tools/unaudited" EPERM ./audit-or-obey hwclock | grep '(daemon) says log'
}

check "apt installs all packages" installs
check "useradd obeys under auditfailctl run" useradd_obeys
check "PAM obeys with the profile enabled" pam_obeys
check "a program is built with pkg-config, and obeys" program_is_built
purge_all
