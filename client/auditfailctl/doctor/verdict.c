/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/verdict.h"

#include <errno.h>
#include <unistd.h>

#include "client/common/text.h"

/* The answer to the failure that is known, else to any failure. */
static const struct auditfail_answer *known_answer(const struct diagnosis *d) {
        enum kind kind = diagnosis_kind(d);

        return &d->answers[kind == KIND_NONE ? 0 : kind];
}

static bool is_told_to_stop(const struct diagnosis *d) {
        return known_answer(d)->action == AUDITFAIL_TERMINATE;
}

/* Whether PROGRAM runs as an ordinary user where the user of this process starts it. */
static bool will_be_common(const struct program *program) {
        const struct privileges *privileges = &program->privileges;
        bool root = privileges->setuid ? privileges->audit_write : geteuid() == 0;

        return getuid() != 0 && !root;
}

/* Whether is_common_user() will be true in the process that loses records. */
static bool is_common(const struct diagnosis *d) {
        if (d->writing != WRITING_FAILS || d->error != EPERM)
                return false;
        if (d->process.pid > 0)
                return d->process.common;
        return d->type == SUBJECT_SERVICE ? d->unit.user != 0 && !d->unit.audit_write : will_be_common(&d->program);
}

static enum skip find_skip(const struct diagnosis *d) {
        static const enum skip of_preload[] = { [PRELOAD_COMMON_OBEYS] = SKIP_NONE,
                                                [PRELOAD_COMMON_SECURE] = SKIP_SECURE,
                                                [PRELOAD_COMMON_DEFAULT] = SKIP_DEFAULT,
                                                [PRELOAD_COMMON_REPORTS] = SKIP_UNANSWERED };

        if (d->asker == ASKER_PAM && d->unit.pam && diagnosis_kind(d) != KIND_NONE && !d->machine)
                return SKIP_MANAGER;
        if (!is_common(d))
                return SKIP_NONE;
        if (d->asker == ASKER_PRELOAD)
                return of_preload[preload_common(&d->library, d->application, known_answer(d))];
        return d->asker == ASKER_PAM ? SKIP_PAM : SKIP_NONE;
}

static void set_verdict(struct diagnosis *d, enum verdict verdict, const char *outcome) {
        d->verdict = verdict;
        d->outcome = text_format("%s", outcome);
}

/* Whether the program can neither start another one nor send to the kernel's audit by itself. */
static bool is_closed(const struct diagnosis *d) {
        /* Functions that start programs, load plugins, run scripts, and open sockets. */
        static const char *const functions[] = { "*exec*",   "*spawn*",  "*fork*", "*popen*",   "*rocess*",
                                                 "*dlopen*", "*socket*", "*_run*", "*syscall*", "*Py_*",
                                                 "*perl_*",  "*lua_*",   "system", NULL };
        const struct program *program = &d->program;

        return program->path && program->error == 0 && !program->interpreter && !d->contents.go &&
               !elf_file_mentions(&program->elf, functions);
}

static void judge_without_records(struct diagnosis *d) {
        if (is_closed(d))
                set_verdict(d, VERDICT_NOTHING, "It has no records to lose.");
        else
                set_verdict(d, d->writing == WRITING_WORKS ? VERDICT_WORKS : VERDICT_UNKNOWN,
                            "It writes no records through libaudit; programs that it starts are not known.");
}

/*
 * Whether the program reacts by itself, whatever the policy: the preload library and libauditfail act before it does.
 * pam_auditfail can stop it, but cannot keep it going.
 */
static bool reacts_by_itself(const struct diagnosis *d) {
        if (d->reaction == REACTION_NONE || d->inactive || d->skip == SKIP_MANAGER)
                return false;
        if (d->asker == ASKER_PAM)
                return d->reaction == REACTION_PAM_FAILS || pam_line_is_optional(&d->pam) || !is_told_to_stop(d);
        return d->asker == ASKER_NONE;
}

static void judge_reaction(struct diagnosis *d) {
        static const char *const reactions[] = {
                [REACTION_MAY_STOP] = "Audit cannot be opened. Many programs then stop by themselves; others go on "
                                      "without records.",
                [REACTION_STOPS] = "It stops by itself where audit cannot be opened",
                [REACTION_PAM_FAILS] = "PAM fails without audit (\"System error\"), and it stops",
                [REACTION_ENDS_SESSIONS] = "It writes USER_LOGIN itself, and ends sessions with a terminal without "
                                           "that record, whatever the policy.",
        };
        bool stops = d->reaction == REACTION_STOPS || d->reaction == REACTION_PAM_FAILS, stop = is_told_to_stop(d);

        d->verdict = stops && stop ? VERDICT_COVERED : VERDICT_LOST;
        d->outcome = text_format("%s%s", reactions[d->reaction],
                                 !stops ? ""
                                 : stop ? ", as the policy says."
                                        : ", whatever the policy.");
}

