/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"

#define LESS         "less"
#define LESS_OPTIONS "FRXMK" /* one screen: end at once; show colours; leave the text; say where; end on Ctrl-C */
#define WORDS_MAX    16      /* of the pager's command line */

static pid_t pager;
static int terminal; /* what stdout was, and also stderr if BOTH */
static bool both;

/*
 * With privileges, less starts no shell, editor or preprocessor. Otherwise a user could get a shell of root if sudo
 * allows only this program.
 */
static bool is_privileged(void) {
        return geteuid() == 0 || getauxval(AT_SECURE) != 0;
}

/* Returns the command line of the pager; "": none is wanted. */
static const char *chosen(void) {
        static const char *const names[] = { "AUDITFAIL_PAGER", "SYSTEMD_PAGER", "PAGER" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                const char *value = secure_getenv(names[i]);
                if (value)
                        return strcmp(value, "cat") == 0 ? "" : is_privileged() && *value ? LESS : value;
        }
        return LESS;
}

/* Starts COMMAND with the standard input INPUT. Returns false if that fails. */
static bool start(const char *command, int input) {
        cleanup(cleanup_free) char *copy = text_format("%s", command);
        char *words[WORDS_MAX + 1] = { 0 }, *rest = copy, *word;
        posix_spawn_file_actions_t actions;

        for (size_t count = 0; count < WORDS_MAX && (word = strsep(&rest, " "));)
                if (*word)
                        words[count++] = word;
        if (!words[0])
                return false;
        if (setenv("LESS", secure_getenv("SYSTEMD_LESS") ?: LESS_OPTIONS, true) < 0 ||
            (is_privileged() && setenv("LESSSECURE", "1", true) < 0) || posix_spawn_file_actions_init(&actions) != 0 ||
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) != 0)
                out_of_memory();
        int error = posix_spawnp(&pager, words[0], &actions, NULL, words, environ);
        posix_spawn_file_actions_destroy(&actions);
        return error == 0;
}

/* Runs at the end of the program. */
static void finish(void) {
        fflush(stdout);
        dup2(terminal, STDOUT_FILENO);
        if (both)
                dup2(terminal, STDERR_FILENO);
        while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
                ;
}

void pager_open(bool wanted) {
        const char *command = chosen(), *kind = getenv("TERM");
        int ends[2];

        if (!wanted || pager > 0 || !*command || !isatty(STDOUT_FILENO) || !kind || strcmp(kind, "dumb") == 0)
                return;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return;
        cleanup(cleanup_fd) int input = ends[0], output = ends[1], copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (copy < 0 || (!start(command, input) && !start(LESS, input)))
                return;
        terminal = TAKE_FD(copy);
        both = isatty(STDERR_FILENO);
        signal(SIGINT, SIG_IGN);
        dup2(output, STDOUT_FILENO);
        if (both)
                dup2(output, STDERR_FILENO);
        if (atexit(finish) != 0)
                out_of_memory();
}
