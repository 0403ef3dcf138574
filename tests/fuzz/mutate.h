/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutations for libFuzzer that know the form of an input. Most random changes of a JSON text or of an audit record end
 * its parser at once. These change a value, a member or a field, and leave the rest as it is.
 */
#ifndef AUDITFAIL_MUTATE_H
#define AUDITFAIL_MUTATE_H

#include <string.h>

#include "tests/fuzz/fuzz.h"

/* libFuzzer defines the first one, and calls the second one. A program that only replays lacks the first one. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

#define PICK(table, random) (table)[(random) % (sizeof(table) / sizeof(*(table)))]

struct mutated {
        uint8_t *data;
        size_t size, max;
};

/* Puts the COUNT bytes of TEXT in the place of those from FROM to TO. Without room, nothing changes. */
static void put_in_place(struct mutated *m, size_t from, size_t to, const void *text, size_t count) {
        if (m->size - (to - from) + count > m->max)
                return;
        memmove(m->data + from + count, m->data + to, m->size - to);
        memcpy(m->data + from, text, count);
        m->size += count - (to - from);
}

/* The first byte of TEXT at AT or behind it; the size, if there is none. */
static size_t next_of(const struct mutated *m, size_t at, const char *text) {
        while (at < m->size && (m->data[at] == '\0' || !strchr(text, m->data[at])))
                at++;
        return at;
}

/* FIRST to LAST are bytes that a script has for what happens. */
static inline size_t mutate_records(uint8_t *data, size_t size, size_t max, unsigned random, uint8_t first,
                                    uint8_t last) {
        static const char *const values[] = {
                "-1", "0", "1",     "1000", "4294967295", "4294967296", "18446744073709551616",
                "",   "?", "\"x\"", "7A7A", "'"
        };
        static const char *const parts[] = { "node=a ",
                                             "type=DAEMON_END ",
                                             "type=UNKNOWN[1234] ",
                                             "msg=audit(1700000000.123:77): ",
                                             " msg='",
                                             "'\n",
                                             "\x1d",
                                             " pid=1",
                                             " auid=1000",
                                             "\n",
                                             "type=TRUSTED_APP msg=audit(1.000:1): pid=1 auid=1 msg='x'\n" };
        struct mutated m = { data, size, max };
        size_t at = random / 8 % (size + 1);
        uint8_t moment = (uint8_t)(first + random / 8192 % (last - first + 1U));
        const char *text;

        switch (random % 4) {
        case 0:
                return LLVMFuzzerMutate(data, size, max);
        case 1:
                at = next_of(&m, at, "=");
                if (at == size)
                        return LLVMFuzzerMutate(data, size, max);
                text = PICK(values, random / 8192);
                put_in_place(&m, at + 1, next_of(&m, at + 1, " \n'"), text, strlen(text));
                break;
        case 2:
                text = PICK(parts, random / 8192);
                put_in_place(&m, at, at, text, strlen(text));
                break;
        default:
                put_in_place(&m, at, at, &moment, 1);
        }
        return m.size;
}

#endif
