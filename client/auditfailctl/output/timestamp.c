/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/timestamp.h"

#include <stddef.h>
#include <time.h>

#include "client/common/text.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

int64_t timestamp_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

char *timestamp_text(int64_t timestamp) {
        time_t seconds = (time_t)(timestamp / SECOND);
        struct tm local;
        char text[64];

        if (!localtime_r(&seconds, &local) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
                return text_format("@%lld", (long long)seconds);
        return text_format("%s", text);
}

char *timespan_text(int64_t span) {
        static const struct {
                const char *name;
                int64_t length;
        } units[] = { { "w", WEEK }, { "d", DAY }, { "h", HOUR }, { "min", MINUTE }, { "s", SECOND } };
        const size_t count = sizeof(units) / sizeof(units[0]);
        size_t i = 0;

        if (span < 0)
                span = 0;
        while (i < count - 1 && span < units[i].length)
                i++;
        long long first = span / units[i].length,
                  second = i + 1 < count ? span % units[i].length / units[i + 1].length : 0;
        if (second == 0)
                return text_format("%lld%s", first, units[i].name);
        return text_format("%lld%s %lld%s", first, units[i].name, second, units[i + 1].name);
}
