/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/auditd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/controld/auditd/mounts.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/proc.h"

#define AUDITD_PROGRAM "auditd"

#define HIDDEN "auditd's log %s is hidden by %s of auditfail-controld.service; add the line \""
#define REMEDY "\" below [Service] (systemctl edit auditfail-controld), then: systemctl restart auditfail-controld"

int kernel_audit_ask(uint64_t deadline_usec, struct audit_state *ret) {
        int r;

        /* The kernel may drop an answer while it is flooded with records. */
        do
                r = audit_state_ask(ret, NULL);
        while (r == -ETIMEDOUT && monotonic_usec() < deadline_usec);
        return r;
}

/* Reads /proc/PID/NAME, of one line, without the newline. Returns 0 or a negative errno. */
static int read_process_file(pid_t pid, const char *name, char *buffer, size_t size) {
        char path[64];
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
        length = proc_read(AT_FDCWD, path, buffer, size);
        if (length > 0 && buffer[length - 1] == '\n')
                buffer[length - 1] = 0;
        return length < 0 ? (int)length : 0;
}

bool auditd_has_ended(const struct auditd *auditd) {
        return proc_has_ended(auditd->process) > 0;
}

void auditd_close(struct auditd *auditd) {
        cleanup_fd(&auditd->process);
        auditd->process = -1;
}

/*
 * The pid that the kernel tells may belong to another process by the time pidfd_open() is called. So the kernel is
 * asked again: if it still tells the same pid, the pidfd is the registered daemon's.
 */
enum request_failure auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error) {
        struct audit_state before = { 0 }, after = { 0 };

        *ret = (struct auditd){ .process = -1 };
        do {
                auditd_close(ret);
                if ((*ret_error = kernel_audit_ask(deadline_usec, &before)) < 0)
                        return FAILURE_FAILED;
                if (before.auditd == 0)
                        return FAILURE_NO_AUDIT_DAEMON;
                ret->process = pidfd_open(before.auditd, 0);
                if (ret->process < 0) {
                        *ret_error = -errno;
                        /* The kernel notices the end with the next record that it cannot deliver. */
                        return errno == ESRCH ? FAILURE_NO_AUDIT_DAEMON : FAILURE_FAILED;
                }
                if ((*ret_error = kernel_audit_ask(deadline_usec, &after)) < 0)
                        return FAILURE_FAILED;
        } while (after.auditd != before.auditd);

        ret->pid = after.auditd;
        if (auditd_has_ended(ret) || read_process_file(ret->pid, "comm", ret->program, sizeof(ret->program)) < 0)
                return FAILURE_NO_AUDIT_DAEMON;
        return strcmp(ret->program, AUDITD_PROGRAM) == 0 ? FAILURE_NONE : FAILURE_OTHER_AUDIT_DAEMON;
}

bool auditd_open(pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid, .process = pidfd_open(pid, 0) };
        if (ret->process >= 0 && read_process_file(pid, "comm", ret->program, sizeof(ret->program)) == 0 &&
            strcmp(ret->program, AUDITD_PROGRAM) == 0)
                return true;
        auditd_close(ret);
        return false;
}

int auditd_signal(const struct auditd *auditd, int signal) {
        return pidfd_send_signal(auditd->process, signal, NULL, 0) < 0 ? -errno : 0;
}

/* 'R', 'S', 'D', 'T' ... of /proc/PID/stat, behind the name; '?' if it cannot be read. */
static char process_state(pid_t pid) {
        char text[512];

        if (read_process_file(pid, "stat", text, sizeof(text)) < 0)
                return '?';

        const char *end = strrchr(text, ')');

        return end && end[1] == ' ' && end[2] ? end[2] : '?';
}

static int64_t nanoseconds(const struct timespec *time) {
        return time->tv_sec * 1000000000LL + time->tv_nsec;
}

/* Field 22 of /proc/PID/stat is the start in ticks since boot. The real time of boot is a difference of two clocks. */
bool auditd_started_before(const struct auditd *auditd, const struct timespec *when) {
        struct timespec since_boot, now;
        unsigned long long ticks;
        char text[512];

        if (read_process_file(auditd->pid, "stat", text, sizeof(text)) < 0)
                return false;
        const char *end = strrchr(text, ')');

        if (!end || sscanf(end, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                           &ticks) != 1)
                return false;
        clock_gettime(CLOCK_BOOTTIME, &since_boot);
        clock_gettime(CLOCK_REALTIME, &now);
        return nanoseconds(&now) - nanoseconds(&since_boot) +
                       (int64_t)(ticks * (1000000000ULL / (unsigned long long)sysconf(_SC_CLK_TCK))) <
               nanoseconds(when);
}

/* AUDITD's own mounts tell: for this daemon, all file systems are read-only (ProtectSystem=). */
static bool is_read_only(const struct auditd *auditd, const char *path) {
        struct mounted mounted;

        return mounts_find(auditd->pid, path, &mounted) && mounted.read_only;
}

/*
 * Whether no record waits in AUDITD's socket. /proc/PID/net/netlink has a line for each netlink socket: "ADDRESS
 * PROTOCOL PORT GROUPS BYTES-TO-READ …". libaudit lets the kernel choose the port, which is the pid then.
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

        if (is_read_only(auditd, log_file)) {
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

/* The setting of auditfail-controld.service that mounts something at POINT; NULL: none. */
static const char *setting_of(const char *point) {
        static const struct {
                const char *point, *setting;
        } table[] = {
                { "/home", "ProtectHome=" }, { "/root", "ProtectHome=" },   { "/run/user", "ProtectHome=" },
                { "/tmp", "PrivateTmp=" },   { "/var/tmp", "PrivateTmp=" }, { "/dev", "PrivateDevices=" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
                if (strcmp(point, table[i].point) == 0)
                        return table[i].setting;
        return NULL;
}

bool auditd_log_is_hidden(const struct auditd *auditd, const char *log_file, char *why, size_t size) {
        struct mounted ours, theirs;

        if (!mounts_find(getpid(), log_file, &ours) || !mounts_find(auditd->pid, log_file, &theirs) ||
            (strcmp(ours.device, theirs.device) == 0 && strcmp(ours.file, theirs.file) == 0))
                return false;

        const char *setting = setting_of(ours.point);
        int folder = (int)(strrchr(log_file, '/') - log_file);

        if (!setting)
                snprintf(why, size, "auditd's log %s is hidden from auditfail-controld by the mount at %s", log_file,
                         ours.point);
        else if (strcmp(setting, "ProtectHome=") == 0)
                snprintf(why, size, HIDDEN "ProtectHome=read-only" REMEDY, log_file, setting);
        else
                snprintf(why, size, HIDDEN "BindReadOnlyPaths=%.*s" REMEDY, log_file, setting, folder, log_file);
        return true;
}
