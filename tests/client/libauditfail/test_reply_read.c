/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/reply_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reads TEXT and its NUL from the end of a page, before a page without access. */
static int read_at_the_edge(const char *text, size_t length, struct auditfail_answer *answer) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        cr_assert_neq(pages, MAP_FAILED);
        cr_assert_eq(mprotect(pages + page, page, PROT_NONE), 0);
        cr_assert_lt(length, page);
        char *copy = pages + page - length - 1;
        memcpy(copy, text, length);
        int r = reply_read(copy, length, answer);
        munmap(pages, 2 * page);
        return r;
}

static struct auditfail_answer answer_in(const char *text) {
        struct auditfail_answer answer;

        cr_assert_eq(read_at_the_edge(text, strlen(text), &answer), 0, "refused: %s", text);
        return answer;
}

static void assert_refused(const char *text, int error) {
        struct auditfail_answer answer;
        int r = read_at_the_edge(text, strlen(text), &answer);

        cr_assert_eq(r, error, "%d instead of %d: %s", r, error, text);
}

static const char whole[] = "{\"parameters\":{\"application\":\"passwd\",\"action\":\"log\",\"kind\":\"denied\","
                            "\"source\":\"application\",\"file\":\"/etc/auditfail/passwd.conf\",\"line\":3,"
                            "\"generation\":7}}";

Test(reply_read, what_the_daemon_answers_is_in_the_answer) {
        struct auditfail_answer answer = answer_in(whole);

        cr_assert_eq(answer.action, AUDITFAIL_LOG);
        cr_assert_str_eq(answer.file, "/etc/auditfail/passwd.conf");
        cr_assert_eq(answer.line, 3);
        cr_assert_eq(answer.generation, 7);
        cr_assert_eq(answer.via, AUDITFAIL_VIA_DAEMON);
        cr_assert_eq(answer.cause, 0);
}

Test(reply_read, every_action_is_known) {
        cr_assert_eq(answer_in("{\"parameters\":{\"action\":\"ignore\"}}").action, AUDITFAIL_IGNORE);
        cr_assert_eq(answer_in("{\"parameters\":{\"action\":\"log\"}}").action, AUDITFAIL_LOG);
        cr_assert_eq(answer_in("{\"parameters\":{\"action\":\"terminate\"}}").action, AUDITFAIL_TERMINATE);
}

Test(reply_read, a_file_that_did_not_decide_is_absent_or_null) {
        struct auditfail_answer absent = answer_in("{\"parameters\":{\"action\":\"log\",\"generation\":1}}");
        struct auditfail_answer null = answer_in("{\"parameters\":{\"action\":\"log\",\"file\":null,\"line\":null,"
                                                 "\"generation\":null},\"error\":null,\"continues\":null}");

        cr_assert_str_eq(absent.file, "");
        cr_assert_eq(absent.line, 0);
        cr_assert_str_eq(null.file, "");
        cr_assert_eq(null.line, 0);
        cr_assert_eq(null.generation, 0);
}

Test(reply_read, members_of_a_later_daemon_are_skipped) {
        cr_assert_eq(answer_in("{\"a\":[],\"b\":{},\"c\":[1,-2.5e+3,true,false,null,\"x\",[{\"y\":[0.5E-1]}]],"
                               "\"parameters\":{\"what\":{\"action\":\"ignore\"},\"action\":\"log\",\"n\":-0,"
                               "\"huge\":123456789012345678901234567890}}")
                             .action,
                     AUDITFAIL_LOG);
}

Test(reply_read, white_space_is_allowed_wherever_json_allows_it) {
        cr_assert_eq(
                answer_in(" \t\r\n{ \"parameters\" : { \"line\" : 4 , \"action\" :\n\"log\" } , \"x\" : [ 1 , 2 ] } \n")
                        .line,
                4);
        cr_assert_eq(answer_in("{\"x\":[ ],\"y\":{ },\"parameters\":{\"action\":\"log\"}}").action, AUDITFAIL_LOG);
}

