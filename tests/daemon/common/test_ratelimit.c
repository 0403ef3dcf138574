/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/common/ratelimit.h"
#include "tests/daemon/common/shortage.h"

#define BURST  20
#define SECOND 1000000ULL
#define START  (1000 * SECOND)

static struct ratelimit *limit;

static void setup(void) {
        cr_assert_eq(ratelimit_new(BURST, &limit), 0);
}

static void teardown(void) {
        limit = ratelimit_free(limit);
}

TestSuite(ratelimit, .init = setup, .fini = teardown);

/* Asks COUNT times at NOW. Returns how often that was allowed. */
static int ask(const char *application, uid_t uid, uint64_t now, int count) {
        uint64_t suppressed;
        int allowed = 0;

        for (int i = 0; i < count; i++)
                allowed += ratelimit_allow(limit, application, uid, now, &suppressed);
        return allowed;
}

Test(ratelimit, a_burst_passes_and_no_more) {
        cr_expect_eq(ask("passwd", 0, START, 3 * BURST), BURST);
        cr_expect_eq(ratelimit_total(limit), 2 * BURST);
}

Test(ratelimit, after_an_interval_the_whole_burst_passes_again) {
        ask("passwd", 0, START, 2 * BURST);
        cr_expect_eq(ask("passwd", 0, START + RATELIMIT_INTERVAL_USEC, 2 * BURST), BURST);
}

Test(ratelimit, in_between_one_passes_for_each_part_of_the_interval) {
        const uint64_t part = RATELIMIT_INTERVAL_USEC / BURST;

        ask("passwd", 0, START, BURST);
        cr_expect_eq(ask("passwd", 0, START + part - 1, 1), 0);
        cr_expect_eq(ask("passwd", 0, START + part, 2), 1);
        cr_expect_eq(ask("passwd", 0, START + 4 * part, 9), 3);
}

Test(ratelimit, the_next_report_has_the_number_that_was_suppressed_once) {
        uint64_t suppressed = 99;

        cr_expect(ratelimit_allow(limit, "passwd", 0, START, &suppressed));
        cr_expect_eq(suppressed, 0);
        ask("passwd", 0, START, BURST + 6);
        cr_expect(ratelimit_allow(limit, "passwd", 0, START + RATELIMIT_INTERVAL_USEC, &suppressed));
        cr_expect_eq(suppressed, 7);
        cr_expect(ratelimit_allow(limit, "passwd", 0, START + RATELIMIT_INTERVAL_USEC, &suppressed));
        cr_expect_eq(suppressed, 0);
}

Test(ratelimit, a_report_that_failed_counts_as_suppressed) {
        uint64_t suppressed;

        ask("passwd", 0, START, BURST + 3);
        cr_expect(ratelimit_allow(limit, "passwd", 0, START + RATELIMIT_INTERVAL_USEC, &suppressed));
        ratelimit_missed(limit, "passwd", 0, suppressed);
        cr_expect(ratelimit_allow(limit, "passwd", 0, START + RATELIMIT_INTERVAL_USEC, &suppressed));
        cr_expect_eq(suppressed, 4);
        cr_expect_eq(ratelimit_total(limit), 4);
}

Test(ratelimit, no_user_uses_up_the_limit_of_another_user_or_application) {
        ask("passwd", 1000, START, 1000);
        cr_expect_eq(ask("passwd", 0, START, 1), 1, "root's passwd");
        cr_expect_eq(ask("passwd", 1001, START, 1), 1);
        cr_expect_eq(ask("useradd", 1000, START, 1), 1);
}

Test(ratelimit, a_user_that_makes_up_names_has_one_limit_for_all_of_them) {
        char name[32];
        int allowed = 0;

        for (int i = 0; i < 10 * RATELIMIT_BUCKETS; i++) {
                snprintf(name, sizeof(name), "invented-%d", i);
                allowed += ask(name, 1000, START, 1);
        }
        cr_expect_eq(allowed, RATELIMIT_USER_BURST);

        uint64_t suppressed;

        cr_expect(ratelimit_allow(limit, "passwd", 1000, START + RATELIMIT_INTERVAL_USEC, &suppressed));
        cr_expect_eq(suppressed, 10 * RATELIMIT_BUCKETS - RATELIMIT_USER_BURST);
}

Test(ratelimit, all_users_but_root_share_a_limit) {
        int allowed = 0;

        for (uid_t uid = 100000; uid < 165536; uid++)
                allowed += ask("passwd", uid, START, 1);
        cr_expect_eq(allowed, RATELIMIT_NOT_ROOT_BURST);
        cr_expect_eq(ask("passwd", 0, START, 2 * BURST), BURST);
}

Test(ratelimit, made_up_names_do_not_push_out_a_user_over_the_limit) {
        char name[32];

        ask("passwd", 0, START, BURST);
        for (uid_t uid = 1; uid < 2 * RATELIMIT_BUCKETS; uid++)
                for (int i = 0; i < 10; i++) {
                        snprintf(name, sizeof(name), "invented-%d", i);
                        ask(name, uid, START, 1);
                }
        cr_expect_eq(ask("passwd", 0, START, 1), 0);
}

/* Root may use any number of names, but only a limited number is remembered. */
Test(ratelimit, the_application_that_was_quiet_for_the_longest_time_is_forgotten) {
        char name[32];

        ask("oldest", 0, START, BURST);
        ask("older", 0, START, BURST);
        for (int i = 0; i < RATELIMIT_BUCKETS - 2; i++) {
                snprintf(name, sizeof(name), "other-%d", i);
                ask(name, 0, START, 1);
        }
        cr_expect_eq(ask("oldest", 0, START, 1), 0, "this many are remembered, and this one is the newest now");
        ask("one-too-many", 0, START, 1);
        cr_expect_eq(ask("oldest", 0, START, 1), 0);
        cr_expect_eq(ask("older", 0, START, 1), 1, "it is forgotten, and starts again");
}

Test(ratelimit, the_longest_name_has_a_limit_of_its_own) {
        char longest[65] = { 0 }, other[65] = { 0 };

        memset(longest, 'x', 64);
        memset(other, 'x', 64);
        other[63] = 'y';
        cr_expect_eq(ask(longest, 0, START, BURST + 1), BURST);
        cr_expect_eq(ask(other, 0, START, 1), 1);
}

Test(ratelimit, without_memory_there_is_no_limit_to_use) {
        struct ratelimit *none = NULL;
        int r;

        take_memory();
        r = ratelimit_new(1, &none);
        give_memory();
        cr_expect_eq(r, -ENOMEM);
        cr_expect_null(none);
}
