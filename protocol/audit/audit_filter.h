/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the records of a process that the kernel's rules drop. The kernel acknowledges a user record, and then applies
 * its "exclude" and "user" filters. A record that they drop leaves no trace, not even in the counter of lost records.
 *
 * The code mirrors audit_filter() in kernel/auditfilter.c (Linux 6.1 and 6.12). If a match is unknown, for example
 * because the security label is unknown, the record counts as kept. Two cases are surprising. A rule without fields
 * matches nothing. A field that these filters do not evaluate, such as euid or a key, ends the filter if all fields
 * before it match, and the record is kept.
 *
 * Needs libc alone, allocates nothing; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_AUDIT_FILTER_H
#define AUDITFAIL_AUDIT_FILTER_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The attributes of a sender that the filters evaluate. */
struct audit_subject {
        pid_t pid;       /* of the process, not of its thread */
        uid_t uid;       /* the real one */
        gid_t gid;       /* the real one */
        uint32_t auid;   /* AUDIT_UID_UNSET: no login */
        bool auid_known; /* /proc could be read */
        const char *exe; /* path of its program; NULL: unknown */
};

/* What the rules decide about each type that user space may send: AUDIT_USER, 1100 to 1199, 2100 to 2999. Start: {0}.
 */
struct audit_dropped {
        uint8_t states[AUDIT_LAST_USER_MSG2 - AUDIT_USER + 1];
};

/*
 * Applies RULE (SIZE bytes, as AUDIT_LIST_RULES lists it). Call it for all rules in the kernel's order; rules of other
 * filters change nothing. Returns whether RULE drops a type that no earlier rule drops.
 */
bool audit_filter_rule(const struct audit_rule_data *rule, size_t size, const struct audit_subject *subject,
                       struct audit_dropped *dropped);

/* Whether the rules drop records of TYPE; 0: of all types that user space may send. */
bool audit_filter_drops(const struct audit_dropped *dropped, unsigned type);

/*
 * Whether the kernel drops records of TYPE while auditing is off. It keeps only AUDIT_USER_AVC: see audit_receive_msg()
 * in kernel/audit.c.
 */
static inline bool audit_type_needs_enabled(unsigned type) {
        return type != AUDIT_USER_AVC;
}

/* Whether FIELD of a rule has a string. Then its value is the length of the next string in the rule's buffer. */
bool audit_filter_has_string(uint32_t field);

#endif
