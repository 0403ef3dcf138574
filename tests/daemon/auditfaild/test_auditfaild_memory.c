/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfaild's parts without memory: each one says so, and leaves nothing behind. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "daemon/auditfaild/reload.h"
#include "daemon/auditfaild/report.h"
#include "daemon/auditfaild/report_budget.h"
#include "daemon/auditfaild/report_journal.h"
#include "daemon/auditfaild/report_trail.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/decisions.h"
#include "tests/harness/give_up_audit_write.h"
#include "tests/harness/parameterized.h"

static struct auditfaild daemon_state = { .places.root = "" };

static int no_entry(void) {
        const struct decision decision = passwd_decision();

        return journal_entry(&decision) ? 0 : -ENOMEM;
}

static int no_message(void) {
        const struct decision decision = passwd_decision();

        return trail_message(&decision) ? 0 : -ENOMEM;
}

static int no_reporter(void) {
        struct reporter *reporter = NULL;

        return reporter_new(false, false, &reporter);
}

static int no_budgets(void) {
        struct budgets *budgets = NULL;

        return budgets_new(TRAIL_SYSTEM, &budgets);
}

static int no_reloader(void) {
        struct reloader *reloader = NULL;

        return reloader_new(&daemon_state, &reloader);
}

static int no_policy(void) {
        return reload_first(&daemon_state);
}

static int (*const makers[])(void) = { no_entry, no_message, no_reporter, no_budgets, no_reloader, no_policy };

ParameterizedTestParameters(auditfaild_memory, what_needs_memory_fails_without_it) {
        static size_t rows[] = { 0, 1, 2, 3, 4, 5 };

        return cr_make_param_array(size_t, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(size_t *row, auditfaild_memory, what_needs_memory_fails_without_it) {
        int r;

        take_memory();
        r = makers[*row]();
        give_memory();
        cr_expect_eq(r, -ENOMEM, "maker %zu returned %d", *row, r);
}

Test(auditfaild_memory, a_decision_that_is_not_reported_is_named) {
        const struct decision decision = passwd_decision();
        int said = catch_stderr();
        char text[256];

        take_memory();
        journal_write(&decision, false);
        give_memory();
        read_all(said, text, sizeof(text));
        cr_expect_str_eq(text, "auditfaild: no memory to report a decision on passwd\n");
}

Test(auditfaild_memory, a_record_that_is_not_written_counts_as_lost) {
        const struct decision decision = passwd_decision();
        struct trail trail = { .fd = -1 };
        int said = catch_stderr();
        char text[256];

        give_up_audit_write();
        take_memory();
        trail_write(&trail, &decision);
        give_memory();
        read_all(said, text, sizeof(text));
        cr_expect_eq(trail.lost, 1);
        cr_expect_not(trail_works(&trail));
        cr_expect_not_null(strstr(text, "Cannot write to the audit trail (Cannot allocate memory)"), "%s", text);
}

Test(auditfaild_memory, a_reloader_without_a_descriptor_is_an_error) {
        struct reloader *reloader = NULL;
        int r;

        take_descriptors();
        r = reloader_new(&daemon_state, &reloader);
        give_descriptors();
        cr_expect_eq(r, -EMFILE);
        cr_expect_null(reloader);
}

Test(auditfaild_memory, a_trail_without_a_descriptor_does_not_work) {
        struct trail trail = { .fd = -1, .works = true };
        int said = catch_stderr();
        char text[256];

        take_descriptors();
        trail_probe(&trail);
        give_descriptors();
        read_all(said, text, sizeof(text));
        cr_expect_not(trail_works(&trail));
        cr_expect_not_null(strstr(text, "Cannot write to the audit trail (Too many open files)"), "%s", text);
}
