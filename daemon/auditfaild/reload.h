/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads the policy: once at start, and again on request. A request's load runs in a separate thread: the daemon keeps
 * answering while the thread reads ten thousand files, or waits for a slow disk.
 *
 * The new policy is in force and in the snapshot before the requester is told. A request that comes during a load waits
 * for the next load: files may have changed after this one has read them.
 *
 * If the snapshot cannot be written, the thread tries again every 5 seconds.
 */
#ifndef AUDITFAIL_RELOAD_H
#define AUDITFAIL_RELOAD_H

#include <stdbool.h>

#include "daemon/auditfaild/state.h"

/* ERROR: 0, or the negative errno of policy_load(), and the old policy stays. CHANGED: there is a new generation. */
typedef void reload_done(struct auditfaild *daemon, int error, bool changed, void *userdata);

/*
 * The first load: now, in this thread, and lenient (policy_load.h). If it fails, the policy is empty, which means
 * terminate for every program. Returns 0 or -ENOMEM.
 */
int reload_first(struct auditfaild *daemon);

/* Makes *RET, for daemon->reloader. Returns 0 or a negative errno. */
int reloader_new(struct auditfaild *daemon, struct reloader **ret);

/* Waits until a running load ends; no DONE is called. Returns NULL; NULL is fine. */
struct reloader *reloader_free(struct reloader *reloader);

/* Requests a load. DONE is called once, after it; NULL: no call. Returns 0 or -ENOMEM. */
int reload_request(struct reloader *reloader, reload_done *done, void *userdata);

/* Withdraws the DONE of USERDATA. The load goes on. */
void reload_forget(struct reloader *reloader, const void *userdata);

/* Tells systemd that the daemon is ready, and the status line that `systemctl status` shows. */
void reload_notify_ready(const struct auditfaild *daemon);

#endif
