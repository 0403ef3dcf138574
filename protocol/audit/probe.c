/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/probe.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "protocol/audit/refusal.h"
#include "protocol/cleanup.h"
#include "protocol/thread_state.h"
#include "protocol/vocabulary.h"

static_assert(ERROR_DISABLED == ESHUTDOWN, "refusal.h does not include vocabulary.h");

int audit_probe(int fd) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        return -audit_refusal(fd);
}

int audit_probe_new(void) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

        return fd < 0 ? -errno : -audit_refusal(fd);
}
