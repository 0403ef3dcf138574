# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditfail is upgraded while it stops auditd. The person who asked gets a true report, and the trail has the request.
#
# Time limit: 600 s
. ../guest/lib.sh
. ../guest/packages.sh
. ../guest/requests.sh

upgrade() {
        apt_install "$1" auditfail >/run/apt 2>&1
}

controld_is() {
        systemctl show --property ActiveState auditfail-controld.service | grep -x "ActiveState=$1"
}

# auditd does nothing, so the record does not arrive. The upgrade cancels the request.
cancelled_before_the_signal() {
        remember_auditd
        kill -STOP "$auditd"
        alice_begins 27 stop --timeout 100
        upgrade $packages
        see_through
        cat /run/begun.complaint
        kill -CONT "$auditd"
        await was_refused Cancelled
        auditd_was_left_alone
}

# auditd has the signal, so the upgrade waits until auditd has ended.
seen_through_after_the_signal() {
        remember_auditd
        auditd_ends_late
        alice_begins 0 stop --timeout 100
        await she_saw Signalled
        upgrade $packages &
        upgrade=$!
        await controld_is deactivating
        let_it_end
        see_through
        she_saw Stopped
        wait $upgrade || { cat /run/apt; false; }
        test "$(dpkg-query -W -f "\${Version}" auditfail)" = "$(dpkg-deb -f $packages/auditfail_*.deb Version)"
        request_is_before_the_end
        auditd_names_alice DAEMON_END
        auditd_is_running
        alice_asks 0 state
}

restore() {
        auditd_is_running
}

auditd_is_running >/dev/null
check "the last release is installed" installs_the_last_release
check_and_restore "before the signal: the upgrade cancels the stop, says so, and auditd goes on" cancelled_before_the_signal
apt_install $previous auditfail >/run/apt 2>&1
check_and_restore "after the signal: the upgrade waits for auditd's end, which is reported" seen_through_after_the_signal
auditfailctl guard off >/run/guard
purge_all
