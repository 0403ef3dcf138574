/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two people, and in each round one process of each: the caller, who connects a number of times and identifies itself
 * or not, and once it has ended the heir, who has all its connections, tokens and its pid, and goes on where it
 * stopped. To put anything down to the wrong one of the two is what the daemon must not do.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/vm/tools/attack.h"

#define CYCLE_MAX 1000 /* processes that are made until one must have had the right pid */
#define NEAR      8    /* pids: from so far below the right one on, each process is one that could be the heir */
#define SHOWN_MAX 20   /* of wrong answers */

/* What the caller leaves to the heir. */
enum plan {
        TOKEN,            /* its token, which the heir uses */
        HALF_A_REQUEST,   /* the heir sends the other half */
        IDENTITY,         /* it was identified: the heir tries to be, too */
        LATE_REQUEST,     /* its request, which the daemon comes to when the heir reads what it answered before */
        LATE_IDENTIFY,    /* likewise Identify: for the heir to read the token and to use it */
        CONNECTION,       /* nothing but that: the heir identifies itself */
        IDENTIFY_AND_END, /* Identify, which the daemon comes to before or after its end */
};

/* Of one round, up to which try; the last that the caller does before it ends is what the heir begins with. */
static const struct {
        enum plan plan;
        size_t end;
} plans[] = {
        { TOKEN, 24 },         { HALF_A_REQUEST, 32 }, { IDENTITY, 36 },         { LATE_REQUEST, 37 },
        { LATE_IDENTIFY, 38 }, { CONNECTION, 40 },     { IDENTIFY_AND_END, 64 },
};
#define ROUND 64 /* tries */

enum outcome {
        OUTCOME_REFUSED,
        OUTCOME_TRUE, /* accepted, and put down to who sent it */
        OUTCOME_FALSE,
        OUTCOME_HUNG_UP,
        OUTCOME_COUNT,
};

/* In memory that all processes share. */
struct round {
        uint32_t first, second; /* logins of the caller and of the heir */
        bool cycle;
        pid_t pid; /* of the caller, and then of the heir */
        bool heir; /* there was one */
        int fds[ROUND];
        char tokens[ROUND][TOKEN_MAX];
        enum outcome outcomes[ROUND];
        unsigned shown; /* wrong answers */
};

/* The second person: it has the same descriptors as this process, and makes an heir for each byte in WORK. */
struct person {
        int work[2], done[2];
};

static void log_in(uint32_t auid) {
        int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || dprintf(fd, "%u", auid) < 0)
                err(EXIT_FAILURE, "cannot log in as user %u", auid);
        close(fd);
}

static void send_half(int fd, const char *token, bool second) {
        char frame[FRAME_MAX];
        size_t length = request(frame, token), half = length / 2;

        if (second)
                send_bytes(fd, frame + half, length - half);
        else
                send_bytes(fd, frame, half);
}

static void send_request(int fd, const char *token) {
        char frame[FRAME_MAX];

        send_bytes(fd, frame, request(frame, token));
}

static enum plan plan_of(size_t try) {
        size_t i = 0;

        while (try >= plans[i].end)
                i++;
        return plans[i].plan;
}

static bool has_token(enum plan plan) {
        return plan == TOKEN || plan == HALF_A_REQUEST || plan == IDENTITY || plan == LATE_REQUEST;
}

/* Its part in one try. What it must wait for it has asked for before. */
static void be_caller(enum plan plan, int fd, char token[static TOKEN_MAX]) {
        if (has_token(plan))
                read_token(fd, token);
        if (plan == LATE_REQUEST || plan == LATE_IDENTIFY)
                ask_for_long_answers(fd);
        if (plan == HALF_A_REQUEST)
                send_half(fd, token, false);
        else if (plan == LATE_REQUEST)
                send_request(fd, token);
        else if (plan == LATE_IDENTIFY || plan == IDENTIFY_AND_END)
                send_bytes(fd, IDENTIFY, sizeof(IDENTIFY));
}

/*
 * Of what is no refusal, only a REPLY that names the login AUID is true. For the heir with a token of the caller no
 * login is the right one: NO_AUID.
 */
