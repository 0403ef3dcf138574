/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/auditd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libaudit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define AUDITD_PROGRAM "auditd"

static void cleanup_audit(int *fd) {
        if (*fd >= 0)
                audit_close(*fd);
}

/* Waits until FD is readable: 0, -ETIMEDOUT or another negative errno. */
static int await(int fd, uint64_t deadline_usec) {
        struct pollfd wanted = { .fd = fd, .events = POLLIN };
        uint64_t now = monotonic_usec();

        if (now >= deadline_usec)
                return -ETIMEDOUT;

        int r = poll(&wanted, 1, (int)((deadline_usec - now) / 1000) + 1);

        return r < 0 && errno != EINTR ? -errno : 0;
}

int kernel_audit_ask(uint64_t deadline_usec, struct kernel_audit *ret) {
        cleanup(cleanup_audit) int fd = audit_open();
        struct audit_reply reply;
        int r;

        if (fd < 0)
                return -errno;
        if ((r = audit_request_status(fd)) < 0)
                return r;
        for (;;) {
                if ((r = await(fd, deadline_usec)) < 0)
                        return r;
                if (audit_get_reply(fd, &reply, GET_REPLY_NONBLOCKING, 0) <= 0)
                        continue;
                if (reply.type == NLMSG_ERROR && reply.error->error != 0)
                        return reply.error->error;
                if (reply.type != AUDIT_GET)
                        continue;
                *ret = (struct kernel_audit){
                        .pid = (pid_t)reply.status->pid,
                        .enabled = reply.status->enabled,
                        .backlog = reply.status->backlog,
                        .backlog_limit = reply.status->backlog_limit,
                        .lost = reply.status->lost,
                        .rate_limit = reply.status->rate_limit,
                };
                return 0;
        }
}

/* The line of /proc/PID/comm, or the rest of /proc/PID/stat behind it. Returns 0 or a negative errno. */
static int read_process_file(pid_t pid, const char *name, char *buffer, size_t size) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;

        ssize_t length = read(fd, buffer, size - 1);

        if (length < 0)
                return -errno;
        if (length > 0 && buffer[length - 1] == '\n')
                length--;
        buffer[length] = 0;
        return 0;
}

bool auditd_has_ended(const struct auditd *auditd) {
        struct pollfd process = { .fd = auditd->process, .events = POLLIN };

        return poll(&process, 1, 0) > 0;
}

void auditd_release(struct auditd *auditd) {
        cleanup_fd(&auditd->process);
        auditd->process = -1;
}

/*
 * The kernel gives a pid, and by the time that we have a descriptor for it that may be somebody else's. So it is asked
 * again: what is registered now was so all the time that we have held it.
 */
enum request_failure auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error) {
        struct kernel_audit before = { 0 }, after = { 0 };

        *ret = (struct auditd){ .process = -1 };
        do {
                auditd_release(ret);
                if ((*ret_error = kernel_audit_ask(deadline_usec, &before)) < 0)
                        return FAILURE_FAILED;
                if (before.pid == 0)
                        return FAILURE_NO_AUDIT_DAEMON;
                ret->process = pidfd_open(before.pid, 0);
                if (ret->process < 0) {
                        *ret_error = -errno;
                        /* The kernel learns of its end with the next record that it cannot hand over. */
                        return errno == ESRCH ? FAILURE_NO_AUDIT_DAEMON : FAILURE_FAILED;
                }
                if ((*ret_error = kernel_audit_ask(deadline_usec, &after)) < 0)
                        return FAILURE_FAILED;
        } while (after.pid != before.pid);

        ret->pid = after.pid;
        if (auditd_has_ended(ret) || read_process_file(ret->pid, "comm", ret->program, sizeof(ret->program)) < 0)
                return FAILURE_NO_AUDIT_DAEMON;
        return strcmp(ret->program, AUDITD_PROGRAM) == 0 ? FAILURE_NONE : FAILURE_OTHER_AUDIT_DAEMON;
}

bool auditd_hold(pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid, .process = pidfd_open(pid, 0) };
        if (ret->process >= 0 && read_process_file(pid, "comm", ret->program, sizeof(ret->program)) == 0 &&
            strcmp(ret->program, AUDITD_PROGRAM) == 0)
                return true;
        auditd_release(ret);
        return false;
}

