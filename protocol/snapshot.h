/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The snapshot: the policy that the daemon loaded last, for the time when no daemon answers.
 *
 * One file, written by daemon/snapshot_write.c and read by client/snapshot_read.c inside programs that must not
 * allocate; so it is a hash table of records of one size, and an answer is two preads whatever the number of
 * applications. All integers are little-endian on every machine that we build for; the magic says so, too.
 *
 *      header, 192 bytes | slots: 2^n records of 136 bytes
 *
 * A record belongs in the slot that snapshot_slot() says, or in one of the SNAPSHOT_PROBES_MAX - 1 slots after it,
 * around the end, with no empty slot in between. An empty slot is a record without a name. Every record, an empty one
 * too, and the header have a checksum, and the header knows the size of the file, so that a torn or truncated file, or
 * one put together from two, is not believed.
 */
#ifndef AUDITFAIL_SNAPSHOT_H
#define AUDITFAIL_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"

#define SNAPSHOT_NAME       "policy.snapshot"
#define SNAPSHOT_MAGIC      0x32534c4146445541ULL /* "AUDFALS2" in memory, on a little-endian machine */
#define SNAPSHOT_PROBES_MAX 64 /* slots that a reader looks at; the writer grows the table to keep to it */

#define SNAPSHOT_FACTOR 0x9e3779b97f4a7c15ULL /* 2^64 over the golden ratio: odd, and no pattern in its bits */

struct snapshot_header {
        uint64_t magic;
        uint64_t size;              /* of the whole file, bytes */
        uint64_t generation;        /* of the policy */
        uint64_t fingerprint;       /* policy_fingerprint(): the daemon's next start knows whether the policy changed */
        uint64_t slots;             /* a power of two, at least 1 */
        uint64_t entries;           /* slots in use */
        uint64_t nonce;             /* mixed into every record's checksum: records of another file do not fit */
        uint64_t checksum;          /* snapshot_hash(snapshot_hash(0, all before it), root) */
        char root[POLICY_ROOT_MAX]; /* that files lie under, NUL-padded */
};

struct snapshot_rule {
        uint32_t line;  /* 0: no such rule */
        uint8_t action; /* enum auditfail_action */
        uint8_t pad[3];
};

struct snapshot_record {
        char application[APPLICATION_NAME_MAX]; /* NUL-padded, without a NUL where it has 64 bytes; "": an empty slot */
        struct snapshot_rule base;
        struct snapshot_rule exceptions[KIND_COUNT];
        uint8_t place; /* enum place, of the file */
        uint8_t broken;
        uint8_t pad[6];
        uint64_t checksum; /* snapshot_hash(nonce ^ slot number, all before it) */
};

_Static_assert(sizeof(struct snapshot_header) == 192, "the file format must not depend on the compiler");
_Static_assert(sizeof(struct snapshot_record) == 136, "the file format must not depend on the compiler");

/*
 * A hash started from SEED, by words of 8 bytes, since every answer takes two of these: the last word is padded with
 * zeros, and the high half, which the multiplication cannot bring down, is folded into the low one. Each step is a
 * bijection, so that a change within one word never goes unseen. No defence against a forger, whom file ownership keeps
 * out; it finds accidents.
 */
static inline uint64_t snapshot_hash(uint64_t seed, const void *data, size_t length) {
        const unsigned char *bytes = data;
        uint64_t hash = 14695981039346656037ULL ^ seed;

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

/* The checksums that a header, and the record in slot number SLOT of a file with NONCE, must have. */
static inline uint64_t snapshot_header_checksum(const struct snapshot_header *header) {
        uint64_t before = snapshot_hash(0, header, offsetof(struct snapshot_header, checksum));

        return snapshot_hash(before, header->root, sizeof(header->root));
}

static inline uint64_t snapshot_record_checksum(uint64_t nonce, uint64_t slot, const struct snapshot_record *record) {
        return snapshot_hash(nonce ^ slot, record, offsetof(struct snapshot_record, checksum));
}

/*
 * The slot in a table of SLOTS (up to 2^32) where APPLICATION (LENGTH bytes) belongs. Names differ in their last
 * letters, and those have reached the middle of the hash at least: one more multiplication takes them to its top.
 */
static inline uint64_t snapshot_slot(uint64_t slots, const char *application, size_t length) {
        return (snapshot_hash(0, application, length) * SNAPSHOT_FACTOR >> 32) & (slots - 1);
}

#endif
