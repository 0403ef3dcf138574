/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/doctor_command.h"

#include <stdio.h>
#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/doctor/facts.h"
#include "client/auditfailctl/doctor/findings.h"
#include "client/auditfailctl/doctor/verdict.h"
#include "client/common/pager.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "client/libauditfail/self.h"
#include "client/libauditfail/snapshot_read.h"
#include "protocol/cleanup.h"

static const char *const types[] = {
        [SUBJECT_PROGRAM] = "program", [SUBJECT_PROCESS] = "process", [SUBJECT_SERVICE] = "service"
};
static const char *const uses[] = {
        [AUDIT_UNKNOWN] = "unknown", [AUDIT_NONE] = "none",     [AUDIT_LINKED] = "linked",
        [AUDIT_THROUGH] = "through", [AUDIT_MAPPED] = "mapped",
};
static const char *const askers[] = {
        [ASKER_UNKNOWN] = "unknown",
        [ASKER_NONE] = "nothing",
        [ASKER_PRELOAD] = "preload",
        [ASKER_PAM] = "pam",
};
static const char *const verdicts[] = {
        [VERDICT_NOTHING] = "nothing", [VERDICT_WORKS] = "works", [VERDICT_COVERED] = "covered",
        [VERDICT_UNKNOWN] = "unknown", [VERDICT_LOST] = "lost",
};

/* These return the texts of rows, which the caller frees. */
static char *describe_what(const struct diagnosis *d) {
        const struct program *program = diagnosis_own_program(d);
        char *text = NULL;

        if (d->unit.name)
                text_append(&text, "%s, ", d->unit.name);
        if (d->process.pid > 0)
                text_append(&text, "process %lld (%s), ", (long long)d->process.pid, d->process.name);
        else if (d->unit.name)
                text_append(&text, d->unit.active ? "active without a main process, " : "not running, ");
        text_append(&text, "%s", program->path ?: "program not known");
        if (program->interpreter)
                text_append(&text, ", a script for %s", program->interpreter);
        if (program->privileges.setuid)
                text_append(&text, ", setuid");
        if (program->privileges.setgid)
                text_append(&text, ", setgid");
        if (program->privileges.capabilities)
                text_append(&text, ", with capabilities");
        if (program->path && program->error == 0 && !program->elf.interpreter)
                text_append(&text, ", statically linked");
        return text;
}

static char *describe_libaudit(const struct diagnosis *d) {
        switch (d->use) {
        case AUDIT_LINKED:
                return text_format("it is linked with libaudit");
        case AUDIT_THROUGH:
                return text_format("it is linked with libaudit through %s", d->linkage.audit);
        case AUDIT_MAPPED:
                return text_format("libaudit is mapped into it");
        case AUDIT_NONE:
                return text_format(d->verdict == VERDICT_NOTHING
                                           ? "none: it does not call libaudit, and starts no programs"
                                           : "none through libaudit; programs that it starts are not known");
        case AUDIT_UNKNOWN:
        default:
                if (!d->proc)
                        return text_format("not known: /proc is not mounted");
                if (d->linkage.lost)
                        return text_format("not known: its library %s is not found", d->linkage.lost);
                return text_format("not known: %s", d->obstacle == OBSTACLE_STATIC ? "it is statically linked"
                                                                                   : "its file cannot be read");
        }
}

static char *describe_use(const struct diagnosis *d) {
        cleanup(cleanup_free) char *use = describe_libaudit(d);

        if (!d->launcher.path)
                return TAKE_PTR(use);
        return text_format("not by itself; its file names %s: %s%s%s%s", d->program.path, use,
                           d->others ? " (also " : "", d->others ?: "", d->others ? ")" : "");
}

static char *describe_writing(const struct diagnosis *d) {
        if (d->writing == WRITING_WORKS)
                return text_format("yes, from %s", d->type == SUBJECT_PROGRAM ? "here" : "it");
        if (d->writing == WRITING_UNKNOWN)
                return text_format("not known: %s", d->cause);
        if (d->error == 0)
                return text_format("no, SIGSYS: %s", d->cause);
        cleanup(cleanup_free) char *failure = failed_call_text(NULL, d->error);
        return text_format("no, %s%s: %s", strerrorname_np(d->error) ?: failure, d->opening ? " of audit_open()" : "",
                           d->cause);
}