static const char *const outcomes_of_skip[] = {
        [SKIP_MANAGER] = "Records are lost. PAM runs in systemd, whose own records are written, and it goes on.",
        [SKIP_PAM] = "Records are lost. An ordinary user can never write any, so pam_auditfail lets it go on.",
        [SKIP_SECURE] =
                "Records are lost. It has only an ordinary user's rights, so the preload library leaves it alone.",
        [SKIP_DEFAULT] =
                "Records are lost. An ordinary user can never write any. It has no policy of its own, so it goes on.",
        [SKIP_UNANSWERED] = "Records are lost and reported. An ordinary user can never write any. No policy is known, "
                            "so it goes on.",
};

/* Whether pam_auditfail asks for a program that also writes records besides PAM's. */
static bool is_half_covered(const struct diagnosis *d) {
        return d->asker == ASKER_PAM && linkage_is_direct(&d->linkage);
}

/* Whether the policy would stop it in the failure that is known, else in any, and PAM's module cannot. */
static bool disobeys(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);
        bool stop = false;

        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                stop |= (known == KIND_NONE || kind == known) && d->answers[kind].action == AUDITFAIL_TERMINATE;
        return stop && d->asker == ASKER_PAM && pam_line_is_optional(&d->pam);
}

static const char *outcome_of_written(const struct diagnosis *d) {
        bool covered = d->asker > ASKER_NONE && !disobeys(d), drops = d->dropping.count > 0;

        if (covered && is_half_covered(d))
                return "Records are written. If one of PAM's is lost, the policy is applied; the loss of one of its "
                       "own "
                       "is not reported.";
        if (covered)
                return drops ? "Records are written, but an audit rule drops some. The policy is applied to these."
                             : "Records are written. If one is lost, the policy is applied.";
        return drops ? "Records are written, but an audit rule drops some, and nothing reports that."
                     : "Records are written. If one is lost, nothing reports it.";
}

/* An asker applies the policy to records that fail, or that may fail. */
static void judge_covered(struct diagnosis *d) {
        enum auditfail_action action = known_answer(d)->action;

        d->verdict = VERDICT_COVERED;
        if (d->writing == WRITING_UNKNOWN)
                d->outcome = text_format("%s", is_half_covered(d)
                                                       ? "If a record of PAM's is lost, the policy is applied; the "
                                                         "loss of one of its own is not reported."
                                                       : "If a record is lost, the policy is applied.");
        else if (action == AUDITFAIL_IGNORE)
                d->outcome = text_format("Records are lost, as the policy allows. It goes on.");
        else if (action == AUDITFAIL_LOG)
                d->outcome = text_format("Records are lost. Each loss is reported, and it goes on.");
        else if (d->asker == ASKER_PAM)
                d->outcome = text_format("No record would be written. PAM stops it when it comes to %s:%zu.",
                                         d->pam.file, d->pam.line);
        else
                d->outcome = text_format("No record would be written. %s",
                                         d->asker == ASKER_STUB ? "It is told to stop."
                                                                : "It is stopped before it does anything.");
}

static void judge_lost(struct diagnosis *d) {
        if (d->asker == ASKER_PAM)
                d->outcome = text_format("The loss is reported, but \"%s\" in %s:%zu lets it go on against the policy.",
                                         d->pam.control, d->pam.file, d->pam.line);
        else if (d->asker == ASKER_UNKNOWN)
                d->outcome = text_format("Whether a lost record is reported is not known.");
        else if (d->writing == WRITING_FAILS)
                d->outcome = text_format("Records are lost, and %s",
                                         d->inactive ? "no policy is asked for." : "nothing reports it.");
        else
                d->outcome = text_format("If a record is lost, nothing reports it.");
        d->verdict = VERDICT_LOST;
}

void verdict_find(struct diagnosis *d) {
        enum auditfail_action action = known_answer(d)->action;

        d->skip = find_skip(d);
        if (!d->proc)
                set_verdict(d, VERDICT_UNKNOWN, "What it does is not known: /proc is not mounted.");
        else if (diagnosis_has_no_records(d))
                judge_without_records(d);
        else if (d->writing == WRITING_FAILS && d->error == 0)
                set_verdict(d, VERDICT_LOST, "It is killed when it opens audit, whatever the policy.");
        else if (reacts_by_itself(d))
                judge_reaction(d);
        else if (d->skip != SKIP_NONE && action != AUDITFAIL_IGNORE)
                set_verdict(d, VERDICT_LOST, outcomes_of_skip[d->skip]);
        else if (is_half_covered(d) && d->writing == WRITING_FAILS && action == AUDITFAIL_LOG)
                set_verdict(d, VERDICT_LOST,
                            "The loss of PAM's records is reported. The loss of its own records is not.");
        else if (d->writing == WRITING_WORKS)
                set_verdict(d, VERDICT_WORKS, outcome_of_written(d));
        else if (d->asker > ASKER_NONE && !disobeys(d))
                judge_covered(d);
        else
                judge_lost(d);
}
