# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The commands that README.md and the manual pages show, and that other cases do not run, work.
#
# Time limit: 1200 s
. ../guest/lib.sh

installed_pages_are_those_of_the_checkout() {
        for page in "$checkout"/man/*.[1-8]; do
                cmp "$page" "/usr/share/man/man${page##*.}/${page##*/}"
        done
}

blocks_work() {
        python3 ../../man/examples.py --machine "$1"
}

# For the checks below, the commands are literally as in the pages: tests/man/test_examples.py looks for them here.

readme_names_commands() {
        "$checkout"/do help | grep 'auditfail'
        auditfailctl doctor ssh.service | grep '^ssh.service: '
        # Before audit 3.1, the stock auditctl cannot stop auditd.
        auditctl --signal stop || auditctl -v | grep 'version 3\.0'
        auditd_is_running
        cd "$(mktemp -d)"
        # shellcheck disable=SC2046 # several options
        cc -o sample /usr/share/doc/auditfail/examples/audit-or-obey.c $(pkg-config --cflags --libs libauditfail) -laudit
        ./sample
        ! command -v varlinkctl || varlinkctl introspect /run/auditfail/io.auditfail.Policy | grep 'method Query'
}

pages_name_tools_of_audit() {
        auditctl -R /etc/audit/audit.rules
        auditctl -b 8192
        auditctl -w /etc/systemd/system -p wa
        touch /etc/systemd/system
        auditctl -W /etc/systemd/system -p wa
        # A record of alice's login.
        logged_in auditctl state
        ausearch -i -m TRUSTED_APP -ts this-week --input-logs | grep op=auditd-state
        ausearch -ul alice --input-logs | grep op=auditd-state
        ausearch -ui 0 --input-logs | grep op=auditd-state
        ! systemctl cat audit-rules.service || systemctl start audit-rules
}

pages_name_tools_of_systemd() {
        journalctl -x -u auditfaild | grep auditfaild
        journalctl -x -u auditfail-controld | grep auditfail-controld
        systemctl start auditfail-controld
        systemctl status auditfail-controld | grep 'active (running)'
        systemctl set-property --runtime auditd CPUQuota=
        systemd-run -p Conflicts=auditd.service true
        await kernel_has_no_auditd
        auditd_is_running
        command -v varlinkctl || return 0
        varlinkctl introspect /run/auditfail/io.auditfail.Policy io.auditfail.Policy | grep 'method Query'
        varlinkctl introspect /run/auditfail/io.auditfail.Control io.auditfail.Control | grep 'method Stop'
}

pages_name_services_and_programs() {
        auditfailctl doctor cups.service | grep '^cups.service: '
        sudo EDITOR=true auditfailctl edit passwd
        sudo EDITOR=true auditfailctl edit hwclock
        auditfailctl help | grep doctor
        useradd --root / mallory
        userdel mallory
}

kernel_has_no_auditd() {
        test "$(kernels_auditd)" -eq 0
}

as_before() {
        auditfailctl guard off
        rm -f /etc/auditfail/* /etc/ld.so.preload
        install -m 644 "$checkout"/etc/auditfail/*.conf /etc/auditfail
        auditfailctl reload
        /usr/sbin/auditctl -e 1
        systemctl set-property --runtime auditd.service CPUQuota=
        auditd_is_running
}

check "the installed pages are those of the checkout" installed_pages_are_those_of_the_checkout
for page in README.md "$checkout"/man/*.[1-8]; do
        check "the commands and files in ${page##*/} work" blocks_work "${page##*/}"
done
check "the commands between the words of README.md work" readme_names_commands
check "the commands of audit that the pages name work" pages_name_tools_of_audit
check "the commands of systemd that the pages name work" pages_name_tools_of_systemd
check "the commands for services and programs that the pages name work" pages_name_services_and_programs
check "the machine is as before" as_before
