/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shows a request's way, a line a step. On a terminal, the line of what takes long is rewritten in place; elsewhere it
 * is printed once. The first word of a line tells which step it is, and does not change from version to version.
 */
#ifndef AUDITCTL_PROGRESS_VIEW_H
#define AUDITCTL_PROGRESS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "client/auditctl/command_line.h"
#include "client/common/reader.h"
#include "protocol/request_words.h"

struct progress {
        const struct settings *settings;
        uint64_t began_usec; /* on the monotonic clock */
        bool in_place;       /* stdout is a terminal that can go back in a line */
        bool open;           /* the last line may yet be rewritten */
        bool drained;        /* draining was shown */
};

void progress_begin(struct progress *progress, const struct settings *settings);

/* The step of OBJECT, a Progress of the protocol; what is not as promised is left in object->fault. */
enum request_step progress_step(struct reader *object);

/* Shows OBJECT, which is at STEP. */
void progress_show(struct progress *progress, enum request_step step, struct reader *object);

/* Ends a line that could have been rewritten, before something else is said. */
void progress_end_line(struct progress *progress);

#endif
