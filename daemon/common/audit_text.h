/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields of an audit record of type TRUSTED_APP, written so that no reader of the trail takes a part of a value for
 * something else, and auparse and `ausearch -i` of audit 3.0 and later show each value as it was.
 */
#ifndef AUDITFAIL_AUDIT_TEXT_H
#define AUDITFAIL_AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * " NAME=VALUE": quoted where every character is harmless, else in hexadecimal; "?" for an empty VALUE or NULL. NAME is
 * one that auparse does not know, or knows for text in this form (as it does ocomm).
 */
void audit_text(FILE *stream, const char *name, const char *value);

/* " NAME="VALUE"", a number under a name that auparse does not know; "?" when it is not KNOWN. */
void audit_number(FILE *stream, const char *name, bool known, uint64_t value);

/* How many characters VALUE takes in a record: quotes included, the name not. */
size_t audit_text_length(const char *value);

/* Whether VALUE is not empty, and harmless as it is: for a field that libaudit writes without quotes. */
bool audit_text_is_plain(const char *value);

#endif
