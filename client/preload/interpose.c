/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libauditfail-preload.so: libaudit's functions that send records, for programs that do not look whether they were
 * sent, or have an answer of their own compiled in. Each calls the real one first. Where that fails, the policy says
 * what becomes of the program.
 *
 * Whether one failed is told by what it returns: below 0 from audit_open(), below 1 from audit_log_*(), which return 0
 * where they hide a failure from programs that would stop. libaudit's errno is not to be relied on.
 *
 * Where the real one succeeds the kernel may still have dropped the record: watch.h, which also has what this costs.
 */
#include <errno.h>
#include <libaudit.h>
#include <limits.h>
#include <shadow.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditfail.h"
#include "client/preload/change_root.h"
#include "client/preload/drop_check.h"
#include "client/preload/libaudit_next.h"
#include "client/preload/obey.h"
#include "client/preload/placeholder.h"
#include "client/preload/this_program.h"
#include "protocol/audit/probe.h"

#define EXPORT __attribute__((visibility("default")))

static atomic_bool looked_ahead; /* in this process, or in the one that it was forked from */
static atomic_int open_error;    /* with which audit_open() failed last, where the program was told so */

/*
 * A program is stopped here, before it has changed anything, rather than at the first record, which most send when all
 * is done. Where the error lets it go on, it gets that: pam_loginuid would ask a descriptor whether auditd runs.
 */
EXPORT int audit_open(void) {
        __typeof__(&audit_open) next = LIBAUDIT_NEXT(audit_open);
        int saved = errno;
        int fd = -1;

        errno = EPROTONOSUPPORT; /* of a system without libaudit */
        if (next)
                fd = next();
        int error = fd < 0 ? errno : watch_open(fd);
        looked_ahead = true;
        if (error != 0 && !this_program_is_left_alone()) {
                obey_ahead("audit_open", error);
                if (fd < 0 && error_means_no_audit(error)) {
                        obey_loss("audit_open", NULL, error); /* no record follows that could be reported */
                        open_error = error;
                } else if (fd < 0) {
                        fd = stand_in_new(error);
                }
        }
        errno = fd < 0 ? error : saved;
        return fd < 0 ? -1 : fd;
}

EXPORT void audit_close(int fd) {
        __typeof__(&audit_close) next = LIBAUDIT_NEXT(audit_close);

        stand_in_forget(fd);
        if (next)
                next(fd);
        else if (fd >= 0)
                close(fd);
}

/*
 * passwd and pam_unix change accounts without having opened audit, or never do. Whoever changes accounts takes this
 * lock first; so a program that has libaudit, and has not looked yet, is stopped here.
 */
EXPORT int lckpwdf(void) {
        __typeof__(&lckpwdf) next = LIBC_NEXT(lckpwdf);

        if (!looked_ahead && libaudit_is_loaded()) {
                looked_ahead = true;
                int error = watch_open(-1);
                if (error != 0 && !this_program_is_left_alone())
                        obey_ahead("lckpwdf", error);
        }
        return next();
}

/* A program that opens audit behind it, as useradd(8) does with --root, has the policy of before. */
EXPORT int chroot(const char *path) {
        __typeof__(&chroot) next = LIBC_NEXT(chroot);

        if (!libaudit_is_loaded() || this_program_is_left_alone())
                return next(path);
        change_root_prepare();
        int r = next(path);
        change_root_done();
        return r;
}

/* A record that the next function was given, or was not, since there is a stand-in in the place of its descriptor. */
struct attempt {
        const char *operation;
        int fd, type;
        int stand_in_error; /* that the stand-in remembers; 0: there is none, and the next function has */
        int result, left;   /* returned this, and left that in errno, which was 0 before */
};

