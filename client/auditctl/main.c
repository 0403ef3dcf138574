/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditctl: the verbs in verb.c are requests to auditfail-controld. For every other command line, auditctl executes the
 * stock auditctl before it does anything else, so that both behave alike.
 */
#include <locale.h>
#include <signal.h>

#include "client/auditctl/command_line.h"
#include "client/auditctl/control_call.h"
#include "client/auditctl/handover.h"
#include "client/auditctl/outcome.h"
#include "client/common/text.h"

static int parse_and_run(int count, char **arguments, const struct verb *verb) {
        struct settings settings;

        int outcome = command_line_parse(count, arguments, verb, &settings);
        if (outcome != OUTCOME_DONE)
                return outcome;
        if (settings.help) {
                command_line_help(verb);
                return OUTCOME_DONE;
        }
        return control_call(&settings);
}

int main(int argc, char **argv) {
        const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
        if (!verb)
                return handover(argv);

        setlocale(LC_CTYPE, "");
        /* A reader that closes the pipe (head -n 1) must not cancel the request. */
        signal(SIGPIPE, SIG_IGN);
        int outcome = parse_and_run(argc, argv, verb);

        /* A failed request matters more than lost output. But a success with lost output is a failure. */
        return output_flush() || outcome != OUTCOME_DONE ? outcome : OUTCOME_BROKEN;
}
