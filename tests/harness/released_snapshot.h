/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The snapshot that release 0.1.0 writes for these policy files. Stubs and daemons of different releases share a
 * machine during an upgrade. So the daemon must still write these bytes, and the stub must still read them:
 *
 *      /etc/auditfail.cron             nonsense
 *      /usr/lib/auditfail/cupsd.conf   terminate, other = ignore
 *      /etc/auditfail/default.conf     two empty lines, log
 *      /etc/auditfail/passwd.conf      a comment, ignore, denied = terminate, unsupported = log
 *
 * Nothing here is taken from protocol/snapshot.h, which may change by mistake. If a release needs another format, it
 * needs another magic, and a fixture like this one.
 */
#ifndef AUDITFAIL_RELEASED_SNAPSHOT_H
#define AUDITFAIL_RELEASED_SNAPSHOT_H

#include <string.h>

#define RELEASED_SNAPSHOT_SIZE       1184
#define RELEASED_GENERATION          7
#define RELEASED_VERSION_AT          7  /* the digit of the format, '3' */
#define RELEASED_FINGERPRINT_AT      16 /* 8 bytes that only the daemon uses; they are zero here */
#define RELEASED_FINGERPRINT_SIZE    8
#define RELEASED_SLOT(number, where) (160 + 128 * (number) + (where))

struct released_bytes {
        size_t at;
        const char *bytes;
        size_t length;
};

/* Every byte that is not zero. */
static inline void released_snapshot(unsigned char image[static RELEASED_SNAPSHOT_SIZE]) {
#define BYTES(at, text)                                                                                                \
        { at, text, sizeof(text) - 1 }
        static const struct released_bytes parts[] = {
                BYTES(0, "AUDFALS3"),
                BYTES(8, "\7"),   /* generation */
                BYTES(24, "\10"), /* slots */
                BYTES(RELEASED_SLOT(4, 0), "cupsd"),
                BYTES(RELEASED_SLOT(4, 64), "\1\0\0\0\2"),  /* line 1: terminate */
                BYTES(RELEASED_SLOT(4, 112), "\2\0\0\0\0"), /* line 2: other = ignore */
                BYTES(RELEASED_SLOT(4, 120), "\2"),         /* in /usr/lib/auditfail */
                BYTES(RELEASED_SLOT(5, 0), "cron"),
                BYTES(RELEASED_SLOT(5, 120), "\1\1"),      /* in /etc, broken */
                BYTES(RELEASED_SLOT(6, 0), "default"),     /* its own slot is 4 */
                BYTES(RELEASED_SLOT(6, 64), "\3\0\0\0\1"), /* line 3: log */
                BYTES(RELEASED_SLOT(7, 0), "passwd"),
                BYTES(RELEASED_SLOT(7, 64), "\2\0\0\0\0"), /* line 2: ignore */
                BYTES(RELEASED_SLOT(7, 72), "\4\0\0\0\1"), /* line 4: unsupported = log */
                BYTES(RELEASED_SLOT(7, 96), "\3\0\0\0\2"), /* line 3: denied = terminate */
        };
#undef BYTES

        memset(image, 0, RELEASED_SNAPSHOT_SIZE);
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                memcpy(image + parts[i].at, parts[i].bytes, parts[i].length);
}

#endif
