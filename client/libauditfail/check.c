/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/check.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "auditfail.h"
#include "client/libauditfail/exchange.h"
#include "client/libauditfail/reply_read.h"
#include "client/libauditfail/self.h"
#include "protocol/audit/audit_state.h"
#include "protocol/audit/probe.h"
#include "protocol/clock.h"
#include "protocol/json/json_writer.h"
#include "protocol/thread_state.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define TIMEOUT_DEFAULT_MS 1000

#define EXPORT __attribute__((visibility("default")))

static bool may_ask_kernel(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        return syscall(SYS_capget, &header, data) == 0 &&
               (data[CAP_TO_INDEX(CAP_AUDIT_CONTROL)].effective & CAP_TO_MASK(CAP_AUDIT_CONTROL)) != 0;
}

static int ask_daemon(unsigned type, unsigned timeout_ms, struct check_reply *ret) {
        char message[REPLY_MAX];
        struct json_writer w = JSON_WRITER(message, sizeof(message));

        json_begin_with(&w, "{\"method\":\"" POLICY_INTERFACE ".Check\",\"parameters\":{");
        if (type != 0)
                json_integer(&w, "type", type);
        json_object_end(&w);
        json_object_end(&w);
        int r = exchange(self_get()->folder, timeout_ms, message, json_finish(&w), sizeof(message));
        return r < 0 ? r : reply_read_check(message, (size_t)r, ret);
}

static bool check_kernel(unsigned type, struct check *ret) {
        struct audit_rules_question rules = { 0 };
        struct audit_state state;

        if (!may_ask_kernel() || audit_state_ask(&state, &rules) < 0)
                return false;
        ret->source = CHECK_KERNEL;
        ret->enabled = state.enabled;
        ret->pressed = audit_state_is_pressed(&state);
        ret->lost = state.lost;
        ret->dropped = rules.dropped;
        if (!ret->enabled && audit_type_needs_enabled(type))
                ret->error = ERROR_DISABLED;
        else if (audit_filter_drops(&ret->dropped, type))
                ret->error = ERROR_EXCLUDED;
        return true;
}

static bool check_daemon(unsigned type, unsigned timeout_ms, struct check *ret) {
        struct check_reply reply;

        /* Without the counter, auditfaild knows nothing that the probe in this process does not tell better. */
        if (timeout_ms == 0 || ask_daemon(type, timeout_ms, &reply) < 0 || reply.lost == AUDITFAIL_LOST_UNKNOWN)
                return false;
        ret->source = CHECK_DAEMON;
        ret->error = ret->error ?: reply.error;
        ret->pressed = reply.pressed;
        ret->lost = reply.lost;
        return true;
}

static void check(unsigned type, int fd, unsigned timeout_ms, struct check *ret) {
        int64_t began = monotonic_ms();
        int error = -(fd < 0 ? audit_probe_new() : audit_probe(fd));

        *ret = (struct check){ .enabled = error != ERROR_DISABLED,
                               .slow = monotonic_ms() - began >= CHECK_SLOW_MS,
                               .lost = AUDITFAIL_LOST_UNKNOWN };
        if (error != ERROR_DISABLED || audit_type_needs_enabled(type))
                ret->error = error;
        if (error != 0 && error != ERROR_DISABLED)
                ret->source = CHECK_REFUSED;
        else if (ret->slow || (!check_kernel(type, ret) && !check_daemon(type, timeout_ms, ret)))
                ret->source = CHECK_NONE;
}

void check_all(unsigned type, int fd, unsigned timeout_ms, struct check *ret) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        check(type, fd, timeout_ms, ret);
}

bool check_again(bool *ret_enabled, uint64_t *ret_lost) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
        struct audit_state state;
        bool known = audit_state_ask(&state, NULL) == 0;

        if (known) {
                *ret_enabled = state.enabled;
                *ret_lost = state.lost;
        }
        return known;
}

EXPORT int auditfail_check(unsigned type, uint64_t *lost) {
        struct check found;
        uint64_t before = lost ? *lost : AUDITFAIL_LOST_UNKNOWN;

        check_all(type, -1, TIMEOUT_DEFAULT_MS, &found);
        if (lost)
                *lost = found.lost;
        if (found.error != 0)
                return found.error;
        bool rose = before != AUDITFAIL_LOST_UNKNOWN && found.lost != AUDITFAIL_LOST_UNKNOWN && found.lost != before;
        return rose ? ERROR_LOST : 0;
}