static bool is_netlink(int fd) {
        int domain;
        socklen_t size = sizeof(domain);

        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

/*
 * Whether what the next function returned, and left in errno, says why it failed. A result below -1 is an errno
 * negated. 0 hides one, and -1 is EPERM or no errno at all; EPERM and ECONNREFUSED are what it hides.
 *
 * These three errors say nothing where they came from no socket to the kernel: so fails a record on a stand-in that is
 * not known for one any longer, whatever it stands for.
 */
static bool is_told(const struct attempt *attempt) {
        switch (attempt->result) {
        case 0:
        case -1:
                return attempt->left == EPERM || attempt->left == ECONNREFUSED;
        case -EINVAL:
        case -ENOTCONN:
        case -ENOTSOCK:
                return is_netlink(attempt->fd);
        default:
                return attempt->result >= -ERRNO_MAX;
        }
}

/*
 * Why a record was lost. Where that is not told the kernel is asked again, on a socket of our own, since an answer may
 * still be on its way on the program's.
 */
static int find_error(const struct attempt *attempt) {
        if (attempt->stand_in_error != 0)
                return attempt->stand_in_error;
        if (attempt->fd < 0)
                return open_error ?: EBADF;
        if (is_told(attempt))
                return attempt->result < -1 ? -attempt->result : attempt->left;

        int probed = audit_probe_new();
        if (probed < 0)
                return -probed;
        return attempt->left != 0 ? abs(attempt->left) : -attempt->result; /* libaudit may set errno to a result */
}

/* The name that the trail has for records of TYPE, its number where it has none. */
static void name_record(int type, char ret[static RECORD_MAX + 1]) {
        __typeof__(&audit_msg_type_to_name) next = LIBAUDIT_NEXT(audit_msg_type_to_name);
        const char *name = next ? next(type) : NULL;

        if (name)
                snprintf(ret, RECORD_MAX + 1, "%s", name);
        else
                snprintf(ret, RECORD_MAX + 1, "%d", type);
}

static void tell_loss(const struct attempt *attempt, int error) {
        char record[RECORD_MAX + 1];

        name_record(attempt->type, record);
        obey_loss(attempt->operation, record, error);
}

/* Returns what the program gets for a record that the kernel acknowledged, and perhaps dropped. */
static int sent(const struct attempt *attempt) {
        int error = watch_after((unsigned)attempt->type);

        if (error != 0 && !this_program_is_left_alone())
                tell_loss(attempt, error);
        errno = attempt->left;
        return attempt->result;
}

/* Returns what the program gets for a record that is lost. */
static int lost(const struct attempt *attempt) {
        static atomic_uint sequence;

        if (this_program_is_left_alone()) {
                errno = attempt->left;
                return attempt->result;
        }
        tell_loss(attempt, find_error(attempt));
        errno = 0; /* as libaudit leaves it behind a record that was sent */
        return (int)(atomic_fetch_add(&sequence, 1) % INT_MAX) + 1;
}

/* Sends a record by the next FUNCTION, and is what the program gets for it. */
#define SEND(function, audit_fd, record_type, ...)                                                                     \
        ({                                                                                                             \
                struct attempt attempt_ = { .operation = #function,                                                    \
                                            .fd = audit_fd,                                                            \
                                            .type = record_type,                                                       \
                                            .stand_in_error = stand_in_error(audit_fd),                                \
                                            .result = -EPROTONOSUPPORT };                                              \
                __typeof__(&(function)) next_ = attempt_.stand_in_error != 0 ? NULL : LIBAUDIT_NEXT(function);         \
                if (next_)                                                                                             \
                        watch_before((unsigned)attempt_.type);                                                         \
                errno = 0;                                                                                             \
                if (next_)                                                                                             \
                        attempt_.result = next_(audit_fd, record_type, __VA_ARGS__);                                   \
                attempt_.left = errno;                                                                                 \
                attempt_.result > 0 ? sent(&attempt_) : lost(&attempt_);                                               \
        })

EXPORT int audit_log_user_message(int audit_fd, int type, const char *message, const char *hostname, const char *addr,
                                  const char *tty, int result) {
        return SEND(audit_log_user_message, audit_fd, type, message, hostname, addr, tty, result);
}

EXPORT int audit_log_user_comm_message(int audit_fd, int type, const char *message, const char *comm,
                                       const char *hostname, const char *addr, const char *tty, int result) {
        return SEND(audit_log_user_comm_message, audit_fd, type, message, comm, hostname, addr, tty, result);
}

EXPORT int audit_log_acct_message(int audit_fd, int type, const char *pgname, const char *op, const char *name,
                                  unsigned int id, const char *host, const char *addr, const char *tty, int result) {
        return SEND(audit_log_acct_message, audit_fd, type, pgname, op, name, id, host, addr, tty, result);
}

EXPORT int audit_log_user_avc_message(int audit_fd, int type, const char *message, const char *hostname,
                                      const char *addr, const char *tty, uid_t uid) {
        return SEND(audit_log_user_avc_message, audit_fd, type, message, hostname, addr, tty, uid);
}

EXPORT int audit_log_semanage_message(int audit_fd, int type, const char *pgname, const char *op, const char *name,
                                      unsigned int id, const char *new_seuser, const char *new_role,
                                      const char *new_range, const char *old_seuser, const char *old_role,
                                      const char *old_range, const char *host, const char *addr, const char *tty,
                                      int result) {
        return SEND(audit_log_semanage_message, audit_fd, type, pgname, op, name, id, new_seuser, new_role, new_range,
                    old_seuser, old_role, old_range, host, addr, tty, result);
}

EXPORT int audit_log_user_command(int audit_fd, int type, const char *command, const char *tty, int result) {
        return SEND(audit_log_user_command, audit_fd, type, command, tty, result);
}

/*
 * libaudit's answer is one for the whole machine, from a file that it reads at each call. Here it is the program's own.
 * Asked for in advance: what failed, if anything has, is not known.
 */
EXPORT int get_auditfail_action(auditfail_t *failmode) {
        __typeof__(&get_auditfail_action) next = LIBAUDIT_NEXT(get_auditfail_action);
        char application[APPLICATION_NAME_MAX + 1];

        if (next && this_program_is_left_alone())
                return next(failmode);
        this_program_application(application);
        *failmode = (auditfail_t)auditfail_ask(&(struct auditfail_question){ .application = application,
                                                                             .operation = "get_auditfail_action",
                                                                             .flags = AUDITFAIL_AHEAD },
                                               NULL);
        return 0;
}
