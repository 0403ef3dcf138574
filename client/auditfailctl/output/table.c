/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/table.h"

#include <stdlib.h>

#include "client/auditfailctl/cli/command.h"
#include "protocol/cleanup.h"

#define GAP 2 /* spaces between columns */

struct cell {
        char *text;
        size_t width;
        enum emphasis emphasis;
};

struct table {
        size_t columns;
        struct cell *cells; /* the headers, then row by row */
        size_t count, allocated;
};

struct table *table_new(const char *const *headers, size_t columns) {
        struct table *table = calloc(1, sizeof(*table));
        if (!table)
                out_of_memory();
        table->columns = columns;
        for (size_t i = 0; i < columns; i++)
                table_add(table, headers[i], EMPHASIS_BOLD);
        return table;
}

struct table *table_free(struct table *table) {
        if (table) {
                for (size_t i = 0; i < table->count; i++)
                        free(table->cells[i].text);
                free(table->cells);
                free(table);
        }
        return NULL;
}

void table_add(struct table *table, const char *text, enum emphasis emphasis) {
        if (table->count == table->allocated) {
                table->allocated = 2 * table->allocated + 64;
                table->cells = reallocarray(table->cells, table->allocated, sizeof(*table->cells));
                if (!table->cells)
                        out_of_memory();
        }
        char *safe = text_safe(text);
        table->cells[table->count++] = (struct cell){ safe, text_width(safe), emphasis };
}

/* Takes from the widest column, again and again, until all fit into WIDTH or every column is at its header's width. */
static void shrink(size_t *widths, const struct table *table, size_t width) {
        size_t total = GAP * (table->columns - 1);

        for (size_t i = 0; i < table->columns; i++)
                total += widths[i];
        while (total > width) {
                size_t widest = table->columns;
                for (size_t i = 0; i < table->columns; i++)
                        if (widths[i] > table->cells[i].width &&
                            (widest == table->columns || widths[i] > widths[widest]))
                                widest = i;
                if (widest == table->columns)
                        return;
                widths[widest]--;
                total--;
        }
}

static void print_cell(const struct cell *cell, size_t width, bool last, FILE *stream, bool colour) {
        cleanup(cleanup_free) char *text = text_cut(cell->text, width);
        size_t padding = last ? 0 : width - text_width(text) + GAP;

        fprintf(stream, "%s%s%s%*s", text_begin(colour, cell->emphasis), text, text_end(colour, cell->emphasis),
                (int)padding, "");
}

void table_print(const struct table *table, FILE *stream, size_t width, bool colour) {
        size_t widths[TABLE_COLUMNS_MAX] = { 0 };

        for (size_t i = 0; i < table->count; i++) {
                size_t *column = &widths[i % table->columns];
                *column = table->cells[i].width > *column ? table->cells[i].width : *column;
        }
        if (width > 0)
                shrink(widths, table, width);

        for (size_t i = 0; i < table->count; i++) {
                size_t column = i % table->columns;
                bool last = column == table->columns - 1;
                print_cell(&table->cells[i], widths[column], last, stream, colour);
                if (last)
                        putc('\n', stream);
        }
}