/* The state that /proc/PID/stat has behind the name: 'R', 'S', 'D', 'T' ... */
static char process_state(pid_t pid) {
        char text[512];

        if (read_process_file(pid, "stat", text, sizeof(text)) < 0)
                return '?';

        const char *end = strrchr(text, ')');

        return end && end[1] == ' ' && end[2] ? end[2] : '?';
}

/*
 * Whether the file system that holds PATH is read-only for AUDITD. Its own mounts tell, since ours are read-only anyway
 * (ProtectSystem=): "36 35 98:0 /root /mount/point rw,noatime … - ext3 /dev/sda1 rw,errors=continue", mount(2)'s
 * options for this place and, at the end, those of the file system. What is mounted last at a place is what counts.
 */
static bool read_only(const struct auditd *auditd, const char *path) {
        char name[64], line[2 * PATH_MAX];
        size_t longest = 0;
        bool found = false;

        snprintf(name, sizeof(name), "/proc/%d/mountinfo", auditd->pid);
        cleanup(cleanup_file) FILE *file = fopen(name, "re");

        while (file && fgets(line, sizeof(line), file)) {
                char place[PATH_MAX], here[256], all[256];
                const char *rest = strstr(line, " - ");
                size_t length;

                if (!rest || sscanf(line, "%*d %*d %*s %*s %4095s %255s", place, here) != 2 ||
                    sscanf(rest, " - %*s %*s %255s", all) != 1)
                        continue;
                length = strcmp(place, "/") == 0 ? 0 : strlen(place);
                if (length < longest || strncmp(path, place, length) != 0 || (path[length] != '/' && path[length]))
                        continue;
                longest = length;
                found = strncmp(here, "ro", 2) == 0 || strncmp(all, "ro", 2) == 0;
        }
        return found;
}

/*
 * Whether AUDITD has taken all that the kernel had for it: nothing waits in its socket. /proc/PID/net/netlink has a
 * line for each netlink socket, "ADDRESS PROTOCOL PORT GROUPS BYTES-TO-READ …"; libaudit leaves it to the kernel to
 * choose the port, which is the process's id then.
 */
static bool takes_records(const struct auditd *auditd) {
        char name[64], line[256];

        snprintf(name, sizeof(name), "/proc/%d/net/netlink", auditd->pid);
        cleanup(cleanup_file) FILE *file = fopen(name, "re");

        while (file && fgets(line, sizeof(line), file)) {
                unsigned long port, waiting;
                int protocol;

                if (sscanf(line, "%*s %d %lu %*s %lu", &protocol, &port, &waiting) == 3 && protocol == NETLINK_AUDIT &&
                    port == (unsigned long)auditd->pid)
                        return waiting == 0;
        }
        return false;
}

enum cause auditd_trouble(const struct auditd *auditd, const char *log_file, char *detail, size_t size) {
        char state = process_state(auditd->pid), folder[PATH_MAX];
        struct statvfs disk;

        if (state == 'T' || state == 't') {
                snprintf(detail, size, "auditd (pid %d) is stopped%s", auditd->pid,
                         state == 't' ? " by a debugger" : "");
                return CAUSE_STOPPED;
        }
        snprintf(folder, sizeof(folder), "%s", log_file);
        char *slash = strrchr(folder, '/');

        if (slash)
                *slash = 0;
        if (statvfs(folder, &disk) < 0) {
                snprintf(detail, size, "auditd (pid %d, state %c) writes nothing, and %s cannot be looked at: %m",
                         auditd->pid, state, folder);
                return CAUSE_HUNG;
        }

        uint64_t free_mib = (uint64_t)disk.f_bfree * disk.f_frsize / (1024 * 1024);

        if (read_only(auditd, log_file)) {
                snprintf(detail, size, "the file system of %s is read-only", log_file);
                return CAUSE_READ_ONLY;
        }
        if (free_mib == 0) {
                snprintf(detail, size, "the file system of %s is full", log_file);
                return CAUSE_DISK_FULL;
        }
        if (state != 'D' && takes_records(auditd)) {
                snprintf(detail, size,
                         "auditd (pid %d) takes records and does not write them to %s (%" PRIu64 " MiB free)",
                         auditd->pid, log_file, free_mib);
                return CAUSE_SUSPENDED;
        }
        snprintf(detail, size, "auditd (pid %d, state %c) runs and does not write to %s (%" PRIu64 " MiB free)",
                 auditd->pid, state, log_file, free_mib);
        return CAUSE_HUNG;
}
