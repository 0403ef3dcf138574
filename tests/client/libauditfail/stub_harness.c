/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/client/libauditfail/stub_harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "tests/harness/snapshot_maker.h"

#define DEADLINE_MS  30000 /* a promise that takes longer is one that was broken by waiting for ever */
#define EXIT_SKIPPED 77
#define REPORT_FD    100 /* standard output under a number that no test closes */

_Noreturn void break_promise(const char *file, int line, const char *what) {
        dprintf(REPORT_FD, "# %s:%d: not so: %s (errno %d)\n", file, line, what, errno);
        _exit(1);
}

_Noreturn void skip_promise(const char *why) {
        dprintf(REPORT_FD, "# skipped: %s\n", why);
        _exit(EXIT_SKIPPED);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
        (void)status, (void)type, (void)where;
        return remove(path);
}

/* The library reads its environment when it is loaded: the promise must be run by a program that starts with it. */
static _Noreturn void become_promise(char *program, size_t number, const char *folder) {
        char digits[24];

        snprintf(digits, sizeof(digits), "%zu", number);
        setenv("AUDITFAIL_RUNTIME_DIR", folder, 1);
        execv("/proc/self/exe", (char *[]){ program, digits, NULL });
        _exit(1);
}

/* Returns the exit status, -1 where there was none. */
static int wait_for(pid_t pid) {
        cleanup(cleanup_fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* musl has no function for it */
        struct pollfd ended = { .fd = pidfd, .events = POLLIN };
        int status;

        if (poll(&ended, 1, DEADLINE_MS) == 0) {
                printf("# did not end within %d ms\n", DEADLINE_MS);
                kill(pid, SIGKILL);
        }
        waitpid(pid, &status, 0);
        if (WIFSIGNALED(status))
                printf("# ended by signal %d\n", WTERMSIG(status));
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_promise(char *program, size_t number) {
        char folder[] = "/tmp/auditfail-stub-XXXXXX";

        if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
                return -1;
        pid_t pid = fork();
        if (pid == 0)
                become_promise(program, number, folder);
        int status = wait_for(pid);
        nftw(folder, remove_one, 4, FTW_DEPTH | FTW_PHYS);
        return status;
}

int run_promises(int argc, char **argv, const struct promise *promises, size_t count) {
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc > 1) {
                if (dup2(STDOUT_FILENO, REPORT_FD) < 0)
                        return 1;
                promises[strtoul(argv[1], NULL, 10)].run(getenv("AUDITFAIL_RUNTIME_DIR"));
                exit(0); /* not _exit(): an exit handler of the library writes its coverage counters */
        }

        bool kept = true;
        printf("1..%zu\n", count);
        for (size_t i = 0; i < count; i++) {
                int status = run_promise(argv[0], i);

                printf("%sok %zu - %s%s\n", status == 0 || status == EXIT_SKIPPED ? "" : "not ", i + 1,
                       promises[i].name, status == EXIT_SKIPPED ? " # SKIP" : "");
                kept = kept && (status == 0 || status == EXIT_SKIPPED);
        }
        return kept ? 0 : 1;
}

int listen_in(const char *folder, int backlog) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/io.auditfail.Policy", folder);
        check(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
        check(chmod(address.sun_path, 0666) == 0);
        check(listen(listener, backlog) == 0);
        return listener;
}

void serve(const char *folder, void (*play)(int connection)) {
        cleanup(cleanup_fd) int listener = listen_in(folder, 64);
        pid_t pid = fork();

        check(pid >= 0);
        if (pid > 0)
                return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        check(chdir(folder) == 0);
        for (;;) {
                cleanup(cleanup_fd) int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                play(connection);
        }
}

void reply_ignore(int connection) {
        static const char reply[] =
                "{\"parameters\":{\"application\":\"served\",\"action\":\"ignore\",\"kind\":\"denied\","
                "\"source\":\"application\",\"file\":\"/etc/auditfail/served.conf\",\"line\":5,"
                "\"generation\":9,\"later\":[[[[[[]]]]]]}}"; /* nested as far as the stub follows */
        char request[4096];
        size_t length = 0;

        do {
                ssize_t bytes = read(connection, request + length, sizeof(request) - length);
                if (bytes <= 0)
                        return;
                length += (size_t)bytes;
        } while (request[length - 1] != '\0');

        cleanup(cleanup_fd) int kept = open("request", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        check(write(kept, request, length) == (ssize_t)length);
        check(send(connection, reply, sizeof(reply), MSG_NOSIGNAL) == sizeof(reply));
}

const char *last_request(const char *folder) {
        static char request[4096];
        char path[64];

        snprintf(path, sizeof(path), "%s/request", folder);
        cleanup(cleanup_fd) int kept = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t bytes = read(kept, request, sizeof(request) - 1);
        check(bytes > 0);
        request[bytes] = '\0';
        return request;
}

void leave_snapshot(const char *folder) {
        struct snapshot_image image;

        image_start(&image, 1);
        image_add(&image, "default", AUDITFAIL_LOG);
        image_write(&image, folder);
}

void on_every_way(const char *folder, void (*run)(enum auditfail_via via)) {
        run(AUDITFAIL_VIA_BUILTIN);
        leave_snapshot(folder);
        run(AUDITFAIL_VIA_SNAPSHOT);
        serve(folder, reply_ignore);
        run(AUDITFAIL_VIA_DAEMON);
}

unsigned open_descriptors(void) {
        cleanup(cleanup_dir) DIR *folder = opendir("/proc/self/fd");
        unsigned count = 0;

        check(folder);
        while (readdir(folder))
                count++;
        return count;
}

int64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}
