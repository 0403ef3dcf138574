/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request for the tests of its record. */
#ifndef AUDITFAIL_TEST_REQUESTS_H
#define AUDITFAIL_TEST_REQUESTS_H

#include "daemon/controld/auditd/request_record.h"

#define ID "0123456789abcdef"

static const struct caller alice = {
        .peer.pid = 4142,
        .peer.uid = 0,
        .peer.gid = 0,
        .peer.auid = 1000,
        .peer.session = 4344,
        .label = "unconfined",
        .terminal = "pts/0",
        .peer.program = "auditctl",
};

static inline struct request_record granted(const struct caller *caller) {
        return (struct request_record){
                .operation = "stop", .id = ID, .answer = ANSWER_GRANTED, .reason = "disk replacement", .caller = caller
        };
}

#endif
