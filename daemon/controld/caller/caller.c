/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/caller/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/common/peer.h"
#include "protocol/cleanup.h"

/* Majors of the kernel's Documentation/admin-guide/devices.txt; all other terminals count as none. */
#define MAJOR_TTY    4 /* minors below FIRST_SERIAL: the virtual consoles */
#define FIRST_SERIAL 64
#define MAJOR_PTS    136

static const struct {
        const char *word, *text;
} mismatches[MISMATCH_COUNT] = {
        [MISMATCH_NONE] = { "none", "it is the process that connected" },
        [MISMATCH_NO_CREDENTIALS] = { "credentials", "the kernel does not say who sent this" },
        [MISMATCH_PID] = { "pid", "another process sent this than the one that connected" },
        [MISMATCH_UID] = { "uid", "the process that sent this is another user, or group, than when it connected" },
        [MISMATCH_DESCRIPTORS] = { "descriptors", "file descriptors were sent with this" },
        [MISMATCH_FOREIGN] = { "namespace", "the process that sent this has no pid where this service runs" },
        [MISMATCH_ENDED] = { "ended", "the process that connected has ended" },
        [MISMATCH_TOKEN] = { "token", "this is not the token of this connection, or it was used before" },
        [MISMATCH_UNKNOWN] = { "unknown", "it could not be found out who the process that connected is" },
};

const char *mismatch_text(enum mismatch mismatch) {
        return mismatches[mismatch].text;
}

const char *mismatch_word(enum mismatch mismatch) {
        return mismatches[mismatch].word;
}

enum mismatch identity_begin(int fd, struct identity *ret) {
        struct ucred peer;
        socklen_t length = sizeof(peer);

        *ret = (struct identity){ .caller = { .auid = CALLER_UNSET, .session = CALLER_UNSET }, .process = -1 };
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0)
                return MISMATCH_NO_CREDENTIALS;
        ret->caller.pid = peer.pid;
        ret->caller.uid = peer.uid;
        ret->caller.gid = peer.gid;
        return peer.pid > 0 ? MISMATCH_NONE : MISMATCH_FOREIGN;
}

void identity_end(struct identity *identity) {
        explicit_bzero(identity->token, sizeof(identity->token));
        cleanup_fd(&identity->process);
        identity->process = -1;
}

/* Whether MESSAGE is the caller's. A process that has been root when it connected does not speak for root after it gave
 * that up. */
static enum mismatch check_sender(const struct caller *caller, struct msghdr *message, pid_t *ret_sender) {
        const struct cmsghdr *header = CMSG_FIRSTHDR(message);
        struct ucred sender;

        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS ||
            header->cmsg_len != CMSG_LEN(sizeof(sender)))
                return MISMATCH_NO_CREDENTIALS;
        memcpy(&sender, CMSG_DATA(header), sizeof(sender));
        *ret_sender = sender.pid;
        if (sender.pid <= 0)
                return MISMATCH_FOREIGN;
        if (sender.pid != caller->pid)
                return MISMATCH_PID;
        if (sender.uid != caller->uid || sender.gid != caller->gid)
                return MISMATCH_UID;
        return message->msg_flags & MSG_CTRUNC ? MISMATCH_DESCRIPTORS : MISMATCH_NONE;
}

enum mismatch identity_receive(struct identity *identity, int fd, void *buffer, size_t size, ssize_t *ret,
                               pid_t *ret_sender) {
        /* Room for the credentials, which come first, and for nothing else: the kernel closes descriptors that do not
         * fit, and sets MSG_CTRUNC. */
        union {
                struct cmsghdr align;
                char bytes[CMSG_SPACE(sizeof(struct ucred))];
        } control;
        struct iovec vector = { .iov_base = buffer, .iov_len = size };
        struct msghdr message = {
                .msg_iov = &vector,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        pid_t sender = 0;
        enum mismatch mismatch;

        *ret = count < 0 ? -errno : count;
        mismatch = count > 0 ? check_sender(&identity->caller, &message, &sender) : MISMATCH_NONE;
        if (mismatch != MISMATCH_NONE)
                *ret = 0;
        if (ret_sender)
                *ret_sender = sender;
        return mismatch;
}

/* What one read() of NAME in FOLDER gives, as a string. Returns its length; -1 with errno set. */
static ssize_t read_text(int folder, const char *name, char *buffer, size_t size) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1);

        buffer[length < 0 ? 0 : length] = 0;
        return length;
}

/* A kernel without CONFIG_AUDITSYSCALL has no logins: the file is missing for every process, this one included. */
static bool has_no_logins(const char *name) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/%s", name);
        return access("/proc/self/stat", F_OK) == 0 && access(path, F_OK) < 0 && errno == ENOENT;
}

static bool read_id(int folder, const char *name, uint32_t *ret) {
        char text[32], *end;

        if (read_text(folder, name, text, sizeof(text)) < 0) {
                *ret = CALLER_UNSET;
                return errno == ENOENT && has_no_logins(name);
        }

        unsigned long value = strtoul(text, &end, 10);

        *ret = (uint32_t)value;
        errno = EBADMSG;
        return end != text && (!*end || strcmp(end, "\n") == 0) && value <= UINT32_MAX;
}

/* From the end of field 2 on, fields 7 (tty_nr) and 22 (starttime) of proc(5). */
#define STAT_FORMAT ") %*c %*d %*d %*d %u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64

