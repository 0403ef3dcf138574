/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of this auditctl. The stock auditctl handles all other command lines. */
#ifndef AUDITCTL_VERB_H
#define AUDITCTL_VERB_H

struct verb {
        const char *name;
        const char *method; /* of io.auditfail.Control; NULL: only Identify is called */
        const char *signal; /* of the method Signal, else NULL */
        const char *summary;
        const char *done;     /* "Stopped": the first word of the last line */
        const char *going_on; /* what auditd does with the signal: "is stopping" */
};

/* All verbs. The last entry has no name. */
extern const struct verb verbs[];

/* Returns the verb NAME, or NULL. */
const struct verb *verb_find(const char *name);

#endif
