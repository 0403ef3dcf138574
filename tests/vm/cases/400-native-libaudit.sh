# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A libaudit that has audit_failure_action() itself: programs that link only libaudit ask, and the machine works with it.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/native.sh
needs_native audit

proposal=$checkout/tests/client/libauditfail/proposal.c

installs() {
        install_native audit
        native_is_installed audit
        ldconfig
}

records_are_written() {
        auditd_is_running
        mark
}

exports_two_functions() {
        nm -D --defined-only /usr/lib/*/libaudit.so.1 | sed 's/.* //' | grep -E '^audit_failure_action$|^auditfail_' >/run/exported
        printf 'audit_failure_action\nauditfail_ask\n' | diff - /run/exported
}

# Both link only libaudit: one with its header, one declares the function in the proposal's own words.
programs_are_built() {
        gcc -Wall -Werror -o /root/with-header "$proposal" -laudit
        gcc -Wall -Werror -DOWN_DECLARATION -o /root/declared "$proposal" -laudit
        fails grep -F libauditfail <<END
$(ldd /root/with-header /root/declared)
END
}

# answers WORD...: what both programs must get for NULL, /etc/auditfail.default and /etc/auditfail.proposal.
answers() {
        printf '%s\n' "$@" >/run/expected
        for program in with-header declared; do
                /root/$program NULL /etc/auditfail.default /etc/auditfail.proposal | diff /run/expected -
        done
}

they_obey_the_proposals_files() {
        mv /etc/auditfail/default.conf /run/default.conf
        printf '# Options are:  ignore, log, terminate\nterminate\n' >/etc/auditfail.default
        printf 'log\n' >/etc/auditfail.proposal
        auditfailctl reload
        answers terminate terminate log
        printf 'ignore\n' >/etc/auditfail.default
        auditfailctl reload
        answers ignore ignore log
}

restore() {
        rm -f /etc/auditfail.default /etc/auditfail.proposal
        [ ! -e /run/default.conf ] || mv /run/default.conf /etc/auditfail/default.conf
        auditfailctl reload
}

both_libraries_work() {
        gcc -o /root/both "$proposal" -Wl,--no-as-needed -lauditfail -laudit
        ldd /root/both | grep -F libauditfail
        test "$(/root/both passwd)" = "$(/root/with-header passwd)"
        LD_PRELOAD=$library /root/both passwd
}

check "apt installs the packages" installs
check "auditd and auditctl work with this libaudit" records_are_written
check "libaudit exports the two functions, and no other of auditfail" exports_two_functions
check "programs build with libaudit alone" programs_are_built
check_and_restore "they obey the proposal's files" they_obey_the_proposals_files
check "a program may have both libraries" both_libraries_work
