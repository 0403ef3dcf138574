/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which records of a process the kernel's rules drop. The kernel acknowledges a user record, and asks its "exclude" and
 * "user" filters afterwards: what they drop leaves no trace, not even in the counter of lost records.
 *
 * This mirrors audit_filter() in kernel/auditfilter.c (read in Linux 6.1 and 6.12). What cannot be judged here, such as
 * a security label that is not known, counts in favour of the record: no rule is blamed by guess. Two rules of the
 * kernel surprise: a rule without fields matches nothing; and a field that the filters do not look at, such as euid or
 * a key, ends the filter where all fields before it match, and the record is kept.
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

/* The types that user space may send: AUDIT_USER, 1100 to 1199, 2100 to 2999. */
#define AUDIT_USER_TYPES 1001

/* What the filters look at in a process that sends a record. */
struct audit_subject {
        pid_t pid;       /* of the process, not of its thread */
        uid_t uid;       /* the real one */
        gid_t gid;       /* the real one */
        uint32_t auid;   /* AUDIT_UID_UNSET: no login */
        bool auid_known; /* /proc could be read */
        const char *exe; /* path of its program; NULL: not known */
};

/* The types that rules drop; {0} before the first rule. */
struct audit_dropped {
        uint64_t decided_by_exclude[(AUDIT_USER_TYPES + 63) / 64]; /* later rules of the filter do not count */
        uint64_t decided_by_user[(AUDIT_USER_TYPES + 63) / 64];
        uint64_t dropped[(AUDIT_USER_TYPES + 63) / 64];
};

/*
 * Takes RULE, of SIZE bytes, into account, as AUDIT_LIST_RULES lists it; rules come in the kernel's order. Rules of
 * other filters change nothing. Returns whether RULE drops a type that no earlier rule drops.
 */
bool audit_filter_rule(const struct audit_rule_data *rule, size_t size, const struct audit_subject *subject,
                       struct audit_dropped *dropped);

/* Whether records of TYPE are dropped; 0: of every type that user space may send. */
bool audit_filter_drops(const struct audit_dropped *dropped, unsigned type);

/*
 * Whether the kernel drops records of TYPE while auditing is off. It keeps those of access decisions:
 * audit_receive_msg() in kernel/audit.c has "if (!audit_enabled && msg_type != AUDIT_USER_AVC) return 0".
 */
static inline bool audit_type_needs_enabled(unsigned type) {
        return type != AUDIT_USER_AVC;
}

/* Whether FIELD of a rule has a text: its value is the length of the next piece of the rule's buffer. */
bool audit_filter_has_string(uint32_t field);

#endif
