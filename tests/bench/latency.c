/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-latency OURS OTHER ROUNDS BATCH [CPU SERVER_CPU]
 *
 * Measures two operations (operation.c has their names) in turn, BATCH of each per round, so that a disturbance falls
 * on both. Prints a line {"ours": [ns, ...], "other": [ns, ...]} for each round. FOLDER has the daemon's socket and
 * snapshot, and takes the peers' sockets.
 *
 * If the processors are given, this program keeps to CPU, and the peer's servers keep to SERVER_CPU.
 */
#include <err.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/operation.h"

#define BATCH_MAX 1000

static void keep_to(const char *cpu) {
        cpu_set_t cpus;

        CPU_ZERO(&cpus);
        CPU_SET(strtoul(cpu, NULL, 10), &cpus);
        if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
                err(1, "cannot keep to processor %s", cpu);
}

static void measure(struct side *side, unsigned times[], unsigned batch) {
        uint64_t before = now_ns();

        for (unsigned i = 0; i < batch; i++) {
                side_run(side);
                uint64_t after = now_ns();
                times[i] = (unsigned)(after - before);
                before = after;
        }
}

static void print_times(const char *name, const unsigned times[], unsigned batch, const char *end) {
        printf("\"%s\": [", name);
        for (unsigned i = 0; i < batch; i++)
                printf("%s%u", i > 0 ? ", " : "", times[i]);
        printf("]%s", end);
}

int main(int argc, char **argv) {
        static unsigned times[2][BATCH_MAX];
        static struct conversation conversation;
        static struct side sides[2];
        const char *folder = getenv("AUDITFAIL_RUNTIME_DIR");

        if ((argc != 5 && argc != 7) || !folder)
                errx(2, "usage: AUDITFAIL_RUNTIME_DIR=FOLDER bench-latency OURS OTHER ROUNDS BATCH [CPU SERVER_CPU]");
        unsigned rounds = (unsigned)strtoul(argv[3], NULL, 10), batch = (unsigned)strtoul(argv[4], NULL, 10);
        if (batch < 1 || batch > BATCH_MAX)
                errx(2, "a batch is 1 to %d operations", BATCH_MAX);

        conversation.folder = folder;
        if (spec_talks(argv[1]) || spec_talks(argv[2]))
                conversation_record(&conversation, folder, spec_spreads(argv[1]) || spec_spreads(argv[2]));
        if (argc == 7)
                keep_to(argv[6]); /* the servers inherit it */
        for (int i = 0; i < 2; i++)
                side_prepare(&sides[i], argv[1 + i], &conversation);
        if (argc == 7)
                keep_to(argv[5]);

        /* The first rounds warm caches and allocators on both sides, and are not counted. */
        unsigned warm_up = rounds / 10 + 1;
        for (unsigned round = 0; round < warm_up + rounds; round++) {
                unsigned first = round % 2;

                measure(&sides[first], times[first], batch);
                measure(&sides[!first], times[!first], batch);
                if (round < warm_up)
                        continue;
                fputs("{", stdout);
                print_times("ours", times[0], batch, ", ");
                print_times("other", times[1], batch, "}\n");
        }
        return 0;
}
