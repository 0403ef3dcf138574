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

enum form { FORM_NOTHING, FORM_QUOTED, FORM_HEXADECIMAL, FORM_HEXADECIMAL_ENDED };

static bool has_letter_in_hexadecimal(const char *value) {
        for (const char *byte = value; *byte; byte++)
                if (((unsigned char)*byte & 0x0F) > 9 || (unsigned char)*byte >= 0xA0)
                        return true;
        return false;
}

/*
 * libaudit's own encoder passes text without space, quote or control character. That is not enough: ausearch looks for
 * "res=" and for ' anywhere in a record, and the operation "x'res=success'" would make the record a success. auparse
 * ends a field at a blank, also inside quotes.
 */
static enum form form_of(const char *value) {
        if (!value || !*value)
                return FORM_NOTHING;
        if (audit_text_is_plain(value))
                return FORM_QUOTED;
        return has_letter_in_hexadecimal(value) ? FORM_HEXADECIMAL : FORM_HEXADECIMAL_ENDED;
}

bool audit_text_is_plain(const char *value) {
        return *value && !value[strspn(value, PLAIN)];
}

void audit_text(FILE *stream, const char *name, const char *value) {
        enum form form = form_of(value);

        fprintf(stream, " %s=", name);
        if (form == FORM_NOTHING) {
                fputc('?', stream);
        } else if (form == FORM_QUOTED) {
                fprintf(stream, "\"%s\"", value);
        } else {
                for (const char *byte = value; *byte; byte++)
                        fprintf(stream, "%02X", (unsigned char)*byte);
                if (form == FORM_HEXADECIMAL_ENDED)
                        fputs(END_WITH_LETTER, stream);
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
        switch (form_of(value)) {
        case FORM_QUOTED:
                return strlen(value) + strlen("\"\"");
        case FORM_HEXADECIMAL:
                return 2 * strlen(value);
        case FORM_HEXADECIMAL_ENDED:
                return 2 * strlen(value) + strlen(END_WITH_LETTER);
        default:
                return strlen("?");
        }
}
