/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule of the kernel's "exclude" or "user" filter in auditctl's words: `auditctl -d` and this, in a shell, delete it.
 * Needs libaudit for the names, so that it is no part of libauditfail.
 */
#ifndef AUDITFAIL_AUDIT_RULE_TEXT_H
#define AUDITFAIL_AUDIT_RULE_TEXT_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>

#define AUDIT_RULE_TEXT_MAX 512 /* bytes with the NUL; a longer rule ends in "..." */

/*
 * Writes RULE, of SIZE bytes, as AUDIT_LIST_RULES lists it: "always,exclude -F msgtype=ADD_USER". Of printable ASCII;
 * allocates nothing. A word that a shell would not leave as it is stands between quotes. Returns whether the text is
 * the whole rule: false where it is cut off, or where a character of it cannot be shown.
 */
bool audit_rule_text(const struct audit_rule_data *rule, size_t size, char ret[static AUDIT_RULE_TEXT_MAX]);

#endif
