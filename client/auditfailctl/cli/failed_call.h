/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What failed, and for whom: APPLICATION, --errno and --kind of query and explain. */
#ifndef AUDITFAILCTL_FAILED_CALL_H
#define AUDITFAILCTL_FAILED_CALL_H

#include "client/auditfailctl/cli/command.h"
#include "protocol/vocabulary.h"

/* The options that failed_call_parse() reads. */
#define FAILED_CALL_OPTIONS (OPTION_BIT(OPTION_ERRNO) | OPTION_BIT(OPTION_KIND))

struct json_object;

struct failed_call {
        char application[APPLICATION_NAME_MAX + 1];
        int error;      /* 0: not given */
        enum kind kind; /* of the errno, where one is given; KIND_NONE: not given */
};

/* From the first of OPERANDS (none: the default policy) and SETTINGS. Returns STATUS_OK, or STATUS_USAGE after a
 * complaint. */
int failed_call_parse(const struct settings *settings, char **operands, struct failed_call *ret);

/* As parameters of Query and Explain. The caller puts it. */
struct json_object *failed_call_parameters(const struct failed_call *failure);

/* "EPERM" for 1; NULL for a number without a name. */
const char *errno_name(int error);

/* "denied (EPERM)", "denied", "errno 4000", from any part of it; "a failure of unknown kind" from none. The caller
 * frees it. */
char *failed_call_text(const char *kind, int error);

#endif
