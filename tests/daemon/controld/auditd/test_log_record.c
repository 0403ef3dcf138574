/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of auditd's log as records: what the kernel and auditd wrote is kept apart from what users wrote. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/controld/auditd/log_watch.h"

#define HEADER    "type=TRUSTED_APP msg=audit(1700000000.123:456): "
#define REQUEST   HEADER "pid=12 uid=0 auid=1000 ses=3 subj=unconfined msg='op=auditd-stop auid=0 res=success'"
#define END       "type=DAEMON_END msg=audit(1700000001.007:4711): op=terminate auid=1000 uid=0 ses=1 pid=11380 "
#define END_SUBJ  END "subj=unconfined res=success"
#define UNSET     UINT64_C(4294967295)
#define NO_NUMBER UINT64_MAX

static struct log_record parse(const char *line) {
        struct log_record record = { 0 };

        cr_assert(log_record_parse(line, strlen(line), &record), "%s", line);
        cr_assert_eq(record.line, line);
        cr_assert_eq(record.length, strlen(line));
        return record;
}

static void expect_header(const char *line, const char *type, uint64_t seconds, unsigned milliseconds, uint64_t serial,
                          const char *body) {
        struct log_record record = parse(line);

        cr_expect_eq(record.type_length, strlen(type), "%s", line);
        cr_expect(strncmp(record.type, type, record.type_length) == 0, "%s", line);
        cr_expect_eq(record.seconds, seconds, "%s", line);
        cr_expect_eq(record.milliseconds, milliseconds, "%s", line);
        cr_expect_eq(record.serial, serial, "%s", line);
        cr_expect_str_eq(record.body, body);
}

static void expect_number(const char *line, const char *field, uint64_t expected) {
        struct log_record record = parse(line);
        uint64_t number = 0;

        if (!log_record_number(&record, field, &number))
                number = NO_NUMBER;
        cr_expect_eq(number, expected, "%s: %s is %" PRIu64, line, field, number);
}

Test(log_record, a_record_has_type_time_number_and_body) {
        expect_header(END_SUBJ, "DAEMON_END", 1700000001, 7, 4711,
                      "op=terminate auid=1000 uid=0 ses=1 pid=11380 subj=unconfined res=success");
        expect_header("type=A msg=audit(0.000:0): ", "A", 0, 0, 0, "");
        expect_header("type=SYSCALL msg=audit(18446744073709551615.999:18446744073709551615): x", "SYSCALL", UINT64_MAX,
                      999, UINT64_MAX, "x");
}

Test(log_record, a_record_may_name_its_machine) {
        expect_header("node=a.example.org " END_SUBJ, "DAEMON_END", 1700000001, 7, 4711, parse(END_SUBJ).body);
        expect_header("node=(null) " END_SUBJ, "DAEMON_END", 1700000001, 7, 4711, parse(END_SUBJ).body);
}

Test(log_record, a_type_may_be_unknown_to_auditd) {
        expect_header("type=UNKNOWN[1338] msg=audit(1.000:2): op=x", "UNKNOWN[1338]", 1, 0, 2, "op=x");
        expect_header("type=OPENAT2 msg=audit(1.000:2): op=x", "OPENAT2", 1, 0, 2, "op=x");
}

Test(log_record, anything_else_is_no_record) {
        static const char *const lines[] = {
                "",
                "type=",
                "type=A",
                "type=A msg=audit",
                " type=A msg=audit(1.000:2): ",
                "xtype=A msg=audit(1.000:2): ",
                "type= msg=audit(1.000:2): ",
                "type=a msg=audit(1.000:2): ",
                "type=A-B msg=audit(1.000:2): ",
                "type=UNKNOWN[] msg=audit(1.000:2): ",
                "type=UNKNOWN[1 msg=audit(1.000:2): ",
                "type=UNKNOWN[x] msg=audit(1.000:2): ",
                "type=[1] msg=audit(1.000:2): ",
                "type=A  msg=audit(1.000:2): ",
                "type=A msg=audit(.000:2): ",
                "type=A msg=audit(-1.000:2): ",
                "type=A msg=audit(1.00:2): ",
                "type=A msg=audit(1.0000:2): ",
                "type=A msg=audit(1:2): ",
                "type=A msg=audit(1.000:): ",
                "type=A msg=audit(1.000:2) : ",
                "type=A msg=audit(1.000:2):",
                "type=A msg=audit(1.000:2):\tx",
                "type=A msg=audit(18446744073709551616.000:2): ",
                "type=A msg=audit(1.000:99999999999999999999): ",
                "type=A msg='type=A msg=audit(1.000:2): ",
                "node= type=A msg=audit(1.000:2): ",
                "node=a",
                "node=a  type=A msg=audit(1.000:2): ",
                "node=a node=b type=A msg=audit(1.000:2): ",
                "node=a b type=A msg=audit(1.000:2): ",
                "type=DAEMON_ERR op=format-raw msg=NULL res=failed",
        };

        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                struct log_record record;

                cr_expect(!log_record_parse(lines[i], strlen(lines[i]), &record), "\"%s\"", lines[i]);
        }
}

