/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints the progress of a request, one step a line. On a terminal, the line of a long step is rewritten in place;
 * elsewhere it is printed once. The first word of a line names the step. Scripts may rely on that word.
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
        bool in_place;       /* stdout is a terminal that can rewrite a line */
        bool open;           /* the last line may still be rewritten */
        bool drained;        /* draining was printed */
};

void progress_begin(struct progress *progress, const struct settings *settings);

/* Returns the step of OBJECT, of type Progress. object->fault names a faulty member. */
enum request_step progress_step(struct reader *object);

/* Prints OBJECT, which is at STEP. */
void progress_show(struct progress *progress, enum request_step step, struct reader *object);

/* Ends a line that could be rewritten, before other output. */
void progress_end_line(struct progress *progress);

#endif
