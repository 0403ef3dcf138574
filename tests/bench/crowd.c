/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-crowd PROCESSES APPLICATIONS
 *
 * Starts PROCESSES processes that ask all at once. Until standard input ends, a new process takes the place of each
 * that has its answers. Each asks for another of the applications app-00000, app-00001, ... The one with number N has
 * the action N % 3, and (N + 1) % 3 for failures of kind "denied" (scene.py writes the files). Then it asks for
 * "changing", whose policy is reloaded meanwhile: ignore or log.
 *
 * Prints {"processes": N, "via": [...], "times": [[...], ...], "wrong": N, "lost": N, "worst_ms": N}. Wrong is any
 * action but the expected one, wherever it came from; lost is a process that did not come back from a call. TIMES has
 * for each source how many answers took less than 2, 4, 8, ... microseconds.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

/* After the questions of a process: it is the daemon that shall be busy, not the scheduler. */
#define PAUSE_NS (100 * 1000000L)

/* Within which every process must have come back. */
#define GOODBYE_NS (30 * 1000000000ULL)

#define SOURCES 3
#define BUCKETS 24 /* up to 16 s */

struct crowd {
        atomic_ulong times[SOURCES][BUCKETS];
        atomic_ulong wrong, processes;
        atomic_ulong worst_ns;
};

/* Returns the action; terminate if there is no answer of a source that is known. */
static enum auditfail_action ask(struct crowd *crowd, const char *application, int error) {
        struct auditfail_answer answer;
        unsigned bucket = 0;
        uint64_t before = now_ns();
        enum auditfail_action action =
                auditfail_ask(&(struct auditfail_question){ .application = application, .error = error }, &answer);
        uint64_t took = now_ns() - before;
        unsigned long worst = crowd->worst_ns;

        while (bucket + 1 < BUCKETS && took / 1000 >> (bucket + 1))
                bucket++;
        crowd->times[answer.via][bucket]++;
        while (took > worst && !atomic_compare_exchange_weak(&crowd->worst_ns, &worst, took))
                ;
        return action;
}

static _Noreturn void ask_and_end(struct crowd *crowd, unsigned number) {
        char application[32];
        bool denied = number & 1;

        snprintf(application, sizeof(application), "app-%05u", number);
        if ((unsigned)ask(crowd, application, denied ? EPERM : 0) != (number + denied) % 3)
                crowd->wrong++;
        if (ask(crowd, "changing", EPERM) == AUDITFAIL_TERMINATE)
                crowd->wrong++;
        nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
        _exit(0);
}

/* START is NULL, or a pipe whose end wakes all at once. */
static pid_t start_process(struct crowd *crowd, unsigned number, const int start[2]) {
        pid_t pid = fork_bound();
        char byte;

        if (pid == 0) {
                if (start && (close(start[1]) < 0 || read(start[0], &byte, 1) != 0))
                        _exit(1);
                ask_and_end(crowd, number);
        }
        crowd->processes++;
        return pid;
}

/* Until standard input ends. Returns how many processes did not end well. */
static unsigned replace_processes(struct crowd *crowd, pid_t pids[], unsigned count, unsigned applications) {
        struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
        unsigned failed = 0, number = count;
        char byte;

        while (poll(&input, 1, 1) == 0 || read(STDIN_FILENO, &byte, 1) > 0)
                for (unsigned i = 0; i < count; i++) {
                        int status;

                        if (waitpid(pids[i], &status, WNOHANG) != pids[i])
                                continue;
                        failed += status != 0;
                        pids[i] = start_process(crowd, number++ % applications, NULL);
                }
        return failed;
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

        struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t *pids = calloc(processes, sizeof(*pids));
        int start[2];
        if (crowd == MAP_FAILED || !pids || pipe2(start, O_CLOEXEC) < 0)
                err(1, "cannot make the crowd");

        for (unsigned i = 0; i < processes; i++) {
                pids[i] = start_process(crowd, i % applications, start);
                if (pids[i] < 0)
                        err(1, "fork");
        }
        close(start[1]);
        puts("{\"started\": true}");
        fflush(stdout);

        unsigned lost = replace_processes(crowd, pids, processes, applications) + wait_for_all(pids, processes);

        printf("{\"processes\": %lu, \"wrong\": %lu, \"lost\": %u, \"worst_ms\": %.1f, \"via\": [", crowd->processes,
               crowd->wrong, lost, (double)crowd->worst_ns / 1e6);
        for (int via = 0; via < SOURCES; via++) {
                unsigned long sum = 0;

                for (int bucket = 0; bucket < BUCKETS; bucket++)
                        sum += crowd->times[via][bucket];
                printf("%s%lu", via > 0 ? ", " : "", sum);
        }
        printf("], \"times\": [");
        for (int via = 0; via < SOURCES; via++) {
                printf(via > 0 ? ", [" : "[");
                for (int bucket = 0; bucket < BUCKETS; bucket++)
                        printf("%s%lu", bucket > 0 ? ", " : "", crowd->times[via][bucket]);
                putchar(']');
        }
        puts("]}");
        free(pids);
        return 0;
}