static enum outcome judge(enum verdict verdict, const char *reply, uint32_t auid) {
        if (verdict == REFUSED)
                return OUTCOME_REFUSED;
        if (verdict == HUNG_UP)
                return OUTCOME_HUNG_UP;
        return auid != NO_AUID && auid_of(reply) == auid ? OUTCOME_TRUE : OUTCOME_FALSE;
}

/*
 * The answer to an Identify of the caller, of VERDICT. It may be about the heir, if that was already there, and before
 * Linux 6.5 about any process that had this pid in between, such as one of the daemon's own. Nobody can use that token.
 */
static enum outcome use_answer(const struct round *round, int fd, enum verdict verdict, char reply[static REPLY_MAX]) {
        char token[TOKEN_MAX];

        if (verdict != ACCEPTED || auid_of(reply) == round->second || !token_of(reply, token))
                return judge(verdict, reply, round->second);
        send_request(fd, token);
        return judge(read_reply(fd, reply), reply, NO_AUID);
}

static void begin_as_heir(enum plan plan, int fd, const char *token) {
        if (plan == TOKEN)
                send_request(fd, token);
        else if (plan == HALF_A_REQUEST)
                send_half(fd, token, true);
        else if (plan == IDENTITY || plan == CONNECTION)
                send_bytes(fd, IDENTIFY, sizeof(IDENTIFY));
}

static enum outcome be_heir(struct round *round, enum plan plan, int fd) {
        char reply[REPLY_MAX];
        bool late = plan == LATE_REQUEST || plan == LATE_IDENTIFY;
        enum verdict verdict = late ? read_late_reply(fd, reply) : read_reply(fd, reply);
        enum outcome outcome = OUTCOME_FALSE;

        if (late && verdict == HUNG_UP)
                return OUTCOME_REFUSED;
        switch (plan) {
        case TOKEN:
        case HALF_A_REQUEST:
                outcome = judge(verdict, reply, NO_AUID);
                break;
        case IDENTITY:
        case CONNECTION:
                outcome = judge(verdict, reply, round->second);
                break;
        case LATE_REQUEST:
                outcome = judge(verdict, reply, round->first);
                break;
        case LATE_IDENTIFY:
        case IDENTIFY_AND_END:
                outcome = use_answer(round, fd, verdict, reply);
                break;
        }
        if ((outcome == OUTCOME_FALSE || outcome == OUTCOME_HUNG_UP) && round->shown++ < SHOWN_MAX)
                printf("plan %d, caller %u, heir %u, pid %d: %s\n", (int)plan, round->first, round->second, round->pid,
                       reply);
        return outcome;
}

static int end_at_once(void *nothing) {
        (void)nothing;
        return 0;
}

