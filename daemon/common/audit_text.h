/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields of an audit record of type TRUSTED_APP. No program that reads the trail takes a part of a value for something
 * else, and auparse and `ausearch -i` (audit 3.0 and later) show each value unchanged.
 */
#ifndef AUDITFAIL_AUDIT_TEXT_H
#define AUDITFAIL_AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Writes " NAME=VALUE": quoted if each character is harmless, else in hexadecimal; "?" if VALUE is empty or NULL.
 * auparse must not know NAME, or must know it for text in this form, as ocomm.
 */
void audit_text(FILE *stream, const char *name, const char *value);

/* Writes " NAME="VALUE"", or "?" if the value is not KNOWN. auparse must not know NAME. */
void audit_number(FILE *stream, const char *name, bool known, uint64_t value);

/* The length of VALUE in a record, with quotes, without the name. */
size_t audit_text_length(const char *value);

/* Whether VALUE is harmless without quotes or encoding, and not empty. */
bool audit_text_is_plain(const char *value);

#endif
