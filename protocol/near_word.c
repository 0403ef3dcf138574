/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/near_word.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX   32 /* bytes; longer words are no typing errors */
#define PREFIX_MIN 3

static bool same_letter(const char *a, const char *b) {
        return strncasecmp(a, b, 1) == 0;
}

/* Whether A turns into B if CHANGES letters are deleted, inserted, changed, or swapped with the next. Ignores case. */
static bool turns_into(const char *a, size_t a_length, const char *b, size_t b_length, unsigned changes) {
        while (a_length > 0 && b_length > 0 && same_letter(a, b))
                a++, a_length--, b++, b_length--;
        if (a_length == 0 || b_length == 0)
                return a_length + b_length <= changes;
        if (changes == 0 || a_length > b_length + changes || b_length > a_length + changes)
                return false;
        return turns_into(a + 1, a_length - 1, b + 1, b_length - 1, changes - 1) ||
               turns_into(a + 1, a_length - 1, b, b_length, changes - 1) ||
               turns_into(a, a_length, b + 1, b_length - 1, changes - 1) ||
               (a_length > 1 && b_length > 1 && same_letter(a, b + 1) && same_letter(a + 1, b) &&
                turns_into(a + 2, a_length - 2, b + 2, b_length - 2, changes - 1));
}

const char *near_word(const char *word, size_t length, const char *const *words) {
        for (unsigned changes = 0; length > 0 && length <= WORD_MAX && changes < WORD_MAX; changes++)
                for (const char *const *near = words; *near; near++) {
                        size_t other = strlen(*near), longer = length > other ? length : other;
                        size_t shorter = length < other ? length : other;
                        bool prefix = shorter >= PREFIX_MIN && strncasecmp(word, *near, shorter) == 0;

                        if ((prefix || changes * 3 <= longer) && turns_into(word, length, *near, other, changes))
                                return *near;
                }
        return NULL;
}
