/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line auditctl VERB [OPTION...]. The stock auditctl handles all command lines with another first word.
 */
#ifndef AUDITCTL_COMMAND_LINE_H
#define AUDITCTL_COMMAND_LINE_H

#include <stdbool.h>

#include "client/common/reader.h"

struct verb {
        const char *name;
        const char *method; /* of io.auditfail.Control; NULL: only Identify is called */
        const char *signal; /* of the method Signal, else NULL */
        const char *summary;
        const char *done; /* "Stopped": the first word of the last line */
};

struct settings {
        const struct verb *verb;
        const char *reason; /* NULL: not given */
        int timeout_ms;     /* for the whole request */
        enum json_mode json;
        bool force, quiet, no_ask_password, help, version;
};

/* Returns the verb NAME, or NULL. */
const struct verb *verb_find(const char *name);

/* Returns "; did you mean \"stop\"?" for a word that is nearly a verb, or "". The caller frees it. */
char *verb_suggestion(const char *name);

/*
 * Parses the arguments after VERB, which is ARGUMENTS[0] of COUNT. Returns OUTCOME_DONE, or OUTCOME_USAGE after an
 * error message.
 */
int command_line_parse(int count, char **arguments, const struct verb *verb, struct settings *ret);

void command_line_help(const struct verb *verb);

/* Prints that the reason is too long for a record. Returns OUTCOME_USAGE. */
int command_line_reason_too_long(void);

#endif
