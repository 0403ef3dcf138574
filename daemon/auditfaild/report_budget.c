/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/report_budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common/ratelimit.h"

#define SECOND       1000000ULL
#define REPORT_BURST 60 /* one run of su, sudo, sshd or cron may lose six records */

/*
 * Reading a login takes more system calls than the query itself. So the logins of a few processes are kept, for a time
 * that is too short for a pid to come back. If a process changes its login meanwhile, the new one counts after that
 * time.
 */
#define LOGINS     64
#define LOGIN_USEC (SECOND / 10)

struct login {
        pid_t pid;
        uid_t uid;
        uint32_t auid, session;
        uint64_t until;
};

struct budgets {
        enum trail_rule rule;
        struct ratelimit *limits[BUDGET_COUNT];
        struct login logins[LOGINS]; /* of process PID: logins[PID % LOGINS] */
};

/* Ten at once, and then one a minute. Root's login counts as any other. */
static const struct ratelimit_bursts persons = {
        .application = 10, .user = 10, .all = 100, .interval_usec = 600 * SECOND, .root_too = true
};

static const char *const names[TRAIL_RULE_COUNT] = {
        [TRAIL_NONE] = "none",
        [TRAIL_SYSTEM] = "system",
        [TRAIL_EVERYONE] = "everyone",
};

const char *trail_rule_name(enum trail_rule rule) {
        return names[rule];
}

int trail_rule_from_name(const char *name) {
        for (int rule = 0; rule < TRAIL_RULE_COUNT; rule++)
                if (strcmp(name, names[rule]) == 0)
                        return rule;
        return -1;
}

int budgets_new(enum trail_rule rule, struct budgets **ret) {
        struct budgets *budgets = calloc(1, sizeof(*budgets));

        if (!budgets)
                return -ENOMEM;
        budgets->rule = rule;
        if (ratelimit_new(REPORT_BURST, &budgets->limits[BUDGET_SYSTEM]) < 0 ||
            ratelimit_new(REPORT_BURST, &budgets->limits[BUDGET_SETUID]) < 0 ||
            ratelimit_new_with(&persons, &budgets->limits[BUDGET_PERSONS]) < 0) {
                budgets_free(budgets);
                return -ENOMEM;
        }
        *ret = budgets;
        return 0;
}

struct budgets *budgets_free(struct budgets *budgets) {
        for (int i = 0; budgets && i < BUDGET_COUNT; i++)
                ratelimit_free(budgets->limits[i]);
        free(budgets);
        return NULL;
}

static void know_login(struct budgets *budgets, int fd, struct peer *peer, uint64_t now) {
        struct login *login = &budgets->logins[(unsigned)peer->pid % LOGINS];

        if (peer->login_known)
                return;
        if (login->pid == peer->pid && login->uid == peer->uid && now < login->until) {
                peer->auid = login->auid;
                peer->session = login->session;
                peer->login_known = true;
                return;
        }
        if (peer_learn(fd, peer, NULL) < 0 || !peer->login_known)
                return;
        *login = (struct login){ .pid = peer->pid,
                                 .uid = peer->uid,
                                 .auid = peer->auid,
                                 .session = peer->session,
                                 .until = now + LOGIN_USEC };
}

/* A login that is not known pays as PEER_UNSET, which is no person's. */
static void find_payer(enum trail_rule rule, const struct peer *peer, struct permit *permit) {
        bool no_login = peer->login_known && peer->auid == PEER_UNSET;
        bool roots_own = peer->uid == 0 && (no_login || peer->auid == 0);
        bool service = peer->uid != 0 && (no_login || rule == TRAIL_EVERYONE);

        permit->budget = roots_own || service ? BUDGET_SYSTEM : peer->uid == 0 ? BUDGET_SETUID : BUDGET_PERSONS;
        permit->payer = permit->budget == BUDGET_SYSTEM ? peer->uid : peer->auid;
}

struct permit budgets_ask(struct budgets *budgets, int fd, struct peer *peer, const char *application, uint64_t now) {
        struct permit permit = { 0 };

        if (peer->uid == 0 || budgets->rule != TRAIL_EVERYONE)
                know_login(budgets, fd, peer, now);
        find_payer(budgets->rule, peer, &permit);
        permit.allowed =
                ratelimit_allow(budgets->limits[permit.budget], application, permit.payer, now, &permit.suppressed);
        return permit;
}

void budgets_missed(struct budgets *budgets, const struct permit *permit, const char *application) {
        ratelimit_missed(budgets->limits[permit->budget], application, permit->payer, permit->suppressed);
}

enum trail_rule budgets_rule(const struct budgets *budgets) {
        return budgets->rule;
}

uint64_t budgets_suppressed(const struct budgets *budgets) {
        uint64_t total = 0;

        for (int i = 0; i < BUDGET_COUNT; i++)
                total += ratelimit_total(budgets->limits[i]);
        return total;
}
