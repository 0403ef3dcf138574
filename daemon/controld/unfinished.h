/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The request that is under way, for the time after its worker or the daemon was killed.
 *
 * A page of memory has the request and its stage. The worker shares the page. If the page is in a file, it outlives the
 * daemon, and the next daemon can say how far the request came.
 */
#ifndef AUDITFAIL_UNFINISHED_H
#define AUDITFAIL_UNFINISHED_H

#include <stddef.h>

#include "daemon/controld/auditd/task.h"

#define UNFINISHED_TEXT_MAX 256

struct unfinished;

/*
 * Opens the page in the file "request" of FOLDER, with what an earlier daemon left there. Its worker cannot signal
 * auditd any more. If FOLDER is NULL or the file cannot be used, which is logged, the page is not in a file. Returns
 * NULL if there is no memory.
 */
struct unfinished *unfinished_new(const char *folder);
struct unfinished *unfinished_free(struct unfinished *page); /* returns NULL; NULL is fine */

/* A request begins: keeps a copy of TASK, whose stage is in the page from now on. */
void unfinished_begin(struct unfinished *page, struct task *task);

/* The result of the request is known. */
void unfinished_end(struct unfinished *page);

/*
 * Returns the lost request if it never signals auditd: the trail must say so. Returns each request once, also to the
 * next daemons. NULL: none.
 */
const struct task *unfinished_take(struct unfinished *page);

/*
 * Says which request was lost, and whether auditd has its signal: a sentence without a full stop. The sentence names no
 * person, because callers that are not authorised get it, too. "": there is none.
 */
void unfinished_explain(const struct unfinished *page, char *text, size_t size);

#endif
