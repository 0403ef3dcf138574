/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditctl: the verbs in command_line.c are requests to auditfail-controld. For every other command line, auditctl
 * executes the stock auditctl, so that both behave alike. Before that, it only prints a hint to stderr if the first
 * word is nearly a verb.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/auditctl/command_line.h"
#include "client/auditctl/control_call.h"
#include "client/auditctl/outcome.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

/*
 * Executes the stock auditctl with the same arguments and environment, but never this program itself. Returns an exit
 * status after an error message, as a shell would.
 */
static int handover(char **arguments) {
        static const char *const places[] = { STOCK_PLACES };
        struct stat self, stock;

        /* If this program is installed in the place of the stock auditctl, it must not execute itself for ever. */
        if (stat("/proc/self/exe", &self) < 0)
                return complain(OUTCOME_STOCK_CANNOT_RUN,
                                "cannot tell the stock auditctl from this one: /proc/self/exe: %s; is /proc mounted?",
                                strerror(errno));

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                if (stat(places[i], &stock) < 0 || (stock.st_dev == self.st_dev && stock.st_ino == self.st_ino))
                        continue;
                execv(places[i], arguments);
                return complain(OUTCOME_STOCK_CANNOT_RUN, "cannot run the stock auditctl, %s: %s%s", places[i],
                                strerror(errno), errno == EACCES && geteuid() != 0 ? "; try: sudo auditctl" : "");
        }
        return complain(OUTCOME_STOCK_NOT_FOUND,
                        "there is no stock auditctl, which this command line is for: nothing but this program in %s; "
                        "is the package auditd (or audit) installed?",
                        places[0]);
}

/* The stock auditctl knows no words, only options: it would not explain a typing error in a verb. */
static void hint(const char *word) {
        cleanup(cleanup_free) char *suggestion = verb_suggestion(word);

        if (*word != '-' && *suggestion)
                complain(0, "unknown verb \"%s\"%s", word, suggestion);
}

static int parse_and_run(int count, char **arguments, const struct verb *verb) {
        struct settings settings;

        int outcome = command_line_parse(count, arguments, verb, &settings);
        if (outcome != OUTCOME_DONE)
                return outcome;
        if (settings.help) {
                command_line_help(verb);
                return OUTCOME_DONE;
        }
        if (settings.version) {
                printf("auditctl " AUDITFAIL_VERSION " of auditfail\n");
                return OUTCOME_DONE;
        }
        return control_call(&settings);
}

int main(int argc, char **argv) {
        const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
        if (!verb && argc > 1)
                hint(argv[1]);
        if (!verb)
                return handover(argv);

        setlocale(LC_CTYPE, "");
        /* A reader that closes the pipe (head -n 1) must not cancel the request. */
        signal(SIGPIPE, SIG_IGN);
        int outcome = parse_and_run(argc - 1, argv + 1, verb);

        /* A failed request matters more than lost output. But a success with lost output is a failure. */
        return output_flush() || outcome != OUTCOME_DONE ? outcome : OUTCOME_BROKEN;
}
