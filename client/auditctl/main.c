/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditctl: the words of word.h are requests to auditfail-controld. Every other command line is handed to the stock
 * auditctl, before anything else is done here, so that nobody can tell the two apart.
 */
#include <locale.h>
#include <signal.h>

#include "client/auditctl/command_line.h"
#include "client/auditctl/control_call.h"
#include "client/auditctl/handover.h"
#include "client/auditctl/outcome.h"
#include "client/common/message.h"

static int parse_and_run(int count, char **arguments, const struct word *word) {
        struct settings settings;

        int outcome = options_parse(count, arguments, word, &settings);
        if (outcome != OUTCOME_DONE)
                return outcome;
        if (settings.help) {
                options_help(word);
                return OUTCOME_DONE;
        }
        return request_run(&settings);
}

int main(int argc, char **argv) {
        const struct word *word = argc > 1 ? word_find(argv[1]) : NULL;
        if (!word)
                return handover(argv);

        setlocale(LC_CTYPE, "");
        /* A reader who has seen enough (head -n 1) must not cancel a request by that. */
        signal(SIGPIPE, SIG_IGN);
        int outcome = parse_and_run(argc, argv, word);

        /* What became of the request comes first; but an answer that nobody got is none. */
        return output_flush() || outcome != OUTCOME_DONE ? outcome : OUTCOME_BROKEN;
}
