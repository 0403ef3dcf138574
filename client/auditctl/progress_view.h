/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints the progress of a request, one step a line. The first word of a line names the step. Scripts may rely on that
 * word.
 */
#ifndef AUDITCTL_PROGRESS_VIEW_H
#define AUDITCTL_PROGRESS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "client/auditctl/command_line.h"
#include "client/common/reader.h"
#include "protocol/request_words.h"

struct progress_view {
        const struct settings *settings;
        uint64_t began_usec; /* on the monotonic clock */
        bool drained;        /* draining was printed */
};

/* Prints OBJECT, of type Progress, which is at STEP. object->fault names a faulty member. */
void progress_view_print(struct progress_view *view, enum request_step step, struct reader *object);

#endif
