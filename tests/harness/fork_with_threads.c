/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fork() for the unit tests under the address sanitizer.
 *
 * Criterion's runner has threads, and its child calls malloc() before exec(). Before LLVM 18 and gcc 15, the sanitizer
 * has no fork handlers: if a thread holds a lock of the allocator during fork(), no thread of the child ever releases
 * the lock. Then the child waits for ever, and the runner waits for the child. So this fork() keeps a child only if all
 * other threads slept from before until after the fork. A sleeping thread holds no lock of the allocator.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_USEC 200
#define TRIES_MAX  5000 /* one second, without the time that the tries themselves need */

/* Adds up the context switches of the thread TID. Returns false while it runs, or is ready to run. */
static bool asleep(const char *tid, unsigned long *switches) {
        char path[64], line[256];
        unsigned long count;
        bool sleeps = false;

        snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", tid);
        FILE *status = fopen(path, "re");
        if (!status)
                return false; /* The thread has ended. */
        while (fgets(line, sizeof(line), status)) {
                if (strncmp(line, "State:\tS", 8) == 0)
                        sleeps = true;
                if (sscanf(line, "voluntary_ctxt_switches: %lu", &count) == 1 ||
                    sscanf(line, "nonvoluntary_ctxt_switches: %lu", &count) == 1)
                        *switches += count;
        }
        fclose(status);
        return sleeps;
}

/* Returns whether all threads but the calling one sleep, and the sum of their context switches. */
static bool others_asleep(unsigned long *ret_switches) {
        DIR *tasks = opendir("/proc/self/task");
        char self[64] = ""; /* PID/task/TID */
        bool all = tasks && readlink("/proc/thread-self", self, sizeof(self) - 1) > 0;
        const char *slash = strrchr(self, '/');

        *ret_switches = 0;
        for (struct dirent *task; all && slash && (task = readdir(tasks));)
                if (task->d_name[0] != '.' && strcmp(task->d_name, slash + 1) != 0)
                        all = asleep(task->d_name, ret_switches);
        if (tasks)
                closedir(tasks);
        return all;
}

/* The child waits until its parent has looked at the threads again. It ends if the parent closes the pipe. */
static pid_t fork_with_pipe(pid_t (*real_fork)(void), int go[2]) {
        pid_t pid = real_fork();
        char byte;

        if (pid == 0) {
                close(go[1]);
                if (TEMP_FAILURE_RETRY(read(go[0], &byte, 1)) != 1)
                        _exit(EXIT_FAILURE);
        }
        close(go[0]);
        return pid;
}

/* After TRIES_MAX tries, for example because a test has a busy thread, it forks as libc does. */
__attribute__((visibility("default"))) pid_t fork(void) {
        pid_t (*real_fork)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
        unsigned long before, after;
        int go[2];

        for (int tries = 0; tries < TRIES_MAX; tries++) {
                if (!others_asleep(&before)) {
                        usleep(RETRY_USEC);
                        continue;
                }
                if (pipe2(go, O_CLOEXEC) < 0)
                        break;
                pid_t pid = fork_with_pipe(real_fork, go);
                if (pid == 0)
                        return 0;
                bool keep = pid < 0 || (others_asleep(&after) && after == before);
                if (keep && pid > 0)
                        keep = write(go[1], "", 1) == 1;
                close(go[1]);
                if (keep)
                        return pid;
                waitpid(pid, NULL, 0);
        }
        return real_fork();
}
