/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words that policy files, the protocol and the C interface share: actions, kinds of failure, names of
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
        KIND_NONE = -1, /* the errno is unknown: no exception applies */
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
#define RECORD_MAX           32   /* bytes, without the NUL; the longest name in libaudit takes 24 */
#define ERRNO_MAX            4095 /* MAX_ERRNO in include/linux/err.h */

/* The name of the policy for applications that have no file. */
#define APPLICATION_DEFAULT "default"

/* The words for actions and kinds in the order of their numbers, with a NULL at the end; and in a list for a person. */
extern const char *const action_names[ACTION_COUNT + 1];
extern const char *const kind_names[KIND_COUNT + 1];
#define ACTION_LIST "ignore, log or terminate"
#define KIND_LIST   "unsupported, disabled, excluded, denied, overload or other"

/* The word for ACTION or KIND; NULL for KIND_NONE. */
const char *action_name(enum auditfail_action action);
const char *kind_name(enum kind kind);

/* The action or kind with the name WORD (LENGTH bytes, no NUL needed); -1 (KIND_NONE) if there is none. */
int action_from_name(const char *word, size_t length);
int kind_from_name(const char *word, size_t length);

/*
 * If the kernel acknowledges a record and drops or delays it, there is no errno. These values stand for the reason. No
 * call that sends a record fails with one of them.
 */
#define ERROR_DISABLED ESHUTDOWN /* auditing is off: "auditctl -e 0" */
#define ERROR_EXCLUDED ECANCELED /* a rule of the kernel's exclude or user filter drops the record */
#define ERROR_LOST     ENOBUFS   /* the kernel's counter of lost records rose: rate limit, or full queue */
#define ERROR_DELAYED  ETIMEDOUT /* the kernel's queue is full; the record is in it, but its sender did not wait */

/*
 * Whether the ERROR of audit_open() says that the kernel has no auditing. As audit_open(3) requires, programs go on
 * only after these errors. After others, shadow's tools abort and libpam fails; pam_loginuid checks them, too.
 */
static inline bool error_means_no_audit(int error) {
        return error == EINVAL || error == EPROTONOSUPPORT || error == EAFNOSUPPORT;
}

/* The kind of ERROR, an errno value above 0. auditfail.conf(5) has the table. */
enum kind kind_from_errno(int error);

/* An errno value of KIND, for calls that take an errno. 0 for KIND_NONE. */
int kind_errno(enum kind kind);

/* 1 to 64 characters of A-Za-z0-9._@-, not starting with '.' or '-'. */
bool application_name_valid(const char *name, size_t length);

#endif