static char *describe_asker(const struct diagnosis *d) {
        switch (d->asker) {
        case ASKER_STUB:
                return text_format("by %s: %s", diagnosis_stub(d), d->how);
        case ASKER_PRELOAD:
                return text_format("by " PRELOAD_NAME ": %s", d->how);
        case ASKER_PAM:
                return text_format("by pam_auditfail in %s:%zu (%s, %s)", d->pam.file, d->pam.line, d->pam.types,
                                   d->pam.control);
        case ASKER_NONE:
                return text_format("by nothing%s%s", d->how ? ": " : "", d->how ?: "");
        case ASKER_UNKNOWN:
        default:
                return text_format("not known: %s", d->how);
        }
}

static char *describe_answer(const struct auditfail_answer *answer) {
        if (answer->line > 0)
                return text_format("%s (%s:%u)", action_name(answer->action), answer->file, answer->line);
        return text_format("%s (%s)", action_name(answer->action), *answer->file ? answer->file : "built in");
}

/* Whether the answer is the same for every kind of failure. */
static bool same_for_all(const struct diagnosis *d) {
        for (enum kind kind = 1; kind < KIND_COUNT; kind++)
                if (d->answers[kind].action != d->answers[0].action || d->answers[kind].line != d->answers[0].line)
                        return false;
        return true;
}

/* Looks up the longest wait for a full queue, in seconds; 0: no bound, or nothing that would keep it. */
static unsigned find_wait(const struct diagnosis *d) {
        if (d->asker != ASKER_PRELOAD && d->asker != ASKER_PAM)
                return 0;
        return snapshot_wait(self_get()->folder, d->application, strlen(d->application));
}

/* Describes the answer to the known failure; all answers if the failure is not known. */
static char *describe_policy(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);
        bool all = known == KIND_NONE && same_for_all(d);
        char *text = text_format("%s, on ", d->application);

        for (enum kind kind = 0; kind < (all ? 1 : KIND_COUNT); kind++) {
                if (known != KIND_NONE && kind != known)
                        continue;
                cleanup(cleanup_free) char *answer = describe_answer(&d->answers[kind]);
                text_append(&text, "%s%s: %s", kind > 0 && known == KIND_NONE ? ", " : "",
                            all ? "any failure" : kind_name(kind), answer);
        }
        if (d->answers[0].via != AUDITFAIL_VIA_DAEMON)
                text_append(&text, "; %s, since no daemon answers",
                            d->answers[0].via == AUDITFAIL_VIA_SNAPSHOT ? "from the snapshot" : "built in");
        unsigned wait = find_wait(d);
        if (wait > 0)
                text_append(&text, "; waits at most %u s for a full queue", wait);
        return text;
}

static void print_row(const struct settings *settings, const char *name, const char *text) {
        cleanup(cleanup_free) char *safe = text_safe(text);

        printf("  %s%-9s%s%s\n", text_begin(settings->colour, EMPHASIS_FAINT), name,
               text_end(settings->colour, EMPHASIS_FAINT), safe);
}

/* Prints a row for each of TEXTS. Only the first row has the name. */
static void print_rows(const struct settings *settings, const char *name, char *const *texts, size_t count) {
        for (size_t i = 0; i < count; i++)
                print_row(settings, i == 0 ? name : "", texts[i]);
}

static void print_text(const struct settings *settings, const struct diagnosis *d) {
        static const enum emphasis emphases[] = {
                [VERDICT_WORKS] = EMPHASIS_GOOD, [VERDICT_COVERED] = EMPHASIS_GOOD, [VERDICT_LOST] = EMPHASIS_BAD
        };
        cleanup(cleanup_free) char *subject = text_safe(d->subject), *outcome = text_safe(d->outcome),
                                   *what = describe_what(d), *use = describe_use(d), *writing = describe_writing(d),
                                   *asker = describe_asker(d), *policy = describe_policy(d),
                                   *queue = queue_text(&d->queue);
        enum emphasis emphasis = emphases[d->verdict];

        printf("%s%s%s: %s%s%s\n", text_begin(settings->colour, EMPHASIS_BOLD), subject,
               text_end(settings->colour, EMPHASIS_BOLD), text_begin(settings->colour, emphasis), outcome,
               text_end(settings->colour, emphasis));
        print_row(settings, "is", what);
        print_row(settings, "audit", use);
        print_row(settings, "writes", writing);
        if (queue)
                print_row(settings, "queue", queue);
        print_rows(settings, "drops", d->dropping.rules, d->dropping.count);
        print_row(settings, "reached", asker);
        print_row(settings, "policy", policy);
        print_rows(settings, "next", d->steps.items, d->steps.count);
}

static void add_policies(struct json_object *object, const struct diagnosis *d) {
        struct json_object *policies = array_new();

        for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
                struct json_object *policy = object_new();
                object_add_string(policy, "kind", kind_name(kind));
                answer_add(policy, &d->answers[kind]);
                array_add(policies, policy);
        }
        object_add(object, "policies", policies);
}

