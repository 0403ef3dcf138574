/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Authorisation of users other than root, by polkit, if it is installed. The answer comes later, since polkit may ask
 * for a password.
 */
#ifndef AUDITFAIL_AUTHORITY_H
#define AUDITFAIL_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/controld/caller/caller.h"

#define AUTHORITY_STOP   "io.auditfail.control.stop"
#define AUTHORITY_SIGNAL "io.auditfail.control.signal"

struct authority;
struct authorization; /* a call to polkit that it has not answered */

/* How long polkit may take. */
struct authority_limits {
        uint64_t answer_usec;   /* without asking for a password */
        uint64_t password_usec; /* with a user who types one */
};

extern const struct authority_limits authority_limits; /* those of the daemon */

/* Looks for polkit now. EVENT runs the answers. Returns 0 or a negative errno. */
int authority_new(sd_event *event, const struct authority_limits *limits, struct authority **ret);
struct authority *authority_free(struct authority *authority); /* returns NULL; NULL is fine */

/* Whether polkit is installed. */
bool authority_has_polkit(const struct authority *authority);

/* ALLOWED, or WHY not: a sentence without a full stop. */
typedef void (*authority_answer)(bool allowed, const char *why, void *data);

/*
 * Asks polkit whether CALLER, whose process lives, may ACTION. INTERACTIVE: polkit may ask the user for a password.
 * ANSWER is called once, with DATA, from the event loop, and *RET is invalid then. Returns 0 or a negative errno.
 */
int authority_ask(struct authority *authority, const struct caller *caller, const char *action, bool interactive,
                  authority_answer answer, void *data, struct authorization **ret);

/* Forgets the call: no answer comes. NULL is fine; returns NULL. */
struct authorization *authorization_cancel(struct authorization *authorization);

#endif
