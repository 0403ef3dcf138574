/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose losses are evidence, and how many reports each caller may cause.
 *
 * Any user can ask in any name, without any loss. So a loss is evidence, and goes to the audit trail, only if the
 * caller is not an ordinary person: uid 0 (root and setuid-root programs), or a process without a login (a service).
 * The loss of a person is reported in the journal alone.
 *
 * No caller can forge the two facts. The uid is the effective one at connect(), and the kernel keeps it (SO_PEERCRED).
 * No process can become one without a login, except with CAP_AUDIT_CONTROL. A user namespace changes neither. (If this
 * daemon runs in one, it cannot see the logins from outside. But then the kernel refuses its records anyway.)
 * Capabilities do not count: the kernel does not keep those of connect(). A caller can ask, and then execute a program
 * that has more, or hold them all in a user namespace.
 *
 * Persons, setuid-root programs of persons, and the rest have separate limits. For the first two, the login pays, not
 * the uid: a person can have many uids, as a setuid program or in a user namespace. A login that is not known (the
 * process has ended) counts as one more person, so that no person gains by it, and no loss of root is lost.
 */
#ifndef AUDITFAIL_REPORT_BUDGET_H
#define AUDITFAIL_REPORT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/common/peer.h"

enum trail_rule {
        TRAIL_NONE,     /* the daemon writes no audit records */
        TRAIL_SYSTEM,   /* the losses of persons are not evidence */
        TRAIL_EVERYONE, /* every loss is evidence, and a person counts as a service does */
        TRAIL_RULE_COUNT,
};

/* "none", "system", "everyone"; -1 for another word. */
const char *trail_rule_name(enum trail_rule rule);
int trail_rule_from_name(const char *name);

enum budget {
        BUDGET_SYSTEM,  /* root and services: evidence */
        BUDGET_SETUID,  /* what persons run as root: evidence */
        BUDGET_PERSONS, /* no evidence */
        BUDGET_COUNT,
};

/* Who pays for a report, and whether it may be made; plain data. */
struct permit {
        enum budget budget;
        uint32_t payer; /* uid, or login */
        bool allowed;
        uint64_t suppressed; /* if allowed: reports that were not allowed since the last one that was */
};

struct budgets;

/* Returns 0 or -ENOMEM. */
int budgets_new(enum trail_rule rule, struct budgets **ret);
struct budgets *budgets_free(struct budgets *budgets); /* returns NULL; NULL is fine */

/*
 * Whether a decision about APPLICATION for PEER, which made connection FD, may be reported at NOW (monotonic
 * microseconds). Completes PEER's login if needed. For one thread.
 */
struct permit budgets_ask(struct budgets *budgets, int fd, struct peer *peer, const char *application, uint64_t now);

/* The report that PERMIT allowed failed: it counts as suppressed, too. */
void budgets_missed(struct budgets *budgets, const struct permit *permit, const char *application);

enum trail_rule budgets_rule(const struct budgets *budgets);

/* All reports that were ever suppressed. */
uint64_t budgets_suppressed(const struct budgets *budgets);

#endif
