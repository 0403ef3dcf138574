/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/caller/caller.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/cleanup.h"
#include "protocol/proc.h"

/* Majors of the kernel's Documentation/admin-guide/devices.txt; all other terminals count as none. */
#define MAJOR_TTY    4 /* minors below FIRST_SERIAL: the virtual consoles */
#define FIRST_SERIAL 64
#define MAJOR_PTS    136

static const struct {
        const char *word, *text;
} mismatches[MISMATCH_COUNT] = {
        [MISMATCH_NONE] = { "none", "the process that connected sent this" },
        [MISMATCH_NO_CREDENTIALS] = { "credentials", "the kernel does not say who sent this" },
        [MISMATCH_PID] = { "pid", "another process sent this, not the one that connected" },
        [MISMATCH_UID] = { "uid", "the process that connected sent this as another user or group" },
        [MISMATCH_DESCRIPTORS] = { "descriptors", "file descriptors were sent with this" },
        [MISMATCH_FOREIGN] = { "namespace", "the process that sent this has no pid in the namespace of this service" },
        [MISMATCH_ENDED] = { "ended", "the process that connected has ended" },
        [MISMATCH_TOKEN] = { "token", "this is not the token of this connection, or it has been used" },
        [MISMATCH_UNKNOWN] = { "unknown", "the identity of the process that connected cannot be read" },
};

const char *mismatch_text(enum mismatch mismatch) {
        return mismatches[mismatch].text;
}

const char *mismatch_word(enum mismatch mismatch) {
        return mismatches[mismatch].word;
}

enum mismatch identity_begin(int fd, struct identity *ret) {
        struct peer *peer = &ret->caller.peer;

        *ret = (struct identity){ .caller.peer = { .auid = PEER_UNSET, .session = PEER_UNSET }, .process = -1 };
        if (peer_credentials(fd, peer) < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0) {
                log_line(LOG_ERR, "Cannot identify a caller: no credentials: %m");
                return MISMATCH_UNKNOWN;
        }
        return peer->pid > 0 ? MISMATCH_NONE : MISMATCH_FOREIGN;
}

void identity_end(struct identity *identity) {
        explicit_bzero(identity->token, sizeof(identity->token));
        cleanup_fd(&identity->process);
        identity->process = -1;
}

/* Whether CALLER sent MESSAGE. A process that was root when it connected and no longer is does not speak for root. */
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
        if (sender.pid != caller->peer.pid)
                return MISMATCH_PID;
        if (sender.uid != caller->peer.uid || sender.gid != caller->peer.gid)
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

/* A kernel without CONFIG_AUDITSYSCALL has no logins: no process has the file NAME, not even this one. */
static bool has_no_logins(const char *name) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/%s", name);
        return access("/proc/self/stat", F_OK) == 0 && access(path, F_OK) < 0 && errno == ENOENT;
}

static int read_id(int folder, const char *name, uint32_t *ret) {
        int r = proc_read_id(folder, name, ret);

        if (r != -ENOENT || !has_no_logins(name))
                return r;
        *ret = PEER_UNSET;
        return 0;
}

/* From the end of field 2 on, fields 7 (tty_nr) and 22 (starttime) of proc(5). */
#define STAT_FORMAT ") %*c %*d %*d %*d %u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64

/* Reads terminal and start time. The kernel writes "pid (name) state ppid ...", and the name may contain ") R 1". */
static int read_stat(int folder, struct caller *caller) {
        char text[1024];
        ssize_t length = proc_read(folder, "stat", text, sizeof(text));
        const char *rest = strrchr(text, ')');
        unsigned terminal;

        if (length < 0)
                return (int)length;
        if (!rest || sscanf(rest, STAT_FORMAT, &terminal, &caller->start_time) != 2)
                return -EBADMSG;
        if (major(terminal) == MAJOR_PTS)
                snprintf(caller->terminal, sizeof(caller->terminal), "pts/%u", minor(terminal));
        else if (major(terminal) == MAJOR_TTY && minor(terminal) < FIRST_SERIAL)
                snprintf(caller->terminal, sizeof(caller->terminal), "tty%u", minor(terminal));
        else if (major(terminal) == MAJOR_TTY)
                snprintf(caller->terminal, sizeof(caller->terminal), "ttyS%u", minor(terminal) - FIRST_SERIAL);
        return 0;
}

