/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order that auditfail promises: the record of a request is on disk before auditd gets the signal.
 *
 * For workers (worker.h). Each step waits until its deadline, the end of auditd, or the daemon's wish to cancel.
 */
#ifndef AUDITFAIL_TRANSACTION_H
#define AUDITFAIL_TRANSACTION_H

#include "daemon/controld/auditd/machine.h"
#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"

#define TRAIL_TEXT_MAX WORKER_TEXT_MAX

/* The sender of the signal in auditd's own records, against the caller of the request. */
enum sender {
        SENDER_RIGHT, /* the caller's login, or nothing is known */
        SENDER_LOST,  /* no login: auditd did not learn the sender */
        SENDER_OTHER, /* another login */
};

struct transaction {
        const struct machine *machine;
        const struct task *task;
        int channel; /* to the daemon: takes messages, and has its end when the daemon cancels */
        struct auditd auditd;
        struct auditd_conf conf;
        struct log_watch *log;      /* NULL: no log that can be read */
        const char *awaited;        /* type of auditd's own record about the signal */
        struct kernel_drops before; /* the kernel's state before the request's record was written */
        bool unregistered;          /* the kernel gives auditd no records: local_events = no */
        bool log_grows;             /* auditd has written records since the log was opened */
        bool recorded;              /* the kernel has taken the request's record */
        bool signalled;
        uint64_t goes_on_usec; /* that the worker may go on after a failure that follows the signal */
        char event[48];        /* of the request's record: "SECONDS.MILLI:SERIAL" */
        char node[300];        /* that auditd's lines begin with, such as "node=server "; known if EVENT is */
        enum sender sender;    /* in the last record of TRAIL */
        char trail[TRAIL_TEXT_MAX];
};

/* Monotonic microseconds, by the transaction's machine. */
uint64_t transaction_now(const struct transaction *transaction);

/* Sends MESSAGE to the daemon, with what the transaction knows added. A failure is put on record as well. */
void transaction_send(struct transaction *transaction, struct worker_message *message);

/* Sends a step. DETAIL may be NULL. */
void transaction_step(struct transaction *transaction, enum request_step step, const char *detail);

/* Sends FAILURE, with a detail as of printf. Returns false, for `return transaction_fail(…)`. */
bool transaction_fail(struct transaction *transaction, enum request_failure failure, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Writes a record of a request for OPERATION. WHY may be NULL. Returns 0 or a negative errno. */
int transaction_write(const struct transaction *transaction, enum operation operation, enum answer answer,
                      const char *why);

/*
 * Adopts the login, writes the record, waits for it in the log, and syncs. Writes nothing if the kernel would drop the
 * record, unless forced. Returns false after a failure, which was sent.
 */
bool transaction_record(struct transaction *transaction);

/* Writes a record that a suspended log did not take, and waits for it in the log, which takes records again. */
bool transaction_record_again(struct transaction *transaction);

/* Sends SIGNAL to auditd, if it still is the one that the kernel knows. */
bool transaction_signal(struct transaction *transaction, int signal);

enum wait_result {
        WAIT_RECORD,    /* a wanted record */
        WAIT_ENDED,     /* auditd has ended, and the log was read to its end */
        WAIT_CANCELLED, /* the daemon cancels; only before the signal */
        WAIT_LOG_ERROR, /* the log cannot be read any more: errno says why, transaction->log is NULL from now on */
        WAIT_TIMEOUT,
};

/*
 * Waits until the log has a record that IS_WANTED (*RET, valid until the next wait), until another event, or until
 * UNTIL_USEC. Other events are seen however fast the log grows.
 */
enum wait_result transaction_wait(struct transaction *transaction, uint64_t until_usec,
                                  bool (*is_wanted)(const struct transaction *transaction,
                                                    const struct log_record *record),
                                  struct log_record *ret);

/*
 * Adds RECORD, one of auditd's about the signal, to the trail that the last message has, if there is room. Notes which
 * login the record names.
 */
void transaction_keep(struct transaction *transaction, const struct log_record *record);

void transaction_end(struct transaction *transaction);

#endif
