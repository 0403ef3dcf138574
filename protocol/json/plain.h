/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the characters of a string that need a closer look, eight bytes at a time. Async-signal-safe. */
#ifndef AUDITFAIL_PLAIN_H
#define AUDITFAIL_PLAIN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many of the first eight bytes of TEXT are plain, up to the first that is not. */
static inline size_t plain_in_word(const char *text) {
        const uint64_t ones = 0x0101010101010101, highest = 0x8080808080808080;
        uint64_t word;

        memcpy(&word, text, sizeof(word));
        word = le64toh(word);
        /*
         * The highest bit of a byte says that it is not plain: below 0x20 or above 0x9f; 0x7f to 0xfe; a quote; a
         * backslash. Borrows and carries only reach bytes behind such a byte.
         */
        word = ((word - ones * 0x20) | (word + ones) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) &
               highest;
        return word ? (size_t)__builtin_ctzll(word) / 8 : sizeof(word);
}

/* Skips the plain bytes from AT on: ASCII without control characters (DEL is one), quotes and backslashes. */
static inline const char *skip_plain(const char *at, const char *end) {
        const char *start = at;

        while (end - at >= 8) {
                size_t count = plain_in_word(at);

                at += count;
                if (count < 8)
                        return at;
        }
        if (end - start >= 8) /* the last word, of which the part before AT is plain */
                return end - 8 + plain_in_word(end - 8);
        while (at < end && *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
                at++;
        return at;
}

#endif
