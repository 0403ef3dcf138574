/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/process.h"

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

#include "client/auditfailctl/subject/regular_file.h"
#include "client/common/text.h"
#include "client/shim/application.h"
#include "client/shim/preload_rules.h"
#include "protocol/cleanup.h"
#include "protocol/well_known.h"

#define AUDIT_WRITE (UINT64_C(1) << CAP_AUDIT_WRITE)

#define SOCKET RUNTIME_FOLDER "/" POLICY_INTERFACE

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
        unsigned uid = 0, saved = 0;
        size_t size = 0;
        int filter = 0;

        if (!file)
                return errno == ENOENT ? -ESRCH : -errno;
        while (getline(&line, &size, file) >= 0) {
                sscanf(line, "Name: %16[^\n]", process->name);
                if (strncmp(line, "NSpid:", strlen("NSpid:")) == 0)
                        process->inner_pid = atoi(strrchr(line, '\t') ?: "");
                sscanf(line, "Uid: %u %u %u", &process->user, &uid, &saved);
                sscanf(line, "Gid: %u", &process->group);
                sscanf(line, "CapPrm: %" SCNx64, &permitted);
                sscanf(line, "CapEff: %" SCNx64, &effective);
                sscanf(line, "CapBnd: %" SCNx64, &bounding);
                sscanf(line, "Seccomp: %d", &filter);
        }
        if (ferror(file))
                return -ESRCH;
        process->audit_write = effective & AUDIT_WRITE;
        process->bounded = !(bounding & AUDIT_WRITE);
        process->common = process->user != 0 && uid != 0 && saved != 0 && !(permitted & AUDIT_WRITE);
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

/* "sshd: user@pts/0", "nginx: worker process"; and cron, whose children that run jobs have the title CRON. */
static bool is_title(const char *word, const char *name, const char *exe) {
        const char *file = basename(exe ?: "");

        return strstr(word, ": ") || strchr(name, ' ') || (strcasecmp(name, file) == 0 && strcmp(name, file) != 0);
}

static void read_argv0(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "cmdline");
        cleanup(cleanup_free) char *word = NULL;
        size_t size = 0;

        if (!file || getdelim(&word, &size, 0, file) <= 0)
                return;
        const char *name = basename(word);
        if (!is_title(word, name, process->exe))
                process->argv0 = text_format("%s", name);
}

static void read_secure(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "auxv");
        unsigned long entry[2]; /* in a process of another word size, AT_SECURE is not found */

        while (file && fread(entry, sizeof(entry), 1, file) == 1)
                process->secure |= entry[0] == AT_SECURE && entry[1] != 0;
}

enum tristate process_initial_namespace(pid_t pid) {
        cleanup(cleanup_free) char *path = proc_path(pid, "ns/user");
        struct stat status;

        if (stat(path, &status) < 0)
                return TRISTATE_UNKNOWN;
        return status.st_ino == INITIAL_USER_NAMESPACE ? TRISTATE_YES : TRISTATE_NO;
}

/* Whether this process sees PATH, and PROCESS does not see it in its root. If that is not known: false. */
static bool is_hidden(const struct process *process, const char *path) {
        cleanup(cleanup_free) char *root = proc_path(process->pid, "root"), *inside = text_format("%s%s", root, path);

        return access(path, F_OK) == 0 && access(inside, F_OK) < 0 && errno == ENOENT && access(root, F_OK) == 0;
}

static bool has_other_etc(const struct process *process) {
        cleanup(cleanup_free) char *path = proc_path(process->pid, "root/etc");
        struct stat ours, its;

        if (stat("/etc", &ours) == 0 && stat(path, &its) == 0)
                return its.st_dev != ours.st_dev || its.st_ino != ours.st_ino;
        return is_hidden(process, "/etc");
}

/* Adds the file PATH, whose start is mapped. */
static void add_file(struct process *process, const char *path) {
        bool is_program = process->exe && strcmp(path, process->exe) == 0;
        const char *name = basename(path);
        cleanup(cleanup_free) char *file =
                is_program ? proc_path(process->pid, "exe") : proc_path(process->pid, "root");
        cleanup(elf_file_clear) struct elf_file elf = { 0 };

        process->preloaded |= strncmp(name, PRELOAD_NAME, strlen(PRELOAD_NAME)) == 0;
        if (!is_program && !strstr(name, ".so"))
                return;
        if (!is_program)
                text_append(&file, "%s", path);
        cleanup(cleanup_fd) int fd = regular_file_open(file);
        bool known = fd >= 0 && elf_file_read(fd, &elf) == 0;
        linkage_add(&process->linkage, is_program ? "" : name, known ? &elf : NULL);
}

static void read_maps(struct process *process) {
        cleanup(cleanup_file) FILE *file = proc_open(process->pid, "maps");
        cleanup(cleanup_free) char *line = NULL;
        unsigned long offset;
        size_t size = 0;

        while (file && getline(&line, &size, file) >= 0) {
                process->mapped = true;
                line[strcspn(line, "\n")] = 0;
                char *path = strchr(line, '/');
                if (!path || sscanf(line, "%*s %*s %lx", &offset) != 1 || offset != 0)
                        continue;
                strip_deleted(path);
                add_file(process, path);
        }
        linkage_finish(&process->linkage);
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
        read_argv0(ret);
        read_secure(ret);
        ret->socket_hidden = is_hidden(ret, SOCKET);
        ret->other_etc = has_other_etc(ret);
        read_maps(ret);
        read_environment(ret);
        return 0;
}

void process_forget_program(struct process *process) {
        free(process->exe);
        free(process->argv0);
        process->exe = process->argv0 = NULL;
        linkage_clear(&process->linkage);
        process->inner_pid = 0;
}

void process_clear(struct process *process) {
        process_forget_program(process);
        variables_clear(&process->variables);
        *process = (struct process){ 0 };
}
