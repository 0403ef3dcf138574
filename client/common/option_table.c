/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/option_table.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"

#define FIRST_LONG  256 /* getopt_long() returns this and more for long options */
#define HELP_COLUMN 28
#define LINE_WIDTH  78

static bool is_in(uint64_t set, size_t row) {
        return set & OPTION_BIT(row);
}

/* Returns what getopt_long() calls has_arg. */
static int has_argument(const struct option_row *row) {
        return !row->argument ? no_argument : *row->argument == '[' ? optional_argument : required_argument;
}

/* Returns "unknown option ...", or that several options begin with WORD, which is as the user typed it. */
static char *unknown(const struct option_table *table, uint64_t taken, const char *word) {
        const char *names[OPTION_ROWS_MAX + 1] = { 0 }, *name = word + strspn(word, "-");
        cleanup(cleanup_free) char *options = NULL;
        size_t length = strcspn(name, "=");

        for (size_t i = 0, count = 0; i < table->count; i++) {
                if (!is_in(taken, i))
                        continue;
                names[count++] = table->rows[i].name;
                if (length > 0 && word[1] == '-' && strncmp(name, table->rows[i].name, length) == 0)
                        text_append(&options, "%s--%s", options ? " or " : "", table->rows[i].name);
        }
        if (options)
                return text_format("option \"%s\" is ambiguous: %s", word, options);
        cleanup(cleanup_free) char *suggestion = text_suggestion(name, length, "--", names);
        return text_format("unknown option \"%s\"%s", word, suggestion);
}

/* Returns what is wrong with WORD, for which getopt_long() returned VALUE. */
static char *mistake(const struct option_table *table, uint64_t taken, int value, const char *word) {
        char letter[] = { '-', (char)optopt, 0 };

        if (value == ':')
                return text_format("option \"%s\" takes an argument", word);
        if (optopt >= FIRST_LONG)
                return text_format("option \"%s\" takes no argument", word);
        return unknown(table, taken, optopt ? letter : word);
}

/* Stores the option that getopt_long() returned VALUE for: a letter, or FIRST_LONG and more. */
static void store(const struct option_table *table, int value, const char **given) {
        if (value >= FIRST_LONG) {
                given[value - FIRST_LONG] = optarg ?: "";
                return;
        }
        for (size_t i = 0; i < table->count; i++)
                if (table->rows[i].letter == value)
                        given[i] = table->rows[i].letter_means ?: optarg ?: "";
}

char *option_table_parse(const struct option_table *table, uint64_t taken, bool stops, int count, char **arguments,
                         const char **given, int *ret_first) {
        struct option longs[OPTION_ROWS_MAX + 1] = { 0 };
        char letters[3 * OPTION_ROWS_MAX + 3];
        size_t used = 0;
        int value;

        /* ":" suppresses the messages of getopt_long(). */
        char *end = stpcpy(letters, stops ? "+:" : ":");
        for (size_t i = 0; i < table->count; i++) {
                const struct option_row *row = &table->rows[i];
                if (!is_in(taken, i))
                        continue;
                longs[used++] = (struct option){ .name = row->name, has_argument(row), .val = FIRST_LONG + (int)i };
                if (row->letter)
                        end += sprintf(end, "%c%.*s", row->letter, row->letter_means ? 0 : has_argument(row), "::");
        }

        optind = 0; /* makes glibc start again */
        while ((value = getopt_long(count, arguments, letters, longs, NULL)) != -1) {
                if (value == ':' || value == '?')
                        return mistake(table, taken, value, arguments[optind - 1]);
                store(table, value, given);
        }
        *ret_first = optind;
        return NULL;
}

/* Returns "-n, --lines=NUMBER". The caller frees it. */
static char *synopsis(const struct option_row *row, const char *without_letter) {
        cleanup(cleanup_free) char *letter =
                row->letter ? text_format("-%c, ", row->letter) : text_format("%s", without_letter);

        return text_format("%s--%s%s%s", letter, row->name, has_argument(row) == required_argument ? "=" : "",
                           row->argument ?: "");
}

void option_table_help(const struct option_table *table, uint64_t shown) {
        for (size_t i = 0; i < table->count; i++) {
                if (!is_in(shown, i))
                        continue;
                cleanup(cleanup_free) char *text = synopsis(&table->rows[i], "    ");
                printf("  %-*s%s\n", HELP_COLUMN - 2, text, table->rows[i].help);
        }
}

void option_table_overview(const struct option_table *table, uint64_t shown) {
        size_t column = 0;

        for (size_t i = 0; i < table->count; i++) {
                if (!is_in(shown, i))
                        continue;
                cleanup(cleanup_free) char *text = synopsis(&table->rows[i], "");
                size_t width = strlen(text) + 2;
                if (column + width > LINE_WIDTH) {
                        putchar('\n');
                        column = 0;
                }
                printf("  %s", text);
                column += width;
        }
        putchar('\n');
}

char *option_table_word(const struct option_table *table, size_t row, const char *given) {
        bool argument = has_argument(&table->rows[row]) == required_argument || *given;

        return text_format("--%s%s%s", table->rows[row].name, argument ? "=" : "", given);
}