Test(reply_read, of_a_member_that_comes_twice_the_last_one_counts) {
        cr_assert_eq(answer_in("{\"parameters\":{\"action\":\"ignore\",\"action\":\"terminate\"}}").action,
                     AUDITFAIL_TERMINATE);
        cr_assert_eq(answer_in("{\"parameters\":{\"action\":5,\"action\":\"log\"}}").action, AUDITFAIL_LOG);
        cr_assert_eq(answer_in("{\"error\":\"a.B\",\"parameters\":{\"action\":\"log\"},\"error\":null}").action,
                     AUDITFAIL_LOG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"action\":null}}", -EBADMSG);

        struct auditfail_answer second =
                answer_in("{\"parameters\":{\"action\":\"ignore\",\"file\":\"/a\",\"line\":-1},"
                          "\"parameters\":{\"action\":\"log\"}}");
        cr_assert_eq(second.action, AUDITFAIL_LOG);
        cr_assert_str_eq(second.file, "");
        assert_refused("{\"parameters\":{\"action\":\"ignore\"},\"parameters\":{}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"ignore\"},\"parameters\":null}", -EBADMSG);
        cr_assert_str_eq(answer_in("{\"parameters\":{\"action\":\"log\",\"file\":\"/long\",\"file\":\"/b\"}}").file,
                         "/b");
}

Test(reply_read, escapes_are_understood_in_names_and_values) {
        cr_assert_str_eq(
                answer_in("{\"p\\u0061rameters\":{\"\\u0061ction\":\"l\\u006fg\",\"file\":\"\\/a\\\\\\\"b\"}}").file,
                "/a\\\"b");
        cr_assert_str_eq(
                answer_in("{\"parameters\":{\"action\":\"log\",\"file\":\"/\\u00e9\\u20AC\\uD83D\\ude00\xc3\xa9\"}}")
                        .file,
                "/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9");
        cr_assert_eq(answer_in("{\"x\":\"\\b\\f\\n\\r\\t\\u0000\",\"parameters\":{\"action\":\"log\"}}").action,
                     AUDITFAIL_LOG);
}

Test(reply_read, numbers_are_taken_up_to_their_limits) {
        struct auditfail_answer most = answer_in("{\"parameters\":{\"action\":\"log\",\"line\":4294967295,"
                                                 "\"generation\":9223372036854775807}}");

        cr_assert_eq(most.line, UINT_MAX);
        cr_assert_eq(most.generation, INT64_MAX);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"line\":4294967296}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"generation\":9223372036854775808}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"generation\":18446744073709551617}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"generation\":-1}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"line\":1.0}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"line\":1e2}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"line\":\"3\"}}", -EBADMSG);
}

Test(reply_read, a_file_name_fits_whole_or_the_reply_is_refused) {
        char text[600], name[257];

        memset(name, 'a', sizeof(name));
        name[256] = '\0';
        snprintf(text, sizeof(text), "{\"parameters\":{\"action\":\"log\",\"file\":\"%s\"}}", name);
        assert_refused(text, -EBADMSG);
        name[255] = '\0';
        snprintf(text, sizeof(text), "{\"parameters\":{\"action\":\"log\",\"file\":\"%s\"}}", name);
        cr_assert_str_eq(answer_in(text).file, name);
}

Test(reply_read, a_file_name_that_could_forge_a_log_line_is_refused) {
        assert_refused("{\"parameters\":{\"action\":\"log\",\"file\":\"/a\\nb\"}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"file\":\"/a\\u001b[2J\"}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"file\":\"/a\\u0000b\"}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"file\":\"/a\x7f\"}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\",\"file\":7}}", -EBADMSG);
}

Test(reply_read, an_error_of_the_service_is_told_from_garbage) {
        assert_refused("{\"error\":\"io.auditfail.Policy.QuotaExceeded\",\"parameters\":{\"resource\":\"bytes\"}}",
                       -EREMOTEIO);
        assert_refused("{\"error\":\"a.B\",\"parameters\":{\"action\":\"ignore\"}}", -EREMOTEIO);
        assert_refused("{\"error\":1,\"parameters\":{\"action\":\"ignore\"}}", -EREMOTEIO);
}

