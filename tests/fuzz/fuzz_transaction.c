/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: audit.dict */
/*
 * A worker and the machine around it: kernel, auditd, log, systemd and clock follow a script, which is the input. The
 * first three bytes say which request it is and how the machine is; each other byte is what happens in the next wait
 * (enum moment). Whatever happens: auditd gets no signal before the request's record is in its log, unless the
 * requester or the policy allows that. The messages are true, the last one comes once, and each wait has an end.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/auditd/worker_message.h"
#include "protocol/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quick_log.h"

#define SECOND      1000000ULL
#define BEGINNING   (1000 * SECOND)
#define LIMIT       (30 * SECOND)
#define AFTER_LIMIT (700 * SECOND) /* a restart goes on for ten minutes */
#define OTHER_PID   4711
#define ALICE       1000
#define USER_TEXT   40 /* bytes of the script that a user's record takes */

/* What the lower bits of a byte mean. */
enum moment {
        MOMENT_NOTHING,
        MOMENT_RECORD,       /* auditd logs what the kernel took */
        MOMENT_FIRST_HALF,   /* only the beginning of it */
        MOMENT_SECOND_HALF,  /* and the end */
        MOMENT_USERS_RECORD, /* by another process of the same user, with text of the script */
        MOMENT_ROTATE,
        MOMENT_TRUNCATE,
        MOMENT_REMOVE,
        MOMENT_END, /* of auditd */
        MOMENT_CANCEL,
        MOMENT_ACT,      /* auditd does what the signal asks for, and names the sender */
        MOMENT_ACT_LOST, /* and does not know the sender */
        MOMENT_REPLACED, /* the kernel has another audit daemon */
        MOMENT_LINK,     /* the log becomes a link */
        MOMENT_LATER,    /* a second passes */
        MOMENT_COUNT,
};

static struct {
        const uint8_t *script;
        size_t length, at;
        uint64_t now;
        uint8_t machine;   /* bits, see below */
        int process, wake; /* stands for a pidfd: readable when auditd has ended; WAKE ends it */
        int daemon, channel;
        pid_t registered;
        int signal;      /* that auditd got last */
        char line[1024]; /* the record that the kernel took; "": none */
        size_t logged;   /* bytes of it that are in the log */
        bool cut;        /* something came between its halves */
        bool in_log, told_recorded, signalled, ended, last;
} run;

/* Bits of the machine. */
enum { NO_LOG = 1, LENIENT = 2, DROPS = 4, REFUSES_RECORD = 8, SYNC_FAILS = 16, RULES_FAIL = 32, NO_START = 64 };

static bool is(uint8_t bit) {
        return run.machine & bit;
}

static void add(const char *text, size_t length) {
        struct stat st;

        if (lstat(quick_log.path, &st) == 0 && !S_ISREG(st.st_mode))
                return;
        quick_log_add(text, length);
}

static void add_line(const char *line) {
        if (run.logged > 0 && run.logged < strlen(run.line))
                run.cut = true;
        add(line, strlen(line));
}

/* Adds the request's record up to byte END. */
static void add_record(size_t end) {
        if (end <= run.logged)
                return;
        add(run.line + run.logged, end - run.logged);
        run.logged = end;
        if (end == strlen(run.line) && !run.cut)
                run.in_log = true;
}

/*
 * Another process of alice may write any text, even the id, but not what the kernel writes before it. If her text
 * follows a torn record of the request, the pid of the worker is in the log, and her login behind it.
 */
static void add_users_record(void) {
        const char *rest = strstr(run.line, " uid=");
        char line[512], text[USER_TEXT + 1] = "";
        size_t length = 0;

        while (length < USER_TEXT && run.at < run.length && run.script[run.at] != '\n') {
                uint8_t byte = run.script[run.at++];

                text[length++] = byte == 0 ? ' ' : (char)byte;
        }
        snprintf(line, sizeof(line),
                 "type=TRUSTED_APP msg=audit(1700000000.123:78): pid=%d uid=1000 auid=%d ses=3 msg='%s "
                 "request=\"0123456789abcdef\" %s'\n",
                 (int)getpid() + 1, ALICE, text, text);
        run.in_log |= rest && run.logged > (size_t)(rest - run.line) && run.logged < strlen(run.line);
        add_line(line);
}

static void act(bool knows_sender) {
        static const struct {
                int signal;
                const char *type, *text;
        } records[] = { { SIGTERM, "DAEMON_END", "op=terminate" },
                        { SIGHUP, "DAEMON_CONFIG", "op=reconfigure state=changed" },
                        { SIGUSR1, "DAEMON_ROTATE", "op=rotate-logs" },
                        { SIGUSR2, "DAEMON_RESUME", "op=resume-logging" } };
        char line[256];

        if (run.signal == SIGUSR1)
                quick_log_rotate();
        for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
                if (records[i].signal != run.signal)
                        continue;
                snprintf(line, sizeof(line),
                         "type=%s msg=audit(1700000001.456:4242): %s auid=%d uid=0 ses=1 pid=%d res=%s\n",
                         records[i].type, records[i].text, knows_sender ? ALICE : -1, knows_sender ? (int)getpid() : -1,
                         knows_sender ? "success" : "failed");
                add_line(line);
        }
        if (run.signal == SIGCONT)
                add_line("state\n");
}