/* Reads a name of the process, without the newline or NUL after it; "" if it is not known, or too long. */
static void read_name(int folder, const char *name, char *ret, size_t size) {
        ssize_t length = proc_read(folder, name, ret, size);

        if (length == (ssize_t)size - 1)
                ret[0] = 0; /* there may be more of it */
        else if (length > 0 && ret[length - 1] == '\n')
                ret[length - 1] = 0;
}

/*
 * Adds to CALLER what /proc says. It does not read the uid: the caller may have started a setuid program since
 * (polkit's CVE-2013-4288), and its rights are those that it had when it connected, and that every message must have.
 * Such a program does not change auid and session.
 *
 * Returns 0, or a negative errno with *RET_WHAT set to the file.
 */
static int read_process(struct caller *caller, const char **ret_what) {
        cleanup(cleanup_fd) int folder = proc_open(caller->peer.pid);
        int r;

        *ret_what = "folder";
        if (folder < 0)
                return folder;
        *ret_what = "loginuid";
        if ((r = read_id(folder, "loginuid", &caller->peer.auid)) < 0)
                return r;
        *ret_what = "sessionid";
        if ((r = read_id(folder, "sessionid", &caller->peer.session)) < 0)
                return r;
        *ret_what = "stat";
        if ((r = read_stat(folder, caller)) < 0)
                return r;
        read_name(folder, "attr/current", caller->label, sizeof(caller->label));
        read_name(folder, "comm", caller->peer.program, sizeof(caller->peer.program));
        return 0;
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
        pid_t pid = identity->caller.peer.pid;
        bool sure; /* false before Linux 6.5; the token then makes up for it: see caller.h */
        int process;

        if (identity->process >= 0)
                return MISMATCH_NONE;
        process = peer_process(fd, pid, &sure);
        if (process == -ESRCH)
                return MISMATCH_ENDED;
        if (process < 0) {
                log_line(LOG_ERR, "Cannot identify process %d: no pidfd: %s", pid, strerror(-process));
                return MISMATCH_UNKNOWN;
        }
        identity->process = process;
        return MISMATCH_NONE;
}

enum mismatch identity_establish(struct identity *identity, int fd) {
        const struct peer *peer = &identity->caller.peer;
        struct caller learned = { .peer = { .pid = peer->pid, .uid = peer->uid, .gid = peer->gid } };
        enum mismatch mismatch = open_process(identity, fd);
        const char *what;
        int r;

        explicit_bzero(identity->token, sizeof(identity->token));
        if (mismatch != MISMATCH_NONE)
                return mismatch;
        r = read_process(&learned, &what);
        /* If the process lives, it still has its pid, and all that was read is about it. */
        mismatch = identity_alive(identity);
        if (mismatch != MISMATCH_NONE)
                return mismatch;
        if (r < 0)
                log_line(LOG_ERR, "Cannot identify process %d: cannot read its %s in /proc: %s", peer->pid, what,
                         strerror(-r));
        else if (!make_token(identity->token)) {
                log_line(LOG_ERR, "Cannot identify process %d: no random numbers: %m", peer->pid);
                r = -EIO;
        }
        if (r < 0)
                return MISMATCH_UNKNOWN;
        identity->caller = learned;
        return MISMATCH_NONE;
}

enum mismatch identity_prove(struct identity *identity, const char *token) {
        /* There is one guess for each token, so it does not matter that strcmp() returns at the first difference. */
        bool right = identity->token[0] && strcmp(identity->token, token) == 0;

        explicit_bzero(identity->token, sizeof(identity->token));
        return right ? identity_alive(identity) : MISMATCH_TOKEN;
}

enum mismatch identity_alive(const struct identity *identity) {
        int ended = identity->process < 0 ? 1 : proc_has_ended(identity->process);

        if (ended >= 0)
                return ended ? MISMATCH_ENDED : MISMATCH_NONE;
        log_line(LOG_ERR, "Cannot identify process %d: cannot poll its pidfd: %s", identity->caller.peer.pid,
                 strerror(-ended));
        return MISMATCH_UNKNOWN;
}