Test(reply_read, what_is_no_answer_is_refused) {
        static const char *const texts[] = {
                "",
                "{}",
                "[]",
                "\"log\"",
                "null",
                "{\"parameters\":null}",
                "{\"parameters\":[]}",
                "{\"parameters\":{}}",
                "{\"parameters\":{\"action\":null}}",
                "{\"parameters\":{\"action\":2}}",
                "{\"parameters\":{\"action\":\"Ignore\"}}",
                "{\"parameters\":{\"action\":\"ignore \"}}",
                "{\"parameters\":{\"action\":\"ignore\\u0000\"}}",
                "{\"parameters\":{\"action\":[\"ignore\"]}}",
                "{\"action\":\"ignore\"}",
                "{\"Parameters\":{\"action\":\"ignore\"}}",
                "{\"parameters\":{\"action\":\"ignore\"},\"continues\":true}",
                "{\"parameters\":{\"action\":\"ignore\"},\"continues\":0}",
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_refused(texts[i], -EBADMSG);
}

/* Each stands beside a member that would be an answer. */
Test(reply_read, what_is_no_json_is_refused) {
        static const char *const values[] = { "",
                                              "01",
                                              "-",
                                              "+1",
                                              ".5",
                                              "1.",
                                              "1e",
                                              "1e+",
                                              "0x1",
                                              "NaN",
                                              "Infinity",
                                              "-Infinity",
                                              "nul",
                                              "TRUE",
                                              "'a'",
                                              "\"a",
                                              "\"\t\"",
                                              "\"\\x\"",
                                              "\"\\u12\"",
                                              "\"\\u12g4\"",
                                              "\"\\ud800\"",
                                              "\"\\udc00\"",
                                              "\"\\ud800\\u0041\"",
                                              "\"\x80\"",
                                              "\"\xc0\xaf\"",
                                              "\"\xed\xa0\x80\"",
                                              "\"\xf5\x80\x80\x80\"",
                                              "\"\xe2\x82\"",
                                              "[1,]",
                                              "[,1]",
                                              "[1 2]",
                                              "[",
                                              "]",
                                              "{\"a\"}",
                                              "{\"a\":}",
                                              "{\"a\":1,}",
                                              "{a:1}",
                                              "{1:1}",
                                              "{\"a\":1 \"b\":2}",
                                              "1,",
                                              "/**/1",
                                              "\"\\u \x11\x11\x11\x11\"" };
        char text[200];

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                snprintf(text, sizeof(text), "{\"parameters\":{\"action\":\"log\"},\"x\":%s}", values[i]);
                assert_refused(text, -EBADMSG);
        }
        assert_refused("{\"parameters\":{\"action\":\"log\"}}}", -EBADMSG);
        assert_refused("{\"parameters\":{\"action\":\"log\"}}{}", -EBADMSG);
        assert_refused("\xef\xbb\xbf{\"parameters\":{\"action\":\"log\"}}", -EBADMSG);
}

Test(reply_read, a_reply_that_breaks_off_is_refused) {
        struct auditfail_answer answer;

        for (size_t length = 0; length < strlen(whole); length++)
                cr_assert_eq(read_at_the_edge(whole, length, &answer), -EBADMSG, "%zu bytes were enough", length);
}

Test(reply_read, nesting_is_followed_so_far_and_no_further) {
        char text[200] = "{\"parameters\":{\"action\":\"log\"},\"x\":";
        size_t start = strlen(text), depth = REPLY_DEPTH_MAX - 1;

        memset(text + start, '[', depth);
        memset(text + start + depth, ']', depth);
        strcpy(text + start + 2 * depth, "}");
        cr_assert_eq(answer_in(text).action, AUDITFAIL_LOG);

        depth++;
        memset(text + start, '[', depth);
        memset(text + start + depth, ']', depth);
        strcpy(text + start + 2 * depth, "}");
        assert_refused(text, -EBADMSG);
}

static int read_check(const char *reply, struct check_reply *ret) {
        return reply_read_check(reply, strlen(reply), ret);
}

Test(reply_read, a_check_without_members_knows_no_counter) {
        struct check_reply check;

        cr_assert_eq(read_check("{\"parameters\":{}}", &check), 0);
        cr_expect_eq(check.error, 0);
        cr_expect_eq(check.lost, AUDITFAIL_LOST_UNKNOWN);
        cr_expect_not(check.pressed);
}

Test(reply_read, a_check_has_the_errno_and_the_counter) {
        struct check_reply check;

        cr_assert_eq(read_check("{\"parameters\":{\"errno\":108,\"lost\":4294967295,\"pressed\":true}}", &check), 0);
        cr_expect_eq(check.error, 108);
        cr_expect_eq(check.lost, UINT32_MAX);
        cr_expect(check.pressed);
}

Test(reply_read, a_check_that_is_none_is_refused) {
        static const char *const replies[] = { "{\"parameters\":{\"errno\":4096}}",
                                               "{\"parameters\":{\"errno\":-1}}",
                                               "{\"parameters\":{\"errno\":\"x\"}}",
                                               "{\"parameters\":{\"lost\":-1}}",
                                               "{\"parameters\":{\"lost\":4294967296}}",
                                               "{\"parameters\":{\"pressed\":1}}",
                                               "[]",
                                               "{\"parameters\":{}" };
        struct check_reply check;

        for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
                cr_expect_eq(read_check(replies[i], &check), -EBADMSG, "%s", replies[i]);
        cr_expect_eq(read_check("{\"error\":\"org.varlink.service.MethodNotFound\"}", &check), -EREMOTEIO);
}
