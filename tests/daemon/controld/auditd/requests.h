/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request for the tests of its record. */
#ifndef AUDITFAIL_TEST_REQUESTS_H
#define AUDITFAIL_TEST_REQUESTS_H

#include "daemon/controld/auditd/request_record.h"

#define ID "0123456789abcdef"

static const struct caller alice = {
        .pid = 4142,
        .uid = 0,
        .gid = 0,
        .auid = 1000,
        .session = 4344,
        .label = "unconfined",
        .terminal = "pts/0",
        .program = "auditctl",
};

static inline struct request_record granted(const struct caller *caller) {
        return (struct request_record){
                .operation = "stop", .id = ID, .answer = ANSWER_GRANTED, .reason = "disk replacement", .caller = caller
        };
}

#endif
