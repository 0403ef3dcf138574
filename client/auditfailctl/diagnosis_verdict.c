/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "findings.h"

/* Whether the policy stops it in the failure that is known, or in any. */
static bool may_stop(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);

        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                if ((known == KIND_NONE || kind == known) && d->answers[kind].action == AUDITFAIL_TERMINATE)
                        return true;
        return false;
}

static const char *outcome_where_reached(const struct diagnosis *d) {
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

void find_verdict(struct diagnosis *d) {
        bool disobeys = d->reach == REACH_PAM && d->pam.hold != PAM_BINDS && may_stop(d);

        /* The preload library does nothing in a program that never calls libaudit; the others need no libaudit. */
        if (d->use == AUDIT_NONE && (d->reach <= REACH_NONE || d->reach == REACH_PRELOAD)) {
                d->verdict = VERDICT_NOTHING;
                d->outcome = "It has no records to lose, unless it loads a plugin that writes some.";
        } else if (d->writing == WRITING_FAILS && d->error == 0) {
                d->verdict = VERDICT_LOST;
                d->outcome = "It is killed where it would open audit, whatever the policy.";
        } else if (d->exemption != EXEMPTION_NONE && d->answers[diagnosis_kind(d)].action != AUDITFAIL_IGNORE) {
                d->verdict = VERDICT_LOST;
                d->outcome = outcome_where_exempt(d->exemption);
        } else if (d->reach > REACH_NONE && !disobeys) {
                d->verdict = d->writing == WRITING_WORKS ? VERDICT_WORKS : VERDICT_COVERED;
                d->outcome = outcome_where_reached(d);
        } else if (d->writing == WRITING_WORKS) {
                d->verdict = VERDICT_WORKS;
                d->outcome = "Records are written; one that is lost would go unnoticed.";
        } else {
                d->verdict = VERDICT_LOST;
                d->outcome = outcome_where_lost(d, disobeys);
        }
}
