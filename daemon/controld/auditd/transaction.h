/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The heart: a request is put on record and on disk, and only then the audit daemon is signalled.
 *
 * In a worker (worker.h), which waits at each step for what it needs: until its deadline, until the audit daemon ends,
 * or until it is told to give up.
 */
#ifndef AUDITFAIL_TRANSACTION_H
#define AUDITFAIL_TRANSACTION_H

#include "daemon/controld/auditd/auditd.h"
#include "daemon/controld/auditd/auditd_conf.h"
#include "daemon/controld/auditd/kernel_drops.h"
#include "daemon/controld/auditd/log_watch.h"
#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"

#define TRAIL_TEXT_MAX WORKER_TEXT_MAX

struct transaction {
        const struct task *task;
        int channel; /* to the daemon: messages to it, and the end of file to give up */
        struct auditd auditd;
        struct auditd_conf conf;
        struct log_watch *log;      /* NULL: there is none that can be watched */
        const char *awaited;        /* the type of the audit daemon's own record on what we have done */
        struct kernel_drops before; /* what the kernel did with records before the request's was written */
        bool unregistered;          /* the kernel gives auditd no records: local_events = no */
        bool log_grows;             /* there were records in the log since we look at it */
        bool recorded;              /* the request's record was given to the kernel */
        bool signalled;
        char event[48]; /* of the request's record: "SECONDS.MILLI:SERIAL" */
        char trail[TRAIL_TEXT_MAX];
};

/* Tells the daemon a step. DETAIL may be NULL. */
void transaction_step(struct transaction *transaction, enum request_step step, const char *detail);

/* The same with a filled-in NEWS; what the transaction knows is added. */
void transaction_tell(struct transaction *transaction, struct worker_message *message);

/* Ends in FAILURE: tells it, with a DETAIL as of printf. Returns false, for `return transaction_fail(…)`. */
bool transaction_fail(struct transaction *transaction, enum request_failure failure, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * Adopts the login, writes the record, sees it in the log, syncs. Where the kernel would drop the record, nothing is
 * written but by force. false: it has failed, and was told.
 */
bool transaction_record(struct transaction *transaction);

/* For a log that takes records again: writes the record that it did not take, and sees that it does now. */
bool transaction_record_again(struct transaction *transaction);

/* Sends SIGNAL to the audit daemon. */
bool transaction_signal(struct transaction *transaction, int signal);

/* What one wait has brought. */
enum woken {
        WOKEN_RECORD,    /* a record that is wanted */
        WOKEN_ENDED,     /* the audit daemon has ended, and the log is read to its end */
        WOKEN_CANCELLED, /* somebody wants this to be given up; only before the signal */
        WOKEN_BLIND,     /* the log can be read no more: transaction->log is NULL from now on, and errno says why */
        WOKEN_TIME,      /* it is as late as that */
};

/*
 * Waits until the log has a record that IS_WANTED (*RET, valid until the next wait), until something else happens, or
 * until UNTIL_USEC. However fast the log grows, the rest is not missed over reading it.
 */
enum woken transaction_wait(struct transaction *transaction, uint64_t until_usec,
                            bool (*is_wanted)(const struct transaction *transaction, const struct log_record *record),
                            struct log_record *ret);

/* Keeps RECORD for the last news, word for word, where it is one of the audit daemon's on what we have done. */
void transaction_keep(struct transaction *transaction, const struct log_record *record);

void transaction_end(struct transaction *transaction);

#endif
