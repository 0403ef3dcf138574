/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles signals in another way for some time. */
#ifndef AUDITFAILCTL_SIGNALS_H
#define AUDITFAILCTL_SIGNALS_H

#include <signal.h>
#include <stddef.h>

#define SIGNALS_MAX 4

/* What to restore. */
struct signals {
        size_t count;
        int numbers[SIGNALS_MAX];
        struct sigaction before[SIGNALS_MAX];
};

/* Calls HANDLER for the COUNT signals in NUMBERS, except those that this program ignores (nohup). */
struct signals signals_catch(const int *numbers, size_t count, void (*handler)(int number));
void signals_restore(const struct signals *signals);

#endif
