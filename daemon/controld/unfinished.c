/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/cleanup.h"

/* The layout of the page depends on the version. Another version's page is not read. */
#define MAGIC "auditfail " AUDITFAIL_VERSION

struct unfinished {
        char magic[32];
        size_t size;
        bool taken; /* by unfinished_take(), or not left by an earlier daemon */
        _Atomic int stage;
        struct task task;
};

/* Whether the page is of this version, and its fields can be used. Only root can write to it. */
static bool is_sound(const struct unfinished *page) {
        const struct task *task = &page->task;

        return strncmp(page->magic, MAGIC, sizeof(page->magic)) == 0 && page->size == sizeof(*page) &&
               (unsigned)page->stage <= STAGE_CALLED_OFF && (unsigned)task->operation < OPERATION_COUNT &&
               memchr(task->id, 0, sizeof(task->id)) && memchr(task->reason, 0, sizeof(task->reason)) &&
               memchr(task->caller.peer.program, 0, sizeof(task->caller.peer.program)) &&
               memchr(task->caller.label, 0, sizeof(task->caller.label)) &&
               memchr(task->caller.terminal, 0, sizeof(task->caller.terminal));
}

/*
 * Opens the file, and writes all its blocks. Without its blocks, a store to the page would end the process (SIGBUS) if
 * the file system is full. Returns a descriptor, or a negative errno.
 */
static int open_file(const char *folder) {
        static const struct unfinished none;
        struct unfinished page = { 0 }; /* without a magic if an earlier daemon was killed here */
        char path[PATH_MAX];
        ssize_t length;

        snprintf(path, sizeof(path), "%s/request", folder);
        cleanup(cleanup_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return -errno;
        length = pread(fd, &page, sizeof(page), 0);
        if (length == sizeof(page) && is_sound(&page))
                return TAKE_FD(fd);
        if (*page.magic)
                log_line(LOG_NOTICE, "%s is not of this version: it is not read", path);
        if (ftruncate(fd, 0) < 0)
                return -errno;
        length = write(fd, &none, sizeof(none));
        return length == sizeof(none) ? TAKE_FD(fd) : length < 0 ? -errno : -ENOSPC;
}

struct unfinished *unfinished_new(const char *folder) {
        cleanup(cleanup_fd) int fd = folder ? open_file(folder) : -1;
        struct unfinished *page;
        int begun = STAGE_BEGUN;

        if (folder && fd < 0)
                log_line(LOG_ERR, "Cannot keep the request that is under way in %s: %s", folder, strerror(-fd));
        page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
        if (page == MAP_FAILED)
                return NULL;
        if (!*page->magic) {
                page->taken = true;
                page->size = sizeof(*page);
                strcpy(page->magic, MAGIC);
        }
        /* Without systemd, a worker may outlive its daemon. This daemon says that auditd does not get the signal. */
        atomic_compare_exchange_strong(&page->stage, &begun, STAGE_CALLED_OFF);
        return page;
}

struct unfinished *unfinished_free(struct unfinished *page) {
        if (page)
                munmap(page, sizeof(*page));
        return NULL;
}

/* In this order: a daemon that is killed in between leaves no mixture of two requests. */
void unfinished_begin(struct unfinished *page, struct task *task) {
        page->stage = STAGE_NONE;
        task->stage = &page->stage;
        page->task = *task;
        page->taken = false;
        page->stage = STAGE_BEGUN;
}

void unfinished_end(struct unfinished *page) {
        page->stage = STAGE_NONE;
}

const struct task *unfinished_take(struct unfinished *page) {
        if (page->taken || page->stage != STAGE_CALLED_OFF)
                return NULL;
        page->taken = true;
        page->task.stage = NULL;
        return &page->task;
}

void unfinished_explain(const struct unfinished *page, char *text, size_t size) {
        static const char *const moments[] = {
                [STAGE_BEGUN] = "before auditd got the signal",
                [STAGE_CALLED_OFF] = "before auditd got the signal",
                [STAGE_SIGNALLING] = "while it signalled auditd: whether auditd has the signal is not known",
                [STAGE_SIGNALLED] = "after auditd got the signal: what auditd did then was not seen",
        };
        int stage = page->stage;
        bool restart = page->task.operation == OPERATION_RESTART;

        *text = 0;
        if (stage != STAGE_NONE)
                snprintf(text, size, "request %s to %s auditd was interrupted %s%s", page->task.id,
                         operation_word(page->task.operation), moments[stage],
                         restart && (stage == STAGE_SIGNALLING || stage == STAGE_SIGNALLED)
                                 ? "; if auditd does not run now: systemctl start auditd"
                                 : "");
}
