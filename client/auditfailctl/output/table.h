/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints tables to stdout. All functions end the program without memory. */
#ifndef AUDITFAILCTL_TABLE_H
#define AUDITFAILCTL_TABLE_H

#include <libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/common/text.h"

struct table_column {
        const char *header;
        bool truncates; /* where the terminal is too narrow */
};

struct table_cell {
        const char *text;
        enum emphasis emphasis;
};

/* Returns a table with COUNT columns, coloured with COLOUR. The caller frees it. */
struct libscols_table *table_new(const struct table_column *columns, size_t count, bool colour);

/* Adds a row with a cell for each column. Copies the texts, and makes them safe. */
void table_add_row(struct libscols_table *table, const struct table_cell *cells);

/*
 * Prints TABLE to stdout: as wide as the terminal that stdout was when the table was made, elsewhere as wide as the
 * table is. Without rows: nothing.
 */
void table_print(struct libscols_table *table);

static inline void cleanup_table(struct libscols_table **table) {
        scols_unref_table(*table);
}

#endif
