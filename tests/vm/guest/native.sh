# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the cases that install what `./do native` has built, 400 and above: `. ../guest/native.sh` after lib.sh.

native=/root/native
export DEBIAN_FRONTEND=noninteractive

# Skips the whole case unless `./do native` has built each PACKAGE: needs_native PACKAGE...
needs_native() {
        for package; do
                if [ ! -d "$native/$package" ]; then
                        suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
                        skip "native packages" "first run: ./do native $package $suite"
                        exit
                fi
        done
}

# Installs those binary packages of PACKAGE of which the machine has another version: install_native PACKAGE
install_native() {
        set -- "$native/$1"/*.deb
        for deb; do
                shift
                name=$(dpkg-deb --field "$deb" Package)
                ! dpkg-query -W -f '${db:Status-Status}' "$name" 2>/run/unknown | grep -qx installed || set -- "$@" "$deb"
        done
        apt-get -qy --allow-downgrades -o Dpkg::Options::=--force-confold install "$@" </dev/null
}

# That the installed packages of PACKAGE are those that `./do native` has built.
native_is_installed() {
        for deb in "$native/$1"/*.deb; do
                name=$(dpkg-deb --field "$deb" Package)
                version=$(dpkg-query -W -f '${Version}' "$name" 2>/run/unknown) || continue
                test "${version:-$(dpkg-deb --field "$deb" Version)}" = "$(dpkg-deb --field "$deb" Version)"
        done
}
