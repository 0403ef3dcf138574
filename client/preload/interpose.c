/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libauditfail-preload.so replaces libaudit's functions that send records. It is for programs that ignore failures, or
 * that have their own reaction compiled in. Each function calls libaudit's function first. If that fails, the policy
 * decides whether the program goes on.
 *
 * The result shows a failure: below 0 from audit_open(), below 1 from audit_log_*(). These return 0 if they hide a
 * failure from programs that would stop. libaudit's errno is unreliable.
 *
 * Even if the function succeeds, the kernel may have dropped the record. drop_check.h finds that, and tells the cost.
 * While the kernel's queue is full, the function waits. wait_bound.h can limit that.
 *
 * A caller that asks by itself (asks_itself.h) gets what libaudit returns, and nothing else happens: it obeys the
 * policy with its own message and exit status. Each caller counts for itself: libpam may ask in a program that does not
 * ask.
 */
#include <errno.h>
#include <libaudit.h>
#include <limits.h>
#include <shadow.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditfail.h"
#include "client/preload/change_root.h"
#include "client/preload/drop_check.h"
#include "client/preload/libaudit_next.h"
#include "client/preload/obey.h"
#include "client/preload/placeholder.h"
#include "client/preload/this_program.h"
#include "client/preload/wait_bound.h"
#include "client/shim/asks_itself.h"
#include "protocol/audit/probe.h"

#define EXPORT __attribute__((visibility("default")))

/* Whether the caller of the function that this stands in gets the result of NEXT, unchanged. */
#define IS_PASSED_ON(next) ((next) && asks_itself(__builtin_return_address(0)))

static atomic_bool looked_ahead; /* in this process, or in the one that it was forked from */
static atomic_int open_error;    /* of the last audit_open() that returned -1 to the program */

/*
 * The error with which records of this process would fail, or be late; 0: none. FD is a new socket; -1: there is none.
 * Asks the kernel nothing while its queue is full.
 */
static int look_ahead(int fd) {
        return wait_bound_is_reached() ? ERROR_DELAYED : drop_check_open(fd);
}

/*
 * Stops a program before it has changed anything. Most programs send the first record when all is done. Errors with
 * which programs go on (error_means_no_audit()) are passed on: pam_loginuid would ask a placeholder whether auditd
 * runs.
 */
EXPORT int audit_open(void) {
        __typeof__(&audit_open) next = LIBAUDIT_NEXT(audit_open);
        int saved = errno;
        int fd = -1;

        if (IS_PASSED_ON(next))
                return next();
        errno = EPROTONOSUPPORT; /* for a system without libaudit */
        if (next)
                fd = next();
        int error = fd < 0 ? errno : look_ahead(fd);
        looked_ahead = true;
        if (error != 0 && !this_program_is_left_alone()) {
                obey_ahead("audit_open", error);
                if (fd < 0 && error_means_no_audit(error)) {
                        obey_loss("audit_open", NULL, error); /* the program sends no record that could be reported */
                        open_error = error;
                } else if (fd < 0) {
                        fd = placeholder_new(error);
                }
        }
        errno = fd < 0 ? error : saved;
        return fd < 0 ? -1 : fd;
}

EXPORT void audit_close(int fd) {
        __typeof__(&audit_close) next = LIBAUDIT_NEXT(audit_close);

        placeholder_forget(fd);
        if (next)
                next(fd);
        else if (fd >= 0)
                close(fd);
}

/*
 * passwd and pam_unix change accounts before they open audit, or without opening it. Every program takes this lock
 * before it changes accounts. So a program that has libaudit, and that audit_open() has not checked yet, is stopped
 * here.
 */
EXPORT int lckpwdf(void) {
        __typeof__(&lckpwdf) next = LIBC_NEXT(lckpwdf);

        if (!looked_ahead && libaudit_is_loaded() && !this_program_asks_itself()) {
                looked_ahead = true;
                int error = look_ahead(-1);
                if (error != 0 && !this_program_is_left_alone())
                        obey_ahead("lckpwdf", error);
        }
        return next();
}

/* The policy of the old root applies to programs that open audit in the new root, as useradd(8) does with --root. */
EXPORT int chroot(const char *path) {
        __typeof__(&chroot) next = LIBC_NEXT(chroot);

        if (!libaudit_is_loaded() || this_program_asks_itself() || this_program_is_left_alone())
                return next(path);
        change_root_prepare();
        int r = next(path);
        change_root_done();
        return r;
}

/* A record that the next function got; or did not get, because the descriptor is a placeholder. */
struct attempt {
        const char *operation;
        int fd, type;
        int placeholder_error; /* of the placeholder; 0: the descriptor is no placeholder */
        int result, left;      /* result of the next function, and errno after it (before: 0) */
        bool aside;            /* another process sent it: wait_bound.h */
        bool late;             /* and the kernel makes that process wait */
};

