/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls a function of unit.c, and prints the result:
 *
 *      unit_asker read|requirements|start|reset-starts UNIT SECONDS
 *
 * Exits with 0 for success, and 1 for failure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/controld/auditd/unit.h"
#include "protocol/clock.h"

static int print_state(const char *name, uint64_t deadline_usec) {
        struct unit unit;
        int r = unit_read(name, deadline_usec, &unit);

        if (r < 0) {
                printf("%s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        printf("%s %s %d %" PRIu32 " %d %d %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", unit.load, unit.active,
               unit.can_start, unit.job, unit.job_waits, unit.main_pid, unit.restart, unit.restart_usec, unit.stop_usec,
               unit.since_usec, unit.after_start);
        return EXIT_SUCCESS;
}

static int print_requirements(const char *name, uint64_t deadline_usec) {
        struct required_unit units[3];
        int count = unit_requirements(name, deadline_usec, units, 3);

        if (count < 0)
                printf("%s", strerror(-count));
        for (int i = 0; i < count; i++)
                printf("%s%s=%s", i > 0 ? " " : "", units[i].name, units[i].load);
        puts("");
        return count < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        char why[512] = "";
        bool done;

        if (argc != 4)
                return 2;
        uint64_t deadline = monotonic_usec() + strtoull(argv[3], NULL, 10) * 1000000;
        if (strcmp(argv[1], "read") == 0)
                return print_state(argv[2], deadline);
        if (strcmp(argv[1], "requirements") == 0)
                return print_requirements(argv[2], deadline);
        if (strcmp(argv[1], "reset-starts") == 0) {
                unit_reset_starts(argv[2], deadline);
                return EXIT_SUCCESS;
        }
        done = unit_start(argv[2], deadline, why, sizeof(why));
        puts(done ? "" : why);
        return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
