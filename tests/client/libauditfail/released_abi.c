/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface of libauditfail as release 0.1.0 has it. stub_abi.py compares the library with this one, which has the
 * same types and functions and does nothing. Types and functions are copied from auditfail.h at a release, and then
 * stay as they are. libauditfail-released.map has their versions.
 */
#include <stddef.h>
#include <stdint.h>

enum auditfail_action {
        AUDITFAIL_IGNORE = 0,
        AUDITFAIL_LOG = 1,
        AUDITFAIL_TERMINATE = 2,
};

enum auditfail_via {
        AUDITFAIL_VIA_DAEMON = 0,
        AUDITFAIL_VIA_SNAPSHOT = 1,
        AUDITFAIL_VIA_BUILTIN = 2,
};

struct auditfail_question {
        const char *application;
        const char *operation;
        int error;
        unsigned timeout_ms;
        const char *record;
        unsigned flags;
        uint64_t reserved[4 - 2 * sizeof(void *) / sizeof(uint64_t)];
};

struct auditfail_answer {
        enum auditfail_action action;
        enum auditfail_via via;
        uint64_t generation;
        unsigned line;
        int cause;
        char file[256];
        uint64_t reserved[4];
};

#define EXPORTED __attribute__((visibility("default")))

EXPORTED enum auditfail_action audit_failure_action(const char *file);
EXPORTED enum auditfail_action auditfail_ask(const struct auditfail_question *question,
                                             struct auditfail_answer *answer);
EXPORTED int auditfail_check(unsigned type, uint64_t *lost);

enum auditfail_action audit_failure_action(const char *file) {
        return file ? AUDITFAIL_IGNORE : AUDITFAIL_TERMINATE;
}

enum auditfail_action auditfail_ask(const struct auditfail_question *question, struct auditfail_answer *answer) {
        return question && answer ? AUDITFAIL_IGNORE : AUDITFAIL_TERMINATE;
}

int auditfail_check(unsigned type, uint64_t *lost) {
        return type && lost ? 0 : 1;
}
