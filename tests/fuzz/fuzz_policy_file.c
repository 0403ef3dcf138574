/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: policy.dict */
/*
 * The text of a policy file, and what is printed about it. Whatever the bytes are: there is a policy exactly when there
 * is no error; it can be written down and read again; each problem points into the file and prints without a control
 * character.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/policy/policy_file.h"
#include "protocol/cleanup.h"
#include "protocol/utf8.h"
#include "tests/fuzz/fuzz.h"

#define PRINTED 8 /* problems of an input: to print hundreds takes most of the time, and shows nothing else */

static bool same(struct policy_rule a, struct policy_rule b) {
        return (a.line > 0) == (b.line > 0) && (a.line == 0 || a.action == b.action) && a.wait == b.wait;
}

static void check_policy(const struct policy_file *policy) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file again;
        char text[256];
        int length = snprintf(text, sizeof(text), "%s\n", action_name(policy->base.action));

        CHECK(policy->base.line > 0);
        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                if (policy->exceptions[kind].line > 0) {
                        CHECK(policy->exceptions[kind].line > policy->base.line);
                        length += snprintf(text + length, sizeof(text) - (size_t)length, "%s = %s\n", kind_name(kind),
                                           action_name(policy->exceptions[kind].action));
                }
        CHECK(policy->base.wait <= POLICY_WAIT_MAX);
        if (policy->base.wait > 0)
                length += snprintf(text + length, sizeof(text) - (size_t)length, "wait = %u\n", policy->base.wait);
        CHECK(policy_file_parse("again", text, (size_t)length, &again, &problems) == 0 && problems.count == 0);
        CHECK(same(again.base, policy->base));
        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                CHECK(same(again.exceptions[kind], policy->exceptions[kind]));
}

static void check_printable(const char *text, size_t length) {
        while (length > 0) {
                size_t bytes = utf8_character(text, length);

                CHECK(bytes > 0);
                CHECK(bytes > 1 || *text == '\n' || (*text >= ' ' && *text != 0x7f));
                text += bytes;
                length -= bytes;
        }
}

static void check_problem(const struct diagnostic *problem, size_t size) {
        cleanup(cleanup_free) char *line = diagnostic_line(problem);

        CHECK(line && !strchr(line, '\n'));
        check_printable(line, strlen(line));
        CHECK(problem->line <= size + 1 && problem->column <= size + 1);
        CHECK((problem->line == 0) == (problem->text == NULL));
}

static void check_print(const struct diagnostics *problems) {
        cleanup(cleanup_free) char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);

        CHECK(stream);
        for (size_t i = 0; i < problems->count && i < PRINTED; i++)
                diagnostic_print(stream, &problems->items[i], false);
        CHECK(fclose(stream) == 0);
        check_printable(text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file policy;
        int r = policy_file_parse("fuzz.conf", (const char *)data, size, &policy, &problems);

        CHECK((r == 0) == (problems.errors == 0));
        CHECK(problems.count <= DIAGNOSTICS_MAX && problems.errors == problems.count + problems.omitted);
        if (r == 0)
                check_policy(&policy);
        for (size_t i = 0; i < problems.count && i < PRINTED; i++)
                check_problem(&problems.items[i], size);
        check_print(&problems);
        diagnostics_clear(&problems);
        return 0;
}
