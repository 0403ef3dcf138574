/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What json-c can be held against our reader for. */
#ifndef AUDITFAIL_JSON_C_H
#define AUDITFAIL_JSON_C_H

#include <json.h>
#include <stdbool.h>
#include <string.h>

/*
 * Whether json-c's word on TEXT is worth something. From 0.17 on, when it is strict, it takes every byte above 0x7f for
 * a control character, and a number of more than 64 bits for an error: RFC 8259 has neither.
 */
static inline bool json_c_judges(const char *text, size_t length) {
        size_t digits = 0;

        if (JSON_C_VERSION_NUM < ((0 << 16) | (17 << 8)))
                return true;
        for (size_t i = 0; i < length; i++) {
                digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
                if ((unsigned char)text[i] >= 0x80 || digits > 18)
                        return false;
        }
        return !memmem(text, length, "\\u", 2);
}

#endif
