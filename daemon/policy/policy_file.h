/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of one policy file: auditfail.conf(5).
 *
 *      # comment
 *      terminate
 *      unsupported = ignore    # an exception by kind of failure
 */
#ifndef AUDITFAIL_POLICY_FILE_H
#define AUDITFAIL_POLICY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "auditfail.h"
#include "daemon/policy/diagnostic.h"
#include "protocol/vocabulary.h"

#define POLICY_FILE_MAX 65536 /* bytes */

/* Four bytes, because a machine may have 100,000 applications with seven rules each. */
struct policy_rule {
        enum auditfail_action action : 8;
        uint32_t line : 24; /* from 1; 0: there is no such rule */
};

_Static_assert(POLICY_FILE_MAX < 1 << 24, "every line of a file has a number");

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
