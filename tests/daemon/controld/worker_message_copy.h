/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a message of a worker, whose texts lie in a buffer that the next message overwrites. */
#ifndef AUDITFAIL_WORKER_MESSAGE_COPY_H
#define AUDITFAIL_WORKER_MESSAGE_COPY_H

#include <stdlib.h>
#include <string.h>

#include "daemon/controld/auditd/worker_message.h"

/* A copy with its own texts, in one block that the caller frees. */
static inline struct worker_message *worker_message_copy(const struct worker_message *message) {
        size_t lengths[WORKER_TEXTS], size = sizeof(*message);
        struct worker_message *copy;
        char *room;

        for (size_t i = 0; i < WORKER_TEXTS; i++) {
                lengths[i] = message->texts[i] ? strlen(message->texts[i]) + 1 : 0;
                size += lengths[i];
        }
        copy = malloc(size);
        *copy = *message;
        room = (char *)(copy + 1);
        for (size_t i = 0; i < WORKER_TEXTS; i++) {
                copy->texts[i] = lengths[i] > 0 ? memcpy(room, message->texts[i], lengths[i]) : "";
                room += lengths[i];
        }
        return copy;
}

#endif
