# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# systemd's Varlink client, which nobody here wrote.
. ../guest/lib.sh

socket=/run/auditfail/io.auditfail.Policy

describes_itself() {
        varlinkctl info $socket | grep -F auditfaild
        varlinkctl list-interfaces $socket | grep -x io.auditfail.Policy
        varlinkctl introspect $socket io.auditfail.Policy | grep 'method Query'
        varlinkctl introspect $socket org.varlink.service | grep 'method GetInfo'
}

answers() {
        varlinkctl --json=short call $socket io.auditfail.Policy.Query '{"application":"passwd","errno":1}' |
                grep '"action":"terminate"'
        varlinkctl --json=short --more call $socket io.auditfail.Policy.List '{}' | grep '"application":"useradd"'
        fails varlinkctl call $socket io.auditfail.Policy.Query '{"application":5}'
}

decision_was_seen() {
        grep -q '"event":"decision".*hwclock' /run/monitored
}

streams() {
        varlinkctl --json=short --more call $socket io.auditfail.Policy.Monitor '{}' >/run/monitored &
        monitor=$!
        await grep -q '"event":"start"' /run/monitored
        refused_program hwclock
        await decision_was_seen
        kill $monitor
}

if command -v varlinkctl >/dev/null; then
        check "varlinkctl introspects the service" describes_itself
        check "varlinkctl calls its methods" answers
        check "varlinkctl streams decisions as they happen" streams
else
        skip "varlinkctl is a client of the service" "this systemd has no varlinkctl"
fi
