/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the word that a user meant but typed wrongly. */
#ifndef AUDITFAIL_NEAR_WORD_H
#define AUDITFAIL_NEAR_WORD_H

#include <stddef.h>

/*
 * Returns the one of the NULL-terminated WORDS that is most similar to WORD (LENGTH bytes), or NULL if none is similar.
 * A WORD of more than 32 bytes is similar to none, so the time is bounded. Allocates nothing.
 */
const char *near_word(const char *word, size_t length, const char *const *words);

#endif
