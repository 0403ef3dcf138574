/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel that acknowledges the record of a request and drops it. */
#include "tests/daemon/controld/auditd/fake_transaction.h"

/* At once: there is no use in waiting for such a record. */
static void expect_refused_at_once(enum cause cause) {
        TASK;
        uint64_t before = machine.now;

        machine.drops =
                (struct kernel_drops){ .known = true, .drops = true, .cause = cause, .detail = "never,user -F uid=0" };
        cr_expect_not(run(&task));
        expect_trace("login 1000; ");
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, cause);
        cr_expect_str_eq(last_message()->detail, "never,user -F uid=0");
        cr_expect_eq(machine.now, before);
}

Test(transaction_drops, while_auditing_is_off_the_request_is_refused_before_it_is_written) {
        expect_refused_at_once(CAUSE_DISABLED);
}

Test(transaction_drops, where_a_rule_drops_the_record_the_request_is_refused_before_it_is_written) {
        expect_refused_at_once(CAUSE_EXCLUDED);
}

Test(transaction_drops, force_goes_on_although_the_kernel_drops_the_record) {
        TASK;
        task.force = true;
        machine.drops = (struct kernel_drops){ .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off" };
        cr_expect(run(&task));
        expect_trace("login 1000; forced unrecorded; signal 15; ");
        expect_told("unconfirmed signalled");
        cr_expect_str_eq(machine.messages[0]->detail, "off");
}

static void lose_it(const struct request_record *record) {
        (void)record;
        machine.drops.lost++;
}

Test(transaction_drops, a_kernel_that_lost_records_meanwhile_is_the_cause) {
        TASK;
        machine.drops = (struct kernel_drops){ .known = true, .lost = UINT32_MAX - 1, .rate_limit = 1 };
        machine.on_write = lose_it;
        cr_expect_not(run(&task));
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, CAUSE_LOST);
        cr_expect_not_null(strstr(last_message()->detail, "the kernel lost 7 records meanwhile (rate limit 1,"), "%s",
                           last_message()->detail);
}

static void lose_it_among_others(const struct request_record *record) {
        lose_it(record);
        add_records(&machine.scene, 100, 100);
}

/* A queue that is full since auditd hangs is no cause; one that is full although auditd writes, is. */
Test(transaction_drops, records_that_the_kernel_lost_for_want_of_room_are_the_cause_where_auditd_writes) {
        for (int writes = 0; writes < 2; writes++) {
                TASK;
                machine.drops = (struct kernel_drops){ .known = true };
                machine.on_write = writes ? lose_it_among_others : lose_it;
                cr_expect_not(run(&task));
                expect_told("NotRecorded");
                cr_expect_eq(last_message()->cause, writes ? CAUSE_LOST : CAUSE_HUNG, "%d: %s", writes,
                             last_message()->detail);
                transaction_end(&transaction);
        }
}

static void exclude_it(const struct request_record *record) {
        (void)record;
        machine.drops = (struct kernel_drops){ .known = true,
                                               .drops = true,
                                               .cause = CAUSE_EXCLUDED,
                                               .detail = "the kernel has the rule never,user",
                                               .rule = "never,user",
                                               .deletable = true };
}

Test(transaction_drops, a_rule_is_told_with_what_deletes_it_whenever_it_was_made) {
        TASK;
        machine.on_write = exclude_it;
        cr_expect_not(run(&task));
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, CAUSE_EXCLUDED);
        cr_expect_str_eq(last_message()->rule, "never,user");
        transaction_end(&transaction);
        machine.drops.deletable = false;
        cr_expect_not(run(&task));
        expect_told("NotRecorded NotRecorded");
        cr_expect_str_empty(last_message()->rule);
}

Test(transaction_drops, to_resume_does_not_help_a_kernel_that_drops_records) {
        MACHINE;
        struct task task = request_to(OPERATION_RESUME);

        exclude_it(NULL);
        cr_expect_not(run(&task));
        expect_no_signal();
        expect_told("NotRecorded");
}

Test(transaction_drops, a_stopped_auditd_is_the_cause_even_where_the_kernel_loses_records) {
        TASK;
        machine.drops = (struct kernel_drops){ .known = true };
        machine.on_write = lose_it;
        kill(machine.auditd, SIGSTOP);
        cr_assert_eq(waitpid(machine.auditd, NULL, WUNTRACED), machine.auditd);
        cr_expect_not(run(&task));
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, CAUSE_STOPPED);
}
