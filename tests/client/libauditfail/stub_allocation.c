/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library allocates nothing: this program's malloc() and its relatives stand in front of libc's, and end the
 * program when they are called while the library is at work. (Not under a sanitizer, which has such functions of its
 * own.)
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/client/libauditfail/stub_harness.h"

#define INTERPOSED __attribute__((visibility("default")))

#ifdef __GLIBC__
/* libc's own, under the names that it keeps for programs like this one. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);
#else
/* In musl, dlsym() allocates nothing. */
#define NEXT(function)                   ((typeof(function) *)dlsym(RTLD_NEXT, #function))
#define __libc_malloc(size)              NEXT(malloc)(size)
#define __libc_calloc(count, size)       NEXT(calloc)(count, size)
#define __libc_realloc(memory, size)     NEXT(realloc)(memory, size)
#define __libc_memalign(alignment, size) NEXT(memalign)(alignment, size)
#define __libc_free(memory)              NEXT(free)(memory)
#endif

static bool at_work;

static void refuse_at_work(void) {
        static const char message[] = "# the library called an allocator\n";

        if (!at_work)
                return;
        (void)!write(STDERR_FILENO, message, sizeof(message) - 1);
        abort();
}

INTERPOSED void *malloc(size_t size) {
        refuse_at_work();
        return __libc_malloc(size);
}

INTERPOSED void *calloc(size_t count, size_t size) {
        refuse_at_work();
        return __libc_calloc(count, size);
}

INTERPOSED void *realloc(void *memory, size_t size) {
        refuse_at_work();
        return __libc_realloc(memory, size);
}

INTERPOSED void *reallocarray(void *memory, size_t count, size_t size) {
        refuse_at_work();
        return __libc_realloc(memory, count * size);
}

INTERPOSED void *memalign(size_t alignment, size_t size) {
        refuse_at_work();
        return __libc_memalign(alignment, size);
}

INTERPOSED void *aligned_alloc(size_t alignment, size_t size) {
        return memalign(alignment, size);
}

INTERPOSED int posix_memalign(void **memory, size_t alignment, size_t size) {
        *memory = memalign(alignment, size);
        return *memory ? 0 : ENOMEM;
}

INTERPOSED void free(void *memory) {
        refuse_at_work();
        __libc_free(memory);
}

INTERPOSED void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t offset) {
        refuse_at_work();
        return (void *)syscall(SYS_mmap, where, length, protection, flags, fd, offset);
}

INTERPOSED void *sbrk(intptr_t more) {
        (void)more;
        refuse_at_work();
        abort();
}

static void ask_at_work(enum auditfail_via via) {
        struct auditfail_question question = { .application = "passwd",
                                               .operation = "audit_open",
                                               .error = EPERM,
                                               .record = "USER_CHAUTHTOK",
                                               .flags = AUDITFAIL_AHEAD };
        struct auditfail_answer answer;

        at_work = true;
        auditfail_ask(&question, &answer);
        audit_failure_action(NULL);
        at_work = false;
        check(answer.via == via);
}

static void nothing_is_allocated(const char *folder) {
        on_every_way(folder, ask_at_work);
}

static void *allocate_for_ever(void *unused) {
        for (;;)
                free(malloc(100));
        return unused;
}

/* In the child, locks of other threads stay locked for ever. It ends at the first call that could need one. */
static void ask_after_fork(enum auditfail_via via) {
        for (int i = 0; i < 20; i++) {
                pid_t pid = fork();
                int status;

                if (pid == 0) {
                        ask_at_work(via);
                        _exit(0);
                }
                check(waitpid(pid, &status, 0) == pid);
                check(status == 0);
        }
}

static void a_child_of_a_threaded_program_may_ask(const char *folder) {
        pthread_t thread;

        for (int i = 0; i < 2; i++)
                check(pthread_create(&thread, NULL, allocate_for_ever, NULL) == 0);
        flockfile(stdout); /* as if a thread was printing just then */
        flockfile(stderr);
        on_every_way(folder, ask_after_fork);
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "nothing is allocated", nothing_is_allocated },
                { "a child of a threaded program may ask before it executes another",
                  a_child_of_a_threaded_program_may_ask },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
