/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine for tests of what a worker does: a kernel, an audit daemon with a log of its own, a clock and a policy.
 * They stand in for the real ones when the test is linked (-Wl,--wrap, see meson.build); nothing reaches this
 * machine's.
 *
 *      MACHINE;
 *      machine.on_write = log_it;
 *      cr_expect(transaction_record(&transaction));
 *      expect_trace("login 1000; granted; synced;");
 *      expect_told("recorded");
 *
 * The audit daemon is a child that obeys real signals. Time passes when the code under test waits and nothing happens,
 * and not otherwise, so that 30 seconds take none.
 */
#ifndef AUDITFAIL_FAKE_MACHINE_H
#define AUDITFAIL_FAKE_MACHINE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auditfail.h"
#include "daemon/controld/auditd/auditd.h"
#include "daemon/controld/auditd/auditd_conf.h"
#include "daemon/controld/auditd/kernel_drops.h"
#include "daemon/controld/auditd/request_record.h"
#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"
#include "protocol/clock.h"
#include "tests/harness/log_scene.h"

#define POLLS_MAX    20000
#define MESSAGES_MAX 16
#define SECOND       1000000ULL
#define REAL_WAIT_MS 20 /* for what another process does; hundreds of such waits are in 30 seconds */

/* What the audit daemon does with a signal. */
enum manner {
        MANNER_GOOD,    /* says in its log what it did, who told it to, and ends on SIGTERM */
        MANNER_DEAF,    /* nothing */
        MANNER_SILENT,  /* ends on SIGTERM, without a word */
        MANNER_BUSY,    /* as good, after two signals that it could not learn the sender of */
        MANNER_BUSIER,  /* never learns of any sender */
        MANNER_DROWNED, /* as good, after two signals of which it never hears who sent them */
};

static struct machine {
        enum manner manner;
        struct scene scene; /* its log */
        struct auditd_conf conf;
        int conf_error;
        pid_t auditd, registered; /* the kernel's word may be another than the truth */
        int process;
        struct kernel_drops drops; /* what the kernel does with records, and says about it */
        int kernel_error, login_error, write_error, sync_error, signal_error;
        enum auditfail_action policy;
        uint64_t now;
        int daemon, channel; /* the two ends */
        unsigned polls;
        unsigned writes;  /* how many records were written */
        char trace[2048]; /* what was done, in its order */
        struct worker_message *messages[MESSAGES_MAX];
        size_t told;

        void (*on_write)(const struct request_record *record); /* a record was given to the kernel */
        void (*on_ask)(void);                                  /* the kernel was asked for the audit daemon */
        void (*on_tick)(void);                                 /* time passes */
} machine;

static inline void __attribute__((format(printf, 1, 2))) trace(const char *format, ...) {
        size_t used = strlen(machine.trace);
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(machine.trace + used, sizeof(machine.trace) - used, format, arguments);
        va_end(arguments);
}

#define expect_trace(expected) cr_expect_str_eq(machine.trace, expected)

/* What stands in for NAME, and what that still is. */
#define STAND_IN(type, name, ...)                                                                                      \
        type __wrap_##name(__VA_ARGS__);                                                                               \
        type __wrap_##name(__VA_ARGS__)
#define REAL(type, name, ...) type __real_##name(__VA_ARGS__)

STAND_IN(int, clock_gettime, clockid_t clock, struct timespec *ret) {
        (void)clock;
        *ret = (struct timespec){ .tv_sec = (time_t)(machine.now / SECOND),
                                  .tv_nsec = (long)(machine.now % SECOND * 1000) };
        return 0;
}

static inline void pass(uint64_t usec) {
        machine.now += usec;
        if (machine.on_tick)
                machine.on_tick();
}

REAL(int, poll, struct pollfd *wanted, nfds_t count, int patience);

/* Where the audit daemon has a signal, it gets real time to do something about it. */
STAND_IN(int, poll, struct pollfd *wanted, nfds_t count, int patience) {
        bool acting = machine.manner != MANNER_DEAF && strstr(machine.trace, "signal ");
        cr_assert_lt(++machine.polls, POLLS_MAX, "it waits, and does not see what it has waited for");
        int r = __real_poll(wanted, count, patience > 0 && acting ? REAL_WAIT_MS : 0);

        if (r == 0 && patience > 0)
                pass((uint64_t)patience * 1000);
        return r;
}

STAND_IN(int, usleep, useconds_t usec) {
        pass(usec);
        return 0;
}

STAND_IN(int, adopt_login, const char *proc, uint32_t auid) {
        cr_assert_str_eq(proc, "/proc");
        trace("login %d; ", (int)auid);
        return machine.login_error;
}

