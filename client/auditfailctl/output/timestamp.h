/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as text. A timestamp is microseconds since 1970, as in the protocol and the journal. */
#ifndef AUDITFAILCTL_TIMESTAMP_H
#define AUDITFAILCTL_TIMESTAMP_H

#include <stdint.h>

int64_t timestamp_now(void);

/* Returns "2026-11-21 10:00:30", in local time. The caller frees it. */
char *timestamp_text(int64_t timestamp);

/* Returns SPAN, in microseconds, in its two largest units: "2d 5h", "3min 20s", "0s". The caller frees it. */
char *timespan_text(int64_t span);

#endif
