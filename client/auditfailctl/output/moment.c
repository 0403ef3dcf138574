/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/moment.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "client/common/text.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

int64_t moment_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

/* A number of at most ten digits; moves *TEXT behind it. */
static bool parse_number(const char **text, int64_t *ret) {
        const char *start = *text;
        int64_t number = 0;

        while (isdigit((unsigned char)**text) && *text - start < 10)
                number = number * 10 + (*(*text)++ - '0');
        *ret = number;
        return *text > start && !isdigit((unsigned char)**text);
}

/* "1h30min", "2 days"; moves *TEXT behind it and the blanks that follow. */
static bool parse_span(const char **text, int64_t *ret) {
        static const struct {
                const char *names[5];
                int64_t length;
        } units[] = {
                { { "s", "sec", "second", "seconds" }, SECOND },
                { { "m", "min", "minute", "minutes" }, MINUTE },
                { { "h", "hr", "hour", "hours" }, HOUR },
                { { "d", "day", "days" }, DAY },
                { { "w", "week", "weeks" }, WEEK },
        };
        int64_t span = 0, number;

        do {
                if (!parse_number(text, &number))
                        return false;
                *text += strspn(*text, " ");

                size_t length = 0;
                int64_t unit = 0;
                while (isalpha((unsigned char)(*text)[length]))
                        length++;
                for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                        for (const char *const *name = units[i].names; *name; name++)
                                if (strlen(*name) == length && strncmp(*name, *text, length) == 0)
                                        unit = units[i].length;
                if (unit == 0 || number > (INT64_MAX / 2 - span) / unit)
                        return false;
                span += number * unit;
                *text += length;
                *text += strspn(*text, " ");
        } while (isdigit((unsigned char)**text));
        *ret = span;
        return true;
}

/* Midnight of the day that NOW is in, DAYS away. */
static bool midnight(int64_t now, int days, int64_t *ret) {
        time_t seconds = (time_t)(now / SECOND);
        struct tm day;

        if (!localtime_r(&seconds, &day))
                return false;
        day.tm_mday += days;
        day.tm_hour = day.tm_min = day.tm_sec = 0;
        day.tm_isdst = -1;
        *ret = mktime(&day) * SECOND;
        return true;
}

/* Date, time of day, or both. mktime() makes the first of March of the 31st of February, so the way back is compared.
 */
static bool parse_calendar(const char *text, int64_t now, int64_t *ret) {
        static const char *const formats[] = {
                "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
                "%Y-%m-%d",          "%H:%M:%S",          "%H:%M"
        };
        time_t seconds = (time_t)(now / SECOND);

        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                struct tm local;
                if (!localtime_r(&seconds, &local))
                        return false;
                local.tm_hour = local.tm_min = local.tm_sec = 0;
                local.tm_isdst = -1;

                const char *end = strptime(text, formats[i], &local);
                if (!end || *end)
                        continue;
                struct tm wanted = local;
                *ret = mktime(&local) * SECOND;
                return local.tm_mday == wanted.tm_mday && local.tm_hour == wanted.tm_hour &&
                       local.tm_min == wanted.tm_min && local.tm_sec == wanted.tm_sec;
        }
        return false;
}

bool moment_parse(const char *text, int64_t now, int64_t *ret) {
        int64_t span;
        const char *rest = text + 1;

        if (strcmp(text, "now") == 0) {
                *ret = now;
                return true;
        }
        if (strcmp(text, "today") == 0)
                return midnight(now, 0, ret);
        if (strcmp(text, "yesterday") == 0)
                return midnight(now, -1, ret);
        if (*text == '@') {
                if (!parse_number(&rest, ret) || *rest)
                        return false;
                *ret *= SECOND;
                return true;
        }
        if (*text == '-') {
                if (!parse_span(&rest, &span) || *rest)
                        return false;
                *ret = now - span;
                return true;
        }
        rest = text;
        if (parse_span(&rest, &span) && strcmp(rest, "ago") == 0) {
                *ret = now - span;
                return true;
        }
        return parse_calendar(text, now, ret);
}

char *moment_text(int64_t moment) {
        time_t seconds = (time_t)(moment / SECOND);
        struct tm local;
        char text[64];

        if (!localtime_r(&seconds, &local) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
                return text_format("@%lld", (long long)seconds);
        return text_format("%s", text);
}

char *moment_span_text(int64_t span) {
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