Test(log_record, a_line_with_a_nul_is_no_record) {
        const char line[] = HEADER "pid=12\0 uid=0";
        struct log_record record;

        cr_assert(!log_record_parse(line, sizeof(line) - 1, &record));
        cr_assert(log_record_parse(line, strlen(line), &record));
}

Test(log_record, what_a_user_wrote_is_no_header) {
        expect_header("type=USER_CMD msg=audit(1.000:2): pid=1 msg='x' type=DAEMON_END msg=audit(3.000:4): auid=0",
                      "USER_CMD", 1, 0, 2, "pid=1 msg='x' type=DAEMON_END msg=audit(3.000:4): auid=0");
}

Test(log_record, fields_of_the_kernel_and_of_auditd_are_numbers) {
        expect_number(REQUEST, "pid", 12);
        expect_number(REQUEST, "uid", 0);
        expect_number(REQUEST, "auid", 1000);
        expect_number(REQUEST, "ses", 3);
        expect_number(END_SUBJ, "pid", 11380);
        expect_number(END_SUBJ, "auid", 1000);
        expect_number("node=x " END "res=18446744073709551614", "res", UINT64_MAX - 1);
}

Test(log_record, minus_one_is_unset) {
        expect_number(HEADER "auid=-1 uid=4294967295", "auid", UNSET);
        expect_number(HEADER "auid=-1 uid=4294967295", "uid", UNSET);
        expect_number(HEADER "auid=-1", "auid", UNSET);
        expect_number(HEADER "auid=-1\x1d"
                             "AUID=\"unset\"",
                      "auid", UNSET);
}

Test(log_record, a_field_is_found_by_its_whole_name) {
        expect_number(HEADER "oauid=1 auidx=2 old-auid=3 auid=4", "auid", 4);
        expect_number(HEADER "auid=4 uid=5", "uid", 5);
        expect_number(HEADER "auid auid=4", "auid", 4);
        expect_number(HEADER "AUID=4", "auid", NO_NUMBER);
        expect_number(HEADER "avc:  denied  { read } for  pid=7 comm=\"pid=8\"", "pid", 7);
        expect_number(HEADER "a0=\"auid=3\"", "auid", NO_NUMBER);
        expect_number(HEADER, "auid", NO_NUMBER);
}

Test(log_record, the_first_of_several_counts) {
        expect_number(HEADER "pid=1 subj==bin/x (enforce) pid=2", "pid", 1);
        expect_number(HEADER "pid=x pid=2", "pid", NO_NUMBER);
}

Test(log_record, what_is_no_number_is_none) {
        static const char *const values[] = {
                "",
                "x",
                "12x",
                "-2",
                "-12",
                "--1",
                "+1",
                "0x10",
                "\"1\"",
                "1,2",
                "18446744073709551616",
                "99999999999999999999",
        };

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                char line[128];

                snprintf(line, sizeof(line), HEADER "auid=%s uid=0", values[i]);
                expect_number(line, "auid", NO_NUMBER);
                snprintf(line, sizeof(line), HEADER "auid=%s", values[i]);
                expect_number(line, "auid", NO_NUMBER);
        }
}

Test(log_record, nothing_that_a_user_wrote_is_a_field) {
        expect_number(REQUEST, "res", NO_NUMBER);
        expect_number(HEADER "pid=1 msg='x' auid=5", "auid", NO_NUMBER);
        expect_number(HEADER "pid=1 msg='' auid=5 pid=7", "pid", 1);
        expect_number(HEADER "msg='auid=5 auid=6'", "auid", NO_NUMBER);
}

Test(log_record, nothing_that_enriching_added_is_a_field) {
        expect_number(HEADER "pid=1 res=success\x1d"
                             "auid=5 AUID=\"alice\" auid=6",
                      "auid", NO_NUMBER);
        expect_number(END "res=success\x1d"
                          "AUID=\"alice\" pid=5",
                      "pid", 11380);
        expect_number(END "ok=5\x1d"
                          "AUID=\"alice\"",
                      "ok", 5);
        expect_number(HEADER "\x1d"
                             "auid=5",
                      "auid", NO_NUMBER);
}