/*
 * Why a record was lost. libaudit hides some causes, and a placeholder that has lost its slot has none. So what the
 * kernel would say to a record now comes first. It is asked on a new socket: on the program's socket, an
 * acknowledgement may still be due. A result below -1 is a negative errno; libaudit may set errno to a negative value.
 */
static int find_error(const struct attempt *attempt) {
        if (attempt->placeholder_error != 0)
                return attempt->placeholder_error;
        if (attempt->fd < 0)
                return open_error ?: EBADF;
        if (attempt->late)
                return ERROR_DELAYED; /* without its acknowledgement; the kernel is asked nothing now */

        int probed = audit_probe_new();
        if (probed < 0)
                return -probed;
        return attempt->result < -1 && attempt->result >= -ERRNO_MAX ? -attempt->result : abs(attempt->left);
}

/* The name of TYPE in the trail; its number if it has none. */
static void name_record(int type, char ret[static RECORD_MAX + 1]) {
        __typeof__(&audit_msg_type_to_name) next = LIBAUDIT_NEXT(audit_msg_type_to_name);
        const char *name = next ? next(type) : NULL;

        if (name)
                snprintf(ret, RECORD_MAX + 1, "%s", name);
        else
                snprintf(ret, RECORD_MAX + 1, "%d", type);
}

static void obey_attempt(const struct attempt *attempt, int error) {
        char record[RECORD_MAX + 1];

        name_record(attempt->type, record);
        obey_loss(attempt->operation, record, error);
}

/* Returns the result for the program, after a record that the kernel acknowledged, and may have dropped or delayed. */
static int sent(const struct attempt *attempt) {
        int error = attempt->late ? ERROR_DELAYED : attempt->aside ? 0 : drop_check_after((unsigned)attempt->type);

        if (error != 0 && !this_program_is_left_alone())
                obey_attempt(attempt, error);
        errno = attempt->left;
        return attempt->result;
}

/* Returns the result for a program that goes on after it has lost a record: a sequence number, as for a sent record. */
static int lost(const struct attempt *attempt) {
        static atomic_uint sequence;

        if (this_program_is_left_alone()) {
                errno = attempt->left;
                return attempt->result;
        }
        obey_attempt(attempt, find_error(attempt));
        errno = 0; /* as libaudit leaves it after a record that was sent */
        return (int)(atomic_fetch_add(&sequence, 1) % INT_MAX) + 1;
}

/* Chooses the process that sends the record. If the queue is full, drop_check_before() would wait: it is not called. */
static void prepare(struct attempt *attempt) {
        attempt->aside = attempt->fd >= 0 && wait_bound_is_reached();
        if (attempt->aside)
                wait_bound_begin(attempt->fd);
        else
                drop_check_before((unsigned)attempt->type);
}

/* Sends a record with NEXT (NULL: there is none), and obeys the policy. The value is the result for the program. */
#define SEND_AND_OBEY(next, function, audit_fd, record_type, ...)                                                      \
        ({                                                                                                             \
                struct attempt attempt_ = { .operation = #function,                                                    \
                                            .fd = audit_fd,                                                            \
                                            .type = record_type,                                                       \
                                            .placeholder_error = placeholder_error(audit_fd),                          \
                                            .result = -EPROTONOSUPPORT };                                              \
                __typeof__(&(function)) next_ = attempt_.placeholder_error != 0 ? NULL : (next);                       \
                if (next_)                                                                                             \
                        prepare(&attempt_);                                                                            \
                errno = 0;                                                                                             \
                if (next_)                                                                                             \
                        attempt_.result = next_(audit_fd, record_type, __VA_ARGS__);                                   \
                attempt_.left = errno;                                                                                 \
                attempt_.late = attempt_.aside && wait_bound_end();                                                    \
                attempt_.result > 0 ? sent(&attempt_) : lost(&attempt_);                                               \
        })

/* Sends a record for the caller of the function that this stands in. */
#define SEND(function, ...)                                                                                            \
        ({                                                                                                             \
                __typeof__(&(function)) real_ = LIBAUDIT_NEXT(function);                                               \
                IS_PASSED_ON(real_) ? real_(__VA_ARGS__) : SEND_AND_OBEY(real_, function, __VA_ARGS__);                \
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
 * libaudit has one answer for the whole machine, from a file that it reads at each call. Here each program has its own
 * answer. The program asks in advance, so it is unknown what failed.
 */
EXPORT int get_auditfail_action(auditfail_t *failmode) {
        __typeof__(&get_auditfail_action) next = LIBAUDIT_NEXT(get_auditfail_action);
        char application[APPLICATION_NAME_MAX + 1];

        if (IS_PASSED_ON(next) || (next && this_program_is_left_alone()))
                return next(failmode);
        this_program_application(application);
        *failmode = (auditfail_t)auditfail_ask(&(struct auditfail_question){ .application = application,
                                                                             .operation = "get_auditfail_action",
                                                                             .flags = AUDITFAIL_AHEAD },
                                               NULL);
        return 0;
}
