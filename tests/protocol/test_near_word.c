/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "protocol/near_word.h"

Test(near_word, the_word_that_was_meant_is_found) {
        static const char *const words[] = { "ignore", "log", "terminate", NULL };
        static const struct {
                const char *word, *near;
        } table[] = {
                { "terminat", "terminate" },
                { "Terminate", "terminate" },
                { "TERMINATE", "terminate" },
                { "ingore", "ignore" },
                { "ignroe", "ignore" },
                { "lgo", "log" },
                { "log!", "log" },
                { "term", "terminate" },
                { "ignored", "ignore" },
                { "logging", "log" },
                { "stop", NULL },
                { "", NULL },
                { "l", NULL },
                { "terrible", NULL },
                { "deny", NULL },
        };
        char longer[1000];

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                const char *near = near_word(table[i].word, strlen(table[i].word), words);

                cr_expect(near == table[i].near || (near && table[i].near && strcmp(near, table[i].near) == 0),
                          "%s is near %s", table[i].word, near ? near : "nothing");
        }
        memset(longer, 'g', sizeof(longer));
        cr_expect_null(near_word(longer, sizeof(longer), words));
        cr_expect_str_eq(near_word("logXX", 3, words), "log", "only LENGTH bytes count");
}
