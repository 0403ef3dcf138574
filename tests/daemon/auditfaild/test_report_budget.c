/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peers here have a known login, or no process. Only the tests of the kept logins read one: that of this process. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/auditfaild/report_budget.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/parameterized.h"

#define SECOND 1000000ULL
#define MINUTE (60 * SECOND)
#define START  (1000 * SECOND)

#define ALICE   1000
#define BOB     1001
#define SERVICE 990

static struct budgets *budgets;

static void setup(void) {
        cr_assert_eq(budgets_new(TRAIL_SYSTEM, &budgets), 0);
}

static void teardown(void) {
        budgets = budgets_free(budgets);
}

TestSuite(report_budget, .init = setup, .fini = teardown);

static struct peer login(uid_t uid, uint32_t auid) {
        return (struct peer){ .pid = 7, .uid = uid, .auid = auid, .session = PEER_UNSET, .login_known = true };
}

/* A process that ended before its login was read. */
static struct peer gone(uid_t uid) {
        return (struct peer){ .uid = uid, .auid = PEER_UNSET, .session = PEER_UNSET };
}

static struct permit ask(struct peer peer, const char *application, uint64_t now) {
        return budgets_ask(budgets, -1, &peer, application, now);
}

/* Asks COUNT times in other names. Returns how often a report was allowed. */
static int ask_in_other_names(struct peer peer, uint64_t now, int count) {
        char name[32];
        int allowed = 0;

        for (int i = 0; i < count; i++) {
                snprintf(name, sizeof(name), "invented-%d", i);
                allowed += ask(peer, name, now).allowed;
        }
        return allowed;
}

struct row {
        enum trail_rule rule;
        uid_t uid;
        uint32_t auid;
        bool gone, evidence;
};

