/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "names.h"
#include "preload.h"
#include "text.h"

#define AUDIT_WRITE (UINT64_C(1) << CAP_AUDIT_WRITE)

#define SOCKET "/run/auditfail/io.auditfail.Policy"

/* PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h: the number of the initial user namespace everywhere. */
#define INITIAL_USER_NAMESPACE UINT64_C(0xEFFFFFFD)

static char *proc_path(pid_t pid, const char *name) {
        return text_format("/proc/%lld/%s", (long long)pid, name);
}

static FILE *proc_open(pid_t pid, const char *name) {
        cleanup(cleanup_free) char *path = proc_path(pid, name);

        return fopen(path, "re");
}

static int read_status(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "status");
        cleanup(cleanup_free) char *line = NULL;
        uint64_t effective = 0, permitted = 0, bounding = 0;
        unsigned real = 0, uid = 0, saved = 0;
        size_t size = 0;
        int filter = 0;

        if (!file)
                return errno == ENOENT ? -ESRCH : -errno;
        while (getline(&line, &size, file) >= 0) {
                sscanf(line, "Name: %16[^\n]", process->name);
                if (strncmp(line, "NSpid:", strlen("NSpid:")) == 0)
                        process->inner_pid = atoi(strrchr(line, '\t') ?: "");
                sscanf(line, "Uid: %u %u %u", &real, &uid, &saved);
                sscanf(line, "CapPrm: %" SCNx64, &permitted);
                sscanf(line, "CapEff: %" SCNx64, &effective);
                sscanf(line, "CapBnd: %" SCNx64, &bounding);
                sscanf(line, "Seccomp: %d", &filter);
        }
        if (ferror(file))
                return -ESRCH;
        process->audit_write = effective & AUDIT_WRITE;
        process->bounded = !(bounding & AUDIT_WRITE);
        process->common = real != 0 && uid != 0 && saved != 0 && !(permitted & AUDIT_WRITE);
        process->filtered = filter != 0;
        return 0;
}

static void read_exe(struct process *process) {
        cleanup(cleanup_free) char *link = proc_path(process->pid, "exe");
        char target[PATH_MAX];
        ssize_t length = readlink(link, target, sizeof(target));

        if (length <= 0 || (size_t)length >= sizeof(target))
                return;
        target[length] = '\0';
        strip_deleted(target);
        process->exe = text_format("%s", target);
}

/* "sshd: user@pts/0", "nginx: worker process"; and cron, which calls what runs its jobs CRON. */
static bool is_title(const char *word, const char *name, const char *exe) {
        const char *slash = exe ? strrchr(exe, '/') : NULL;

        return strstr(word, ": ") || strchr(name, ' ') ||
               (slash && strcasecmp(name, slash + 1) == 0 && strcmp(name, slash + 1) != 0);
}

static void read_called(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "cmdline");
        cleanup(cleanup_free) char *word = NULL;
        size_t size = 0;

        if (!file || getdelim(&word, &size, 0, file) <= 0)
                return;
        const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
        if (!is_title(word, name, process->exe))
                process->called = text_format("%s", name);
}

static void read_secure(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "auxv");
        unsigned long entry[2]; /* of a process as wide as this one; in others AT_SECURE is not found */

        process->secure = SIGHT_UNKNOWN;
        while (file && fread(entry, sizeof(entry), 1, file) == 1)
                if (entry[0] == AT_SECURE)
                        process->secure = entry[1] ? SIGHT_YES : SIGHT_NO;
}

enum sight process_initial_namespace(pid_t pid) {
        cleanup(cleanup_free) char *path = proc_path(pid, "ns/user");
        struct stat status;

        if (stat(path, &status) < 0)
                return SIGHT_UNKNOWN;
        return status.st_ino == INITIAL_USER_NAMESPACE ? SIGHT_YES : SIGHT_NO;
}

static void read_socket(struct process *process) {
        cleanup(cleanup_free) char *root = proc_path(process->pid, "root"), *path = text_format("%s" SOCKET, root);

        process->socket = SIGHT_UNKNOWN;
        if (access(SOCKET, F_OK) < 0)
                return;
        if (access(path, F_OK) == 0)
                process->socket = SIGHT_YES;
        else if (errno == ENOENT && access(root, F_OK) == 0)
                process->socket = SIGHT_NO;
}

/* What cannot be seen is taken for ours. */
static void read_elsewhere(struct process *process) {
        cleanup(cleanup_free) char *root = proc_path(process->pid, "root"), *path = text_format("%s/etc", root);
        struct stat ours, its;

        if (stat("/etc", &ours) < 0)
                return;
        if (stat(path, &its) == 0)
                process->elsewhere = its.st_dev != ours.st_dev || its.st_ino != ours.st_ino;
        else
                process->elsewhere = errno == ENOENT && access(root, F_OK) == 0;
}

static void read_maps(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "maps");
        cleanup(cleanup_free) char *line = NULL;
        size_t size = 0;

        while (file && getline(&line, &size, file) >= 0) {
                const char *slash = strrchr(line, '/'), *name = slash ? slash + 1 : "";
                process->mapped = true;
                process->audit |= strncmp(name, "libaudit.so.", strlen("libaudit.so.")) == 0;
                process->pam |= strncmp(name, "libpam.so.", strlen("libpam.so.")) == 0;
                process->stub |= strncmp(name, "libauditfail.so.", strlen("libauditfail.so.")) == 0;
                process->preloaded |= strncmp(name, PRELOAD_NAME, strlen(PRELOAD_NAME)) == 0;
        }
}

static void read_environment(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "environ");
        cleanup(cleanup_free) char *variable = NULL;
        size_t size = 0;

        while (file && getdelim(&variable, &size, 0, file) >= 0) {
                process->environment = true;
                variables_note(&process->variables, variable);
        }
}

int process_read(pid_t pid, struct process *ret) {
        *ret = (struct process){ .pid = pid, .initial = process_initial_namespace(pid) };
        int r = read_status(ret);
        if (r < 0)
                return r;

        read_exe(ret);
        read_called(ret);
        read_secure(ret);
        read_socket(ret);
        read_elsewhere(ret);
        read_maps(ret);
        read_environment(ret);
        return 0;
}

void process_clear(struct process *process) {
        free(process->exe);
        free(process->called);
        variables_clear(&process->variables);
        *process = (struct process){ 0 };
}
