# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the cases: `. ../guest/lib.sh`, then `check SENTENCE FUNCTION` for each thing that must be true.
#
# A file of cases has 300 s, or as many as it says in a separate line: "# Time limit: 600 s".

checkout=/root/auditfail
tools=$checkout/build-install/tests/vm/tools
# By its whole name: setuid programs would not find one without a folder.
# shellcheck disable=SC2034 # the cases use it
library=$(echo /usr/lib/*/auditfail/libauditfail-preload.so)
: "${BOOT:=1}" # how often this case runs: 2 after the first reboot_and_go_on
exec 3>&1
# The first query would start auditfaild. On an emulated machine, that takes longer than a program waits for an answer.
[ -d /root/packages ] || systemctl start auditfaild.service

# A line for who reads the results, from inside a check or outside.
note() {
        echo "# $*" >&3
}

# One case: passes when COMMAND does, every line of it. What it did is shown when it fails.
check() {
        sentence=$1
        shift
        # Nothing may stand around this that makes the shell ignore -e in it, such as "if" or "||".
        output=$(exec 2>&1; set -eux; "$@")
        status=$?
        if [ "$status" -eq 0 ]; then
                echo "ok - $sentence"
        else
                echo "not ok - $sentence"
                printf '%s\n' "$output" "status $status" | sed 's/^/# /'
        fi
}

# Calls restore, a function of the case, after the check, even if the check failed.
check_and_restore() {
        check "$@"
        restore >/run/restored 2>&1
}

# A case that cannot be tried on this machine.
skip() {
        echo "ok - $1 # SKIP $2"
}

# Waits, 60 s at most, until COMMAND succeeds. The shell ignores -e in it: a function must join its tests with "&&".
await() {
        await_until=$(($(date +%s) + 60))
        while [ "$(date +%s)" -le "$await_until" ]; do
                ! "$@" >/run/await 2>&1 || return 0
                sleep 0.2
        done
        cat /run/await
        return 1
}

# Succeeds when COMMAND ends with STATUS.
ends_with() {
        expected=$1
        shift
        status=0
        "$@" || status=$?
        [ "$status" -eq "$expected" ]
}

fails() {
        ! "$@"
}

# Fails when there is no daemon: kill(1) would take 0 for everybody here.
daemon_pid() {
        pid=$(systemctl show --property MainPID --value auditfaild.service)
        test "$pid" -ne 0
        echo "$pid"
}

# The program of the demo, which the kernel refuses its record: audit-or-obey [APPLICATION].
refused_program() {
        setpriv --bounding-set=-audit_write --inh-caps=-audit_write \
                "$checkout/build-install/client/examples/audit-or-obey" "$@"
}

# Runs COMMAND as a process of the login of user 1000, as pam_loginuid makes one.
logged_in() {
        (
                echo 1000 >/proc/self/loginuid
                "$@"
        )
}

# The machine reboots when the case has ended, which it does here, and runs the case again, with BOOT one higher.
# Not within a check.
reboot_and_go_on() {
        : >/run/auditfail-reboot
        exit
}

# Words as a shell takes them.
quoted() {
        for word; do
                printf "'%s' " "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"
        done
}

# Logs in as alice, who may sudo, or bob, who may not, and runs COMMAND there: as_person USER COMMAND...
as_person() {
        user=$1
        shift
        timeout 240 ssh -T "$user@localhost" "$(quoted "$@")" </dev/null
}

# As as_person, on a terminal.
as_person_on_terminal() {
        user=$1
        shift
        timeout 240 ssh -tt "$user@localhost" "$(quoted "$@")" </dev/null
}

# As as_person_on_terminal; types ANSWER once PROMPT shows: as_person_answering USER PROMPT ANSWER COMMAND...
# Backslashes in ANSWER are printf's: \n is Enter, \003 is Ctrl-C. For polkit's prompt, "password of alice\n".
as_person_answering() {
        user=$1
        prompt=$2
        answer=$3
        shift 3
        timeout 240 "$checkout/tests/vm/guest/answer" "$prompt" "$answer" ssh -tt "$user@localhost" "$(quoted "$@")"
}

# The process that is the audit daemon to the kernel; 0 is none.
kernels_auditd() {
        /usr/sbin/auditctl -s | sed -n 's/^pid //p'
}

auditd_is_registered() {
        pid=$(systemctl show --property MainPID --value auditd.service)
        test "$pid" -ne 0 && test "$(kernels_auditd)" -eq "$pid"
}

# Brings auditd back: started again when a case stopped it, however often, and continued when it was held up.
auditd_is_running() {
        systemctl kill --signal CONT auditd.service || :
        systemctl reset-failed auditd.service
        systemctl start auditd.service
        await auditd_is_registered
}

# From here on, trail and record_of show only what comes after. auditd must be running.
mark() {
        cat /proc/sys/kernel/random/uuid >/run/mark
        /usr/sbin/auditctl -m "mark $(cat /run/mark)"
        await grep -F "$(cat /run/mark)" /var/log/audit/audit.log
}

# The raw records since the last mark, from all log files; all of them where no mark is (any more).
trail() {
        # shellcheck disable=SC2046 # no blanks in these names
        cat $(ls -rv /var/log/audit/audit.log*) >/run/trail
        if [ -e /run/mark ] && grep -qF "$(cat /run/mark)" /run/trail; then
                sed "1,/$(cat /run/mark)/d" /run/trail
        else
                cat /run/trail
        fi
}

# The records of a type since the last mark; fails when there is none: record_of TYPE [OPTION OF AUSEARCH...]
record_of() {
        type=$1
        shift
        trail | ausearch --message "$type" "$@"
}

flood_arrives() {
        test "$(grep -c "^type=USER .* pid=$flood .*op=flood" /var/log/audit/audit.log)" -ge 200
}

# Runs COMMAND while one process writes audit records as fast as it can, and auditd is known to be getting them.
# Within a check.
flooded() {
        "$tools/flood" &
        flood=$!
        trap 'kill $flood' EXIT
        await flood_arrives
        "$@"
        trap - EXIT
        kill $flood
        wait $flood
}

# Gives an application another policy, until usual_policies: policy NAME LINE...
policy() {
        policy_file=/etc/auditfail/$1.conf
        mkdir -p /run/usual-policies
        # An empty copy stands for no file.
        [ -e "/run/usual-policies/$1.conf" ] || cp "$policy_file" /run/usual-policies 2>/dev/null ||
                : >"/run/usual-policies/$1.conf"
        shift
        printf '%s\n' "$@" >"$policy_file"
        auditfailctl reload
}

usual_policies() {
        for usual in /run/usual-policies/*.conf; do
                if [ -s "$usual" ]; then
                        cp "$usual" /etc/auditfail
                elif [ -e "$usual" ]; then
                        rm -f "/etc/auditfail/${usual##*/}"
                fi
        done
        rm -rf /run/usual-policies
        auditfailctl reload
}

polkit_activation=/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service

# Who looks for polkit only once looks again.
polkit_changed() {
        busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
        systemctl stop polkit.service
        ! systemctl cat auditfail-controld.service >/dev/null 2>&1 || systemctl stop auditfail-controld.service
}

# A machine on which polkit is not installed, until with_polkit.
without_polkit() {
        mv $polkit_activation $polkit_activation.away
        polkit_changed
}

with_polkit() {
        [ ! -e $polkit_activation.away ] || mv $polkit_activation.away $polkit_activation
        polkit_changed
        systemctl start polkit.service
}
