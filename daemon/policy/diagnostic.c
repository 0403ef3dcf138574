/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/diagnostic.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/cleanup.h"
#include "protocol/utf8.h"

#define NUL_SYMBOL "\xe2\x90\x80" /* U+2400 */
#define CUT_OFF    "..."

static const char *const severity_names[] = { [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning" };
static const char *const severity_colours[] = { [SEVERITY_ERROR] = "\033[1;31m", [SEVERITY_WARNING] = "\033[1;35m" };

/* Copies STRING and its NUL to *END, which moves behind it. NULL stays NULL. */
static const char *store(char **end, const char *string) {
        char *copy = *end;

        if (!string)
                return NULL;
        *end = stpcpy(copy, string) + 1;
        return copy;
}

static const char *store_text(char **end, const char *text, size_t length) {
        char *copy = *end;
        size_t kept = length;

        if (!text)
                return NULL;
        if (kept > DIAGNOSTIC_TEXT_MAX) {
                kept = DIAGNOSTIC_TEXT_MAX;
                for (int back = 0; back < 3 && (text[kept] & 0xc0) == 0x80; back++)
                        kept--;
        }
        for (size_t i = 0; i < kept; i++)
                if (text[i] == '\0')
                        *end = stpcpy(*end, NUL_SYMBOL);
                else
                        *(*end)++ = text[i];
        *end = stpcpy(*end, kept < length ? CUT_OFF : "") + 1;
        return copy;
}

static size_t stored_size(const char *string) {
        return string ? strlen(string) + 1 : 0;
}

static struct diagnostic *next_item(struct diagnostics *list) {
        if (list->count == DIAGNOSTICS_MAX)
                return NULL;
        if (list->count == list->allocated) {
                size_t allocated = list->allocated ? list->allocated * 2 : 8;
                struct diagnostic *items = reallocarray(list->items, allocated, sizeof(*items));

                if (!items)
                        return NULL;
                list->items = items;
                list->allocated = allocated;
        }
        return &list->items[list->count];
}

void diagnostics_add(struct diagnostics *list, const struct diagnostic *problem, const char *text, size_t text_length) {
        struct diagnostic *item = next_item(list);
        char *end = NULL;

        if (problem->severity == SEVERITY_ERROR)
                list->errors++;
        if (item)
                end = malloc(stored_size(problem->file) + stored_size(problem->message) +
                             stored_size(problem->expected) + stored_size(problem->suggestion) +
                             DIAGNOSTIC_TEXT_MAX * strlen(NUL_SYMBOL) + sizeof(CUT_OFF));
        if (!end) {
                list->omitted++;
                return;
        }
        *item = *problem;
        item->memory = end;
        item->file = store(&end, problem->file);
        item->message = store(&end, problem->message);
        item->expected = store(&end, problem->expected);
        item->suggestion = store(&end, problem->suggestion);
        item->text = store_text(&end, text, text_length);
        list->count++;
}

void diagnostics_error(struct diagnostics *list, const char *file, const char *expected, const char *format, ...) {
        char message[DIAGNOSTIC_MESSAGE_MAX];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        diagnostics_add(list,
                        &(struct diagnostic){ .severity = SEVERITY_ERROR,
                                              .file = file,
                                              .message = message,
                                              .expected = expected && *expected ? expected : NULL },
                        NULL, 0);
}

static int compare_places(const void *left, const void *right) {
        const struct diagnostic *a = left, *b = right;
        int order = strcmp(a->file, b->file);

        if (order == 0)
                order = (a->line > b->line) - (a->line < b->line);
        if (order == 0)
                order = (a->column > b->column) - (a->column < b->column);
        return order;
}

void diagnostics_sort(struct diagnostics *list) {
        if (list->count > 0)
                qsort(list->items, list->count, sizeof(*list->items), compare_places);
}

void diagnostics_clear(struct diagnostics *list) {
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i].memory);
        free(list->items);
        *list = DIAGNOSTICS_NULL;
}

