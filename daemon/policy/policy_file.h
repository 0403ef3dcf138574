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

/* Four bytes, since a machine may have a hundred thousand applications with seven of these each. */
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
 * Reads TEXT (LENGTH bytes, which need not end with a NUL), and adds every problem of it to PROBLEMS under the name
 * FILE. Returns 0, or -EINVAL when there was an error, in which case *RET is not set. Works on memory alone: any bytes
 * may be handed in.
 */
int policy_file_parse(const char *file, const char *text, size_t length, struct policy_file *ret,
                      struct diagnostics *problems);

#endif
