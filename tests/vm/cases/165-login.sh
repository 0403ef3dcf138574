# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Nobody stops auditd without a login, unless root insists; and nobody asks too often.
. ../guest/lib.sh

auditctl=/usr/libexec/auditfail/auditctl

# This runs in a service, and has no login.
without_login_refused() {
        auditd=$(kernels_auditd)
        mark
        ends_with 11 auditctl stop --reason "nobody" 2>/run/refusal
        grep '^auditctl: this process has no login (auid).*--force' /run/refusal
        await record_of TRUSTED_APP --raw
        record_of TRUSTED_APP --raw >/run/records
        cat /run/records
        grep ' auid=4294967295 .*op=auditd-stop answer=refused why="login" .* oauid=4294967295 uid=0 oses=? .* res=failed' /run/records
        test "$(kernels_auditd)" -eq "$auditd"
}

# Process 1 starts these commands, and has no login.
through_process_1_refused() {
        auditd=$(kernels_auditd)
        for starter in "systemd-run --quiet --wait --pipe" "run0 --pipe"; do
                # Debian 12 has no run0.
                command -v "${starter%% *}" || continue
                # shellcheck disable=SC2086 # the words of STARTER
                ends_with 11 as_person alice sudo -n $starter $auditctl stop 2>/run/refusal
                cat /run/refusal
                grep 'run0, systemd-run and services have no login: in your own login session, type: sudo auditctl stop, or' /run/refusal
        done
        test "$(kernels_auditd)" -eq "$auditd"
}

cron_job_has_the_login_of_its_user() {
        echo "@reboot root $auditctl state >/run/cron-said 2>&1; echo \$? >/run/cron-status" >/etc/cron.d/auditfail-case
        rm -f /run/crond.reboot /run/cron-status # cron takes its next start for the first one after a boot
        systemctl restart cron.service
        await test -s /run/cron-status
        cat /run/cron-said
        grep -x 0 /run/cron-status
        grep '^Identified as root (auid 0' /run/cron-said
}

forced_it_is_on_record() {
        mark
        auditctl stop --force --reason "nobody" >/run/forced
        cat /run/forced
        grep '^Identified as root (uid 0, no login)' /run/forced
        test "$(kernels_auditd)" -eq 0
        auditd_is_running
        record_of TRUSTED_APP --success yes --raw >/run/records
        cat /run/records
        grep 'op=auditd-stop answer=forced why="login" .* reason="nobody" .* res=success' /run/records
}

# Root with a login needs no force; that it was given changes nothing then.
with_login_nothing_is_forced() {
        mark
        logged_in auditctl state --force
        await record_of TRUSTED_APP --loginuid 1000 --raw
        record_of TRUSTED_APP --raw | grep 'op=auditd-state answer=granted request='
}


too_many_are_refused() {
        systemctl stop auditfail-controld.service
        auditd=$(kernels_auditd)
        mark
        start=$(date +%s)
        setpriv --reuid bob --regid bob --clear-groups sh -c 'echo 1001 >/proc/self/loginuid; exec python3 /run/call.py --stop 60' >/run/asked
        tail -n 1 /run/asked | grep '"error":"io.auditfail.Control.RateLimited","parameters":{"retryAfter":[1-9]'
        allowed=$(grep -c PermissionDenied /run/asked)
        seconds=$(($(date +%s) - start))
        note "bob was listened to $allowed times in $seconds s"
        test "$allowed" -ge 20
        test "$allowed" -le $((20 + seconds))
        ends_with 10 as_person alice $auditctl stop
        as_person alice sudo -n auditctl state
        test "$(kernels_auditd)" -eq "$auditd"
        await record_of TRUSTED_APP --loginuid 1000 --success yes --raw
        record_of TRUSTED_APP --loginuid 1001 --raw >/run/records
        fails grep -v ' answer=refused ' /run/records
        test "$(wc -l </run/records)" -ge 20
        test "$(wc -l </run/records)" -le $((20 + $(date +%s) - start))
}

auditd_is_running >/dev/null
cp call.py /run # where others than root can read it
check "root without a login is refused, on record" without_login_refused
check "what process 1 starts for a person is refused, and the message says what to type instead" through_process_1_refused
check "a job of cron has the login of its user" cron_job_has_the_login_of_its_user
rm -f /etc/cron.d/auditfail-case
check "with --force root goes on, and the record says what was forced" forced_it_is_on_record
check "--force where nothing is to be forced forces nothing" with_login_nothing_is_forced
check "who asks too often is refused for a while, and nobody else is; the trail is not flooded" too_many_are_refused