/* Makes a process that ends, in the cheapest way. Returns the pid that is used up so; it is free again. */
static pid_t use_up_pid(void) {
        _Alignas(16) char stack[4096];
        pid_t pid = clone(end_at_once, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

        if (pid > 0)
                reap(pid);
        return pid;
}

/* A child with the pid WANTED, when the kernel comes to that. Returns as fork() does, -1 where it does not. */
static pid_t fork_in_turn(pid_t wanted) {
        pid_t last = 0;

        for (int i = 0; i < CYCLE_MAX; i++) {
                bool near = last < wanted && wanted - last <= NEAR;
                pid_t pid = near ? fork() : use_up_pid();

                if (near && pid == 0 && getpid() != wanted)
                        _exit(EXIT_SUCCESS);
                if (near && (pid == 0 || pid == wanted))
                        return pid;
                if (near && pid > 0)
                        reap(pid);
                last = pid;
        }
        return -1;
}

static pid_t fork_as(pid_t wanted) {
        struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1 };

        return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Makes the heir, and waits for its end. */
static void inherit(struct round *round) {
        pid_t heir = round->cycle ? fork_in_turn(round->pid) : fork_as(round->pid);

        if (heir == 0) {
                for (size_t i = ROUND; i-- > 0;)
                        begin_as_heir(plan_of(i), round->fds[i], round->tokens[i]);
                for (size_t i = ROUND; i-- > 0;)
                        round->outcomes[i] = be_heir(round, plan_of(i), round->fds[i]);
                fflush(stdout);
                _exit(EXIT_SUCCESS);
        }
        round->heir = heir > 0;
        if (round->heir)
                reap(heir);
        else if (errno != EEXIST && !round->cycle)
                err(EXIT_FAILURE, "cannot make a process with the pid %d", round->pid);
}

static _Noreturn void be_second(struct round *round, const struct person *second) {
        char byte;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        log_in(round->second);
        while (read(second->work[0], &byte, 1) == 1) {
                inherit(round);
                if (write(second->done[1], &byte, 1) != 1)
                        break;
        }
        _exit(EXIT_FAILURE);
}

/* With CLONE_FILES, whatever socket this process makes later is the second's, too. */
static pid_t start_second(struct round *round, struct person *second) {
        struct clone_args args = { .flags = CLONE_FILES, .exit_signal = SIGCHLD };
        pid_t pid;

        if (pipe(second->work) < 0 || pipe(second->done) < 0)
                err(EXIT_FAILURE, "cannot make a pipe");
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
        if (pid < 0)
                err(EXIT_FAILURE, "cannot make the second person");
        if (pid == 0)
                be_second(round, second);
        return pid;
}

static void play(struct round *round, const struct person *second) {
        char byte = 0;
        pid_t caller;

        for (size_t i = 0; i < ROUND; i++)
                round->fds[i] = new_socket();
        caller = fork();
        if (caller < 0)
                err(EXIT_FAILURE, "cannot make the caller");
        if (caller == 0) {
                for (size_t i = 0; i < ROUND; i++) {
                        dial(round->fds[i]);
                        if (has_token(plan_of(i)))
                                send_bytes(round->fds[i], IDENTIFY, sizeof(IDENTIFY));
                }
                for (size_t i = 0; i < ROUND; i++)
                        be_caller(plan_of(i), round->fds[i], round->tokens[i]);
                _exit(EXIT_SUCCESS);
        }
        reap(caller);
        round->pid = caller;
        if (write(second->work[1], &byte, 1) != 1 || read(second->done[0], &byte, 1) != 1)
                err(EXIT_FAILURE, "the second person is gone");
        for (size_t i = 0; i < ROUND; i++)
                close(round->fds[i]);
}

/* An emulated machine takes four times as long to make a process for another of its processors. */
static void stay_on_one_processor(void) {
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET((size_t)sched_getcpu(), &one);
        if (sched_setaffinity(0, sizeof(one), &one) < 0)
                err(EXIT_FAILURE, "cannot stay on one processor");
}

bool reuse_pids(unsigned long tries, bool cycle, uint32_t first, uint32_t second) {
        struct round *round = shared_memory(sizeof(*round));
        unsigned long counts[OUTCOME_COUNT] = { 0 }, tried = 0, reused = 0;
        struct person heirs;
        pid_t pid;

        round->first = first;
        round->second = second;
        round->cycle = cycle;
        stay_on_one_processor();
        pid = start_second(round, &heirs);
        log_in(first);
        for (; tried < tries; tried += ROUND) {
                play(round, &heirs);
                if (!round->heir)
                        continue;
                reused++;
                for (size_t i = 0; i < ROUND; i++)
                        counts[round->outcomes[i]]++;
        }
        kill(pid, SIGKILL);
        if (reused == 0)
                printf("no pid was reused%s\n", cycle ? ": kernel.pid_max should be smaller, such as 400" : "");
        printf("%lu tries, %lu of them (%lu pids) with a pid that was reused: %lu refused, %lu put down to who sent "
               "it, "
               "%lu put down to another, %lu hung up on\n",
               tried, reused * ROUND, reused, counts[OUTCOME_REFUSED], counts[OUTCOME_TRUE], counts[OUTCOME_FALSE],
               counts[OUTCOME_HUNG_UP]);
        return reused > 0 && counts[OUTCOME_FALSE] == 0 && counts[OUTCOME_HUNG_UP] == 0;
}
