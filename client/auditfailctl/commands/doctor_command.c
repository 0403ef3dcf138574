/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl doctor: diagnoses each subject. It asks for the policy ahead of a loss, so that nothing is reported. */
#include "client/auditfailctl/commands/doctor_command.h"

#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/doctor/facts.h"
#include "client/auditfailctl/doctor/findings.h"
#include "client/auditfailctl/doctor/print.h"
#include "client/auditfailctl/doctor/verdict.h"
#include "client/common/text.h"
#include "protocol/base_name.h"
#include "protocol/cleanup.h"

/* The answers that the subject would get. */
static int ask_policy(const struct settings *settings, struct diagnosis *d) {
        int status = STATUS_OK;

        for (enum kind kind = 0; kind < KIND_COUNT && status == STATUS_OK; kind++) {
                struct failed_call failure = { .kind = kind };
                strcpy(failure.application, d->application);
                if (d->process.socket_hidden)
                        d->answers[kind] = (struct auditfail_answer){ .action = AUDITFAIL_TERMINATE,
                                                                      .via = AUDITFAIL_VIA_BUILTIN };
                else
                        status = failed_call_ask(settings, &failure, true, &d->answers[kind]);
        }
        return status;
}

static int diagnose(const struct settings *settings, struct diagnosis *d) {
        findings_make(d);
        int status = ask_policy(settings, d);
        if (status == STATUS_OK)
                verdict_find(d);
        return status;
}

/* The file names of all of HELPERS but that of CHOSEN. The caller frees them; NULL: there are none. */
static char *name_others(const struct string_list *helpers, size_t chosen) {
        char *names = NULL;

        for (size_t i = 0; i < helpers->count; i++)
                if (i != chosen)
                        text_append(&names, "%s%s", names ? ", " : "", base_name(helpers->items[i]));
        return names;
}

/* Diagnoses, in the place of a subject without records, the worst of the programs that it may start. */
static int diagnose_helpers(const struct settings *settings, struct diagnosis *d) {
        cleanup(string_list_clear) struct string_list helpers = d->contents.helpers;
        enum verdict worst = VERDICT_NOTHING;
        size_t chosen = 0;
        int status = STATUS_OK;

        d->contents.helpers = (struct string_list){ 0 };
        for (size_t i = 0; i < helpers.count && status == STATUS_OK; i++) {
                facts_use_helper(d, helpers.items[i]);
                status = diagnose(settings, d);
                if (d->verdict > worst) {
                        worst = d->verdict;
                        chosen = i;
                }
        }
        if (status != STATUS_OK)
                return status;
        d->others = name_others(&helpers, chosen);
        facts_use_helper(d, helpers.items[chosen]);
        return diagnose(settings, d);
}

/* Raises *WORST to the verdict on SUBJECT. MACHINE has the facts that hold for all subjects. */
static int examine(const struct settings *settings, const char *subject, const struct diagnosis *machine,
                   enum verdict *worst) {
        cleanup(diagnosis_clear) struct diagnosis diagnosis = *machine;

        diagnosis.subject = subject;
        int status = facts_gather(&diagnosis, settings->timeout_ms);
        if (status == STATUS_OK)
                status = diagnose(settings, &diagnosis);
        if (status == STATUS_OK && diagnosis_has_no_records(&diagnosis) && diagnosis.contents.helpers.count > 0)
                status = diagnose_helpers(settings, &diagnosis);
        if (status != STATUS_OK)
                return status;
        print_diagnosis(settings, &diagnosis);
        if (diagnosis.verdict > *worst)
                *worst = diagnosis.verdict;
        return STATUS_OK;
}

static int doctor_run(const struct settings *settings, char **operands) {
        struct diagnosis machine;
        enum verdict verdict = VERDICT_NOTHING;
        int worst = STATUS_OK;

        if (!*operands)
                return usage_error(settings, "doctor needs a program, the number of a process, or a service");
        facts_of_machine(&machine);
        /* A subject that cannot be examined does not hide the others. The first failure is the exit status. */
        for (; *operands; operands++) {
                int status = examine(settings, *operands, &machine, &verdict);
                worst = worst == STATUS_OK ? status : worst;
        }
        if (worst == STATUS_OK && verdict >= VERDICT_UNKNOWN)
                worst = verdict == VERDICT_LOST ? STATUS_FAILED : STATUS_UNKNOWN;
        return worst;
}

const struct command doctor_command = {
        .name = "doctor",
        .operands = "PROGRAM|PID|UNIT...",
        .operands_max = -1,
        .timeout_ms = 10000,
        .run = doctor_run,
        .summary = "Diagnose a program, process or service that may lose audit records",
        .details = "The exit status is 1 where a lost record is not reported, or the policy does not apply; 7 where\n"
                   "records fail and the programs that it starts are not known.",
};
