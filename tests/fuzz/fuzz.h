/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every fuzz target needs: the entry that libFuzzer and replay.c call, and a way to say that a promise is broken.
 */
#ifndef AUDITFAIL_FUZZ_H
#define AUDITFAIL_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/utf8.h"

#define CHECK(expression)                                                                                              \
        do {                                                                                                           \
                if (!(expression)) {                                                                                   \
                        fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #expression);                     \
                        abort();                                                                                       \
                }                                                                                                      \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool is_utf8(const char *text, size_t length) {
        size_t bytes;

        for (; length > 0; text += bytes, length -= bytes)
                if ((bytes = utf8_character(text, length)) == 0)
                        return false;
        return true;
}

#endif
