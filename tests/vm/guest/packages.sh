# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the cases that install packages, 300 and above: `. ../guest/packages.sh` after lib.sh. Such a case finds a machine
# without auditfail, and calls purge_all at its end.
#
# shellcheck disable=SC2034 # the cases use the variables

packages=/root/packages
previous=$packages/previous
state=/var/lib/auditfail-cases # programs may run there: /run is "noexec"
mkdir -p $state
export DEBIAN_FRONTEND=noninteractive

# Runs COMMAND and reports its time: timed WHAT COMMAND...
timed() {
        what=$1
        shift
        began=$(date +%s%3N)
        "$@"
        took=$(($(date +%s%3N) - began))
        note "$what took $((took / 1000)).$((took % 1000 / 100)) s"
}

installs_the_last_release() {
        install_everything $previous
        is_installed_from $previous
        auditfailctl guard on
}

# Installs packages from FOLDER, without a network: apt_install FOLDER NAME...
apt_install() {
        folder=$1
        shift
        for name; do
                shift
                set -- "$@" "$folder/${name}_"*.deb
        done
        apt-get -qy --allow-downgrades -o Dpkg::Options::=--force-confold install "$@" </dev/null
}

everything="auditfail auditfail-preload libpam-auditfail libauditfail1 libauditfail-dev"

install_everything() {
        # shellcheck disable=SC2086 # several names
        apt_install "$1" $everything
}

installed_packages() {
        dpkg-query -W -f '${db:Status-Status} ${Package}\n' '*auditfail*' 2>/run/unknown | sed -n '/^not-installed /!s/.* //p'
}

# That everything installed has the version of the packages in FOLDER.
is_installed_from() {
        for name in $(installed_packages); do
                test "$(dpkg-query -W -f '${Version}' "$name")" = "$(dpkg-deb -f "$1/${name}_"*.deb Version)"
        done
}

# Makes packages of a later version in $state/repacked. change_package, a function of the case, changes the content of
# each: change_package NAME FOLDER.
repack() {
        rm -rf $state/repacked
        mkdir -p $state/repacked
        for name in $everything; do
                dpkg-deb --raw-extract "$packages/${name}_"*.deb "$state/repacked/$name"
                sed -i -E 's/^(Version: .*)/\1+later/; s/\(= ([^)]*)\)/(= \1+later)/g' "$state/repacked/$name/DEBIAN/control"
                change_package "$name" "$state/repacked/$name"
                dpkg-deb --root-owner-group -Znone --build "$state/repacked/$name" "$state/repacked/${name}_later.deb"
                rm -rf "$state/repacked/$name"
        done
}

# What auditfail could leave behind: in /etc, units and their states, files with its name, and what other packages keep
# about it. Left out are the backups of accounts and rules, and the cache of the loader.
machine_state() {
        find /etc ! -name '*-' ! -name '*.prev' -printf '%p %y %m %u:%g %l\n' | sort
        find /etc -type f ! -name '*-' ! -name '*.prev' ! -name ld.so.cache -exec sha256sum {} + | sort -k 2
        systemctl list-unit-files --plain --no-legend --no-pager | grep -v ' transient ' | sort
        systemctl is-active auditd.service cron.service ssh.service || :
        find / -xdev -name '*auditfail*' ! -path '/root/*' ! -path "$state*" | sort
        find /run -name '*auditfail*' ! -path '*auditfail-cases*' | sort
        grep -rl auditfail /var/lib/pam /var/lib/systemd || :
        systemctl list-units --all --plain --no-legend --no-pager '*auditfail*' | grep -v '^auditfail-cases.service ' || :
}

as_before() {
        machine_state >/run/machine
        diff $state/machine /run/machine
}

purges() {
        # shellcheck disable=SC2046 # several names
        timed purge apt-get -qy purge $(installed_packages) </dev/null
        test -z "$(installed_packages)"
}

# The end of each case.
purge_all() {
        check "purge removes the packages" purges
        check "after the purge, the machine is as it was before" as_before
}

if [ "$BOOT" -eq 1 ]; then
        machine_state >$state/machine
        test -z "$(installed_packages)" || echo "not ok - auditfail is installed before the case"
fi