static uint32_t code_point(const char *text, size_t bytes) {
        const unsigned char *s = (const unsigned char *)text;
        uint32_t code = bytes == 1 ? s[0] : s[0] & (0x7fU >> bytes);

        for (size_t i = 1; i < bytes; i++)
                code = code << 6 | (s[i] & 0x3fU);
        return code;
}

/* The length of the character at TEXT; 0 if it is invalid, controls the terminal, or is invisible. */
static size_t visible_character(const char *text, size_t length) {
        static const uint32_t hidden[][2] = {
                { 0x00, 0x1f },     { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x61c, 0x61c },
                { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
                { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe01ef },
        };
        size_t bytes = utf8_character(text, length);
        uint32_t code = bytes > 0 ? code_point(text, bytes) : 0;

        if (code > 0x1f && code < 0x7f) /* most characters are */
                return bytes;
        for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
                if (code >= hidden[i][0] && code <= hidden[i][1])
                        return 0;
        return bytes;
}

/* Prints TEXT sanitised to STREAM (NULL: nowhere). Returns the number of columns, one for each character. */
static size_t put_text(FILE *stream, const char *text, size_t length) {
        size_t columns = 0;

        while (length > 0) {
                size_t bytes = visible_character(text, length);

                if (bytes > 0 && stream)
                        fwrite(text, 1, bytes, stream);
                else if (bytes == 0 && stream && *text == '\t')
                        fputc(' ', stream);
                else if (bytes == 0 && stream)
                        fprintf(stream, "\\x%02X", (unsigned char)*text);
                columns += bytes > 0 || *text == '\t' ? 1 : strlen("\\xNN");
                text += bytes > 0 ? bytes : 1;
                length -= bytes > 0 ? bytes : 1;
        }
        return columns;
}

static void put_string(FILE *stream, const char *string) {
        put_text(stream, string, strlen(string));
}

static void put_head(FILE *stream, const struct diagnostic *problem, bool colour) {
        fputs(colour ? "\033[1m" : "", stream);
        put_string(stream, problem->file);
        if (problem->line > 0)
                fprintf(stream, ":%u:%u", problem->line, problem->column);
        fprintf(stream, ": %s%s:%s ", colour ? severity_colours[problem->severity] : "",
                severity_names[problem->severity], colour ? "\033[0m" : "");
        put_string(stream, problem->message);
        if (problem->expected) {
                fputs(", expected ", stream);
                put_string(stream, problem->expected);
        }
}

/* Prints the offending line, and a caret below the wrong part. */
static void put_source(FILE *stream, const struct diagnostic *problem, bool colour) {
        size_t length = strlen(problem->text), start = problem->column > 0 ? problem->column - 1 : 0;

        if (start > length)
                start = length;
        size_t width = problem->width < length - start ? problem->width : length - start;
        size_t columns = put_text(NULL, problem->text + start, width);

        fputs("    ", stream);
        put_text(stream, problem->text, length);
        fprintf(stream, "\n    %*s%s^", (int)put_text(NULL, problem->text, start), "", colour ? "\033[1;32m" : "");
        for (size_t i = 1; i < columns; i++)
                fputc('~', stream);
        fprintf(stream, "%s\n", colour ? "\033[0m" : "");
}

void diagnostic_print(FILE *stream, const struct diagnostic *problem, bool colour) {
        put_head(stream, problem, colour);
        fputc('\n', stream);
        if (problem->text)
                put_source(stream, problem, colour);
        if (problem->suggestion) {
                fputs("    did you mean \"", stream);
                put_string(stream, problem->suggestion);
                fputs("\"?\n", stream);
        }
}

char *diagnostic_line(const struct diagnostic *problem) {
        cleanup(cleanup_free) char *line = NULL;
        size_t length;
        FILE *stream = open_memstream(&line, &length);

        if (!stream)
                return NULL;
        put_head(stream, problem, false);
        bool failed = ferror(stream);
        if (fclose(stream) != 0 || failed)
                return NULL;
        return TAKE_PTR(line);
}
