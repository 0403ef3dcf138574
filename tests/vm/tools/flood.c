/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drowns the audit daemon: writes audit records as fast as the kernel takes them, until SIGTERM or SIGINT, then says
 * how fast that was. Each record waits for the kernel's acknowledgement, so none is in flight at the end, and the
 * kernel slows this program down, not others, once its backlog is full.
 */
#include <err.h>
#include <libaudit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile sig_atomic_t stopped;

static void stop(int signal) {
        (void)signal;
        stopped = 1;
}

static double now(void) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void) {
        struct sigaction action = { .sa_handler = stop };
        unsigned long written = 0, failed = 0;
        int audit = audit_open();

        if (audit < 0)
                err(EXIT_FAILURE, "cannot open the kernel's audit socket");
        if (audit_log_user_message(audit, AUDIT_USER, "op=flood", NULL, NULL, NULL, 1) <= 0)
                err(EXIT_FAILURE, "cannot write an audit record; run this as root with CAP_AUDIT_WRITE");
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGINT, &action, NULL);

        double start = now();
        while (!stopped) {
                /* While auditd comes and goes some are refused; the flood goes on, which is what it is for. */
                if (audit_log_user_message(audit, AUDIT_USER, "op=flood", NULL, NULL, NULL, 1) > 0)
                        written++;
                else
                        failed++;
        }
        double seconds = now() - start;
        printf("flood: %lu records in %.1f s, %.0f/s, %lu refused\n", written, seconds, (double)written / seconds,
               failed);
        audit_close(audit);
        return EXIT_SUCCESS;
}
