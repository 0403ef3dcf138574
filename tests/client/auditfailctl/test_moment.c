/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/moment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define NOW    (1795255230 * SECOND + 500000) /* 2026-11-21 10:00:30.5 UTC, a Saturday */

static void in_zone(const char *zone) {
        setenv("TZ", zone, 1);
        tzset();
}

static void assert_moment(const char *text, int64_t expected) {
        int64_t moment = -1;
        cr_assert(moment_parse(text, NOW, &moment), "\"%s\" is a time", text);
        cr_assert_eq(moment, expected, "\"%s\" is %lld, not %lld", text, (long long)moment, (long long)expected);
}

Test(moment, knows_days_and_hours) {
        in_zone("UTC");
        assert_moment("2026-11-21 10:00:30", 1795255230 * SECOND);
        assert_moment("2026-11-21T10:00:30", 1795255230 * SECOND);
        assert_moment("2026-11-21 10:00", 1795255200 * SECOND);
        assert_moment("2026-11-21", 1795219200 * SECOND);
        assert_moment("10:00:30", 1795255230 * SECOND);
        assert_moment("10:00", 1795255200 * SECOND);
        assert_moment("2024-02-29", 1709164800 * SECOND);
}

Test(moment, knows_words_and_numbers) {
        in_zone("UTC");
        assert_moment("now", NOW);
        assert_moment("today", 1795219200 * SECOND);
        assert_moment("yesterday", 1795132800 * SECOND);
        assert_moment("@1795255230", 1795255230 * SECOND);
        assert_moment("@0", 0);
}

Test(moment, knows_spans_before_now) {
        assert_moment("-1h", NOW - 3600 * SECOND);
        assert_moment("1h ago", NOW - 3600 * SECOND);
        assert_moment("2 days ago", NOW - 2 * 86400 * SECOND);
        assert_moment("-1h30min", NOW - 5400 * SECOND);
        assert_moment("1w 2d 3h 4m 5s ago", NOW - 788645 * SECOND);
        assert_moment("-0s", NOW);
}

Test(moment, means_local_time) {
        in_zone("Europe/Vienna");
        assert_moment("2026-11-21 11:00:30", 1795255230 * SECOND);
        assert_moment("2026-07-01 12:00", 1782900000 * SECOND);
        assert_moment("today", 1795215600 * SECOND);
}

Test(moment, refuses_what_is_no_time) {
        static const char *const texts[] = {
                "",
                " ",
                "tomorrow",
                "-",
                "-1",
                "-h",
                "1h",
                "1h agoo",
                "ago",
                "1 fortnight ago",
                "@",
                "@-1",
                "@1.5",
                "@12345678901",
                "2026-02-30",
                "25:00",
                "2026-11-21 10:60",
                "2026-11-21x",
                "2026-11-21 10:00:30 UTC",
                "10",
                "99999999999999999999h ago",
                "9999999999w 9999999999w ago",
        };

        in_zone("UTC");
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                int64_t moment;
                cr_assert_not(moment_parse(texts[i], NOW, &moment), "\"%s\"", texts[i]);
        }
}

Test(moment, refuses_an_hour_that_the_change_to_summer_time_skips) {
        int64_t moment;

        in_zone("Europe/Vienna");
        cr_assert_not(moment_parse("2026-03-29 02:30", NOW, &moment));
}

Test(moment, is_written_as_it_is_read) {
        in_zone("Europe/Vienna");
        char *text = moment_text(NOW);
        cr_assert_str_eq(text, "2026-11-21 11:00:30");
        assert_moment(text, NOW - NOW % SECOND);
        free(text);
}

Test(moment, writes_spans_in_two_units) {
        static const struct {
                int64_t span;
                const char *text;
        } cases[] = {
                { 0, "0s" },
                { -5 * SECOND, "0s" },
                { 59 * SECOND, "59s" },
                { 60 * SECOND, "1min" },
                { 7500 * SECOND, "2h 5min" },
                { 172859 * SECOND, "2d" },
                { 8 * 86400 * SECOND, "1w 1d" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char *text = moment_span_text(cases[i].span);
                cr_assert_str_eq(text, cases[i].text);
                free(text);
        }
}
