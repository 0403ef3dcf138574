/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes from a test's own process what the code under test needs: a system call, memory, descriptors. */
#ifndef AUDITFAIL_TEST_SHORTAGE_H
#define AUDITFAIL_TEST_SHORTAGE_H

#include <criterion/criterion.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANY_ARGUMENT (-1)

/*
 * From now on, system call NUMBER fails with ERROR; if ARGUMENT is an index, only calls where that one is VALUE.
 * That holds for all threads: glibc ends a program whose threads get different results of setresuid().
 */
static inline void refuse_call(long number, int argument, uint32_t value, int error) {
        size_t at = argument == ANY_ARGUMENT ? 0 : (size_t)argument;
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                         (uint32_t)(offsetof(struct seccomp_data, args) + at * sizeof(uint64_t))),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, argument == ANY_ARGUMENT ? 0 : 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter), .filter = filter };

        cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        cr_assert_eq(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program), 0);
}

/* The memory that give_memory() frees: each block points to the next one. */
static void **shortage_blocks;

/* From now on, malloc() fails for each size. No assertion works before give_memory(). */
static inline void take_memory(void) {
#ifdef __SANITIZE_ADDRESS__
        cr_skip_test("AddressSanitizer ends a program without memory");
#endif
        struct rlimit limit;

        cr_assert_eq(getrlimit(RLIMIT_DATA, &limit), 0);
        limit.rlim_cur = 4096; /* the kernel does not enforce 0 */
        cr_assert_eq(setrlimit(RLIMIT_DATA, &limit), 0);
        for (size_t size = 1 << 20; size >= sizeof(void *); size = size > 4096 ? size / 2 : size - sizeof(void *))
                for (void **block; (block = malloc(size)); shortage_blocks = block)
                        *block = shortage_blocks;
}

static inline void give_memory(void) {
        struct rlimit limit;

        getrlimit(RLIMIT_DATA, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_DATA, &limit);
        while (shortage_blocks) {
                void **block = shortage_blocks;

                shortage_blocks = *block;
                free(block);
        }
}

/* From now on, this process gets no further descriptor. */
static inline void take_descriptors(void) {
        struct rlimit limit;

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = 0;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static inline void give_descriptors(void) {
        struct rlimit limit;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
        setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
