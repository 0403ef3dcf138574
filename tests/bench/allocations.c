/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-allocations CALLS
 *
 * Counts the heap allocations of this process during CALLS calls of auditfail_ask(), answered from wherever
 * AUDITFAIL_RUNTIME_DIR leads. Prints {"allocations": N, "via": [by the daemon, from the snapshot, by neither]}.
 */
#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditfail.h"

/* The C library's own allocator by its other names; this program's symbols stand in front of the usual ones. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long allocations;

__attribute__((visibility("default"))) void *malloc(size_t size) {
        allocations++;
        return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
        allocations++;
        return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *pointer, size_t size) {
        allocations++;
        return __libc_realloc(pointer, size);
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size) {
        allocations++;
        return __libc_memalign(alignment, size);
}

__attribute__((visibility("default"))) int posix_memalign(void **ret, size_t alignment, size_t size) {
        allocations++;
        *ret = __libc_memalign(alignment, size);
        return *ret ? 0 : ENOMEM;
}

int main(int argc, char **argv) {
        unsigned long via[3] = { 0 };

        if (argc != 2)
                errx(2, "usage: bench-allocations CALLS");
        unsigned long calls = strtoul(argv[1], NULL, 10);

        /* A counter that counts nothing would be content with any stub. */
        void *volatile proof = malloc(1);
        free(proof);
        if (allocations == 0)
                errx(1, "allocations are not seen here");

        unsigned long before = allocations;
        for (unsigned long i = 0; i < calls; i++) {
                struct auditfail_answer answer;

                auditfail_ask(&(struct auditfail_question){ .application = "app-00000", .error = EPERM }, &answer);
                via[answer.via]++;
        }
        unsigned long during = allocations - before;
        printf("{\"allocations\": %lu, \"via\": [%lu, %lu, %lu]}\n", during, via[0], via[1], via[2]);
        return 0;
}
