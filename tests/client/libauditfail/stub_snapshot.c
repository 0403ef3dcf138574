/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots of daemons that are older or newer than this library. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "tests/client/libauditfail/stub_harness.h"
#include "tests/harness/released_snapshot.h"

/* Leaves the snapshot of the release in FOLDER, with VERSION as the digit of its format. */
static void leave_released_snapshot(const char *folder, char version) {
        unsigned char image[RELEASED_SNAPSHOT_SIZE];
        char path[64];

        released_snapshot(image);
        image[RELEASED_VERSION_AT] = (unsigned char)version;
        snprintf(path, sizeof(path), "%s/policy.snapshot", folder);
        cleanup(cleanup_fd) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        check(write(fd, image, sizeof(image)) == sizeof(image));
}

static void expect(const char *application, int error, enum auditfail_action action, const char *file, unsigned line) {
        struct auditfail_answer answer;

        check(auditfail_ask(&(struct auditfail_question){ .application = application, .error = error }, &answer) ==
              action);
        check(answer.via == AUDITFAIL_VIA_SNAPSHOT);
        check(answer.generation == RELEASED_GENERATION);
        check(strcmp(answer.file, file) == 0);
        check(answer.line == line);
}

static void the_snapshot_of_a_released_daemon_is_read(const char *folder) {
        leave_released_snapshot(folder, '3');
        expect("passwd", 0, AUDITFAIL_IGNORE, "/etc/auditfail/passwd.conf", 2);
        expect("passwd", EPERM, AUDITFAIL_TERMINATE, "/etc/auditfail/passwd.conf", 3);
        expect("passwd", EPROTONOSUPPORT, AUDITFAIL_LOG, "/etc/auditfail/passwd.conf", 4);
        expect("cupsd", EPERM, AUDITFAIL_TERMINATE, "/usr/lib/auditfail/cupsd.conf", 1);
        expect("cupsd", ERANGE, AUDITFAIL_IGNORE, "/usr/lib/auditfail/cupsd.conf", 2);
        expect("cron", EPERM, AUDITFAIL_TERMINATE, "/etc/auditfail.cron", 0);
        expect("default", EPERM, AUDITFAIL_LOG, "/etc/auditfail/default.conf", 3);
        expect("useradd", EPERM, AUDITFAIL_LOG, "/etc/auditfail/default.conf", 3);
}

static void expect_terminate(const char *folder, char version) {
        struct auditfail_answer answer;

        leave_released_snapshot(folder, version);
        check(auditfail_ask(&(struct auditfail_question){ .application = "passwd" }, &answer) == AUDITFAIL_TERMINATE);
        check(answer.via == AUDITFAIL_VIA_BUILTIN);
        check(answer.cause == ENOENT);
        check(answer.generation == 0 && answer.line == 0 && answer.file[0] == '\0');
}

static void a_newer_format_means_terminate(const char *folder) {
        expect_terminate(folder, '4');
        serve(folder, reply_ignore);
        check(auditfail_ask(NULL, NULL) == AUDITFAIL_IGNORE);
}

static void an_older_format_means_terminate(const char *folder) {
        expect_terminate(folder, '2');
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "the snapshot of a released daemon is read", the_snapshot_of_a_released_daemon_is_read },
                { "a snapshot of a newer format means terminate, until the daemon answers",
                  a_newer_format_means_terminate },
                { "a snapshot of an older format means terminate", an_older_format_means_terminate },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
