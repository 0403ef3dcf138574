/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/audit_text.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/decisions.h"
#include "tests/harness/read_trail.h"

/* Returns what audit_text() writes. The caller frees it. */
static char *text_of(const char *name, const char *value) {
        char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);

        cr_assert_not_null(stream);
        audit_text(stream, name, value);
        fclose(stream);
        return text;
}

static void expect_text(const char *value, const char *expected) {
        char *text = text_of("name", value);

        cr_expect_str_eq(text, expected);
        free(text);
}

/* Expects that auparse reads VALUE back from the field "reason", and that the field ends where it should. */
static void expect_read_back(const char *value) {
        char *text = text_of("reason", value), *line = NULL;

        cr_assert_gt(asprintf(&line,
                              "type=TRUSTED_APP msg=audit(1700000000.123:42): pid=4242 uid=0 auid=1000 ses=7 "
                              "msg='op=test%s hostname=? addr=? terminal=? res=failed'\n",
                              text),
                     0);

        auparse_state_t *parser = parse(line);

        expect_field(parser, "reason", value);
        expect_bytes(parser, "auid", "1000");
        expect_field(parser, "res", "failed");
        cr_expect_eq(auparse_get_num_fields(parser), 11, "%s", line);
        auparse_destroy(parser);
        free(line);
        free(text);
}

Test(audit_text, harmless_text_is_quoted) {
        expect_text("auditctl", " name=\"auditctl\"");
        expect_text("/dev/pts/0", " name=\"/dev/pts/0\"");
        expect_text("0123456789abcdef", " name=\"0123456789abcdef\"");
        expect_text("unconfined_u:unconfined_r:unconfined_t:s0", " name=\"unconfined_u:unconfined_r:unconfined_t:s0\"");
}

Test(audit_text, a_missing_value_is_a_question_mark) {
        expect_text("", " name=?");
        expect_text(NULL, " name=?");
        expect_text("?", " name=3F");
}

Test(audit_text, other_text_is_hexadecimal) {
        expect_text("disk replacement", " name=6469736B207265706C6163656D656E74");
        expect_text("k\"b", " name=6B2262");
        expect_text("\303\274", " name=C3BC");
        expect_text("\302\2331m", " name=C29B316D");
}

Test(audit_text, hexadecimal_text_always_has_a_letter) {
        expect_text("a b", " name=612062000A");
        expect_text("security update", " name=736563757269747920757064617465000A");
        expect_text("a b\n", " name=6120620A");
        expect_text("\200\231 ", " name=809920000A");
        expect_text("\240 ", " name=A020");
}

Test(audit_text, auparse_reads_every_byte_back) {
        for (int byte = 1; byte < 256; byte++) {
                expect_read_back((char[]){ (char)byte, 0 });
                expect_read_back((char[]){ 'a', ' ', (char)byte, 0 });
                expect_read_back((char[]){ (char)byte, '0', '0', 0 });
        }
}

Test(audit_text, auparse_reads_hostile_values_back) {
        for (size_t i = 0; i < HOSTILE_COUNT; i++)
                expect_read_back(hostile[i]);
        expect_read_back("' exe=\"/bin/sh\" res=success'\ntype=LOGIN msg=audit(1.1:1): pid=1 auid=0");
        expect_read_back("key=\"x\"");
}

Test(audit_text, auparse_reads_a_long_value_back) {
        char value[2049];

        memset(value, '"', sizeof(value) - 1);
        value[sizeof(value) - 1] = 0;
        expect_read_back(value);
}

Test(audit_text, its_length_is_known) {
        static const char *const values[] = {
                NULL, "", "auditctl", "a b", "security update", "disk replacement", "\377", "\302\233",
        };

        for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
                char *text = text_of("name", values[i]);

                cr_expect_eq(audit_text_length(values[i]), strlen(text) - strlen(" name="), "%s", text);
                free(text);
        }
}

Test(audit_text, a_number_is_quoted_and_read_back) {
        char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);

        audit_number(stream, "oses", true, 4748);
        audit_number(stream, "line", false, 4748);
        audit_number(stream, "most", true, UINT64_MAX);
        fclose(stream);
        cr_expect_str_eq(text, " oses=\"4748\" line=? most=\"18446744073709551615\"");
        free(text);
        expect_read_back("4748");
}

Test(audit_text, plain_text_needs_no_quotes) {
        cr_expect(audit_text_is_plain("pts/0"));
        cr_expect_not(audit_text_is_plain(""));
        for (int byte = 1; byte < 256; byte++)
                if (!isalnum(byte) && !strchr("._-+:@/", byte))
                        cr_expect_not(audit_text_is_plain((char[]){ 'a', (char)byte, 0 }), "%d", byte);
        for (size_t i = 0; i < HOSTILE_COUNT; i++)
                if (strspn(hostile[i], "-") < strlen(hostile[i]))
                        cr_expect_not(audit_text_is_plain(hostile[i]), "%s", hostile[i]);
}
