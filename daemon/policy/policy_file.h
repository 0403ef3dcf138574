/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of one policy file: auditfail.conf(5).
 *
 *      # comment
 *      terminate
 *      unsupported = ignore    # an exception by kind of failure
 *      wait = 5                # seconds for a full queue
 */
#ifndef AUDITFAIL_POLICY_FILE_H
#define AUDITFAIL_POLICY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "auditfail.h"
#include "daemon/policy/diagnostic.h"
#include "protocol/vocabulary.h"

#define POLICY_FILE_MAX 65536 /* bytes */
#define POLICY_WAIT_MAX 60    /* seconds: the kernel's own limit by default */

/* Four bytes, because a machine may have 100,000 applications with seven rules each. */
struct policy_rule {
        enum auditfail_action action : 2;
        uint32_t line : 24; /* from 1; 0: there is no such rule */
        uint32_t wait : 6;  /* of the base alone: longest wait for the kernel's queue, in seconds; 0: no bound */
};

_Static_assert(POLICY_FILE_MAX < 1 << 24, "every line of a file has a number");
_Static_assert(POLICY_WAIT_MAX < 1 << 6, "every wait fits");

struct policy_file {
        struct policy_rule base;
        struct policy_rule exceptions[KIND_COUNT];
};

/*
 * Parses TEXT (LENGTH bytes of any value, no NUL needed). Adds all problems to PROBLEMS, with the file name FILE.
 * Returns 0, or -EINVAL after an error, and then does not set *RET.
 */
int policy_file_parse(const char *file, const char *text, size_t length, struct policy_file *ret,
                      struct diagnostics *problems);

#endif
