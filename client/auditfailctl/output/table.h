/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table whose columns are as wide as what is in them, and that gives way where the terminal is narrower. */
#ifndef AUDITFAILCTL_TABLE_H
#define AUDITFAILCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/common/text.h"

#define TABLE_COLUMNS_MAX 8

struct table;

/* A table with these HEADERS: COLUMNS of them, at most TABLE_COLUMNS_MAX. */
struct table *table_new(const char *const *headers, size_t columns);
struct table *table_free(struct table *table); /* returns NULL; NULL is fine */

/* Adds the next cell, row by row. TEXT is copied and made safe. */
void table_add(struct table *table, const char *text, enum emphasis emphasis);

/*
 * Prints the table WIDTH columns wide at most (0: as wide as it is): the widest columns are cut off first, none to less
 * than its header.
 */
void table_print(const struct table *table, FILE *stream, size_t width, bool colour);

static inline void cleanup_table(struct table **table) {
        *table = table_free(*table);
}

#endif
