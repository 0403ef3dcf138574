# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For the cases on what people ask of auditd with auditctl: `. ../guest/requests.sh` after lib.sh.

conf=/etc/audit/auditd.conf
usual_conf=/run/auditd.conf.usual
[ -e $usual_conf ] || cp $conf $usual_conf

asks() {
        said=$1
        expected=$2
        shift 2
        status=0
        set +x # its trace would be among the complaints
        as_person alice sudo -n "${asks_by:-auditctl}" "$@" >"$said" 2>"$said.complaint" || status=$?
        set -x
        cat "$said" "$said.complaint"
        [ "$status" -eq "$expected" ]
}

# Alice logs in and has auditctl do it, through sudo. It ends with STATUS: alice_asks STATUS WORD [OPTION...]
# What it printed is in /run/said then, its stderr in /run/said.complaint.
alice_asks() {
        asks /run/said "$@"
}

let_it_flood() {
        touch /run/it-floods
        timeout 150 sh -c 'until [ -e /run/she-is-done ]; do sleep 0.2; done'
}

# The same, while records flood auditd. She has logged in before that, and logs out when it is over: the records of a
# login would have to wait their turn, too.
alice_asks_in_a_flood() {
        rm -f /run/she-waits /run/it-floods /run/she-is-done
        asks_by=$checkout/tests/vm/guest/auditctl-in-a-flood
        alice_asks "$@" &
        asker=$!
        asks_by=
        await test -e /run/she-waits
        flooded let_it_flood
        wait $asker
}

# The same where it cannot be done: she is told so in one line, which has TEXT in it, and in SECONDS at the most, beside
# the minute that a login may take: alice_is_told STATUS SECONDS TEXT WORD [OPTION...]
alice_is_told() {
        expected=$1
        limit=$(($(date +%s) + $2 + 60))
        text=$3
        shift 3
        alice_asks "$expected" "$@"
        test "$(date +%s)" -le "$limit"
        note "$1 ends with status $expected: $(cat /run/said.complaint)"
        test "$(wc -l </run/said.complaint)" -eq 1
        grep -F -e "$text" /run/said.complaint
}

# As alice_asks, while the case goes on: what it prints goes to /run/begun and /run/begun.complaint. Returns when it is
# being carried out; see_through waits for its end, and fails when it did not end with STATUS. After remember_auditd.
alice_begins() {
        asks /run/begun "$@" --reason "$(cat /run/mark)" &
        begun=$!
        await journal_says "Request .* auid 1000, .*reason: \"$(cat /run/mark)\""
}

she_saw() {
        grep "^$1" /run/begun
}

see_through() {
        wait "$begun"
}

# The process that carries out what alice_begins began: sudo has the same name in its command line, and another one.
her_auditctl() {
        pidof auditctl
}

# Remembers auditd, for auditd_was_left_alone, and marks the trail.
remember_auditd() {
        auditd_is_running
        auditd=$(kernels_auditd)
        mark
}

# It is the same process as before, has nothing to do but to go on, and nobody told it to end.
auditd_was_left_alone() {
        /usr/sbin/auditctl -m "auditd goes on"
        await goes_on
        test "$(kernels_auditd)" -eq "$auditd"
        fails record_of DAEMON_END
}

goes_on() {
        trail | grep "^type=USER .*auditd goes on"
}

# systemd may not have seen it yet.
auditd_is_gone() {
        ! grep '^State:.[^XZ]' "/proc/$auditd/status" && test "$(kernels_auditd)" -eq 0
}

# The record of alice's request, as it stands in the log: request_record ANSWER
request_record() {
        trail | grep "type=TRUSTED_APP .* auid=1000 .*op=auditd-.* answer=$1 .* oauid=1000 uid=0 "
}

was_refused() {
        request_record "refused why=\"$1\""
}

# Where in the trail the first record stands that PATTERN matches.
place_of() {
        trail | grep -nm 1 "$1" | cut -d : -f 1
}

# The request stands there in alice's name, and auditd's end behind it.
request_is_before_the_end() {
        request_record granted
        request=$(place_of '^\(node=[^ ]* \)\?type=TRUSTED_APP .* auid=1000 .*op=auditd-[a-z]* answer=granted ')
        end=$(place_of '^\(node=[^ ]* \)\?type=DAEMON_END ')
        test "$request" -lt "$end"
}

# auditd's own record names alice: its TYPE, such as DAEMON_END.
auditd_names_alice() {
        trail | grep "type=$1 " >/run/own
        cat /run/own
        grep ' auid=1000 uid=0 ses=[0-9]' /run/own
        fails grep 'ses=4294967295' /run/own
}

# auditd starts anew with such lines in its configuration: auditd_with "KEY = VALUE"...
auditd_with() {
        cp $usual_conf $conf
        for setting; do
                sed -i "/^${setting%% *} /d" $conf
                echo "$setting" >>$conf
        done
        systemctl stop auditd.service
        auditd_is_running
}

# auditd is held up when it ends, behind its DAEMON_END, until let_it_end. Within a check.
auditd_ends_late() {
        strace -f -q -o /run/late -p "$auditd" -e trace=clock_nanosleep \
                -e inject=clock_nanosleep:delay_enter=200000000:when=1 &
        late=$!
        trap 'kill $late' EXIT
        await grep -x "TracerPid:	[1-9][0-9]*" "/proc/$auditd/status"
}

let_it_end() {
        test -e "/proc/$auditd"
        kill $late
        trap - EXIT
        await auditd_is_gone
}

journal_says() {
        journalctl --quiet --boot --unit auditfail-controld.service --output cat | grep "$1"
}
