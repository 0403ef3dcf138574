/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of libauditfail-preload.so for the program that it is loaded into, as functions of facts. The library
 * applies them to its own process, and auditfailctl doctor applies them to others, so that the two always agree.
 *
 * Everything here allocates nothing, and is thread-safe and async-signal-safe.
 */
#ifndef AUDITFAIL_PRELOAD_RULES_H
#define AUDITFAIL_PRELOAD_RULES_H

#include <stdbool.h>

#include "auditfail.h"
#include "protocol/vocabulary.h"

#define PRELOAD_NAME "libauditfail-preload.so"

struct preload_facts {
        const char *variable;   /* AUDITFAIL_APPLICATION; NULL or "" if it is not set, or SECURE */
        const char *called;     /* base name of argv[0], as program_invocation_short_name at the start */
        const char *executable; /* base name of the executed file; "" if it is unknown */
        bool in_ld_preload;     /* LD_PRELOAD, and not only /etc/ld.so.preload, names the library; false if SECURE */
        bool secure;            /* AT_SECURE: the program has more rights than its caller */
        bool process_1;         /* the process has number 1 in its PID namespace */
        bool refuses;           /* the program exports auditfail_preload_leaves_alone */
};

/* Why the library does nothing in a program. Callers that ask by themselves (asks_itself.h) are another matter. */
enum preload_rest {
        PRELOAD_ACTS, /* it does something */
        PRELOAD_LEAVES_REFUSER,
        PRELOAD_LEAVES_AUDITD,
        PRELOAD_LEAVES_INIT, /* init must not end */
};

/* Needs EXECUTABLE and the two members after SECURE. */
enum preload_rest preload_rest(const struct preload_facts *facts);

/* Whose policy applies: writes a valid name. Needs VARIABLE, SECURE, and EXECUTABLE (if SECURE) or CALLED. */
void preload_application(const struct preload_facts *facts, char ret[static APPLICATION_NAME_MAX + 1]);

/* What the library does when an ordinary user's process (common_user.h) loses a record. */
enum preload_common {
        PRELOAD_COMMON_OBEYS,
        PRELOAD_COMMON_SECURE,  /* nothing: the policy of a setuid program is for when it has its rights */
        PRELOAD_COMMON_DEFAULT, /* nothing: the application has no policy file, and the default policy does not apply */
        PRELOAD_COMMON_REPORTS, /* it reports the loss: no policy is known, and every program has the library */
};

/*
 * APPLICATION is preload_application(), and ANSWER what auditfail_ask() says about it; NULL before it was asked, and
 * then the result is PRELOAD_COMMON_SECURE or PRELOAD_COMMON_OBEYS. Needs VARIABLE, IN_LD_PRELOAD and SECURE.
 */
enum preload_common preload_common(const struct preload_facts *facts, const char *application,
                                   const struct auditfail_answer *answer);

/* Whether LIST, the value of LD_PRELOAD (NULL: an empty one), names the library, by any path. */
bool preload_is_listed(const char *list);

#endif
