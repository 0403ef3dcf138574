/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/auditfaild/report_journal.h"
#include "tests/harness/decisions.h"

struct entry {
        char *text, *fields[32];
        size_t count;
};

static struct entry make_entry(const struct decision *decision) {
        struct entry entry = { .text = journal_entry(decision) };
        char *rest = entry.text;

        cr_assert_not_null(rest);
        while (*rest)
                entry.fields[entry.count++] = strsep(&rest, "\n");
        return entry;
}

/* Returns the value of field NAME, or NULL. The field must not be there twice. */
static const char *field(const struct entry *entry, const char *name) {
        const char *found = NULL;

        for (size_t i = 0; i < entry->count; i++) {
                const char *text = entry->fields[i];

                if (strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != '=')
                        continue;
                cr_assert_null(found, "%s twice", name);
                found = text + strlen(name) + 1;
        }
        return found;
}

Test(report_journal, an_entry_has_each_field_that_is_known) {
        const struct decision decision = passwd_decision();
        struct entry entry = make_entry(&decision);

        cr_expect_str_eq(field(&entry, "MESSAGE_ID"), "6e5f56a498b34df28f26198f5fc86e41");
        cr_expect_str_eq(field(&entry, "PRIORITY"), "3");
        cr_expect_str_eq(field(&entry, "SYSLOG_IDENTIFIER"), "auditfaild");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_APPLICATION"), "passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_ACTION"), "terminate");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_KIND"), "denied");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_ERRNO"), "1");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_OPERATION"), "audit_log_user_message");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_RECORD"), "USER_CHAUTHTOK");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_FILE"), "/etc/auditfail/passwd.conf");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_LINE"), "2");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_PID"), "123");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_UID"), "0");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_AUID"), "1000");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SESSION"), "7");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_PROGRAM"), "passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_UNIT"), "session-7.scope");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_EXE"), "/usr/bin/passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SUPPRESSED"), "3");
        cr_expect_eq(entry.count, 20);
        free(entry.text);
}

Test(report_journal, unknown_fields_are_absent) {
        const struct decision decision = bare_decision();
        struct entry entry = make_entry(&decision);

        cr_expect_str_eq(field(&entry, "AUDITFAIL_UID"), "4294967294");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SUPPRESSED"), "0");
        cr_expect_eq(entry.count, 8, "MESSAGE, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER, APPLICATION, ACTION and these");
        free(entry.text);
}

static void expect_message(const struct decision *decision, const char *message) {
        struct entry entry = make_entry(decision);

        cr_expect_str_eq(field(&entry, "MESSAGE"), message);
        free(entry.text);
}

Test(report_journal, the_message_says_what_is_known) {
        struct decision decision = passwd_decision();

        decision.suppressed = 0;
        expect_message(&decision, "passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                                  "(USER_CHAUTHTOK, audit_log_user_message: EPERM): told to terminate by "
                                  "/etc/auditfail/passwd.conf:2");
        strcpy(decision.peer.program, "python3");
        decision.action = AUDITFAIL_LOG;
        decision.operation[0] = 0;
        decision.suppressed = 12;
        expect_message(&decision,
                       "passwd (program python3, pid 123, uid 0, auid 1000) could not write to the audit trail "
                       "(USER_CHAUTHTOK: EPERM): told to log it and go on by /etc/auditfail/passwd.conf:2; "
                       "left out before this one: 12");
        decision = passwd_decision();
        decision.suppressed = 0;
        decision.error = 0;
        decision.record[0] = 0;
        decision.line = 0;
        expect_message(&decision, "passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                                  "(audit_log_user_message: denied): told to terminate, since "
                                  "/etc/auditfail/passwd.conf could not be used");
        decision = bare_decision();
        expect_message(&decision,
                       "hwclock (uid 4294967294) could not write to the audit trail: told to terminate, since "
                       "there is no policy");
        strcpy(decision.record, "ADD_USER");
        expect_message(&decision,
                       "hwclock (uid 4294967294) could not write to the audit trail (ADD_USER): told to terminate, "
                       "since there is no policy");
        decision.record[0] = 0;
        decision.error = 4000;
        decision.action = AUDITFAIL_IGNORE;
        expect_message(&decision, "hwclock (uid 4294967294) could not write to the audit trail (errno 4000): told to "
                                  "ignore it, since there is no policy");
}

Test(report_journal, the_priority_follows_the_action) {
        static const char *const priorities[] = { "6", "4", "3" };
        struct decision decision = passwd_decision();
        struct entry entry;

        for (int action = 0; action < ACTION_COUNT; action++) {
                decision.action = (enum auditfail_action)action;
                entry = make_entry(&decision);
                cr_expect_str_eq(field(&entry, "PRIORITY"), priorities[action]);
                free(entry.text);
        }
}

Test(report_journal, text_from_a_caller_forges_no_field_and_no_line) {
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                struct decision decision = passwd_decision();
                struct entry entry;

                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);
                snprintf(decision.record, sizeof(decision.record), "%s", hostile[i]);
                snprintf(decision.file, sizeof(decision.file), "%s", hostile[i]);
                snprintf(decision.origin.exe, sizeof(decision.origin.exe), "%s", hostile[i]);
                entry = make_entry(&decision);
                cr_expect_eq(entry.count, 20);
                cr_expect_str_eq(field(&entry, "AUDITFAIL_APPLICATION"), "passwd");
                for (size_t j = 0; j < entry.count; j++)
                        for (const char *c = entry.fields[j]; *c; c++)
                                cr_expect(*c >= 0x20 && *c < 0x7f, "\"%s\" lets byte %d through", hostile[i], *c);
                free(entry.text);
        }
}

Test(report_journal, an_escape_can_be_undone) {
        struct decision decision = passwd_decision();
        struct entry entry;

        strcpy(decision.operation, "a\nb\\x0a\377");
        entry = make_entry(&decision);
        cr_expect_str_eq(field(&entry, "AUDITFAIL_OPERATION"), "a\\x0ab\\x5cx0a\\xff");
        free(entry.text);
}
