/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule of the kernel's "exclude" or "user" filter in auditctl's words: what stands behind `auditctl -d` deletes it.
 * Needs libaudit for the names, so that it is no part of libauditfail.
 */
#ifndef AUDITFAIL_AUDIT_RULE_TEXT_H
#define AUDITFAIL_AUDIT_RULE_TEXT_H

#include <linux/audit.h>
#include <stddef.h>

#define AUDIT_RULE_TEXT_MAX 512 /* bytes with the NUL; a longer rule ends in "..." */

/*
 * Writes RULE, of SIZE bytes, as AUDIT_LIST_RULES lists it: "always,exclude -F msgtype=ADD_USER". Of printable ASCII;
 * allocates nothing.
 */
void audit_rule_text(const struct audit_rule_data *rule, size_t size, char ret[static AUDIT_RULE_TEXT_MAX]);

#endif
