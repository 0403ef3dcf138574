/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words that, first on a command line of auditctl, make it ours. Everything else is the stock auditctl's. */
#ifndef AUDITCTL_VERB_H
#define AUDITCTL_VERB_H

struct verb {
        const char *name;
        const char *method; /* of io.auditfail.Control; NULL: nothing is requested, one only identifies oneself */
        const char *signal; /* for the method Signal, else NULL */
        const char *summary;
        const char *done;     /* "Stopped": begins the last line */
        const char *going_on; /* what the audit daemon does with the signal: "is stopping" */
};

/* All of them, up to one without a name. */
extern const struct verb verbs[];

/* The word NAME, or NULL. */
const struct verb *verb_find(const char *name);

#endif
