/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "client/auditfailctl/doctor/findings.h"

/* Whether the program can neither start another one nor speak to the kernel's audit by itself. */
static bool is_closed(const struct diagnosis *d) {
        /* Functions that start programs, load plugins, run scripts, and open sockets. */
        static const char *const functions[] = { "*exec*",   "*spawn*",  "*fork*", "*popen*",   "*rocess*",
                                                 "*dlopen*", "*socket*", "*_run*", "*syscall*", "*Py_*",
                                                 "*perl_*",  "*lua_*",   "system", NULL };
        const struct program *program = &d->program;

        return program->path && program->error == 0 && !program->interpreter && !d->contents.go &&
               !elf_file_mentions(&program->elf, functions);
}

static void set_verdict(struct diagnosis *d, enum verdict verdict, const char *outcome) {
        d->verdict = verdict;
        d->outcome = outcome;
}

/* Of what has no records of libaudit's. */
static void find_verdict_without_records(struct diagnosis *d) {
        if (is_closed(d))
                set_verdict(d, VERDICT_NOTHING, "It has no records to lose.");
        else if (d->writing == WRITING_WORKS)
                set_verdict(d, VERDICT_WORKS,
                            "It writes no records through libaudit; programs that it starts are not known.");
        else
                set_verdict(d, VERDICT_UNKNOWN,
                            "It writes no records through libaudit; programs that it starts are not known.");
}

/* Whether the policy stops it in the failure that is known, or in any. */
static bool may_stop(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);

        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                if ((known == KIND_NONE || kind == known) && d->answers[kind].action == AUDITFAIL_TERMINATE)
                        return true;
        return false;
}

static bool is_told_to_stop(const struct diagnosis *d) {
        return d->answers[diagnosis_kind(d)].action == AUDITFAIL_TERMINATE;
}

/*
 * Whether the program decides by itself what to do, whatever the policy says. It does not where it asks auditfaild, or
 * the preload library acts before it. PAM's module can stop it, but cannot keep it going.
 */
static bool has_its_own_way(const struct diagnosis *d) {
        if (d->own == OWN_GOES_ON || d->apart || d->exemption == EXEMPTION_MANAGER)
                return false;
        if (d->reach == REACH_PAM)
                return d->own == OWN_PAM_FAILS || pam_line_is_optional(&d->pam) || !is_told_to_stop(d);
        return d->reach == REACH_NONE;
}

static void find_verdict_of_own_way(struct diagnosis *d) {
        bool obeys = is_told_to_stop(d);
        enum verdict verdict = obeys ? VERDICT_COVERED : VERDICT_LOST;

        switch (d->own) {
        case OWN_STOPS:
                set_verdict(d, verdict,
                            obeys ? "It stops by itself where audit cannot be opened, as the policy says."
                                  : "It stops by itself where audit cannot be opened, whatever the policy.");
                break;
        case OWN_PAM_FAILS:
                set_verdict(d, verdict,
                            obeys ? "PAM fails without audit (\"System error\"), and it stops, as the policy says."
                                  : "PAM fails without audit (\"System error\"), and it stops, whatever the policy.");
                break;
        case OWN_ENDS_SESSIONS:
                set_verdict(d, VERDICT_LOST,
                            "It writes USER_LOGIN itself, and ends sessions with a terminal without that record, "
                            "whatever the policy.");
                break;
        case OWN_MAY_STOP:
        case OWN_GOES_ON:
        default:
                set_verdict(d, VERDICT_LOST,
                            "Audit cannot be opened; many programs stop by themselves then, and others go on without "
                            "records.");
                break;
        }
}

/* Whether PAM's module asks for a program that also writes records besides PAM's. */
static bool is_half_reached(const struct diagnosis *d) {
        return d->reach == REACH_PAM && linkage_is_direct(&d->linkage);
}

