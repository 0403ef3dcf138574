/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/timestamp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define NOW    (1795255230 * SECOND + 500000) /* 2026-11-21 10:00:30.5 UTC, a Saturday */

static void in_zone(const char *zone) {
        setenv("TZ", zone, 1);
        tzset();
}

Test(timestamp, is_written_in_local_time) {
        in_zone("Europe/Vienna");
        char *text = timestamp_text(NOW);
        cr_assert_str_eq(text, "2026-11-21 11:00:30");
        free(text);
}

Test(timestamp, writes_spans_in_two_units) {
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
                char *text = timespan_text(cases[i].span);
                cr_assert_str_eq(text, cases[i].text);
                free(text);
        }
}
