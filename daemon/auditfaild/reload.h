/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads the policy: at start, and again when somebody asks, in a thread of its own, so that ten thousand files (or a
 * slow disk) do not keep anybody waiting for an answer.
 *
 * The new policy is in force, and in the snapshot, before whoever asked is told. Who asks while a load is under way
 * waits for another one that begins afterwards, since the files may have changed after they were read.
 */
#ifndef AUDITFAIL_RELOAD_H
#define AUDITFAIL_RELOAD_H

#include <stdbool.h>

#include "daemon/auditfaild/state.h"

/* What came of a load, for those who asked for it. */
struct reload_result {
        int error;    /* 0, or the negative errno of policy_load(); then the old policy is still in force */
        bool changed; /* the generation has risen */
};

/* Called once, when the load that was asked for is over. */
typedef void (*reload_done)(struct auditfaild *daemon, const struct reload_result *result, void *userdata);

/*
 * The first load: at once, lenient (policy_load.h). Where not even that is possible, the policy is empty, and so
 * everything terminates. Returns 0 or -ENOMEM.
 */
int reload_first(struct auditfaild *daemon);

/* Makes daemon->reloader. Returns 0 or a negative errno. */
int reloader_new(struct auditfaild *daemon, struct reloader **ret);

/* Waits for a load that is under way; nobody is told any more. Returns NULL; NULL is fine. */
struct reloader *reloader_free(struct reloader *reloader);

/* Asks for a load. DONE may be NULL. Returns 0 or -ENOMEM. */
int reload_request(struct reloader *reloader, reload_done done, void *userdata);

/* USERDATA's DONE is not called any more. */
void reload_forget(struct reloader *reloader, const void *userdata);

#endif
