/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words that policy files, the wire and the C interface have in common: actions, kinds of failure, the names of
 * applications.
 *
 * Part of libauditfail: needs libc alone, allocates nothing; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_VOCABULARY_H
#define AUDITFAIL_VOCABULARY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "auditfail.h"

#define ACTION_COUNT 3

enum kind {
        KIND_NONE = -1, /* no errno was given: no exception applies */
        KIND_UNSUPPORTED,
        KIND_DISABLED,
        KIND_EXCLUDED,
        KIND_DENIED,
        KIND_OVERLOAD,
        KIND_OTHER,
        KIND_COUNT,
};

#define APPLICATION_NAME_MAX 64   /* bytes, without the NUL */
#define OPERATION_MAX        64   /* bytes, without the NUL */
#define RECORD_MAX           32   /* bytes, without the NUL; the longest name that audit has takes 24 */
#define ERRNO_MAX            4095 /* the kernel's own bound, MAX_ERRNO in include/linux/err.h */

/* The policy of every application that has none of its own. */
#define APPLICATION_DEFAULT "default"

/* The words for actions and kinds in the order of their numbers, with a NULL at the end; and in a list for a person. */
extern const char *const action_names[ACTION_COUNT + 1];
extern const char *const kind_names[KIND_COUNT + 1];
#define ACTION_LIST "ignore, log or terminate"
#define KIND_LIST   "unsupported, disabled, excluded, denied, overload or other"

/* The word for ACTION or KIND; NULL for KIND_NONE. */
const char *action_name(enum auditfail_action action);
const char *kind_name(enum kind kind);

/* The action or kind that WORD (LENGTH bytes, no NUL needed) stands for; -1 (KIND_NONE) where it is none. */
int action_from_name(const char *word, size_t length);
int kind_from_name(const char *word, size_t length);

/*
 * The kernel gives no errno where it acknowledges a record and drops it. These stand for the reason; no call that sends
 * a record fails with one of them.
 */
#define ERROR_DISABLED ESHUTDOWN /* auditing is switched off: AUDIT_SET, "auditctl -e 0" */
#define ERROR_EXCLUDED ECANCELED /* a rule of the kernel's exclude or user filter drops the record */
#define ERROR_LOST     ENOBUFS   /* the kernel's counter of lost records rose: its rate limit, its queue */

/*
 * Whether ERROR of audit_open() says that the kernel has no auditing. audit_open(3) has programs go on with these
 * alone: shadow's tools abort and libpam fails with any other one, and pam_loginuid goes by them.
 */
static inline bool error_means_no_audit(int error) {
        return error == EINVAL || error == EPROTONOSUPPORT || error == EAFNOSUPPORT;
}

/* The kind of failure that ERROR, an errno value above 0, is. auditfail.conf(5) has the table. */
enum kind kind_from_errno(int error);

/* An errno value of KIND: libauditfail is told an errno. 0 for KIND_NONE. */
int kind_errno(enum kind kind);

/* 1 to 64 characters of A-Za-z0-9._@-, not starting with '.' or '-'. */
bool application_name_valid(const char *name, size_t length);

#endif
