# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# The machine is what the other cases take for granted.
. ../guest/lib.sh

auditd_is_the_kernels() {
        systemctl is-active auditd.service
        test "$(auditctl -s | sed -n 's/^pid //p')" = "$(systemctl show --property MainPID --value auditd.service)"
}

nobody_logged_in() {
        test "$(cat /proc/self/loginuid)" = 4294967295
}

check "systemd runs as process 1" test -d /run/systemd/system
check "auditd runs, and is the kernel's audit daemon" auditd_is_the_kernels
check "a service has no login identity" nobody_logged_in
