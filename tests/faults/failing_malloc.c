/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One allocation fails. To be preloaded with FAILING_MALLOC=N:LOG in the environment: allocation number N (from 1)
 * returns NULL, and LOG gets the line "hit". N is 0: none fails, and LOG gets a line "malloc" for each. What this
 * program executes does not inherit it.
 *
 * Those of json-c and of getpwuid() never fail: json-c 0.16 and glibc 2.36 crash then, in the tools.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static unsigned long failing;
static const char *log_path; /* NULL: nothing counts yet */
static atomic_ulong count;
static bool in_getpwuid;

__attribute__((constructor)) static void set_up(void) {
        char *end, *text = getenv("FAILING_MALLOC");

        if (!text)
                return;
        failing = strtoul(text, &end, 10);
        unsetenv("LD_PRELOAD");
        unsetenv("FAILING_MALLOC"); /* the text itself stays where it is */
        if (*end == ':')
                log_path = end + 1;
}

static void note(const char *line) {
        int saved = errno, fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

        if (fd < 0 || write(fd, line, strlen(line)) < 0)
                abort();
        close(fd);
        errno = saved;
}

static bool is_left_out(const void *caller) {
        Dl_info info;

        return dladdr(caller, &info) != 0 && strstr(info.dli_fname, "libjson-c.so");
}

static bool fails(const void *caller) {
        if (!log_path || in_getpwuid || is_left_out(caller))
                return false;
        if (failing == 0)
                note("malloc\n");
        else if (++count == failing) {
                note("hit\n");
                errno = ENOMEM;
                return true;
        }
        return false;
}

EXPORT void *malloc(size_t size) {
        return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t members, size_t size) {
        return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(members, size);
}

EXPORT void *realloc(void *block, size_t size) {
        return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

/* Here to see its caller, too. */
EXPORT char *strdup(const char *text) {
        size_t size = strlen(text) + 1;
        char *copy = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);

        return copy ? memcpy(copy, text, size) : NULL;
}

EXPORT struct passwd *getpwuid(uid_t uid) {
        struct passwd *(*next)(uid_t);
        struct passwd *entry;

        in_getpwuid = true;
        *(void **)&next = dlsym(RTLD_NEXT, "getpwuid");
        entry = next(uid);
        in_getpwuid = false;
        return entry;
}
