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
 * A placeholder is one number: 20 bits of the device, 32 bits of the inode (the kernel numbers sockets and memory files
 * with 32 bits), then the error. 0 is a free slot. So no lock is needed, which a fork() could find taken.
 *
 * A program that uses close() leaves its slot taken, so the oldest slot is reused if none is free. audit_close() frees
 * the slot even if dup() has made a copy. Without its slot, a placeholder is a descriptor that libaudit cannot send
 * on: interpose.c recognises the errors of that.
 */
static _Atomic(uint64_t) placeholders[16];
static atomic_uint oldest;

static uint64_t identity(const struct stat *status) {
        return (uint64_t)status->st_dev << (32 + ERROR_BITS) | (uint64_t)(uint32_t)status->st_ino << ERROR_BITS;
}

/* The slot of the descriptor FD; NULL if it has none. */
static _Atomic(uint64_t) *find(int fd) {
        int saved = errno;
        struct stat status;
        bool known = false;

        for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
                uint64_t placeholder = atomic_load(&placeholders[i]);

                if (placeholder == 0)
                        continue;
                if (!known && fstat(fd, &status) < 0) {
                        errno = saved;
                        return NULL;
                }
                known = true;
                if (placeholder >> ERROR_BITS == identity(&status) >> ERROR_BITS)
                        return &placeholders[i];
        }
        return NULL;
}

static void remember(uint64_t placeholder) {
        size_t count = sizeof(placeholders) / sizeof(placeholders[0]);

        for (size_t i = 0; i < count; i++) {
                uint64_t none = 0;

                if (atomic_compare_exchange_strong(&placeholders[i], &none, placeholder))
                        return;
        }
        atomic_store(&placeholders[atomic_fetch_add(&oldest, 1) % count], placeholder);
}

/* An unconnected socket sends and receives nothing. A sandbox may forbid sockets, as it did that to the kernel. */
static int open_nothing(void) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return fd >= 0 ? fd : memfd_create("auditfail-placeholder", MFD_CLOEXEC);
}

int placeholder_new(int error) {
        cleanup(cleanup_fd) int fd = open_nothing();
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        remember(identity(&status) | (uint64_t)(error > 0 && error <= ERRNO_MAX ? error : EIO));
        return TAKE_FD(fd);
}

int placeholder_error(int fd) {
        const _Atomic(uint64_t) *slot = find(fd);

        return slot ? (int)(atomic_load(slot) & ERRNO_MAX) : 0;
}

void placeholder_forget(int fd) {
        _Atomic(uint64_t) *slot = find(fd);

        if (slot)
                atomic_store(slot, 0);
}
