# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A logged-in user asks in invented names as fast as it can, for ten minutes, also through setuid programs. It writes no
# record as itself, and next to nothing in the journal. The losses of root and of a service are all there meanwhile.
#
# HOSTILE_SECONDS is the time, at least 90: ./do vm all 257- HOSTILE_SECONDS=90
# Time limit: 1200 s
. ../guest/lib.sh

seconds=${HOSTILE_SECONDS:-600}
decision=6e5f56a498b34df28f26198f5fc86e41
socket=/run/auditfail/io.auditfail.Policy

# A loss of APPLICATION. On an emulated machine that is busy, an answer may take longer than usual.
loses() {
        ends_with 20 auditfailctl --timeout=30 query "$1" --errno=EPERM >/dev/null
}

service_loses() {
        ends_with 20 setpriv --reuid daemon --regid daemon --clear-groups \
                auditfailctl --timeout=30 query "$1" --errno=EPERM >/dev/null
}

records() {
        trail | grep -E "op=audit-failure application=\"$1" || :
}

entries() {
        journalctl --sync
        journalctl --since "@$began" --output json "MESSAGE_ID=$decision" "$@"
}

users_have_a_login() {
        test "$(as_person bob cat /proc/self/loginuid)" -eq 1001
        manager=$(systemctl show --property MainPID --value user@1001.service)
        test "$manager" -eq 0 || test "$(cat "/proc/$manager/loginuid")" -eq 1001
}

# The others lose records every ten seconds. /run/hostile has what the hostile user says in the end.
the_others_are_answered() {
        cp hostile_user.py /run/hostile_user.py
        cp "$(command -v auditfailctl)" /usr/local/bin/asks-as-root
        chmod 4755 /usr/local/bin/asks-as-root
        ssh -T bob@localhost "python3 /run/hostile_user.py $seconds $socket /usr/local/bin/asks-as-root" \
                >/run/hostile 2>&1 </dev/null &
        hostile=$!
        trap 'kill $hostile' EXIT
        number=0
        while kill -0 $hostile; do
                number=$((number + 1))
                loses "root-$number"
                logged_in loses "sudo-$number"
                service_loses "service-$number"
                echo $number >/run/number
                sleep 10
        done
        trap - EXIT
        wait $hostile
        cat /run/hostile
        grep '^kept: [1-9]' /run/hostile
        grep '^gone: [1-9]' /run/hostile
        grep '^setuid: [1-9]' /run/hostile
        # Longer than the time by only one round of the others, and a login.
        test $number -ge $((seconds / 60))
}

all_losses_are_in_trail_and_journal() {
        number=$(cat /run/number)
        for who in root sudo service; do
                await there_are_records $who "$number"
                test "$(entries | grep -c "\"AUDITFAIL_APPLICATION\":\"$who-")" -eq "$number"
        done
}

there_are_records() {
        test "$(records "$1-" | wc -l)" -eq "$2"
}

the_user_writes_no_record() {
        records kept- >/run/records
        records gone- >>/run/records
        trail >/run/all
        grep "op=audit-failure .* oauid=1001 uid=1001 " /run/all >>/run/records || :
        head -n 3 /run/records
        test ! -s /run/records
}

# For its login, and once more for all processes that ended before the daemon could read their login.
the_user_writes_a_line_a_minute() {
        entries AUDITFAIL_UID=1001 >/run/lines
        wc -l /run/lines
        test "$(grep -c '"AUDITFAIL_AUID":"1001"' /run/lines)" -le $((10 + seconds / 60 + 1))
        test "$(grep -vc '"AUDITFAIL_AUID"' /run/lines)" -le $((10 + seconds / 60 + 1))
        grep '"AUDITFAIL_SUPPRESSED":"[1-9]' /run/lines
}

setuid_programs_have_the_budget_of_their_user() {
        test "$(records setuid- | wc -l)" -le $((100 + 100 * (seconds + 60) / 30))
        test "$(records setuid- | wc -l)" -eq "$(records setuid- | grep -c ' oauid=1001 uid=0 ')"
}

figures() {
        tr '\n' ' ' </run/hostile
        echo "in $seconds s"
        echo "trail: $(records '(kept|gone)-' | wc -c) bytes of the user, $(records setuid- | wc -c) of its setuid programs," \
                "$(records '(root|sudo|service)-' | wc -c) of the others"
        echo "journal: $(entries AUDITFAIL_UID=1001 | wc -l) entries with $(entries AUDITFAIL_UID=1001 | wc -c) bytes of the user," \
                "$(entries AUDITFAIL_AUID=1001 AUDITFAIL_UID=0 | wc -l) of its setuid programs"
        auditfailctl status --json | tr ',' '\n' | grep -E 'queries|suppressed' | tr '\n' ' '
}

# Each report counts, from here on: a new daemon has all budgets.
systemctl restart auditfaild.service
check "users have a login, also in their service manager" users_have_a_login
mark >/run/marked 2>&1
began=$(date +%s)
check "a hostile user does not keep others from an answer" the_others_are_answered
check "the losses of root, of sudo and of a service are all in trail and journal" all_losses_are_in_trail_and_journal
check "the user writes no record" the_user_writes_no_record
check "the user writes ten lines, and then one a minute" the_user_writes_a_line_a_minute
check "the user's setuid programs use its own budget" setuid_programs_have_the_budget_of_their_user
figures 2>/run/figures-errors >/run/figures
while read -r line; do
        note "$line"
done </run/figures
rm -f /usr/local/bin/asks-as-root /run/hostile_user.py
systemctl restart auditfaild.service
