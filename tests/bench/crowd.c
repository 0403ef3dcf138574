/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-crowd PROCESSES APPLICATIONS
 *
 * Starts PROCESSES processes that ask all at once, and again and again until standard input ends, each time for another
 * of the applications app-00000, app-00001, ... The one with number N has the action N % 3, and (N + 1) % 3 for
 * failures of kind "denied" (scene.py writes the files).
 *
 * Prints {"processes": N, "via": [...], "wrong": N, "lost": N, "worst_ms": N}. Wrong is any action but the expected
 * one, wherever it came from; lost is a process that did not come back from a call.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auditfail.h"
#include "tests/bench/bench.h"

/* Between two questions of a process: it is the daemon that shall be busy, not the scheduler. */
#define PAUSE_NS (100 * 1000000L)

/* Within which every process must have come back. */
#define GOODBYE_NS (30 * 1000000000ULL)

/* Each process writes its own, the parent reads when it has ended. */
struct asker {
        unsigned long via[3];
        unsigned long wrong;
        uint64_t worst_ns;
};

struct crowd {
        atomic_bool over;
        struct asker askers[];
};

static bool ask_once(struct asker *asker, unsigned number) {
        char application[32];
        bool denied = number & 1;
        unsigned expected = (number + denied) % 3;
        struct auditfail_answer answer;

        snprintf(application, sizeof(application), "app-%05u", number);
        uint64_t before = now_ns();
        enum auditfail_action action = auditfail_ask(
                &(struct auditfail_question){ .application = application, .error = denied ? EPERM : 0 }, &answer);
        uint64_t took = now_ns() - before;

        asker->via[answer.via]++;
        if (took > asker->worst_ns)
                asker->worst_ns = took;
        return (unsigned)action == expected && answer.action == action;
}

static void ask_until_over(struct crowd *crowd, unsigned self, unsigned applications, int start) {
        struct asker *asker = &crowd->askers[self];
        char byte;

        /* The end of this pipe wakes all at once. */
        if (read(start, &byte, 1) != 0)
                _exit(1);
        for (unsigned i = 0; !atomic_load_explicit(&crowd->over, memory_order_relaxed); i++) {
                if (!ask_once(asker, (self + i) % applications))
                        asker->wrong++;
                nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
        }
        _exit(0);
}

/* How many of PIDS did not end well in time; they are killed. */
static unsigned wait_for_all(const pid_t pids[], unsigned count) {
        uint64_t deadline = now_ns() + GOODBYE_NS;
        unsigned lost = 0;

        for (unsigned i = 0; i < count; i++) {
                int status;
                pid_t pid;

                while ((pid = waitpid(pids[i], &status, WNOHANG)) == 0 && now_ns() < deadline)
                        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
                if (pid == 0) {
                        kill(pids[i], SIGKILL);
                        waitpid(pids[i], &status, 0);
                }
                if (pid != pids[i] || status != 0)
                        lost++;
        }
        return lost;
}

int main(int argc, char **argv) {
        if (argc != 3)
                errx(2, "usage: bench-crowd PROCESSES APPLICATIONS");
        unsigned processes = (unsigned)strtoul(argv[1], NULL, 10), applications = (unsigned)strtoul(argv[2], NULL, 10);

        size_t size = sizeof(struct crowd) + processes * sizeof(struct asker);
        struct crowd *crowd = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t *pids = calloc(processes, sizeof(*pids));
        int start[2];
        if (crowd == MAP_FAILED || !pids || pipe(start) < 0)
                err(1, "cannot make the crowd");

        for (unsigned i = 0; i < processes; i++) {
                pids[i] = fork_bound();
                if (pids[i] == 0) {
                        close(start[1]);
                        ask_until_over(crowd, i, applications, start[0]);
                }
        }
        close(start[1]);
        puts("{\"started\": true}");
        fflush(stdout);

        while (getchar() != EOF)
                ;
        atomic_store(&crowd->over, true);
        unsigned lost = wait_for_all(pids, processes);

        struct asker sum = { 0 };
        for (unsigned i = 0; i < processes; i++) {
                const struct asker *asker = &crowd->askers[i];

                for (int via = 0; via < 3; via++)
                        sum.via[via] += asker->via[via];
                sum.wrong += asker->wrong;
                if (asker->worst_ns > sum.worst_ns)
                        sum.worst_ns = asker->worst_ns;
        }
        printf("{\"processes\": %u, \"via\": [%lu, %lu, %lu], \"wrong\": %lu, \"lost\": %u, \"worst_ms\": %.1f}\n",
               processes, sum.via[0], sum.via[1], sum.via[2], sum.wrong, lost, (double)sum.worst_ns / 1e6);
        free(pids);
        return 0;
}
