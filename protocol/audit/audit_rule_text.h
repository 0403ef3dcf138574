/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule of the kernel's "exclude" or "user" filter as arguments of auditctl: `auditctl -d` followed by the text
 * deletes the rule. Needs libaudit for the names, so libauditfail does not contain it.
 */
#ifndef AUDITFAIL_AUDIT_RULE_TEXT_H
#define AUDITFAIL_AUDIT_RULE_TEXT_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>

#define AUDIT_RULE_TEXT_MAX 512 /* bytes with the NUL; a longer rule ends in "..." */

/*
 * Writes RULE (SIZE bytes, as AUDIT_LIST_RULES lists it) as text, such as "always,exclude -F msgtype=ADD_USER". The
 * text is printable ASCII, and quotes words for a shell. Returns false if the text is cut off, or has "?" for a
 * character. Allocates nothing.
 */
bool audit_rule_text(const struct audit_rule_data *rule, size_t size, char ret[static AUDIT_RULE_TEXT_MAX]);

#endif
