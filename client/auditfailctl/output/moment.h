/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as people write and read them. A moment is microseconds since 1970, as in the protocol and the journal. */
#ifndef AUDITFAILCTL_MOMENT_H
#define AUDITFAILCTL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

int64_t moment_now(void);

/*
 * The moment that TEXT names, seen from NOW, in local time:
 *
 *      2026-11-21 10:00:30     10:00:30 (today)        now     @1795255230
 *      2026-11-21 10:00        10:00                   today, yesterday (at 00:00)
 *      2026-11-21 (at 00:00)   1h30min ago             -1h30min
 *
 * Units: s, min (m), h, d, w, in long, too (hours). Returns false for anything else, and for days and hours that do not
 * exist.
 */
bool moment_parse(const char *text, int64_t now, int64_t *ret);

/* "2026-11-21 10:00:30", local time. The caller frees it. */
char *moment_text(int64_t moment);

/* How long SPAN (microseconds) is, in its two largest units: "2d 5h", "3min 20s", "0s". The caller frees it. */
char *moment_span_text(int64_t span);

#endif
