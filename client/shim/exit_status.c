/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/exit_status.h"

#include <stdlib.h>

int exit_status_from_word(const char *word) {
        char *end;
        long number = strtol(word, &end, 10);

        return end != word && !*end && number >= 1 && number <= EXIT_STATUS_MAX ? (int)number : 0;
}