STAND_IN(int, request_record_write, const struct request_record *record) {
        static const char *const words[] = { "granted", "forced", "refused" };

        machine.writes++;
        const char *why = record->why ? record->why : "";

        trace("%s%s%s; ", words[record->answer], *why ? " " : "", why);
        if (machine.write_error < 0)
                return machine.write_error;
        if (machine.on_write)
                machine.on_write(record);
        return 0;
}

STAND_IN(int, kernel_audit_ask, uint64_t deadline_usec, struct kernel_audit *ret) {
        (void)deadline_usec;
        if (machine.on_ask)
                machine.on_ask();
        *ret = (struct kernel_audit){ .pid = machine.registered, .enabled = 1, .backlog = 7, .backlog_limit = 8192 };
        return machine.kernel_error;
}

STAND_IN(void, kernel_drops_find, struct kernel_drops *ret) {
        *ret = machine.drops;
}

STAND_IN(enum request_failure, auditd_find, uint64_t deadline_usec, struct auditd *ret, int *ret_error) {
        (void)deadline_usec;
        *ret_error = machine.kernel_error;
        *ret = (struct auditd){ .pid = machine.auditd, .process = dup(machine.process), .program = "auditd" };
        if (machine.kernel_error < 0)
                return FAILURE_FAILED;
        return machine.registered == 0 ? FAILURE_NO_AUDIT_DAEMON : FAILURE_NONE;
}

STAND_IN(int, auditd_conf_folder, const char *proc, int pid, char ret[static PATH_MAX]) {
        cr_assert_str_eq(proc, "/proc");
        cr_assert_eq(pid, machine.auditd);
        snprintf(ret, PATH_MAX, "/etc/audit");
        return 0;
}

STAND_IN(int, auditd_conf_read, const char *folder, struct auditd_conf *ret) {
        (void)folder;
        *ret = machine.conf;
        return machine.conf_error;
}

STAND_IN(enum auditfail_action, auditfail_ask, const struct auditfail_question *question,
         struct auditfail_answer *answer) {
        (void)answer;
        trace("policy of %s; ", question->application);
        return machine.policy;
}

STAND_IN(int, fdatasync, int fd) {
        struct stat synced, log;

        cr_assert_eq(fstat(fd, &synced), 0);
        cr_assert_eq(stat(machine.scene.path, &log), 0);
        cr_assert_eq(synced.st_ino, log.st_ino, "something else than the log was put on disk");
        trace("synced; ");
        errno = -machine.sync_error;
        return machine.sync_error < 0 ? -1 : 0;
}

REAL(int, pidfd_send_signal, int process, int signal, siginfo_t *info, unsigned flags);

STAND_IN(int, pidfd_send_signal, int process, int signal, siginfo_t *info, unsigned flags) {
        trace("signal %d; ", signal);
        if (machine.signal_error < 0) {
                errno = -machine.signal_error;
                return -1;
        }
        return __real_pidfd_send_signal(process, signal, info, flags);
}

/* A record in the log as auditd writes what the process PID with login AUID gave to the kernel. */
static inline void log_request(const char *type, const char *id, pid_t pid, uint32_t auid) {
        char line[512];

        snprintf(line, sizeof(line),
                 "type=%s msg=audit(1700000000.123:77): pid=%d uid=0 auid=%u ses=3 subj=unconfined "
                 "msg='op=auditd-stop answer=granted request=\"%s\" opid=4142 oauid=1000 res=success'\n",
                 type, pid, auid, id);
        add(&machine.scene, line);
}

/* For on_write: the audit daemon logs at once what was granted. */
static inline void log_it(const struct request_record *record) {
        if (record->answer != ANSWER_REFUSED)
                log_request("TRUSTED_APP", record->id, getpid(), record->caller->peer.auid);
}

static inline void end_auditd(void) {
        kill(machine.auditd, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)machine.auditd, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
}

/* The daemon wants the request to be given up. */
static inline void cancel(void) {
        shutdown(machine.daemon, SHUT_WR);
}

static inline void say(const struct machine *there, const char *type, const char *what, pid_t sender) {
        char line[256];

        snprintf(line, sizeof(line),
                 "type=%s msg=audit(1700000001.456:4242): %s auid=1000 uid=0 ses=1 pid=%d res=success\n", type, what,
                 sender);
        add(&there->scene, line);
}

static inline void say_too_busy(const struct machine *there) {
        add(&there->scene,
            "type=DAEMON_ROTATE msg=audit(1700000001.456:4242): op=rotate-logs auid=-1 pid=-1 subj=? res=failed\n");
}

