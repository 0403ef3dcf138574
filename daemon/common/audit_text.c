/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/audit_text.h"

#include <inttypes.h>
#include <string.h>

/* Characters that have no meaning to any program that reads the trail. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+:@/"

/*
 * Before audit 3.1, auparse takes hexadecimal text that has no letter among its digits for a number ("security update"
 * is an example). So a NUL, which ends the text for each auparse, and a letter follow.
 */
#define END_WITH_LETTER "000A"

static const char *hexadecimal_end(const char *value) {
        for (const char *byte = value; *byte; byte++)
                if (((unsigned char)*byte & 0x0F) > 9 || (unsigned char)*byte >= 0xA0)
                        return "";
        return END_WITH_LETTER;
}

/*
 * libaudit's own encoder passes text without space, quote or control character. That is not enough: ausearch looks for
 * "res=" and for ' anywhere in a record, and the operation "x'res=success'" would make the record a success. auparse
 * ends a field at a blank, also inside quotes.
 */
bool audit_text_is_plain(const char *value) {
        return *value && !value[strspn(value, PLAIN)];
}

void audit_text(FILE *stream, const char *name, const char *value) {
        fprintf(stream, " %s=", name);
        if (!value || !*value)
                fputc('?', stream);
        else if (audit_text_is_plain(value))
                fprintf(stream, "\"%s\"", value);
        else {
                for (const char *byte = value; *byte; byte++)
                        fprintf(stream, "%02X", (unsigned char)*byte);
                fputs(hexadecimal_end(value), stream);
        }
}

/* Quoted: from audit 3.1 on, auparse takes a bare number in a record of this type for hexadecimal text. */
void audit_number(FILE *stream, const char *name, bool known, uint64_t value) {
        if (known)
                fprintf(stream, " %s=\"%" PRIu64 "\"", name, value);
        else
                fprintf(stream, " %s=?", name);
}

size_t audit_text_length(const char *value) {
        if (!value || !*value)
                return strlen("?");
        if (audit_text_is_plain(value))
                return strlen(value) + strlen("\"\"");
        return 2 * strlen(value) + strlen(hexadecimal_end(value));
}
