/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The failed call that query, explain and doctor ask about (APPLICATION, --errno and --kind), and its answer. */
#ifndef AUDITFAILCTL_FAILED_CALL_H
#define AUDITFAILCTL_FAILED_CALL_H

#include "auditfail.h"
#include "client/auditfailctl/cli/command.h"
#include "client/common/text.h"
#include "protocol/vocabulary.h"

/* The options that failed_call_parse() reads. */
#define FAILED_CALL_OPTIONS (OPTION_BIT(OPTION_ERRNO) | OPTION_BIT(OPTION_KIND))

struct json_object;

struct failed_call {
        char application[APPLICATION_NAME_MAX + 1];
        int error;      /* 0: not given */
        enum kind kind; /* KIND_NONE: not given; set from the errno, if that is given */
};

/* Reads WORD, the name of an application or the path of its file. Returns a status, after an error message. */
int application_parse(const struct settings *settings, const char *word, char ret[static APPLICATION_NAME_MAX + 1]);

/*
 * Reads the first of OPERANDS (none: the default policy) and the options in SETTINGS. Returns STATUS_OK, or
 * STATUS_USAGE after an error message.
 */
int failed_call_parse(const struct settings *settings, char **operands, struct failed_call *ret);

/* Returns the parameters of Query and Explain. The caller puts them. */
struct json_object *failed_call_parameters(const struct failed_call *failure);

/*
 * Asks for the answer to FAILURE: the daemon behind --socket, and nothing in its place; without --socket as a program
 * does, auditfail_ask(3). Passes on --operation and --record. Returns STATUS_OK, or another status after an error
 * message.
 */
int failed_call_ask(const struct settings *settings, const struct failed_call *failure, bool ahead,
                    struct auditfail_answer *ret);

/* Returns how the action of that name is shown; EMPHASIS_NONE for an unknown name. */
enum emphasis action_emphasis(const char *action);

/* Adds the members action, file, line and via of ANSWER to OBJECT. */
void answer_add(struct json_object *object, const struct auditfail_answer *answer);

/*
 * Returns "denied (EPERM)", "denied", "errno 4000", or "a failure of unknown kind". KIND may be NULL, and ERROR 0. The
 * caller frees it.
 */
char *failed_call_text(const char *kind, int error);

#endif