/* Terminal and start time. The kernel writes "pid (name) state ppid ...": the name may hold anything, ") R 1" too. */
static bool read_stat(int folder, struct caller *caller) {
        char text[1024];
        unsigned terminal;

        if (read_text(folder, "stat", text, sizeof(text)) < 0)
                return false;

        const char *rest = strrchr(text, ')');

        errno = EBADMSG;
        if (!rest || sscanf(rest, STAT_FORMAT, &terminal, &caller->start_time) != 2)
                return false;
        if (major(terminal) == MAJOR_PTS)
                snprintf(caller->terminal, sizeof(caller->terminal), "pts/%u", minor(terminal));
        else if (major(terminal) == MAJOR_TTY && minor(terminal) < FIRST_SERIAL)
                snprintf(caller->terminal, sizeof(caller->terminal), "tty%u", minor(terminal));
        else if (major(terminal) == MAJOR_TTY)
                snprintf(caller->terminal, sizeof(caller->terminal), "ttyS%u", minor(terminal) - FIRST_SERIAL);
        return true;
}

/* One of the names that a process has: without the newline or NUL after it; "" where it is not known, or too long. */
static void read_name(int folder, const char *name, char *ret, size_t size) {
        ssize_t length = read_text(folder, name, ret, size);

        if (length == (ssize_t)size - 1)
                ret[0] = 0; /* there may be more of it */
        else if (length > 0 && ret[length - 1] == '\n')
                ret[length - 1] = 0;
}

/*
 * Adds to CALLER what /proc says. Not its uid: that one may be another by now, of a setuid program that the caller has
 * started since (polkit CVE-2013-4288), and what the caller may do hangs on who it was when it connected, which is also
 * who it must be with every message. auid and session are no less its own after that: no program changes them but
 * one that logs somebody in.
 *
 * Returns false, with errno and *RET_WHAT set, where that fails.
 */
static bool read_process(struct caller *caller, const char **ret_what) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d", caller->pid);
        cleanup(cleanup_fd) int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        *ret_what = "folder";
        if (folder < 0)
                return false;
        *ret_what = "loginuid";
        if (!read_id(folder, "loginuid", &caller->auid))
                return false;
        *ret_what = "sessionid";
        if (!read_id(folder, "sessionid", &caller->session))
                return false;
        *ret_what = "stat";
        if (!read_stat(folder, caller))
                return false;
        read_name(folder, "attr/current", caller->label, sizeof(caller->label));
        read_name(folder, "comm", caller->program, sizeof(caller->program));
        return true;
}

static bool make_token(char ret[static TOKEN_LENGTH + 1]) {
        unsigned char bytes[TOKEN_LENGTH / 2];

        if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
                return false;
        for (size_t i = 0; i < sizeof(bytes); i++)
                snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
        return true;
}

static enum mismatch open_process(struct identity *identity, int fd) {
        bool sure; /* before Linux 6.5 it may be another's: one who must prove to be that one, see caller.h */
        int process;

        if (identity->process >= 0)
                return MISMATCH_NONE;
        process = peer_process(fd, identity->caller.pid, &sure);
        if (process == -ESRCH)
                return MISMATCH_ENDED;
        if (process < 0) {
                log_line(LOG_ERR, "Could not open a descriptor of process %d, whose request is refused: %s",
                         identity->caller.pid, strerror(-process));
                return MISMATCH_UNKNOWN;
        }
        identity->process = process;
        return MISMATCH_NONE;
}

enum mismatch identity_establish(struct identity *identity, int fd) {
        const struct caller *connected = &identity->caller;
        struct caller learned = { .pid = connected->pid, .uid = connected->uid, .gid = connected->gid };
        enum mismatch mismatch = open_process(identity, fd);
        const char *what;

        explicit_bzero(identity->token, sizeof(identity->token));
        if (mismatch != MISMATCH_NONE)
                return mismatch;

        bool known = read_process(&learned, &what);
        int error = errno;

        /* After reading: what was read is of this process only if it still had its pid by then. */
        if (identity_alive(identity) != MISMATCH_NONE)
                return MISMATCH_ENDED;
        errno = error;
        if (!known)
                log_line(LOG_ERR, "Could not read %s of process %d in /proc, whose request is refused: %m", what,
                         connected->pid);
        else if (!make_token(identity->token)) {
                log_line(LOG_ERR, "Could not make a token for process %d, whose request is refused: %m",
                         connected->pid);
                known = false;
        }
        if (!known)
                return MISMATCH_UNKNOWN;
        identity->caller = learned;
        return MISMATCH_NONE;
}

/* memcmp() returns at the first difference, and tells by that how much of a guess is right. */
static bool same_token(const char *a, const char *b) {
        volatile unsigned char difference = 0;

        for (size_t i = 0; i < TOKEN_LENGTH; i++)
                difference = (unsigned char)(difference | (a[i] ^ b[i]));
        return difference == 0;
}

enum mismatch identity_prove(struct identity *identity, const char *token) {
        bool right = identity->token[0] && strlen(token) == TOKEN_LENGTH && same_token(identity->token, token);

        explicit_bzero(identity->token, sizeof(identity->token));
        return right ? identity_alive(identity) : MISMATCH_TOKEN;
}

enum mismatch identity_alive(const struct identity *identity) {
        struct pollfd process = { .fd = identity->process, .events = POLLIN };
        int ready;

        if (identity->process < 0) /* poll() would find nothing to say of it */
                return MISMATCH_ENDED;
        /* A pidfd becomes readable when its process has ended. As long as it has not, its pid is nobody else's. */
        do
                ready = poll(&process, 1, 0);
        while (ready < 0 && errno == EINTR);
        return ready == 0 ? MISMATCH_NONE : MISMATCH_ENDED;
}
