/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals auditd, and waits for what auditd does with the signal. For workers: each function waits until the deadline.
 */
#ifndef AUDITFAIL_SIGNAL_EFFECT_H
#define AUDITFAIL_SIGNAL_EFFECT_H

#include "daemon/controld/auditd/transaction.h"

/*
 * Sends SIGTERM, and waits until auditd has ended and its log is read to the end. Returns false after a failure, which
 * was sent.
 */
bool signal_effect_end(struct transaction *transaction);

/*
 * Sends SIGNAL and, if there is a log, waits for auditd's record of TYPE about it. Returns false after a failure, which
 * was sent.
 */
bool signal_effect_record(struct transaction *transaction, int signal, const char *type);

/*
 * If auditd's own records name no login as the sender of the signal, or another one than the caller's: says so, in a
 * sentence for people. Otherwise "".
 */
const char *signal_effect_sender(const struct transaction *transaction);

/* For transaction_wait(): whether RECORD has the type that the transaction awaits, and is about this worker's signal.
 */
bool signal_effect_is_awaited(const struct transaction *transaction, const struct log_record *record);

#endif
