/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a record as the readers of the trail do: auparse, and the tools that are built on it. */
#ifndef AUDITFAIL_TEST_READ_TRAIL_H
#define AUDITFAIL_TEST_READ_TRAIL_H

#include <auparse.h>
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Opens LINE, and goes to the first field of its only record. */
static inline auparse_state_t *parse(const char *line) {
        auparse_state_t *parser = auparse_init(AUSOURCE_BUFFER, line);

        cr_assert_not_null(parser);
        auparse_set_escape_mode(parser, AUPARSE_ESC_RAW);
        cr_assert_eq(auparse_first_record(parser), 1);
        cr_assert_eq(auparse_get_num_records(parser), 1, "more than one record in %s", line);
        auparse_first_field(parser);
        return parser;
}

/* That auparse makes VALUE of the field NAME. */
static inline void expect_field(auparse_state_t *parser, const char *name, const char *value) {
        auparse_first_record(parser);
        cr_assert_not_null(auparse_find_field(parser, name), "no %s", name);

        const char *found = auparse_interpret_field(parser);

        cr_expect_str_eq(found, value, "%s is \"%s\", not \"%s\"", name, found, value);
}

/* That the bytes of the first field NAME are VALUE. */
static inline void expect_bytes(auparse_state_t *parser, const char *name, const char *value) {
        auparse_first_record(parser);

        const char *found = auparse_find_field(parser, name);

        cr_assert_not_null(found, "no %s", name);
        cr_expect_str_eq(found, value, "%s is \"%s\", not \"%s\"", name, found, value);
}

static inline size_t count_fields(const char *line) {
        auparse_state_t *parser = parse(line);
        size_t count = auparse_get_num_fields(parser);

        auparse_destroy(parser);
        return count;
}

/* Skips the test where the program NAME is not there. */
static inline void needs(const char *name) {
        char command[64];

        snprintf(command, sizeof(command), "command -v %s >/dev/null", name);
        if (system(command) != 0)
                cr_skip("needs %s", name);
}

/* Runs COMMAND with a file that has TEXT: its result, and the beginning of what it prints, errors too. */
static inline int run_on(const char *text, const char *command, char *output, size_t size) {
        char path[] = "/tmp/auditfail-trail-XXXXXX", whole[256];
        int fd = mkstemp(path);

        cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
        snprintf(whole, sizeof(whole), "%s %s 2>&1", command, path);

        FILE *pipe = popen(whole, "r");

        cr_assert_not_null(pipe);
        output[fread(output, 1, size - 1, pipe)] = 0;

        int result = pclose(pipe);

        unlink(path);
        return result;
}

/* Whether ausearch with OPTIONS finds a record in LINE. */
static inline bool ausearch_finds(const char *line, const char *options) {
        char command[128], output[256];

        snprintf(command, sizeof(command), "ausearch %s -if", options);
        return run_on(line, command, output, sizeof(output)) == 0;
}

#endif
