/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens if a program, a process or a service loses audit records. Each part of a diagnosis follows from the
 * parts before it: facts.c, findings.c, the answers of the policy, verdict.c.
 */
#ifndef AUDITFAILCTL_DIAGNOSIS_H
#define AUDITFAILCTL_DIAGNOSIS_H

#include "auditfail.h"
#include "client/auditfailctl/output/dropping.h"
#include "client/auditfailctl/output/queue.h"
#include "client/auditfailctl/subject/contents.h"
#include "client/auditfailctl/subject/linkage.h"
#include "client/auditfailctl/subject/pam_stack.h"
#include "client/auditfailctl/subject/process.h"
#include "client/auditfailctl/subject/program.h"
#include "client/auditfailctl/subject/service_unit.h"
#include "client/auditfailctl/subject/string_list.h"
#include "client/shim/preload_rules.h"
#include "protocol/vocabulary.h"

enum subject_type { SUBJECT_PROGRAM, SUBJECT_PROCESS, SUBJECT_SERVICE };

/* How the program calls libaudit. */
enum audit_use { AUDIT_UNKNOWN, AUDIT_NONE, AUDIT_LINKED, AUDIT_THROUGH, AUDIT_MAPPED };

/* Whether the kernel takes its records. */
enum writing { WRITING_UNKNOWN, WRITING_FAILS, WRITING_WORKS };

/* What asks for the policy when a record is lost. */
enum asker { ASKER_UNKNOWN, ASKER_NONE, ASKER_STUB, ASKER_PRELOAD, ASKER_PAM };

/* Records that nothing asks about, in a program that has an asker for the others. */
enum gap {
        GAP_NONE,
        GAP_OWN, /* those that the program writes besides PAM's */
        GAP_PAM, /* those that libpam writes */
};

/* What the program does by itself when its records fail, as far as its file tells. */
enum reaction {
        REACTION_NONE,          /* it goes on */
        REACTION_MAY_STOP,      /* many programs stop when audit cannot be opened */
        REACTION_STOPS,         /* the tools of shadow do */
        REACTION_PAM_FAILS,     /* libpam returns "System error" to it */
        REACTION_ENDS_SESSIONS, /* sshd does, where it cannot write the record of a session with a terminal */
};

/* Why pam_auditfail or the preload library does not apply the policy. */
enum skip {
        SKIP_NONE,
        SKIP_MANAGER,    /* PAM runs in systemd, whose own records are written */
        SKIP_PAM,        /* pam_auditfail lets the process of an ordinary user go on */
        SKIP_SECURE,     /* the same, by the preload library: the program has more rights at other times */
        SKIP_DEFAULT,    /* the same: only the default policy applies */
        SKIP_UNANSWERED, /* the same: no policy is known, and the library is there for all programs */
};

/* From good to bad. */
enum verdict {
        VERDICT_NOTHING, /* there is no record to lose */
        VERDICT_WORKS,   /* records are written */
        VERDICT_COVERED, /* the policy applies to a lost record */
        VERDICT_UNKNOWN, /* it is not known whether the subject has records */
        VERDICT_LOST,    /* a lost record is not reported, or the policy does not apply */
};

struct diagnosis {
        const char *subject; /* as it stands on the command line */
        enum subject_type type;

        /* Facts. */
        bool proc;                    /* /proc is mounted: without it no file is read, and no process seen */
        bool systemd;                 /* systemd runs here */
        int probed;                   /* what audit_probe_new() returned in this process */
        int opened;                   /* what audit_open() would return in this process: 0 or negative errno */
        bool capable;                 /* this process has CAP_AUDIT_WRITE */
        bool initial;                 /* this process is in the initial user namespace */
        struct program program;       /* the program that is examined; path is NULL if it is not known */
        struct contents contents;     /* of its file */
        struct linkage linkage;       /* of its file */
        char *executable;             /* the file that is executed, without symbolic links; NULL: not known */
        struct program launcher;      /* the subject's own program, if it starts PROGRAM; else path is NULL */
        char *others;                 /* names of further programs that the launcher starts; NULL: none is known */
        enum obstacle obstacle;       /* to preloading into the program, as its subject starts it */
        bool everywhere;              /* PRELOAD_FILE loads the preload library */
        struct process process;       /* of a process, and of a service that runs; else pid is 0 */
        struct service_unit unit;     /* of a service; else name is NULL */
        struct process manager;       /* systemd, if the service does not run; else pid is 0 */
        struct pam_line pam;          /* if it uses PAM; else service is NULL */
        struct queue queue;           /* of the kernel; if it is full, PROBED is 0 and DROPPING is empty */
        struct dropping dropping;     /* the audit rules that drop its records */
        struct preload_facts library; /* what the preload library finds in it; the findings add VARIABLE */

        /* Findings. */
        enum audit_use use;
        enum writing writing;
        int error;         /* with which records fail, an errno value; 0: the process is killed instead */
        bool opening;      /* audit_open() fails with it, not what is sent */
        bool machine;      /* the kernel, or all of systemd's services, have this failure */
        const char *cause; /* why records fail, or why that is not known; NULL: they are written */
        enum asker asker;
        enum gap gap;
        const char *how;                            /* how the asker comes to the program; NULL: nothing to say */
        const char *inactive;                       /* why the preload library does nothing in it; NULL: it acts */
        char application[APPLICATION_NAME_MAX + 1]; /* whose policy applies */
        enum reaction reaction;

        struct auditfail_answer answers[KIND_COUNT];

        /* Verdict and steps. */
        enum skip skip;
        enum verdict verdict;
        char *outcome;
        struct string_list steps; /* what to do next, as commands where possible */
};

/* The kind of failure that is known to happen; KIND_NONE: none is. */
enum kind diagnosis_kind(const struct diagnosis *diagnosis);

/* Whether it writes no records. The preload library acts only on calls of libaudit; other askers need none. */
bool diagnosis_has_no_records(const struct diagnosis *diagnosis);

/* The program that the subject itself is. */
const struct program *diagnosis_own_program(const struct diagnosis *diagnosis);

/* Whether the program starts PAM; whether the program, or PAM in it, asks by itself when a record is lost. */
bool diagnosis_starts_pam(const struct diagnosis *diagnosis);
bool diagnosis_asks(const struct diagnosis *diagnosis);
bool diagnosis_pam_asks(const struct diagnosis *diagnosis);

/* The library that has the functions with which it asks by itself. */
const char *diagnosis_stub(const struct diagnosis *diagnosis);

/* Forgets all that follows from PROGRAM, so that another program can be diagnosed in its place. */
void diagnosis_forget_program(struct diagnosis *diagnosis);
void diagnosis_clear(struct diagnosis *diagnosis);

#endif
