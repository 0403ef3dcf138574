/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as people write and read them. A moment is microseconds since 1970, as in the protocol and the journal. */
#ifndef AUDITFAILCTL_MOMENT_H
#define AUDITFAILCTL_MOMENT_H

#include <stdint.h>

int64_t moment_now(void);

/* "2026-11-21 10:00:30", local time. The caller frees it. */
char *moment_text(int64_t moment);

/* How long SPAN (microseconds) is, in its two largest units: "2d 5h", "3min 20s", "0s". The caller frees it. */
char *moment_span_text(int64_t span);

#endif
