/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions for the tests of reports. */
#ifndef AUDITFAIL_TEST_DECISIONS_H
#define AUDITFAIL_TEST_DECISIONS_H

#include <errno.h>

#include "daemon/auditfaild/report_decision.h"

static inline struct decision passwd_decision(void) {
        return (struct decision){
                .application = "passwd",
                .operation = "audit_log_user_message",
                .record = "USER_CHAUTHTOK",
                .file = "/etc/auditfail/passwd.conf",
                .line = 2,
                .action = AUDITFAIL_TERMINATE,
                .kind = KIND_DENIED,
                .error = EPERM,
                .suppressed = 3,
                .peer = { .pid = 123, .uid = 0, .auid = 1000, .session = 7, .program = "passwd" },
                .origin = { .unit = "session-7.scope", .exe = "/usr/bin/passwd" },
        };
}

/* A decision with as few known fields as possible. */
static inline struct decision bare_decision(void) {
        return (struct decision){
                .application = "hwclock",
                .action = AUDITFAIL_TERMINATE,
                .kind = KIND_NONE,
                .peer = { .uid = 4294967294, .auid = PEER_UNSET, .session = PEER_UNSET },
        };
}

/* Strings that a caller may send. */
static const char *const hostile[] __attribute__((unused)) = {
        "x' res=success",
        "x'res=success'",
        "x\" auid=0 x=\"",
        "x auid=0",
        "x\nauid=0",
        "x\ntype=USER_LOGIN msg=audit(1.1:1): pid=1",
        "x\035UID=\"root\"",
        "x\nAUDITFAIL_APPLICATION=passwd",
        "res=success",
        "M\303\274ller \342\200\256gpj",
        "\033[31m\302\23331m",
        "\377\376",
        "%s%n%d",
        "\\x0a",
        "----------------------------------------------------------------",
        "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''",
};

#define HOSTILE_COUNT (sizeof(hostile) / sizeof(*hostile))

#endif