ParameterizedTestParameters(report_budget, whose_loss_is_evidence) {
        static struct row rows[] = {
                { TRAIL_SYSTEM, 0, PEER_UNSET, false, true },       /* root, from boot on */
                { TRAIL_SYSTEM, 0, 0, false, true },                /* root's own login */
                { TRAIL_SYSTEM, 0, ALICE, false, true },            /* sudo, or a setuid program */
                { TRAIL_SYSTEM, 0, PEER_UNSET, true, true },        /* root, and gone */
                { TRAIL_SYSTEM, SERVICE, PEER_UNSET, false, true }, /* a service */
                { TRAIL_SYSTEM, ALICE, ALICE, false, false },       /* a person */
                { TRAIL_SYSTEM, SERVICE, ALICE, false, false },     /* a person as another user */
                { TRAIL_SYSTEM, ALICE, 0, false, false },           /* root's login as another user */
                { TRAIL_SYSTEM, ALICE, PEER_UNSET, true, false },   /* a person, or not: gone */
                { TRAIL_NONE, ALICE, ALICE, false, false },
                { TRAIL_EVERYONE, ALICE, ALICE, false, true },
                { TRAIL_EVERYONE, ALICE, PEER_UNSET, true, true },
                { TRAIL_EVERYONE, 0, ALICE, false, true },
        };

        return cr_make_param_array(struct row, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct row *row, report_budget, whose_loss_is_evidence) {
        struct budgets *ruled;
        struct peer peer = row->gone ? gone(row->uid) : login(row->uid, row->auid);

        cr_assert_eq(budgets_new(row->rule, &ruled), 0);
        cr_expect_eq(budgets_rule(ruled), row->rule);

        struct permit permit = budgets_ask(ruled, -1, &peer, "passwd", START);

        budgets_free(ruled);
        cr_expect(permit.allowed);
        cr_expect_eq(permit.budget != BUDGET_PERSONS, row->evidence, "rule %d, uid %u, auid %u, %d", row->rule,
                     row->uid, row->auid, row->gone);
}

Test(report_budget, a_person_has_ten_reports_and_then_one_a_minute_for_all_names) {
        struct permit permit;

        cr_expect_eq(ask_in_other_names(login(ALICE, ALICE), START, 1000), 10);
        cr_expect_eq(budgets_suppressed(budgets), 990);
        cr_expect_not(ask(login(ALICE, ALICE), "more", START + MINUTE - 1).allowed);
        permit = ask(login(ALICE, ALICE), "more", START + MINUTE);
        cr_expect(permit.allowed);
        cr_expect_eq(permit.suppressed, 991);
        cr_expect_eq(ask_in_other_names(login(ALICE, ALICE), START + MINUTE, 1000), 0);
        cr_expect_eq(ask_in_other_names(login(ALICE, ALICE), START + 4 * MINUTE, 1000), 3);
}

Test(report_budget, a_person_with_many_uids_is_one_person) {
        int allowed = 0;

        for (uid_t uid = 100000; uid < 165536; uid++)
                allowed += ask(login(uid, ALICE), "passwd", START).allowed;
        cr_expect_eq(allowed, 10);
        cr_expect_eq(ask_in_other_names(login(BOB, BOB), START, 1000), 10);
}

Test(report_budget, processes_that_end_too_early_are_one_person) {
        int allowed = 0;

        for (uid_t uid = 100000; uid < 165536; uid++)
                allowed += ask(gone(uid), "passwd", START).allowed;
        cr_expect_eq(allowed, 10);
        cr_expect(ask(login(ALICE, ALICE), "passwd", START).allowed);
        cr_expect(ask(gone(0), "passwd", START).allowed);
}

Test(report_budget, all_persons_have_a_limit_and_take_nothing_from_root_and_services) {
        int allowed = 0;

        for (uint32_t auid = 1; auid < 60000; auid++)
                allowed += ask(login(BOB, auid), "passwd", START).allowed;
        cr_expect_eq(allowed, 100);
        cr_expect_eq(ask_in_other_names(login(ALICE, 0), START, 10), 0, "root's login is one of them");
        cr_expect_eq(ask_in_other_names(login(0, PEER_UNSET), START, 1000), 1000);
        cr_expect_eq(ask_in_other_names(login(0, BOB), START, 50), 50);
        cr_expect_eq(ask_in_other_names(login(SERVICE, PEER_UNSET), START, 100), 100);
}

Test(report_budget, a_person_who_runs_setuid_programs_uses_up_nothing_but_the_own_budget) {
        cr_expect_eq(ask_in_other_names(login(0, BOB), START, 10000), 100);
        for (int i = 0; i < 1000; i++)
                ask(login(0, BOB), "su", START);
        for (int i = 0; i < 3; i++) {
                const uint32_t others[] = { PEER_UNSET, 0, ALICE };
                struct permit permit = ask(login(0, others[i]), "su", START);

                cr_expect(permit.allowed, "su of login %u", others[i]);
                cr_expect_eq(permit.suppressed, 0, "su of login %u", others[i]);
        }
        cr_expect(ask(gone(0), "su", START).allowed);
        cr_expect(ask(login(BOB, BOB), "su", START).allowed);
        cr_expect(ask(login(SERVICE, PEER_UNSET), "su", START).allowed);
}

Test(report_budget, setuid_programs_that_end_too_early_take_nothing_from_root) {
        for (int i = 0; i < 1000; i++)
                ask(gone(0), "su", START);
        cr_expect(ask(login(0, PEER_UNSET), "su", START).allowed);
        cr_expect(ask(login(0, ALICE), "su", START).allowed);
}

Test(report_budget, a_report_that_failed_counts_as_suppressed) {
        struct permit permit = ask(login(ALICE, ALICE), "passwd", START);

        cr_assert(permit.allowed);
        budgets_missed(budgets, &permit, "passwd");
        cr_expect_eq(budgets_suppressed(budgets), 1);
        cr_expect_eq(ask(login(ALICE, ALICE), "passwd", START).suppressed, 1);
}

Test(report_budget, the_rules_have_names) {
        for (int rule = 0; rule < TRAIL_RULE_COUNT; rule++)
                cr_expect_eq(trail_rule_from_name(trail_rule_name((enum trail_rule)rule)), rule);
        cr_expect_eq(trail_rule_from_name("sytsem"), -1);
        cr_expect_eq(trail_rule_from_name(""), -1);
}

/* A query must not cost the reading of a login each time. The time is too short for a pid to come back. */
Test(report_budget, a_login_is_read_once_in_a_short_time) {
        struct peer own, peer;
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(peer_credentials(ends[0], &own), 0);
        peer = own;
        budgets_ask(budgets, ends[0], &peer, "passwd", START);
        cr_assert(peer.login_known);
        refuse_call(SYS_openat, 2, O_PATH | O_DIRECTORY | O_CLOEXEC, EMFILE);

        struct peer again = own, another_user = own, later = own;

        budgets_ask(budgets, ends[0], &again, "passwd", START + SECOND / 10 - 1);
        cr_expect(again.login_known);
        cr_expect_eq(again.auid, peer.auid);
        cr_expect_eq(again.session, peer.session);
        another_user.uid++;
        budgets_ask(budgets, ends[0], &another_user, "passwd", START);
        cr_expect_not(another_user.login_known);
        budgets_ask(budgets, ends[0], &later, "passwd", START + SECOND / 10);
        cr_expect_not(later.login_known);
        close(ends[0]);
        close(ends[1]);
}
