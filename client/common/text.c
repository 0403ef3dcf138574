/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "protocol/cleanup.h"
#include "protocol/near_word.h"

void out_of_memory(void) {
        fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
        exit(EXIT_FAILURE);
}

int complain(int status, const char *format, ...) {
        va_list arguments;

        fprintf(stderr, "%s: ", program_invocation_short_name);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        return status;
}

bool output_flush(void) {
        errno = 0;
        if (fflush(stdout) == 0 && !ferror(stdout))
                return true;
        complain(0, "cannot write the output: %s", errno ? strerror(errno) : "a part is lost");
        clearerr(stdout);
        return false;
}

char *text_safe(const char *text) {
        size_t left = strlen(text);
        if (left > (SIZE_MAX - 1) / 4)
                out_of_memory();
        char *safe = malloc(left * 4 + 1);
        if (!safe)
                out_of_memory();

        char *out = safe;
        mbstate_t state = { 0 };
        while (left > 0) {
                wchar_t c;
                size_t n = mbrtowc(&c, text, left, &state);
                bool broken = n == (size_t)-1 || n == (size_t)-2;
                if (broken) {
                        state = (mbstate_t){ 0 };
                        n = 1;
                }
                if (!broken && wcwidth(c) > 0)
                        out = mempcpy(out, text, n);
                else
                        for (size_t i = 0; i < n; i++)
                                out += sprintf(out, "\\x%02X", (unsigned char)text[i]);
                text += n;
                left -= n;
        }
        *out = 0;
        return safe;
}

char *text_vformat(const char *format, va_list arguments) {
        char *text;

        if (vasprintf(&text, format, arguments) < 0)
                out_of_memory();
        return text;
}

char *text_format(const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        char *text = text_vformat(format, arguments);
        va_end(arguments);
        return text;
}

void text_append(char **text, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        cleanup(cleanup_free) char *more = text_vformat(format, arguments), *old = *text;
        va_end(arguments);
        *text = text_format("%s%s", old ?: "", more);
}

char *text_line(const char *text) {
        cleanup(cleanup_free) char *copy = text_format("%s", text);
        char *line = text_format("%s", "");

        for (char *rest = copy, *part; (part = strsep(&rest, "\n"));) {
                cleanup(cleanup_free) char *safe = text_safe(part);
                if (*part)
                        text_append(&line, "%s%s", *line ? " / " : "", safe);
        }
        return line;
}

char *text_count(long long number, const char *noun) {
        if (number == 0)
                return text_format("no %ss", noun);
        return text_format("%lld %s%s", number, noun, number == 1 ? "" : "s");
}

char *text_suggestion(const char *word, size_t length, const char *prefix, const char *const *words) {
        const char *near = near_word(word, length, words);

        return near ? text_format("; did you mean \"%s%s\"?", prefix, near) : text_format("%s", "");
}

char *text_time(int64_t timestamp) {
        time_t seconds = (time_t)(timestamp / 1000000);
        struct tm local;
        char text[64];

        if (!localtime_r(&seconds, &local) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
                return text_format("@%lld", (long long)seconds);
        return text_format("%s", text);
}

bool text_seconds(const char *text, int max, int *ret_ms) {
        char *end;
        double seconds = strtod(text, &end);

        if (end == text || *end || !isfinite(seconds) || seconds < 0.001 || seconds > max)
                return false;
        *ret_ms = (int)(seconds * 1000);
        return true;
}

const char *text_begin(bool colour, enum emphasis emphasis) {
        static const char *const codes[] = {
                [EMPHASIS_NONE] = "",         [EMPHASIS_BOLD] = "\033[1m",    [EMPHASIS_FAINT] = "\033[2m",
                [EMPHASIS_GOOD] = "\033[32m", [EMPHASIS_NOTICE] = "\033[33m", [EMPHASIS_BAD] = "\033[1;31m",
        };

        return colour ? codes[emphasis] : "";
}

const char *text_end(bool colour, enum emphasis emphasis) {
        return colour && emphasis != EMPHASIS_NONE ? "\033[0m" : "";
}
