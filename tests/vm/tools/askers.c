/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * askers APPLICATION=ACTION...: many programs ask for the policy, while daemon, library or snapshot are replaced.
 *
 * Each program is a process of its own, which loads the library that is installed at that moment, asks about one
 * APPLICATION, and ends. Three run at a time: apt needs its share of an emulated processor. After SIGTERM no program
 * starts, once 2,000 have asked. The exit status is 0 if each program got an answer, from the daemon or from the
 * snapshot, and the answer was ACTION.
 */
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <auditfail.h>

#define ASKERS_AT_A_TIME 3
#define ASKERS_MIN       2000

enum result {
        BY_DAEMON = AUDITFAIL_VIA_DAEMON,
        BY_SNAPSHOT = AUDITFAIL_VIA_SNAPSHOT,
        BY_NEITHER = AUDITFAIL_VIA_BUILTIN,
        WRONG,
        NO_LIBRARY,
        CRASHED,
        RESULTS,
};

static volatile sig_atomic_t stopped;

static void stop(int signal) {
        (void)signal;
        stopped = 1;
}

/* In a process of its own. EXPECTED is APPLICATION=ACTION. */
static enum result ask(char *expected) {
        static const char *const actions[] = { "ignore", "log", "terminate" };
        const char *application = strsep(&expected, "=");
        void *library = dlopen("libauditfail.so.1", RTLD_NOW);

        if (!library) {
                warnx("%s", dlerror());
                return NO_LIBRARY;
        }
        enum auditfail_action (*question)(const struct auditfail_question *, struct auditfail_answer *);
        *(void **)&question = dlsym(library, "auditfail_ask");
        if (!question)
                return NO_LIBRARY;

        struct auditfail_answer answer;
        enum auditfail_action action =
                question(&(struct auditfail_question){ .application = application, .error = EPERM }, &answer);
        const char *got = action <= AUDITFAIL_TERMINATE ? actions[action] : "no action";
        if (answer.via != AUDITFAIL_VIA_BUILTIN && expected && strcmp(got, expected) == 0)
                return (enum result)answer.via;
        warnx("%s: expected %s, got %s (via %d, cause %s)", application, expected, got, answer.via,
              strerrorname_np(answer.cause));
        return answer.via == AUDITFAIL_VIA_BUILTIN ? BY_NEITHER : WRONG;
}

static void start(char *self, char *expected) {
        pid_t process = fork();

        if (process < 0)
                err(EXIT_FAILURE, "cannot start a program");
        if (process == 0) {
                execl("/proc/self/exe", self, "--ask", expected, NULL);
                err(EXIT_FAILURE, "cannot execute %s", self);
        }
}

static enum result end(void) {
        int status;

        while (wait(&status) < 0)
                if (errno != EINTR)
                        err(EXIT_FAILURE, "cannot wait for a program");
        return WIFEXITED(status) && WEXITSTATUS(status) < CRASHED ? (enum result)WEXITSTATUS(status) : CRASHED;
}

int main(int argc, char **argv) {
        unsigned long counts[RESULTS] = { 0 }, started = 0, ended = 0;
        struct sigaction action = { .sa_handler = stop };

        if (argc == 3 && strcmp(argv[1], "--ask") == 0)
                return (int)ask(argv[2]);
        if (argc < 2)
                errx(EXIT_FAILURE, "usage: askers APPLICATION=ACTION...");
        sigaction(SIGTERM, &action, NULL);

        for (; !stopped || started < ASKERS_MIN; started++) {
                if (started - ended == ASKERS_AT_A_TIME) {
                        counts[end()]++;
                        ended++;
                }
                start(argv[0], argv[1 + started % (unsigned long)(argc - 1)]);
        }
        for (; ended < started; ended++)
                counts[end()]++;
        printf("%lu programs asked: %lu daemon, %lu snapshot, %lu neither, %lu wrong, %lu no library, %lu crashed\n",
               started, counts[BY_DAEMON], counts[BY_SNAPSHOT], counts[BY_NEITHER], counts[WRONG], counts[NO_LIBRARY],
               counts[CRASHED]);
        return counts[BY_DAEMON] + counts[BY_SNAPSHOT] == started ? EXIT_SUCCESS : EXIT_FAILURE;
}
