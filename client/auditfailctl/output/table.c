/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/table.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/cleanup.h"

/* libsmartcols fails only without memory. */
static void check(int r) {
        if (r != 0)
                out_of_memory();
}

struct libscols_table *table_new(const struct table_column *columns, size_t count, bool colour) {
        const char *width = getenv("COLUMNS");
        unsigned long number = width ? strtoul(width, NULL, 10) : 0;
        struct libscols_table *table = scols_new_table();
        if (!table)
                out_of_memory();

        check(scols_table_set_column_separator(table, "  "));
        check(scols_table_enable_colors(table, colour));
        check(scols_table_enable_noencoding(table, true)); /* table_add_row() makes texts safe */
        /* The table is as wide as the terminal, even if a pager shows it. */
        if (isatty(STDOUT_FILENO))
                check(scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS));
        if (number > 0 && number <= USHRT_MAX)
                check(scols_table_set_termwidth(table, number));
        for (size_t i = 0; i < count; i++) {
                struct libscols_column *column =
                        scols_table_new_column(table, columns[i].header, 0, columns[i].truncates ? SCOLS_FL_TRUNC : 0);
                if (!column)
                        out_of_memory();
                check(scols_cell_set_color(scols_column_get_header(column), text_begin(true, EMPHASIS_BOLD)));
        }
        return table;
}

void table_add_row(struct libscols_table *table, const struct table_cell *cells) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (!line)
                out_of_memory();

        for (size_t i = 0; i < scols_table_get_ncols(table); i++) {
                cleanup(cleanup_free) char *safe = text_safe(cells[i].text);
                check(scols_line_set_data(line, i, safe));
                if (cells[i].emphasis != EMPHASIS_NONE)
                        check(scols_cell_set_color(scols_line_get_cell(line, i), text_begin(true, cells[i].emphasis)));
        }
}

void table_print(struct libscols_table *table) {
        check(scols_print_table(table));
}
