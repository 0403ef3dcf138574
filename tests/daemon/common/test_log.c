/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "daemon/common/log.h"
#include "tests/harness/parameterized.h"

struct text {
        char written[16], logged[16];
};

ParameterizedTestParameters(log, no_control_character_reaches_the_log) {
        static struct text rows[] = {
                { "plain", "plain" },
                { "a\033[1m\177b\nc", "a?[1m?b?c" },
                { "\302\200 \302\237", "?? ??" }, /* C1: the first and the last */
                { "\302\240-\303\237", "\302\240-\303\237" },
                { "\302A", "\302A" },
                { "\302", "\302" },
        };

        return cr_make_param_array(struct text, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct text *row, log, no_control_character_reaches_the_log) {
        log_sanitize(row->written);
        cr_expect_str_eq(row->written, row->logged);
}