static void end_auditd(void) {
        if (run.ended)
                return;
        run.ended = true;
        run.registered = 0;
        cleanup_fd(&run.wake);
        run.wake = -1;
}

static void happen(uint8_t moment) {
        switch (moment % 16) {
        case MOMENT_RECORD:
                add_record(strlen(run.line));
                break;
        case MOMENT_FIRST_HALF:
                add_record(strlen(run.line) * (1 + moment / 16) / 17);
                break;
        case MOMENT_SECOND_HALF:
                add_record(run.logged > 0 ? strlen(run.line) : 0);
                break;
        case MOMENT_USERS_RECORD:
                add_users_record();
                break;
        case MOMENT_ROTATE:
                run.cut |= run.logged > 0;
                quick_log_rotate();
                break;
        case MOMENT_TRUNCATE:
                run.cut |= run.logged > 0;
                (void)!truncate(quick_log.path, 0);
                break;
        case MOMENT_REMOVE:
                run.cut |= run.logged > 0;
                unlink(quick_log.path);
                break;
        case MOMENT_END:
                end_auditd();
                break;
        case MOMENT_CANCEL:
                shutdown(run.daemon, SHUT_WR);
                break;
        case MOMENT_ACT:
        case MOMENT_ACT_LOST:
                act(moment % 16 == MOMENT_ACT);
                if (run.signal == SIGTERM)
                        end_auditd();
                break;
        case MOMENT_REPLACED:
                run.registered = moment & 16 ? OTHER_PID : 0;
                break;
        case MOMENT_LINK:
                unlink(quick_log.path);
                (void)!symlink("elsewhere", quick_log.path);
                break;
        case MOMENT_LATER:
                run.now += SECOND;
                break;
        default:
                break;
        }
}

/* After the script, nothing happens any more, and time passes in few waits. */
static void next(void) {
        if (run.at < run.length)
                happen(run.script[run.at++]);
        else
                run.now += 5 * SECOND;
        CHECK(run.now < BEGINNING + LIMIT + AFTER_LIMIT);
}

static uint64_t machine_monotonic_usec(void) {
        return run.now;
}

static int machine_usleep(useconds_t usec) {
        next();
        run.now += usec;
        return 0;
}

static int machine_poll(struct pollfd *descriptors, nfds_t count, int timeout_msec) {
        int r;

        next();
        if ((r = poll(descriptors, count, 0)) == 0)
                run.now += (uint64_t)timeout_msec * 1000;
        return r;
}

static int machine_adopt_login(uint32_t auid) {
        CHECK(auid == ALICE);
        return 0;
}

static int machine_request_record_write(const struct request_record *record) {
        CHECK(strcmp(record->id, "0123456789abcdef") == 0);
        if (is(REFUSES_RECORD))
                return -EPERM;
        if (record->answer == ANSWER_REFUSED || (run.logged > 0 && run.logged < strlen(run.line)))
                return 0;
        run.logged = 0;
        run.cut = false;
        snprintf(run.line, sizeof(run.line),
                 "type=TRUSTED_APP msg=audit(1700000000.123:77): pid=%d uid=0 auid=%d ses=3 subj=unconfined "
                 "msg='op=auditd-stop answer=granted request=\"%s\" opid=4142 oauid=%d res=success'\n",
                 (int)getpid(), ALICE, record->id, ALICE);
        return 0;
}

static int machine_kernel_audit_ask(uint64_t deadline_usec, struct audit_state *ret) {
        (void)deadline_usec;
        *ret = (struct audit_state){ .auditd = run.registered, .enabled = true, .backlog_limit = 64 };
        return 0;
}

static void machine_kernel_drops_find(struct kernel_drops *ret) {
        *ret = (struct kernel_drops){ .known = true, .drops = is(DROPS), .cause = CAUSE_DISABLED };
}

static enum request_failure machine_auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error) {
        (void)deadline_usec;
        *ret_error = 0;
        *ret = (struct auditd){ .process = -1 };
        if (run.registered == 0)
                return FAILURE_NO_AUDIT_DAEMON;
        *ret = (struct auditd){ .pid = run.registered, .process = dup(run.process), .program = "auditd" };
        return run.registered == OTHER_PID ? FAILURE_OTHER_AUDIT_DAEMON : FAILURE_NONE;
}

static bool machine_auditd_open(pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid, .process = dup(run.process), .program = "auditd" };
        return true;
}

/* The promise. A resume ends a suspended log, and so cannot wait for the record there. */
static int machine_auditd_signal(const struct auditd *auditd, int signal) {
        const uint8_t request = run.script[0];

        (void)auditd;
        CHECK(run.told_recorded || is(LENIENT) || request & 8 || signal == SIGUSR2);
        CHECK(!run.told_recorded || run.in_log);
        if (run.ended)
                return -ESRCH;
        run.signal = signal;
        run.signalled = true;
        return 0;
}

