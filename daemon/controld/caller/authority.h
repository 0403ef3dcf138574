/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may do what. Root may; about everybody else polkit is asked, where there is one. The answer comes later, since
 * polkit may ask a person for a password.
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
struct authorization;

/* Looks for polkit now. Returns 0 or a negative errno. */
int authority_new(sd_event *event, struct authority **ret);
struct authority *authority_free(struct authority *authority); /* returns NULL; NULL is fine */

/* Whether the system's bus would start polkit for who asks it. */
bool authority_has_polkit(const struct authority *authority);

/* ALLOWED, or WHY not: a sentence without a full stop. */
typedef void (*authority_answer)(bool allowed, const char *why, void *data);

/*
 * Asks polkit whether CALLER, a process that lives, may ACTION. INTERACTIVE: the person may be asked for a password,
 * and the answer may take two minutes. ANSWER is called once, with DATA, from the event loop, unless
 * authorization_cancel() comes before. Returns 0 or a negative errno.
 */
int authority_ask(struct authority *authority, const struct caller *caller, const char *action, bool interactive,
                  authority_answer answer, void *data, struct authorization **ret);

/* Nobody waits for the answer any more. NULL is fine; returns NULL. */
struct authorization *authorization_cancel(struct authorization *authorization);

#endif