static const char *outcome_where_reached(const struct diagnosis *d) {
        if (d->writing == WRITING_WORKS && is_half_reached(d))
                return "Records are written; of PAM's the policy is obeyed, but of its own a loss would go unnoticed.";
        if (d->writing == WRITING_UNKNOWN && is_half_reached(d))
                return "Should a record of PAM's be lost, the policy is obeyed; of its own a loss would go unnoticed.";
        if (d->writing == WRITING_WORKS && d->dropping.count > 0)
                return "Records are written, but an audit rule drops some; the policy is applied to these.";
        if (d->writing == WRITING_WORKS)
                return "Records are written; of one that is lost the policy is asked, and obeyed.";
        if (d->writing == WRITING_UNKNOWN)
                return "Should a record be lost, the policy is asked, and obeyed.";
        switch (d->answers[diagnosis_kind(d)].action) {
        case AUDITFAIL_TERMINATE:
                if (d->reach == REACH_STUB)
                        return "No record would be written; it is told to stop.";
                if (d->reach == REACH_PAM)
                        return "No record would be written; PAM stops it when it comes to this line.";
                return "No record would be written; it is stopped before it does anything.";
        case AUDITFAIL_LOG:
                return "Records are lost; each loss is reported, and it goes on.";
        case AUDITFAIL_IGNORE:
        default:
                return "Records are lost, as the policy allows; it goes on.";
        }
}

static const char *outcome_where_exempt(enum exemption exemption) {
        switch (exemption) {
        case EXEMPTION_MANAGER:
                return "Records are lost; PAM is asked by systemd, whose own are taken, and it goes on.";
        case EXEMPTION_PAM:
                return "Records are lost; a common user never could write any: PAM's module lets it go on.";
        case EXEMPTION_SECURE:
                return "Records are lost; with no more rights than a common user it is left alone.";
        case EXEMPTION_DEFAULT:
                return "Records are lost; a common user never could write any: without a policy of its own it goes on.";
        case EXEMPTION_UNANSWERED:
                return "Records are lost; a common user never could write any, and nobody answers: it goes on, which "
                       "is reported.";
        case EXEMPTION_NONE:
        default:
                return NULL;
        }
}

static const char *outcome_where_lost(const struct diagnosis *d, bool disobeys) {
        if (disobeys)
                return "A loss is reported, but the policy to stop is disobeyed.";
        if (d->reach == REACH_UNKNOWN)
                return "Whether a lost record is noticed cannot be told.";
        if (d->writing == WRITING_FAILS && d->apart)
                return "Records are lost, and no policy is asked.";
        if (d->writing == WRITING_FAILS)
                return "Records are lost, and nobody notices.";
        return "A record that is lost would go unnoticed.";
}

/* Whether the policy wants each loss reported, and PAM's module cannot know of those that are not PAM's. */
static bool is_half_reported(const struct diagnosis *d) {
        return is_half_reached(d) && d->writing == WRITING_FAILS &&
               d->answers[diagnosis_kind(d)].action == AUDITFAIL_LOG;
}

void find_verdict(struct diagnosis *d) {
        bool disobeys = d->reach == REACH_PAM && pam_line_is_optional(&d->pam) && may_stop(d);

        if (!d->proc)
                set_verdict(d, VERDICT_UNKNOWN, "What it does is not known: /proc is not mounted.");
        else if (has_no_records(d))
                find_verdict_without_records(d);
        else if (d->writing == WRITING_FAILS && d->error == 0)
                set_verdict(d, VERDICT_LOST, "It is killed where it would open audit, whatever the policy.");
        else if (has_its_own_way(d))
                find_verdict_of_own_way(d);
        else if (d->exemption != EXEMPTION_NONE && d->answers[diagnosis_kind(d)].action != AUDITFAIL_IGNORE)
                set_verdict(d, VERDICT_LOST, outcome_where_exempt(d->exemption));
        else if (is_half_reported(d))
                set_verdict(d, VERDICT_LOST, "Losses of PAM's records are reported; its own are lost unnoticed.");
        else if (d->reach > REACH_NONE && !disobeys)
                set_verdict(d, d->writing == WRITING_WORKS ? VERDICT_WORKS : VERDICT_COVERED, outcome_where_reached(d));
        else if (d->writing == WRITING_WORKS)
                set_verdict(d, VERDICT_WORKS,
                            d->dropping.count > 0
                                    ? "Records are written, but an audit rule drops some, which goes unnoticed."
                                    : "Records are written; one that is lost would go unnoticed.");
        else
                set_verdict(d, VERDICT_LOST, outcome_where_lost(d, disobeys));
}
