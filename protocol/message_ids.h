/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The MESSAGE_IDs of journal entries of auditfaild and auditfail-controld. They never change, because users search for
 * them. units/auditfail.catalog explains each one for journalctl -x.
 */
#ifndef AUDITFAIL_MESSAGE_IDS_H
#define AUDITFAIL_MESSAGE_IDS_H

/* A program could not write to the audit trail, and got an answer. */
#define AUDITFAIL_MESSAGE_DECISION_STR "6e5f56a498b34df28f26198f5fc86e41"

/* auditfaild has started. */
#define AUDITFAIL_MESSAGE_STARTED_STR "48b8864d29674188aca554698e16c84a"

/* auditfaild could load no policy when it started: the answer to every program is terminate. */
#define AUDITFAIL_MESSAGE_BROKEN_POLICY_STR "77f2b765a49b48e4b1ce3e5eff3ca9e6"

/* A reload succeeded: the new policy is in force. */
#define AUDITFAIL_MESSAGE_RELOADED_STR "12b101e5caef4121ba68bad26e1dce41"

/* A reload failed: the old policy stays in force. */
#define AUDITFAIL_MESSAGE_RELOAD_FAILED_STR "6b71686c037945908bfd61672ef45702"

/* auditfaild refused or closed connections, because it was short of descriptors or memory. */
#define AUDITFAIL_MESSAGE_SHED_STR "2320c7b5ea1a420cb10dab81af046ac9"

/* auditfaild cannot write to the audit trail: only the journal shows decisions. */
#define AUDITFAIL_MESSAGE_NO_TRAIL_STR "9a845500de18471b9f2a850884d12ab9"

/* auditfaild could not write the snapshot: programs that find no daemon get answers from an old policy, or none. */
#define AUDITFAIL_MESSAGE_NO_SNAPSHOT_STR "212d34575771459398a4a6cfdf949270"

/* auditfail-controld granted a request, and carries it out. The entry names the caller and the request. */
#define AUDITFAIL_MESSAGE_REQUEST_STR "81da5923a2de4eceae92a59dc5b9a9f8"

/* auditfail-controld refused a request, and did nothing. The entry names caller, request and cause. */
#define AUDITFAIL_MESSAGE_REQUEST_REFUSED_STR "c0bf8ada9b71418d8bd10b299b481142"

/* A granted request failed. The entry says what failed, and whether auditd has the signal. */
#define AUDITFAIL_MESSAGE_REQUEST_FAILED_STR "5bbab071efde41f6a93de755d1d931eb"

/* The audit daemon has ended on request. From now on, nothing is written to the trail. */
#define AUDITFAIL_MESSAGE_AUDITD_STOPPED_STR "04a2cd6c57a24fb0a3a2e501b2cd17a3"

#endif
