/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8 as in RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Needs libc alone. */
#ifndef AUDITFAIL_UTF8_H
#define AUDITFAIL_UTF8_H

#include <stddef.h>

/* The number of bytes (1 to 4) of the first character of TEXT (LENGTH > 0 bytes); 0 if TEXT starts with none. */
static inline size_t utf8_character(const char *text, size_t length) {
        const unsigned char *s = (const unsigned char *)text;
        size_t bytes = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

        if (bytes > length)
                return 0;
        for (size_t i = 1; i < bytes; i++)
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
            (s[0] == 0xf4 && s[1] >= 0x90))
                return 0;
        return bytes;
}

#endif
