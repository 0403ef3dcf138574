/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What json-c can be held against our reader for. */
#ifndef AUDITFAIL_JSON_C_H
#define AUDITFAIL_JSON_C_H

#include <json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether TEXT has a pair of \u escapes that json-c 0.16 takes for half a pair: the pairs of U+xD800 to U+xDFFF. */
static inline bool json_c_misreads(const char *text, size_t length) {
        const char *end = text + length;

        for (const char *c = text; (c = memmem(c, (size_t)(end - c), "\\u", 2)) && end - c >= 6; c += 2) {
                char digits[5] = { c[2], c[3], c[4], c[5], '\0' };

                if ((strtoul(digits, NULL, 16) & 0xfc3e) == 0xd836)
                        return true;
        }
        return false;
}

/*
 * Whether json-c's word on TEXT is worth something. From 0.17 on, when it is strict, it takes every byte above 0x7f for
 * a control character, and a number of more than 64 bits for an error: RFC 8259 has neither.
 */
static inline bool json_c_judges(const char *text, size_t length) {
        size_t digits = 0;

        if (JSON_C_VERSION_NUM < ((0 << 16) | (17 << 8)))
                return !json_c_misreads(text, length);
        for (size_t i = 0; i < length; i++) {
                digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
                if ((unsigned char)text[i] >= 0x80 || digits > 18)
                        return false;
        }
        return !memmem(text, length, "\\u", 2);
}

#endif
