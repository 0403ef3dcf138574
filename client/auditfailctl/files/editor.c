/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/editor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/auditfailctl/files/signals.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define NOT_FOUND 127 /* as the exit status of a shell */

static const char *const usual[] = { "editor", "nano", "vi" };

#define USUAL_COUNT (sizeof(usual) / sizeof(usual[0]))

/* Returns the editor that the environment names, as a command of the shell; NULL: none. */
static const char *chosen(void) {
        static const char *const variables[] = { "SUDO_EDITOR", "VISUAL", "EDITOR" };

        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
                const char *value = getenv(variables[i]);
                if (value && *value)
                        return value;
        }
        return NULL;
}

_Noreturn static void become_editor(const char *editor, const char *path) {
        /* The variable may hold arguments, such as "vim -n", so the shell reads it. */
        cleanup(cleanup_free) char *script = editor ? text_format("exec %s \"$1\"", editor) : NULL;

        if (editor)
                execl("/bin/sh", "sh", "-c", script, "sh", path, NULL);
        for (size_t i = 0; !editor && i < USUAL_COUNT; i++)
                execlp(usual[i], usual[i], path, NULL);
        _exit(NOT_FOUND);
}

static bool succeeded(const char *editor, int status) {
        cleanup(cleanup_free) char *name = text_safe(editor ?: "");

        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return true;
        if (WIFSIGNALED(status))
                complain(0, "the editor %s was ended by signal %d (%s)", name, WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
        else if (WEXITSTATUS(status) != NOT_FOUND)
                complain(0, "the editor %s failed with exit status %d", name, WEXITSTATUS(status));
        else if (editor)
                complain(0, "there is no editor \"%s\"; name another one in SUDO_EDITOR, VISUAL or EDITOR", name);
        else
                complain(0, "none of the editors editor, nano and vi is installed; install one, or name yours in "
                            "SUDO_EDITOR, VISUAL or EDITOR, as in: sudo EDITOR=vim auditfailctl edit");
        return false;
}

static void on_signal(int number) {
        (void)number;
}

/*
 * Keeps the keys for interrupt and quit from ending this program, so that it can clean up. The editor does not inherit
 * a handler. A handler also interrupts the wait for an answer.
 */
static struct signals catch_interrupts(void) {
        static const int numbers[] = { SIGINT, SIGQUIT };

        return signals_catch(numbers, sizeof(numbers) / sizeof(numbers[0]), on_signal);
}

bool editor_run(const char *path) {
        const char *editor = chosen();
        cleanup(signals_restore) struct signals signals = catch_interrupts();
        int status = 0;

        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
                become_editor(editor, path);
        if (pid < 0 || TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0) {
                complain(0, "cannot start an editor: %s", strerror(errno));
                return false;
        }
        return succeeded(editor, status);
}

char editor_ask(void) {
        cleanup(signals_restore) struct signals signals = catch_interrupts();
        char answer[80];

        if (!isatty(STDIN_FILENO))
                return 0;
        for (;;) {
                fputs("What now? (e)dit again, (q)uit without change: ", stderr);
                if (!fgets(answer, sizeof(answer), stdin)) {
                        fputc('\n', stderr);
                        clearerr(stdin);
                        return 0;
                }
                if ((*answer == 'e' || *answer == 'q') && (!answer[1] || answer[1] == '\n'))
                        return *answer;
        }
}
