# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# auditfail-controld comes when it is called, says how things are, and goes.
. ../guest/lib.sh

socket=/run/auditfail/io.auditfail.Control

call() {
        python3 call.py "$@"
}

only_the_socket_is_there() {
        systemctl is-enabled auditfail-controld.socket
        systemctl is-active auditfail-controld.socket
        fails systemctl is-active auditfail-controld.service
        test "$(stat -c '%a %U' $socket)" = '666 root'
}

the_first_call_starts_it() {
        call io.auditfail.Control.Status >/run/status
        systemctl is-active auditfail-controld.service
        test "$(systemctl show --property NRestarts --value auditfail-controld.service)" -eq 0
}

it_knows_how_things_are() {
        cat /run/status
        grep -F "\"auditd\":$(kernels_auditd),\"program\":\"auditd\",\"enabled\":1,\"backlog\":" /run/status
        grep -F '"busy":false,"polkit":true,"logFile":"/var/log/audit/audit.log","version":"' /run/status
        systemctl stop auditd.service
        call io.auditfail.Control.Status >/run/status
        cat /run/status
        auditd_is_running
        fails grep '"auditd"' /run/status
        grep '"enabled":' /run/status
}

it_describes_itself() {
        call org.varlink.service.GetInfo | grep '"product":"auditfail-controld".*"io.auditfail.Control"'
        call org.varlink.service.GetInterfaceDescription '{"interface":"io.auditfail.Control"}' |
                python3 -c 'import json, sys; print(json.load(sys.stdin)["parameters"]["description"], end="")' >/run/description
        cmp /run/description /usr/share/varlink/io.auditfail.Control.varlink
}

varlinkctl_understands_it() {
        varlinkctl info $socket | grep -F auditfail-controld
        varlinkctl introspect $socket io.auditfail.Control | grep 'method Stop'
        varlinkctl --json=short call $socket io.auditfail.Control.Identify '{}' | grep '"program":"varlinkctl".*"token":"'
        fails varlinkctl call $socket io.auditfail.Control.Stop '{"token":"00000000000000000000000000000000"}'
}

has_ended() {
        test "$(systemctl is-active auditfail-controld.service)" = inactive
}

# Which is after 30 s.
it_ends_when_idle() {
        call io.auditfail.Control.Status
        await has_ended || await has_ended
        test "$(systemctl show --property Result --value auditfail-controld.service)" = success
        systemctl is-active auditfail-controld.socket
        call io.auditfail.Control.Status | grep '"enabled":1'
}

if [ "$BOOT" -eq 1 ]; then
        reboot_and_go_on
fi
check "after boot only the socket is there, for everyone" only_the_socket_is_there
check "the first call starts auditfail-controld" the_first_call_starts_it
check "Status is how things are, with auditd and without" it_knows_how_things_are
check "it describes itself, word for word as the interface file that is installed" it_describes_itself
if command -v varlinkctl >/dev/null; then
        check "varlinkctl introspects and calls it, and is identified" varlinkctl_understands_it
else
        skip "varlinkctl is a client of it" "this systemd has no varlinkctl"
fi
check "with nothing to do it ends well, and the next call starts it again" it_ends_when_idle
