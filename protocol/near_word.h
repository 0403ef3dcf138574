/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the word that the author of a typing error meant. */
#ifndef AUDITFAIL_NEAR_WORD_H
#define AUDITFAIL_NEAR_WORD_H

#include <stddef.h>

/*
 * The one of the NULL-terminated WORDS that is most similar to WORD (LENGTH bytes); NULL if none is similar. Its time
 * is bounded: a WORD above 32 bytes is similar to none. Allocates nothing.
 */
const char *near_word(const char *word, size_t length, const char *const *words);

#endif
