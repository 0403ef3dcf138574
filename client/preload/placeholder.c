/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/placeholder.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"
#include "protocol/vocabulary.h"

#define ERROR_BITS 12 /* of ERRNO_MAX */

/*
 * A stand-in is one number: 20 bits of the device, 32 of the inode (the kernel counts sockets and memory files with
 * 32), then its error; 0 is none. So a slot needs no lock, which a fork() could find taken.
 *
 * A program that closes with close() leaves its slot taken, so the oldest is used again when there is none left; and
 * audit_close() takes the slot from a copy that dup() made. What has lost its slot that way is a descriptor that
 * libaudit cannot write to, with an error that is not the one which the stand-in is for: see interpose.c.
 */
static _Atomic(uint64_t) stand_ins[16];
static atomic_uint oldest;

static uint64_t identity(const struct stat *status) {
        return (uint64_t)status->st_dev << (32 + ERROR_BITS) | (uint64_t)(uint32_t)status->st_ino << ERROR_BITS;
}

/* The slot of the descriptor FD, NULL where it has none. */
static _Atomic(uint64_t) *find(int fd) {
        int saved = errno;
        struct stat status;
        bool known = false;

        for (size_t i = 0; i < sizeof(stand_ins) / sizeof(stand_ins[0]); i++) {
                uint64_t stand_in = atomic_load(&stand_ins[i]);

                if (stand_in == 0)
                        continue;
                if (!known && fstat(fd, &status) < 0) {
                        errno = saved;
                        return NULL;
                }
                known = true;
                if (stand_in >> ERROR_BITS == identity(&status) >> ERROR_BITS)
                        return &stand_ins[i];
        }
        return NULL;
}

static void remember(uint64_t stand_in) {
        size_t count = sizeof(stand_ins) / sizeof(stand_ins[0]);

        for (size_t i = 0; i < count; i++) {
                uint64_t none = 0;

                if (atomic_compare_exchange_strong(&stand_ins[i], &none, stand_in))
                        return;
        }
        atomic_store(&stand_ins[atomic_fetch_add(&oldest, 1) % count], stand_in);
}

/* Unconnected, so that nothing can be sent or received. A sandbox may forbid it, as it did the kernel's. */
static int open_nothing(void) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return fd >= 0 ? fd : memfd_create("auditfail-stand-in", MFD_CLOEXEC);
}

int stand_in_new(int error) {
        cleanup(cleanup_fd) int fd = open_nothing();
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        remember(identity(&status) | (uint64_t)(error > 0 && error <= ERRNO_MAX ? error : EIO));
        return TAKE_FD(fd);
}

int stand_in_error(int fd) {
        const _Atomic(uint64_t) *slot = find(fd);

        return slot ? (int)(atomic_load(slot) & ERRNO_MAX) : 0;
}

void stand_in_forget(int fd) {
        _Atomic(uint64_t) *slot = find(fd);

        if (slot)
                atomic_store(slot, 0);
}