static int machine_auditd_conf_find(pid_t pid, struct auditd_conf *ret) {
        (void)pid;
        *ret = (struct auditd_conf){ .folder = "/etc/audit", .writes = !is(NO_LOG) };
        snprintf(ret->log_file, sizeof(ret->log_file), "%s", quick_log.path);
        return 0;
}

static int machine_log_watch_sync(struct log_watch *log) {
        (void)log;
        return is(SYNC_FAILS) ? -EIO : 0;
}

static bool machine_rules_load(uint64_t deadline_usec, char *output, size_t size) {
        (void)deadline_usec;
        snprintf(output, size, "No rules");
        return !is(RULES_FAIL);
}

static int machine_unit_read(const char *name, uint64_t deadline_usec, struct unit *ret) {
        (void)name, (void)deadline_usec;
        *ret = (struct unit){ .load = "loaded",
                              .active = "active",
                              .restart = "no",
                              .can_start = !is(NO_START),
                              .stop_usec = 90 * SECOND };
        return 0;
}

static int machine_unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        (void)name, (void)deadline_usec, (void)ret, (void)max;
        return 0;
}

static bool machine_unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size) {
        (void)name, (void)deadline_usec;
        snprintf(why, size, "%s", "");
        next();
        run.registered = getpid();
        return true;
}

static void machine_unit_reset_starts(const char *name, uint64_t deadline_usec) {
        (void)name, (void)deadline_usec;
}

static enum auditfail_action machine_auditfail_ask(const struct auditfail_question *question,
                                                   struct auditfail_answer *answer) {
        (void)question, (void)answer;
        return is(LENIENT) ? AUDITFAIL_LOG : AUDITFAIL_TERMINATE;
}

static const struct machine machine = {
        .monotonic_usec = machine_monotonic_usec,
        .usleep = machine_usleep,
        .poll = machine_poll,
        .adopt_login = machine_adopt_login,
        .request_record_write = machine_request_record_write,
        .kernel_audit_ask = machine_kernel_audit_ask,
        .kernel_drops_find = machine_kernel_drops_find,
        .auditd_find = machine_auditd_find,
        .auditd_open = machine_auditd_open,
        .auditd_signal = machine_auditd_signal,
        .auditd_conf_find = machine_auditd_conf_find,
        .log_watch_sync = machine_log_watch_sync,
        .rules_load = machine_rules_load,
        .state_file = quick_log.path,
        .unit_read = machine_unit_read,
        .unit_requirements = machine_unit_requirements,
        .unit_start = machine_unit_start,
        .unit_reset_starts = machine_unit_reset_starts,
        .auditfail_ask = machine_auditfail_ask,
};

/* The daemon's end: reads a message at the moment when it is sent. */
static void check_message(const struct worker_message *message) {
        CHECK(!run.last || message->failure != FAILURE_NONE || message->step == STEP_DONE);
        CHECK(message->signalled == run.signalled);
        if (message->failure != FAILURE_NONE) {
                run.last = true;
                return;
        }
        CHECK(message->step != STEP_RECORDED || run.in_log);
        CHECK(message->step != STEP_STOPPED || run.ended);
        run.told_recorded |= message->step == STEP_RECORDED;
        run.last |= worker_message_is_last(message);
}

int worker_message_send(int channel, const struct worker_message *message) {
        (void)channel;
        check_message(message);
        return 0;
}

bool worker_message_is_last(const struct worker_message *message) {
        return message->failure != FAILURE_NONE || message->step == STEP_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const enum operation operations[] = { OPERATION_STOP,   OPERATION_RESTART, OPERATION_RELOAD,
                                                     OPERATION_ROTATE, OPERATION_RESUME,  OPERATION_STATE,
                                                     OPERATION_STATUS, OPERATION_REFUSAL };
        int ends[2], process[2];

        if (size < 3 || size > 4096)
                return 0;
        quick_log_make_folder();
        memset(&run, 0, sizeof(run));
        run.script = data;
        run.length = size;
        run.at = 3;
        run.now = BEGINNING;
        run.machine = data[1];
        run.registered = getpid();
        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 && pipe2(process, O_CLOEXEC) == 0);
        run.daemon = ends[0];
        run.channel = ends[1];
        run.process = process[0];
        run.wake = process[1];
        if (data[2] & 1)
                add_line("type=USER_CMD msg=audit(1700000000.122:76): pid=12 uid=0 auid=1000 ses=3 msg='op=x'\n");
        if (data[2] & 2)
                add("half a line", 11);

        struct task task = {
                .operation = operations[data[0] % 8],
                .caller.peer = { .pid = 4142, .auid = ALICE, .session = 3, .program = "auditctl" },
                .identified = true,
                .force = data[0] & 8,
                .deadline_usec = BEGINNING + LIMIT,
                .id = "0123456789abcdef",
        };

        carry_out(&machine, &task, run.channel);
        CHECK(run.last);
        close(run.daemon);
        close(run.channel);
        close(run.process);
        if (run.wake >= 0)
                close(run.wake);
        quick_log_clear();
        return 0;
}
