/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine for tests of what a worker does: a kernel, an auditd with its log, systemd, a clock and a policy.
 * Nothing reaches the real ones. A scenario says how the machine behaves, and what a request on it must lead to:
 *
 *      static const struct scenario scenarios[] = {
 *              { "a disk that is broken", OPERATION_STOP, .sync_error = -EIO, .told = "NotConfirmed" },
 *      };
 *
 *      Test(transaction, scenarios) {
 *              PLAY(scenarios);
 *      }
 *
 * auditd is a child that gets real signals. Time passes only while the code under test waits and nothing happens, so
 * that 30 seconds of waiting take almost no real time.
 */
#ifndef AUDITFAIL_FAKE_MACHINE_H
#define AUDITFAIL_FAKE_MACHINE_H

#include "daemon/controld/auditd/machine.h"
#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"
#include "tests/daemon/controld/auditd/fake_auditd.h"
#include "tests/harness/log_scene.h"

#define MESSAGES_MAX 16
#define SECOND       1000000ULL
/* Pids that no process gets: 64-bit kernels give pids below 4194304. */
#define NEW_AUDITD   4194305 /* the auditd that systemd starts */
#define OTHER_AUDITD 4194306 /* another program that registers as audit daemon */
#define EVENT        "1700000000.123:77"

struct scenario {
        const char *name;
        enum operation operation;

        /* The request, by alice. */
        const char *why; /* NULL: none */
        bool force, no_login, unidentified;
        unsigned seconds; /* until the deadline; 0: 30 */

        /* auditd and the kernel. */
        enum manner manner;
        enum rotation rotation;
        bool unregistered; /* local_events = no: the kernel has no audit daemon, and gives auditd no record */
        bool absent;       /* the kernel has no auditd */
        bool no_log, no_conf, linked_log;
        bool new_conf; /* auditd.conf has changed since auditd started */
        struct kernel_drops drops;
        int kernel_error, login_error, write_error, sync_error, signal_error;
        unsigned silent_after; /* the kernel answers so many questions for its state; 0: all */
        bool lenient;          /* the policy for auditctl is "log", not "terminate" */
        bool locked;           /* no rule can be changed */
        void (*on_write)(const struct request_record *record); /* the kernel took a record; NULL: auditd logs it */
        void (*on_ask)(void);                                  /* the kernel is asked for its audit daemon */

        /* systemd and the rules. */
        const char *load, *active, *restart; /* of auditd.service; NULL: loaded, active, on-failure */
        bool refuses_start;
        unsigned job;
        bool job_waits;
        int after_start;
        unsigned activates_for;     /* until so many seconds after the beginning, ExecStartPost= runs */
        const char *rules_active;   /* of audit-rules.service; NULL: there is no such unit */
        const char *requires_rules; /* auditd.service requires it, and this is its LoadState */
        int requirements_error, systemd_error;
        bool start_fails, rules_fail;
        unsigned futile_starts;   /* after so many starts, auditd registers at the next one */
        bool starts_unregistered; /* systemd's auditd does not register */
        bool starts_other;        /* another program registers in its place */
        bool reuses_pid;          /* systemd's auditd has the pid of the old one */
        unsigned stops_for;       /* until so many seconds after the beginning, systemd still stops auditd.service */
        bool endless;             /* TimeoutStopSec=infinity */

        /* What must happen. NULL: not checked. */
        const char *trace;  /* all that was done, in its order */
        const char *told;   /* words of the messages; "draining" only from a deaf auditd */
        const char *detail; /* part of the last message's; "": it has none */
        const char *first_detail;
        const char *failed_detail; /* part of the first failure's */
        const char *trail;         /* likewise */
        const char *rule;
        enum cause cause; /* with "NotRecorded" */
        pid_t auditd;     /* of the last message; 0: not checked */
        int took;         /* whole seconds of the machine's time; 0: not checked, -1: none at all */
};

/* The machine that a scenario has set up. */
extern struct fake {
        const struct scenario *scenario;
        struct scene scene; /* auditd's log */
        pid_t auditd, registered, unit_pid;
        bool reborn; /* an auditd with the pid of the old one is registered */
        int process;
        struct kernel_drops drops;
        uint64_t now;
        int daemon, channel; /* both ends */
        unsigned polls, writes, starts, asked;
        char trace[2048];
        struct worker_message *messages[MESSAGES_MAX];
        size_t told;
} fake;

/* For carry_out(). */
extern struct machine fake_machine;

/* Runs each scenario of the array SCENARIOS, and checks what it must lead to. */
#define PLAY(scenarios)                                                                                                \
        for (size_t i_ = 0; i_ < sizeof(scenarios) / sizeof(*(scenarios)); i_++)                                       \
        play(&(scenarios)[i_])
void play(const struct scenario *scenario);

/* The parts of play(), for tests that do more. */
void fake_start(const struct scenario *scenario);
struct task fake_task(void);
void fake_expect(void);
const struct worker_message *last_message(void);
void fake_end(void);

/* For on_write: auditd logs RECORD at once, as its own or as the record of other processes; or logs nothing. */
void log_it(const struct request_record *record);
void log_others(const struct request_record *record);
void log_nothing(const struct request_record *record);
void log_request(const char *type, const char *id, pid_t pid, uint32_t auid);

void replace_log_by_link(void); /* so that it cannot be read any more */
void end_auditd(void);
void cancel(void); /* the daemon cancels the request */
bool auditd_is_alive(void);

#endif
