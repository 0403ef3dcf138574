/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program with more rights than its caller is not led astray by the caller's environment, nor by the name it was
 * given. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "tests/client/libauditfail/stub_harness.h"

#define CALLER 65533 /* uid and gid of an ordinary user */
#define GROUP  65534 /* that the program belongs to, and not its caller */

static void copy_program(const char *to, mode_t mode) {
        const char *from = getenv("STUB_ASKER");
        struct stat status;

        check(from);
        cleanup(cleanup_fd) int source = open(from, O_RDONLY | O_CLOEXEC);
        cleanup(cleanup_fd) int copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        check(fstat(source, &status) == 0);
        check(sendfile(copy, source, NULL, (size_t)status.st_size) == status.st_size);
        check(fchown(copy, 0, GROUP) == 0);
        check(fchmod(copy, mode) == 0);
}

static _Noreturn void run_as_caller(const char *program, const char *folder, int output) {
        check(dup2(output, STDOUT_FILENO) == STDOUT_FILENO);
        check(setgroups(0, NULL) == 0);
        check(setresgid(CALLER, CALLER, CALLER) == 0);
        check(setresuid(CALLER, CALLER, CALLER) == 0);
        execv(program, (char *[]){ (char[]){ "hwclock" }, strdup(folder), NULL });
        break_promise(__FILE__, __LINE__, "the program was executed");
}

/* Runs the program with file mode MODE under a false name, and returns what it prints. */
static const char *output_of_caller(const char *folder, mode_t mode) {
        static char output[200];
        char program[64];
        int ends[2], status;

        snprintf(program, sizeof(program), "%s/asker", folder);
        copy_program(program, mode);
        check(pipe2(ends, O_CLOEXEC) == 0);
        pid_t pid = fork();
        if (pid == 0)
                run_as_caller(program, folder, ends[1]);
        close(ends[1]);
        check(waitpid(pid, &status, 0) == pid && status == 0);
        ssize_t bytes = read(ends[0], output, sizeof(output) - 1);
        check(bytes > 0);
        output[bytes] = '\0';
        return output;
}

static void need_root(const char *folder) {
        struct statvfs file_system;

        if (geteuid() != 0)
                skip_promise("needs root, to make a setgid program for another group");
        check(statvfs(folder, &file_system) == 0);
        if (file_system.f_flag & ST_NOSUID)
                skip_promise("the file system of the temporary folder is mounted nosuid");
}

static void an_ordinary_program_believes_both(const char *folder) {
        char expected[200];

        need_root(folder);
        serve(folder, reply_ignore);
        snprintf(expected, sizeof(expected), "0 %s/io.auditfail.Policy 0\n", folder);
        check(strcmp(output_of_caller(folder, 0755), expected) == 0);
        check(strstr(last_request(folder), "\"application\":\"hwclock\""));
}

static void a_setgid_program_believes_neither(const char *folder) {
        need_root(folder);
        serve(folder, reply_ignore);
        const char *output = output_of_caller(folder, 02755);
        if (output[0] == '0')
                skip_promise("the kernel does not honour setgid files here");
        check(strcmp(output, "1 /run/auditfail/io.auditfail.Policy 0\n") == 0);
        check(strstr(last_request(folder), "\"application\":\"asker\""));
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "an ordinary program believes environment and argv[0]", an_ordinary_program_believes_both },
                { "a setgid program believes neither", a_setgid_program_believes_neither },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
