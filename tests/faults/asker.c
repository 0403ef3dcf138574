/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * asker TIMEOUT_MS APPLICATION...: asks for the policy of each, and prints "ACTION VIA" for each answer. Then it waits
 * for the end of its standard input, so that the test can look at its descriptors. Exits with 1 if a question changes
 * errno.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditfail.h"

/* One system call for each line. */
static void print(const char *line) {
        if (write(STDOUT_FILENO, line, strlen(line)) < 0)
                _exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
        char byte, line[32];

        for (int i = 2; i < argc; i++) {
                struct auditfail_question question = { .application = argv[i],
                                                       .error = EPERM,
                                                       .timeout_ms = (unsigned)atoi(argv[1]) };
                struct auditfail_answer answer;

                errno = ENOTTY;
                enum auditfail_action action = auditfail_ask(&question, &answer);
                if (errno != ENOTTY)
                        return EXIT_FAILURE;
                snprintf(line, sizeof(line), "%d %d\n", action, answer.via);
                print(line);
        }
        print("end\n");
        return read(STDIN_FILENO, &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
