/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/cleanup.h"
#include "protocol/proc.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define COMM_LENGTH 15 /* TASK_COMM_LEN of the kernel, without the NUL */

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

/*
 * Only a kernel without auditing has no such files, and there no process has a login. Any other failure leaves the
 * login unknown: the peer must not pass for a process without a login.
 */
static void read_login(int folder, struct peer *peer) {
        uint32_t own;
        int r = proc_read_id(folder, "loginuid", &peer->auid);

        if (proc_read_id(folder, "sessionid", &peer->session) < 0)
                peer->session = PEER_UNSET;
        if (r < 0)
                peer->auid = PEER_UNSET;
        peer->login_known = r >= 0 || (r == -ENOENT && proc_read_id(AT_FDCWD, "/proc/self/loginuid", &own) == -ENOENT);
}

/*
 * A name of COMM_LENGTH bytes may be cut. The whole name is in argv[0], or for a script in the argument after the
 * interpreter and perhaps one option. Replaces NAME (of SIZE bytes) by the first of these that begins with it.
 */
static void lengthen(int folder, char *name, size_t size) {
        char arguments[4096], *argument = arguments;
        ssize_t length = proc_read(folder, "cmdline", arguments, sizeof(arguments));

        for (int i = 0; i < 3 && argument - arguments < length; i++) {
                const char *base = basename(argument);
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
        ssize_t length = proc_read(folder, "comm", name, sizeof(name));

        if (length <= 0)
                return;
        if (name[length - 1] == '\n')
                name[length - 1] = 0;
        if (lengthy && strlen(name) == COMM_LENGTH)
                lengthen(folder, name, sizeof(name));
        if (application_name_valid(name, strlen(name)))
                memcpy(peer->program, name, sizeof(name));
}

static void read_exe(int folder, struct peer_origin *origin) {
        ssize_t length = readlinkat(folder, "exe", origin->exe, sizeof(origin->exe) - 1);

        origin->exe[length < 0 ? 0 : length] = 0;
        log_sanitize(origin->exe);
}

/*
 * The system's unit, also for a process of a user's own manager. Users can name their units as they like, and
 * sshd.service in the log must be the sshd.service that the administrator knows.
 */
static void read_unit(pid_t pid, struct peer_origin *origin) {
        cleanup(cleanup_free) char *unit = NULL;

        if (sd_pid_get_unit(pid, &unit) >= 0 && strlen(unit) < sizeof(origin->unit))
                strcpy(origin->unit, unit);
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

int peer_learn(int fd, struct peer *peer, struct peer_origin *origin) {
        struct peer learned = *peer;
        struct peer_origin from = { 0 };
        uint64_t uid; /* the effective one that the process has now */
        bool sure;

        if (peer->pid <= 0)
                return -ESRCH;

        cleanup(cleanup_fd) int process = peer_process(fd, peer->pid, &sure);

        if (process < 0)
                return process;

        cleanup(cleanup_fd) int folder = proc_open(peer->pid);

        if (folder < 0)
                return folder == -ENOENT ? -ESRCH : folder;
        /* The pid may be reused. A process of another user must not pass for the peer: it could be root's. */
        if (!sure && (proc_read_status(folder, "\nUid:", 1, 10, &uid) < 0 || uid != peer->uid))
                return -ESRCH;

        read_login(folder, &learned);
        if (origin) {
                read_program(folder, peer->uid == 0 || peer->uid == geteuid(), &learned);
                read_unit(peer->pid, &from);
                read_exe(folder, &from);
        }
        int ended = proc_has_ended(process);
        if (ended != 0)
                return ended < 0 ? ended : -ESRCH;
        *peer = learned;
        if (origin)
                *origin = from;
        return 0;
}

int peer_has_capability(pid_t pid, unsigned number) {
        cleanup(cleanup_fd) int folder = pid > 0 ? proc_open(pid) : -ESRCH;
        uint64_t effective;
        int r = folder < 0 ? folder : proc_read_status(folder, "\nCapEff:", 0, 16, &effective);

        return r < 0 ? r : (int)(effective >> number & 1);
}