static void add_texts(struct json_object *object, const char *name, char *const *texts, size_t count) {
        struct json_object *array = array_new();

        for (size_t i = 0; i < count; i++)
                array_add_string(array, texts[i]);
        object_add(object, name, array);
}

static void add_program(struct json_object *object, const struct diagnosis *d) {
        const struct program *program = diagnosis_own_program(d);

        object_add_string(object, "program", program->path);
        object_add_string(object, "interpreter", program->interpreter);
        if (program->path) {
                object_add_boolean(object, "setuid", program->privileges.setuid);
                object_add_boolean(object, "setgid", program->privileges.setgid);
                object_add_boolean(object, "capabilities", program->privileges.capabilities);
                if (program->error == 0)
                        object_add_boolean(object, "static", !program->elf.interpreter);
        }
        object_add_string(object, "helper", d->launcher.path ? d->program.path : NULL);
        object_add_string(object, "unit", d->unit.name);
        if (d->process.pid > 0)
                object_add_integer(object, "pid", d->process.pid);
}

static void print_json(const struct settings *settings, const struct diagnosis *d) {
        cleanup(cleanup_json) struct json_object *object = object_new();

        object_add_string(object, "subject", d->subject);
        object_add_string(object, "type", types[d->type]);
        add_program(object, d);
        object_add_string(object, "audit", uses[d->use]);
        object_add_string(object, "through", d->use == AUDIT_THROUGH ? d->linkage.audit : NULL);
        if (d->writing != WRITING_UNKNOWN)
                object_add_boolean(object, "writes", d->writing == WRITING_WORKS);
        if (d->error > 0)
                object_add_integer(object, "errno", d->error);
        if (d->writing == WRITING_FAILS && d->error > 0)
                object_add_boolean(object, "opens", !d->opening);
        object_add_string(object, "cause", d->cause);
        cleanup(cleanup_free) char *queue = queue_text(&d->queue);
        object_add_string(object, "queue", queue);
        add_texts(object, "dropping", d->dropping.rules, d->dropping.count);
        object_add_string(object, "reached", d->asker == ASKER_STUB ? diagnosis_stub(d) : askers[d->asker]);
        object_add_string(object, "how", d->how);
        if (d->asker == ASKER_PAM) {
                object_add_string(object, "file", d->pam.file);
                object_add_integer(object, "line", (long long)d->pam.line);
                object_add_string(object, "control", d->pam.control);
        }
        object_add_string(object, "application", d->application);
        add_policies(object, d);
        unsigned wait = find_wait(d);
        if (wait > 0)
                object_add_integer(object, "wait", wait);
        object_add_string(object, "verdict", verdicts[d->verdict]);
        object_add_string(object, "outcome", d->outcome);
        add_texts(object, "next", d->steps.items, d->steps.count);
        json_print(object, settings->json);
}

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
                        text_append(&names, "%s%s", names ? ", " : "", basename(helpers->items[i]));
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

/* Raises *WORST to the verdict on SUBJECT. */
static int examine(const struct settings *settings, const char *subject, enum verdict *worst) {
        cleanup(diagnosis_clear) struct diagnosis diagnosis = { 0 };

        int status = facts_gather(subject, settings->timeout_ms, &diagnosis);
        if (status == STATUS_OK)
                status = diagnose(settings, &diagnosis);
        if (status == STATUS_OK && diagnosis_has_no_records(&diagnosis) && diagnosis.contents.helpers.count > 0)
                status = diagnose_helpers(settings, &diagnosis);
        if (status != STATUS_OK)
                return status;
        pager_open(settings->pager && (settings->json || !settings->quiet));
        if (settings->json)
                print_json(settings, &diagnosis);
        else if (!settings->quiet)
                print_text(settings, &diagnosis);
        if (diagnosis.verdict > *worst)
                *worst = diagnosis.verdict;
        return STATUS_OK;
}

static int doctor_run(const struct settings *settings, char **operands) {
        enum verdict verdict = VERDICT_NOTHING;
        int worst = STATUS_OK;

        if (!*operands)
                return usage_error(settings, "doctor needs a program, the number of a process, or a service");
        /* A subject that cannot be examined does not hide the others. The first failure is the exit status. */
        for (; *operands; operands++) {
                int status = examine(settings, *operands, &verdict);
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
        .details = "The exit status is 1 where a lost record is not reported, or the policy does\n"
                   "not apply; 7 where records fail and the programs that it starts are not known.",
};
