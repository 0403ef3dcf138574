/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MESSAGE_ID of the journal entries of auditfaild, on itself and its decisions, and of auditfail-controld, on requests
 * to the audit daemon. They never change: people search for them, and units/auditfail.catalog explains each to
 * journalctl -x.
 */
#ifndef AUDITFAIL_MESSAGE_IDS_H
#define AUDITFAIL_MESSAGE_IDS_H

/* A program could not write to the audit trail, asked, and was told what to do. */
#define AUDITFAIL_MESSAGE_DECISION_STR "6e5f56a498b34df28f26198f5fc86e41"

/* The daemon answers from now on. */
#define AUDITFAIL_MESSAGE_STARTED_STR "48b8864d29674188aca554698e16c84a"

/* No policy could be loaded at the start: every program is told to terminate. */
#define AUDITFAIL_MESSAGE_BROKEN_POLICY_STR "77f2b765a49b48e4b1ce3e5eff3ca9e6"

/* The policy files were read again, and are in force. */
#define AUDITFAIL_MESSAGE_RELOADED_STR "12b101e5caef4121ba68bad26e1dce41"

/* The policy files were read again and not taken: the policy from before stays in force. */
#define AUDITFAIL_MESSAGE_RELOAD_FAILED_STR "6b71686c037945908bfd61672ef45702"

/* Descriptors or memory ran short, so that connections were refused or closed. */
#define AUDITFAIL_MESSAGE_SHED_STR "2320c7b5ea1a420cb10dab81af046ac9"

/* The daemon itself cannot write to the audit trail: decisions are in the journal alone. */
#define AUDITFAIL_MESSAGE_NO_TRAIL_STR "9a845500de18471b9f2a850884d12ab9"

/* The snapshot could not be written: without the daemon, programs are answered from an older policy or none. */
#define AUDITFAIL_MESSAGE_NO_SNAPSHOT_STR "212d34575771459398a4a6cfdf949270"

/* auditfail-controld: a request to the audit daemon was granted, and is being carried out. Who asked, and for what. */
#define AUDITFAIL_MESSAGE_REQUEST_STR "81da5923a2de4eceae92a59dc5b9a9f8"

/* auditfail-controld: a request was refused, and nothing was done. Who asked, for what, and why not. */
#define AUDITFAIL_MESSAGE_REQUEST_REFUSED_STR "c0bf8ada9b71418d8bd10b299b481142"

/* auditfail-controld: a granted request did not come to its end. What failed, and whether auditd has the signal. */
#define AUDITFAIL_MESSAGE_REQUEST_FAILED_STR "5bbab071efde41f6a93de755d1d931eb"

/* auditfail-controld: the audit daemon has ended, as somebody asked. Nothing is written to the trail from now on. */
#define AUDITFAIL_MESSAGE_AUDITD_STOPPED_STR "04a2cd6c57a24fb0a3a2e501b2cd17a3"

#endif
