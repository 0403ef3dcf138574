# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The transcripts of README.md and the manual pages that need this machine are what the programs print here.
#
# Time limit: 600 s
. ../guest/lib.sh

# The pages show a trail without records of other cases.
with_an_empty_trail() {
        systemctl stop auditd.service
        mkdir -p /var/log/audit/before-transcripts
        mv /var/log/audit/audit.log* /var/log/audit/before-transcripts
        auditd_is_running
}

# The host gets the pages that differ; see `./do transcripts`.
programs_print_what_the_pages_show() {
        python3 ../../man/transcripts.py --machine --into /var/lib/auditfail-cases/pages
}

as_before() {
        auditfailctl guard off
        install -m 644 "$checkout"/etc/auditfail/*.conf /etc/auditfail
        auditfailctl reload
        /usr/sbin/auditctl -e 1
        for user in eve mallory; do
                ! getent passwd $user || userdel $user
        done
        auditd_is_running
}

check "auditd writes a new log" with_an_empty_trail
check "the programs print what README.md and the manual pages show" programs_print_what_the_pages_show
check "the machine is as before" as_before
