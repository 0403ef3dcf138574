/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a program as a table: parses a command line, explains mistakes, and prints help. */
#ifndef AUDITFAIL_OPTION_TABLE_H
#define AUDITFAIL_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_ROWS_MAX 64

struct option_row {
        const char *name;
        char letter;              /* 0: none */
        const char *argument;     /* its name; "[=NAME]" if it is optional; NULL: none */
        const char *letter_means; /* the letter takes no argument, and stands for this one; NULL: it takes the same */
        const char *help;
};

struct option_table {
        const struct option_row *rows;
        size_t count; /* at most OPTION_ROWS_MAX */
};

/* A set of rows has a bit for each row. */
#define OPTION_BIT(row) (UINT64_C(1) << (row))

/*
 * Parses the options in ARGUMENTS[1] and later. Only the rows in TAKEN are accepted. Sets GIVEN of each option found to
 * its argument, or to "" if it has none, and leaves the others as they are. If STOPS, parsing ends at the first
 * operand. *RET_FIRST is the index of the first operand. Returns NULL, or a sentence that explains a mistake, which the
 * caller frees.
 */
char *option_table_parse(const struct option_table *table, uint64_t taken, bool stops, int count, char **arguments,
                         const char **given, int *ret_first);

/* Prints the rows in SHOWN, one a line, with their help. */
void option_table_help(const struct option_table *table, uint64_t shown);

/* Prints the rows in SHOWN without their help, several a line. */
void option_table_overview(const struct option_table *table, uint64_t shown);

/* Returns option ROW with the argument GIVEN as one word: "--lines=3". The caller frees it. */
char *option_table_word(const struct option_table *table, size_t row, const char *given);

#endif
