/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mutator of targets whose input is JSON. To be included once. */
#ifndef AUDITFAIL_MUTATE_JSON_H
#define AUDITFAIL_MUTATE_JSON_H

#include "tests/fuzz/mutate.h"

/* The end of the JSON value at AT: the next comma, bracket or brace that is not inside of it. */
static size_t end_of_value(const struct mutated *m, size_t at) {
        bool quoted = false;
        int depth = 0;

        for (; at < m->size && m->data[at] != '\0'; at++) {
                uint8_t c = m->data[at];

                if (quoted && c == '\\')
                        at++;
                else if (c == '"')
                        quoted = !quoted;
                else if (!quoted && (c == '{' || c == '['))
                        depth++;
                else if (!quoted && (c == ',' || c == '}' || c == ']') && (c == ',' ? depth == 0 : --depth < 0))
                        break;
        }
        return at < m->size ? at : m->size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned random) {
        static const char *const values[] = { "null",
                                              "true",
                                              "false",
                                              "0",
                                              "-1",
                                              "1",
                                              "4095",
                                              "4096",
                                              "1e1",
                                              "0.5",
                                              "{}",
                                              "[]",
                                              "\"\"",
                                              "\"passwd\"",
                                              "\"denied\"",
                                              "\"\\u0000\"",
                                              "\"\\ud83d\\ude00\"",
                                              "\"\\ud83d\"",
                                              "\"\xc3\xa9\"",
                                              "9223372036854775807",
                                              "9223372036854775808",
                                              "[[[[[[[[1]]]]]]]]",
                                              "{\"a\":{\"a\":{\"a\":{}}}}" };
        static const char *const members[] = { "\"more\":true,",    "\"oneway\":true,",
                                               "\"upgrade\":true,", "\"application\":\"a001\",",
                                               "\"errno\":1,",      "\"close\":true,",
                                               "\"ahead\":true,",   "\"continues\":true,",
                                               "\"error\":\"a.b\"," };
        struct mutated m = { data, size, max };
        size_t at = next_of(&m, random / 8 % (size + 1), ":"), end;
        const char *text;

        if (random % 4 == 0 || at == size)
                return LLVMFuzzerMutate(data, size, max);
        random /= 4 * 1009; /* another part of it */
        end = end_of_value(&m, ++at);
        switch (random % 4) {
        case 0:
                text = PICK(values, random / 4);
                put_in_place(&m, at, end, text, strlen(text));
                break;
        case 1: /* one level deeper */
                put_in_place(&m, end, end, random & 4 ? "]" : "}", 1);
                put_in_place(&m, at, at, random & 4 ? "[" : "{\"a\":", random & 4 ? 1 : 5);
                break;
        case 2: /* one more member, perhaps for the second time */
                at = next_of(&m, at, "{") + 1;
                text = PICK(members, random / 4);
                if (at <= m.size)
                        put_in_place(&m, at, at, text, strlen(text));
                break;
        default: /* an escape in a string */
                at = next_of(&m, at, "\"") + 1;
                if (at <= m.size)
                        put_in_place(&m, at, at, "\\u00e9", 6);
        }
        return m.size;
}

#endif
