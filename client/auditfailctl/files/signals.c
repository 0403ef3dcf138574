/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/signals.h"

struct signals signals_catch(const int *numbers, size_t count, void (*handler)(int number)) {
        struct sigaction action = { .sa_handler = handler };
        struct signals signals = { 0 };

        sigfillset(&action.sa_mask);
        for (size_t i = 0; i < count; i++) {
                struct sigaction *before = &signals.before[signals.count];
                sigaction(numbers[i], NULL, before);
                if (before->sa_handler == SIG_IGN)
                        continue;
                signals.numbers[signals.count++] = numbers[i];
                sigaction(numbers[i], &action, NULL);
        }
        return signals;
}

void signals_restore(const struct signals *signals) {
        for (size_t i = 0; i < signals->count; i++)
                sigaction(signals->numbers[i], &signals->before[i], NULL);
}