static inline _Noreturn void live_as_auditd(const sigset_t *signals) {
        siginfo_t info;

        for (unsigned lost = 0;;) {
                if (sigwaitinfo(signals, &info) < 0 || machine.manner == MANNER_DEAF ||
                    (machine.manner == MANNER_DROWNED && lost++ < 2))
                        continue;
                if (info.si_signo == SIGTERM) {
                        if (machine.manner == MANNER_GOOD)
                                say(&machine, "DAEMON_END", "op=terminate", info.si_pid);
                        _exit(0);
                }
                if (info.si_signo == SIGHUP)
                        say(&machine, "DAEMON_CONFIG", "op=reconfigure state=changed", info.si_pid);
                else if (machine.manner == MANNER_BUSIER || (machine.manner == MANNER_BUSY && lost++ < 2))
                        say_too_busy(&machine);
                else if (info.si_signo == SIGUSR1)
                        say(&machine, "DAEMON_ROTATE", "op=rotate-logs", info.si_pid);
                else if (info.si_signo == SIGUSR2)
                        say(&machine, "DAEMON_RESUME", "op=resume-logging", info.si_pid);
        }
}

static inline void start_auditd(void) {
        sigset_t signals, before;

        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGHUP);
        sigaddset(&signals, SIGUSR1);
        sigaddset(&signals, SIGUSR2);
        sigprocmask(SIG_BLOCK, &signals, &before);
        machine.auditd = machine.registered = fork();
        if (machine.auditd == 0)
                live_as_auditd(&signals);
        sigprocmask(SIG_SETMASK, &before, NULL);
        machine.process = pidfd_open(machine.auditd, 0);
        cr_assert_geq(machine.process, 0);
}

static inline void machine_end(struct scene **scene) {
        kill(machine.auditd, SIGKILL);
        waitpid(machine.auditd, NULL, 0);
        for (size_t i = 0; i < machine.told; i++)
                free(machine.messages[i]);
        scene_end(*scene);
}

static inline struct scene *machine_start(enum manner manner) {
        int ends[2];

        machine = (struct machine){
                .manner = manner, .now = 1000000 * SECOND, .policy = AUDITFAIL_TERMINATE, .on_write = log_it
        };
        scene_start(&machine.scene);
        add_records(&machine.scene, 1, 3);
        snprintf(machine.conf.log_file, sizeof(machine.conf.log_file), "%s", machine.scene.path);
        machine.conf.writes = true;
        start_auditd(); /* first, so that it has nothing of the channel open */
        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        machine.daemon = ends[0];
        machine.channel = ends[1];
        return &machine.scene;
}

#define MACHINE_OF(manner)                                                                                             \
        cleanup(machine_end) struct scene *scene_of_machine = machine_start(manner);                                   \
        (void)scene_of_machine
#define MACHINE MACHINE_OF(MANNER_GOOD)

/* A request of alice's to stop the audit daemon, within 30 seconds. */
static inline struct task request_to(enum operation operation) {
        return (struct task){
                .operation = operation,
                .caller = { .peer.pid = 4142,
                            .peer.uid = 0,
                            .peer.auid = 1000,
                            .peer.session = 4344,
                            .peer.program = "auditctl" },
                .identified = true,
                .deadline_usec = machine.now + 30 * SECOND,
                .reason = "disk replacement",
                .id = "0123456789abcdef",
        };
}

/*
 * That just this was told: the words of steps, and of a failure, one blank between. How long a process takes to end is
 * nothing that a test can rely on, so that "draining" counts for an audit daemon only that does not end.
 */
static inline void expect_told(const char *expected) {
        static char buffer[WORKER_MESSAGE_MAX];
        struct worker_message received;
        char words[512] = "";

        while (machine.told < MESSAGES_MAX && worker_message_receive(machine.daemon, buffer, &received) == 0)
                machine.messages[machine.told++] = worker_message_copy(&received);
        for (size_t i = 0; i < machine.told; i++) {
                const struct worker_message *message = machine.messages[i];

                if (message->step == STEP_DRAINING && !message->failure && machine.manner != MANNER_DEAF)
                        continue;
                strcat(words, i > 0 ? " " : "");
                strcat(words,
                       message->failure ? request_failure_word(message->failure) : request_step_word(message->step));
        }
        cr_expect_str_eq(words, expected);
}

/* The last message; for after expect_told(). */
static inline const struct worker_message *last_message(void) {
        cr_assert_gt(machine.told, 0);
        return machine.messages[machine.told - 1];
}

static inline bool auditd_lives(void) {
        struct pollfd process = { .fd = machine.process, .events = POLLIN };

        return __real_poll(&process, 1, 0) == 0;
}

#endif
