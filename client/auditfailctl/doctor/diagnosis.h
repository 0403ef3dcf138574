/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens when a program, a process or a service loses audit: from facts to findings. doctor.c gathers the facts,
 * diagnosis_print.c shows both.
 */
#ifndef AUDITFAILCTL_DIAGNOSIS_H
#define AUDITFAILCTL_DIAGNOSIS_H

#include "auditfail.h"
#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/output/dropping.h"
#include "client/auditfailctl/subject/contents.h"
#include "client/auditfailctl/subject/linkage.h"
#include "client/auditfailctl/subject/pam_stack.h"
#include "client/auditfailctl/subject/process.h"
#include "client/auditfailctl/subject/program.h"
#include "client/auditfailctl/subject/service_unit.h"
#include "protocol/vocabulary.h"

#define DIAGNOSIS_STEPS_MAX 8

enum subject_type { SUBJECT_PROGRAM, SUBJECT_PROCESS, SUBJECT_SERVICE };

/* How records come from it, as far as its libraries tell. */
enum audit_use { AUDIT_UNKNOWN, AUDIT_NONE, AUDIT_LINKED, AUDIT_THROUGH, AUDIT_MAPPED };

/* Whether its records would be taken, from where it runs. */
enum writing { WRITING_UNKNOWN, WRITING_FAILS, WRITING_WORKS };

/* What asks for the policy when a record is lost. */
enum reach { REACH_UNKNOWN, REACH_NONE, REACH_STUB, REACH_PRELOAD, REACH_PAM };

/* Why the policy does not count where it is asked for. */
enum exemption {
        EXEMPTION_NONE,       /* it does */
        EXEMPTION_MANAGER,    /* PAM is asked by systemd, whose own records are taken */
        EXEMPTION_PAM,        /* a common user's process: PAM's module lets it go on */
        EXEMPTION_SECURE,     /* the same, of a program that has more rights than its caller at other times */
        EXEMPTION_DEFAULT,    /* the same, without a policy of its own */
        EXEMPTION_UNANSWERED, /* the same, and nobody answers for one that nobody singled out: the loss is reported */
};

/* What the program does by itself when its records fail, as far as its file tells. */
enum own_way {
        OWN_GOES_ON,       /* it goes on */
        OWN_MAY_STOP,      /* audit cannot be opened: many programs stop then */
        OWN_STOPS,         /* it is one that does */
        OWN_PAM_FAILS,     /* libpam answers "System error" to it */
        OWN_ENDS_SESSIONS, /* it writes a record for each session with a terminal, and ends the session when that fails
                            */
};

/* From good to bad: of a subject that starts several programs, the worst counts. */
enum verdict {
        VERDICT_NOTHING, /* no record to lose */
        VERDICT_WORKS,   /* records are written */
        VERDICT_COVERED, /* a lost record is asked about, and the answer obeyed */
        VERDICT_UNKNOWN, /* its records, if it has any, are not known */
        VERDICT_LOST,    /* a lost record would go unnoticed, or the policy be disobeyed */
};

struct diagnosis {
        const char *subject; /* as it stood on the command line */
        enum subject_type type;

        /* Facts. */
        bool proc;                /* /proc is mounted: without it no file is read, and no process seen */
        bool systemd;             /* systemd runs here */
        struct program program;   /* of all; path is NULL where it is not known */
        struct contents contents; /* of the program's file */
        struct program starter;   /* the subject's own, where PROGRAM is one that it starts; else path is NULL */
        char *others;             /* the names of further programs that it starts; NULL: none is known */
        struct linkage linkage;   /* of the program */
        bool asks_itself;         /* the program has auditfail_ask() */
        bool refuses;             /* the program tells the preload library to leave it alone */
        char *executable;         /* the file that is executed, without links; NULL: not known */
        enum obstacle obstacle;   /* to preloading into the program, as its subject is started */
        enum sight secure;        /* it has more rights than its caller, so that the environment does not count */
        bool everywhere;          /* the library stands in PRELOAD_FILE */
        bool from_here;           /* the library stands in our own LD_PRELOAD */
        struct process process;   /* of a process, and of a service that runs; else pid is 0 */
        struct service_unit unit; /* of a service; else name is NULL */
        struct pam_line pam;      /* where it uses PAM; else service is NULL */
        int probed;               /* what audit_probe_new() returned in this process */
        int opened;               /* what opening a socket for that returned: 0 or negative errno */
        bool capable;             /* this process has CAP_AUDIT_WRITE */
        bool initial;             /* this process is in the initial user namespace */
        struct dropping dropping; /* what the kernel's rules do to its records */
        struct process manager;   /* systemd, of a service that does not run; else pid is 0 */

        /* Findings. */
        char application[APPLICATION_NAME_MAX + 1]; /* whose policy it is */
        bool named;                                 /* since AUDITFAIL_APPLICATION says so */
        enum audit_use use;
        enum writing writing;
        int error;         /* of records that fail, an errno value; 0: it is killed where it would open audit */
        bool opening;      /* they fail in audit_open(), not when one is sent */
        bool machine;      /* they fail for the kernel and systemd as well */
        const char *cause; /* why that is so, or not known; NULL: nothing to say */
        enum reach reach;
        const char *reach_how; /* NULL: nothing to say */
        const char *apart;     /* why the preload library never acts in it (client/preload/this_program.h); NULL: it does */
        struct auditfail_answer answers[KIND_COUNT];
        enum own_way own;
        enum exemption exemption;
        enum verdict verdict;
        const char *outcome;                  /* a sentence */
        char *steps[DIAGNOSIS_STEPS_MAX + 1]; /* what to do next: commands, ended by NULL */
};

/* Makes findings of the facts, but for the answers, which the caller has asked for before the second. */
void diagnosis_find(struct diagnosis *diagnosis);
void diagnosis_conclude(struct diagnosis *diagnosis);

/* The kind of failure whose answer counts, KIND_NONE where none is known to happen. */
enum kind diagnosis_kind(const struct diagnosis *diagnosis);

/* Whether the records to lose are, as far as is known, those of programs that the subject starts. */
bool diagnosis_starts_helpers(const struct diagnosis *diagnosis);

/* Forgets all findings, so that other facts can be judged. */
void diagnosis_forget(struct diagnosis *diagnosis);

/* The program that the subject itself is. */
const struct program *diagnosis_started(const struct diagnosis *diagnosis);

void diagnosis_clear(struct diagnosis *diagnosis);

void diagnosis_print(const struct settings *settings, const struct diagnosis *diagnosis);

#endif
