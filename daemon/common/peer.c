/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/base_name.h"
#include "protocol/cleanup.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define COMM_LENGTH     15 /* TASK_COMM_LEN of the kernel, without the NUL */
#define UNIT_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\@"

int peer_credentials(int fd, struct peer *ret) {
        struct ucred credentials;
        socklen_t length = sizeof(credentials);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
                return -errno;
        *ret = (struct peer){
                .pid = credentials.pid,
                .uid = credentials.uid,
                .gid = credentials.gid,
                .auid = PEER_UNSET,
                .session = PEER_UNSET,
        };
        return 0;
}

/* What one read() of NAME in FOLDER gives, as a string. Returns its length or a negative errno. */
static ssize_t read_below(int folder, const char *name, char *buffer, size_t size) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return -errno;

        ssize_t length = read(fd, buffer, size - 1);

        if (length < 0)
                return -errno;
        buffer[length] = 0;
        return length;
}

static uint32_t read_id(int folder, const char *name) {
        char text[32], *end;

        if (read_below(folder, name, text, sizeof(text)) <= 0)
                return PEER_UNSET;

        unsigned long value = strtoul(text, &end, 10);

        return end == text || value > UINT32_MAX ? PEER_UNSET : (uint32_t)value;
}

/* The effective uid that the process has now: the second in a line of its status. Returns 0 or -ESRCH. */
static int read_uid(int folder, uid_t *ret) {
        char text[4096], *rest, *end;

        if (read_below(folder, "status", text, sizeof(text)) < 0)
                return -ESRCH;

        /* The name comes before, but the newlines in it are escaped. */
        const char *line = strstr(text, "\nUid:");

        if (!line)
                return -ESRCH;
        strtoul(line + strlen("\nUid:"), &rest, 10);
        *ret = (uid_t)strtoul(rest, &end, 10);
        return end == rest ? -ESRCH : 0;
}

/*
 * A name of COMM_LENGTH bytes may be the beginning of a longer one: of the program, argv[0], or of a script, which
 * follows its interpreter and perhaps one option. Puts the longer one into NAME (of SIZE bytes), where there is one.
 */
static void lengthen(int folder, char *name, size_t size) {
        char arguments[4096], *argument = arguments;
        ssize_t length = read_below(folder, "cmdline", arguments, sizeof(arguments));

        for (int i = 0; i < 3 && argument - arguments < length; i++) {
                const char *base = base_name(argument);
                size_t bytes = strlen(base) + 1;

                if (bytes <= size && strncmp(base, name, COMM_LENGTH) == 0) {
                        memcpy(name, base, bytes);
                        return;
                }
                argument += strlen(argument) + 1;
        }
}

static void read_program(int folder, bool lengthy, struct peer *peer) {
        char name[sizeof(peer->program)];
        ssize_t length = read_below(folder, "comm", name, sizeof(name));

        if (length <= 0)
                return;
        if (name[length - 1] == '\n')
                name[length - 1] = 0;
        if (lengthy && strlen(name) == COMM_LENGTH)
                lengthen(folder, name, sizeof(name));
        if (application_name_valid(name, strlen(name)))
                memcpy(peer->program, name, sizeof(name));
}

static void read_exe(int folder, struct peer *peer) {
        ssize_t length = readlinkat(folder, "exe", peer->exe, sizeof(peer->exe) - 1);

        peer->exe[length < 0 ? 0 : length] = 0;
        /* What a terminal would obey: C0, DEL and, two bytes in UTF-8, C1. */
        for (unsigned char *c = (unsigned char *)peer->exe; *c; c++)
                if (*c < 0x20 || *c == 0x7f)
                        *c = '?';
                else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
                        c[0] = c[1] = '?';
}

static bool ends_with(const char *name, const char *ending) {
        size_t length = strlen(name), bytes = strlen(ending);

        return length > bytes && strcmp(name + length - bytes, ending) == 0;
}

/*
 * The unit in the path of a control group is the first part that is no slice: /system.slice/cups.service/worker.
 *
 * That is the system's unit, also for what runs below a user's own manager. There, units have any name that the user
 * likes, and sshd.service in the log must be the sshd.service that the administrator knows.
 */
static void unit_of_path(char *path, char *unit, size_t size) {
        const char *name;

        do
                name = strsep(&path, "/");
        while (name && (!name[0] || ends_with(name, ".slice")));

        if (!name || name[strspn(name, UNIT_CHARACTERS)] || strlen(name) >= size)
                return;
        if (ends_with(name, ".service") || ends_with(name, ".scope"))
                memcpy(unit, name, strlen(name) + 1);
}

/* A line is "number:controllers:path". systemd's own has no controllers, or "name=systemd" in older set-ups. */
static void read_unit(int folder, struct peer *peer) {
        char text[4096], *rest = text;

        if (read_below(folder, "cgroup", text, sizeof(text)) <= 0)
                return;
        while (rest && !peer->unit[0]) {
                char *path = strsep(&rest, "\n");

                strsep(&path, ":");
                const char *controllers = strsep(&path, ":");

                if (path && (!controllers[0] || strcmp(controllers, "name=systemd") == 0))
                        unit_of_path(path, peer->unit, sizeof(peer->unit));
        }
}

int peer_process(int fd, pid_t pid, bool *ret_sure) {
        int process = -1;
        socklen_t length = sizeof(process);

        *ret_sure = true;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &length) >= 0)
                return process;
        if (errno == ENOPROTOOPT) {
                *ret_sure = false;
                process = pidfd_open(pid, 0);
                if (process >= 0)
                        return process;
        }
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : -ESRCH;
}

/* A pidfd becomes readable when its process has ended. As long as it has not, its pid is nobody else's. */
static bool is_alive(int process) {
        struct pollfd poll_process = { .fd = process, .events = POLLIN };

        return poll(&poll_process, 1, 0) == 0;
}

int peer_learn(int fd, struct peer *peer) {
        struct peer learned = *peer;
        char path[32];
        uid_t uid;
        bool sure;

        if (peer->pid <= 0)
                return -ESRCH;

        cleanup(cleanup_fd) int process = peer_process(fd, peer->pid, &sure);

        if (process < 0)
                return process;

        snprintf(path, sizeof(path), "/proc/%d", peer->pid);
        cleanup(cleanup_fd) int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (folder < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        /* A stranger's pid that was reused by root's process must not borrow root's name: it has another uid. */
        if (!sure && (read_uid(folder, &uid) < 0 || uid != peer->uid))
                return -ESRCH;

        learned.auid = read_id(folder, "loginuid");
        learned.session = read_id(folder, "sessionid");
        read_program(folder, peer->uid == 0 || peer->uid == geteuid(), &learned);
        read_unit(folder, &learned);
        read_exe(folder, &learned);
        if (!is_alive(process))
                return -ESRCH;
        *peer = learned;
        return 0;
}

int peer_has_capability(pid_t pid, unsigned number) {
        char path[32], text[4096], *end;

        if (pid <= 0)
                return -ESRCH;
        snprintf(path, sizeof(path), "/proc/%d/status", pid);

        ssize_t length = read_below(AT_FDCWD, path, text, sizeof(text));

        if (length < 0)
                return (int)length;

        /* The newlines in the name before it are escaped. A process of many groups has its capabilities further on. */
        const char *line = strstr(text, "\nCapEff:");

        if (!line)
                return -ENODATA;
        return (int)(strtoull(line + strlen("\nCapEff:"), &end, 16) >> number & 1);
}
