/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The findings of a diagnosis, one function each, in the order in which they follow from each other: each needs the
 * facts and those before it.
 */
#ifndef AUDITFAILCTL_FINDINGS_H
#define AUDITFAILCTL_FINDINGS_H

#include "client/auditfailctl/doctor/diagnosis.h"

/* The preload library does nothing in a program that never calls libaudit; the others need no libaudit. */
static inline bool has_no_records(const struct diagnosis *diagnosis) {
        return diagnosis->use == AUDIT_NONE && (diagnosis->reach <= REACH_NONE || diagnosis->reach == REACH_PRELOAD);
}

/* Whether its records are taken, and why not. */
void find_writing(struct diagnosis *diagnosis);

/* What it does by itself then. */
void find_own_way(struct diagnosis *diagnosis);

/* What asks for the policy when one is lost. */
void find_reach(struct diagnosis *diagnosis);

/* Whose policy that is. */
void find_application(struct diagnosis *diagnosis);

/* Whether the policy counts; needs its answers. */
void find_exemption(struct diagnosis *diagnosis);

/* What comes of it; needs the answers of the policy. */
void find_verdict(struct diagnosis *diagnosis);

/* What can be done about it. */
void find_steps(struct diagnosis *diagnosis);

#endif
