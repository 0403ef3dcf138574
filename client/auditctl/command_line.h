/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line of ours: auditctl WORD [OPTION...]. */
#ifndef AUDITCTL_COMMAND_LINE_H
#define AUDITCTL_COMMAND_LINE_H

#include <stdbool.h>

#include "client/auditctl/verb.h"

struct settings {
        const struct word *word;
        const char *reason; /* NULL: none was given */
        int timeout_ms;     /* of the whole request */
        bool force, json, help;
        bool no_ask_password;
};

/*
 * Reads what stands after WORD, which is ARGUMENTS[1] of COUNT. Returns OUTCOME_DONE, or OUTCOME_USAGE after a
 * complaint.
 */
int options_parse(int count, char **arguments, const struct word *word, struct settings *ret);

void options_help(const struct word *word);

/* Complains that the reason is too long for a record. Returns OUTCOME_USAGE. */
int options_reason_too_long(void);

#endif
