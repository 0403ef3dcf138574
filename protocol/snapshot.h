/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format of the snapshot: the policy that the daemon loaded last, for programs that find no daemon.
 *
 * daemon/policy/snapshot_write.c writes the file. client/libauditfail/snapshot_read.c reads it in programs that must
 * not allocate. So the file is a hash table with records of one size, and an answer takes two calls of pread(),
 * whatever the number of applications. Integers are little-endian on every machine that we build for, and so is the
 * magic.
 *
 *      header, 160 bytes | slots: 2^n records of 128 bytes
 *
 * A record lies in the slot that snapshot_slot() returns, or in one of the SNAPSHOT_PROBES_MAX - 1 slots after it.
 * Slots wrap around, and no slot before the record is empty. An empty slot is a record without a name.
 *
 * There are no checksums. The writer replaces the file by rename(), so a reader has the old file or the new one, and
 * holds it open. A power failure may empty a file that is not in memory: that file has no magic. The reader believes
 * only files that no user but root and that of the daemon can write. It checks the bounds of every value that it uses.
 */
#ifndef AUDITFAIL_SNAPSHOT_H
#define AUDITFAIL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"

#define SNAPSHOT_NAME       "policy.snapshot"
#define SNAPSHOT_MAGIC      0x33534c4146445541ULL /* "AUDFALS3" in memory. A new format needs a new digit. */
#define SNAPSHOT_PROBES_MAX 64 /* slots that a reader looks at; the writer makes the table large enough */

#define SNAPSHOT_FACTOR 0x9e3779b97f4a7c15ULL /* 2^64 divided by the golden ratio */

struct snapshot_header {
        uint64_t magic;
        uint64_t generation;        /* of the policy */
        uint64_t fingerprint;       /* policy_fingerprint(): tells the daemon's next start whether the policy changed */
        uint64_t slots;             /* a power of two, at least 1 */
        char root[POLICY_ROOT_MAX]; /* of the policy files, NUL-padded */
};

struct snapshot_rule {
        uint32_t line;  /* 0: no such rule */
        uint8_t action; /* enum auditfail_action */
        uint8_t pad[3];
};

struct snapshot_record {
        char application[APPLICATION_NAME_MAX]; /* NUL-padded, without a NUL if it has 64 bytes; "": an empty slot */
        struct snapshot_rule base;
        struct snapshot_rule exceptions[KIND_COUNT];
        uint8_t place; /* enum place, of the file */
        uint8_t broken;
        uint8_t wait; /* seconds, as in struct policy_rule; older daemons write 0 */
        uint8_t pad[5];
};

_Static_assert(sizeof(struct snapshot_header) == 160, "the file format must not depend on the compiler");
_Static_assert(sizeof(struct snapshot_record) == 128, "the file format must not depend on the compiler");

/* Whether HEADER is one of this format, of a file of SIZE bytes. */
static inline bool snapshot_header_valid(const struct snapshot_header *header, uint64_t size) {
        return header->magic == SNAPSHOT_MAGIC && header->slots > 0 && header->slots <= UINT32_MAX &&
               (header->slots & (header->slots - 1)) == 0 &&
               size == sizeof(*header) + header->slots * sizeof(struct snapshot_record) &&
               memchr(header->root, '\0', sizeof(header->root));
}

/*
 * Continues HASH (0 at the start) with LENGTH bytes of DATA, in words of 8 bytes. The last word is padded with zeros.
 * The multiplication carries nothing down, so the high half is folded into the low half.
 */
static inline uint64_t snapshot_hash(uint64_t hash, const void *data, size_t length) {
        const unsigned char *bytes = data;

        hash ^= 14695981039346656037ULL;
        for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
                uint64_t word = 0;

                if (length - i >= sizeof(word))
                        memcpy(&word, bytes + i, sizeof(word));
                else
                        memcpy(&word, bytes + i, length - i);
                hash = (hash ^ word) * SNAPSHOT_FACTOR;
                hash ^= hash >> 32;
        }
        return hash;
}

/*
 * The first slot for APPLICATION (LENGTH bytes) in a table of SLOTS (up to 2^32). Names differ in their last letters,
 * which reach the middle of the hash: one more multiplication brings them to its top.
 */
static inline uint64_t snapshot_slot(uint64_t slots, const char *application, size_t length) {
        return (snapshot_hash(0, application, length) * SNAPSHOT_FACTOR >> 32) & (slots - 1);
}

#endif
