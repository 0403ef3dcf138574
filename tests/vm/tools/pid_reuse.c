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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define CYCLE_MAX 5000 /* processes that are made until one must have had the right pid */

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

/* Of one round: the last thing that the caller does before it ends is what the heir begins with. */
static const enum plan plans[] = {
        TOKEN,
        TOKEN,
        TOKEN,
        TOKEN,
        TOKEN,
        HALF_A_REQUEST,
        HALF_A_REQUEST,
        IDENTITY,
        IDENTITY,
        LATE_REQUEST,
        LATE_IDENTIFY,
        CONNECTION,
        IDENTIFY_AND_END,
        IDENTIFY_AND_END,
        IDENTIFY_AND_END,
        IDENTIFY_AND_END,
};
#define PLANS (sizeof(plans) / sizeof(*plans))

enum outcome {
        OUTCOME_REFUSED,
        OUTCOME_TRUE, /* accepted, and put down to who sent it */
        OUTCOME_FALSE,
        OUTCOME_SILENT,
        OUTCOME_COUNT,
};

/* In memory that all processes share. */
struct round {
        uint32_t first, second; /* logins of the caller and of the heir */
        bool cycle;
        pid_t pid; /* of the caller, and then of the heir */
        bool heir; /* there was one */
        int fds[PLANS];
        char tokens[PLANS][TOKEN_MAX];
        enum outcome outcomes[PLANS];
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

static void be_caller(enum plan plan, int fd, char token[static TOKEN_MAX]) {
        dial(fd);
        if (plan == TOKEN || plan == HALF_A_REQUEST || plan == IDENTITY || plan == LATE_REQUEST)
                identify(fd, token);
        if (plan == LATE_REQUEST || plan == LATE_IDENTIFY)
                ask_for_long_answers(fd);
        if (plan == HALF_A_REQUEST)
                send_half(fd, token, false);
        else if (plan == LATE_REQUEST)
                send_request(fd, token);
        else if (plan == LATE_IDENTIFY || plan == IDENTIFY_AND_END)
                send_bytes(fd, IDENTIFY, sizeof(IDENTIFY));
}

/* Reads a reply over FD. Where it is no refusal, only one that names the login AUID is true. */
static enum outcome judge(int fd, uint32_t auid, char reply[static REPLY_MAX]) {
        enum verdict verdict = read_reply(fd, reply);

        if (verdict == REFUSED)
                return OUTCOME_REFUSED;
        if (verdict == SILENT)
                return OUTCOME_SILENT;
        return auid != NO_AUID && auid_of(reply) == auid ? OUTCOME_TRUE : OUTCOME_FALSE;
}

/* The heir uses a token that is not its own. No login would be the right one for that. */
static enum outcome use_token(int fd, const char *token, char reply[static REPLY_MAX]) {
        send_request(fd, token);
        return judge(fd, NO_AUID, reply);
}

/* The answer to an Identify that the caller has sent: about the heir it is true, and its token is not tried then. */
static enum outcome use_answer(const struct round *round, int fd, char reply[static REPLY_MAX]) {
        enum outcome outcome = judge(fd, round->second, reply);
        char token[TOKEN_MAX];

        if (outcome != OUTCOME_FALSE || auid_of(reply) != round->first || !token_of(reply, token))
                return outcome;
        return use_token(fd, token, reply);
}

static enum outcome be_heir(const struct round *round, enum plan plan, int fd, const char *token) {
        char reply[REPLY_MAX] = "";
        enum outcome outcome = OUTCOME_FALSE;

        switch (plan) {
        case TOKEN:
                outcome = use_token(fd, token, reply);
                break;
        case HALF_A_REQUEST:
                send_half(fd, token, true);
                outcome = judge(fd, NO_AUID, reply);
                break;
        case IDENTITY:
        case CONNECTION:
                send_bytes(fd, IDENTIFY, sizeof(IDENTIFY));
                outcome = judge(fd, round->second, reply);
                break;
        case LATE_REQUEST:
                read_long_answers(fd);
                outcome = judge(fd, round->first, reply);
                break;
        case LATE_IDENTIFY:
                read_long_answers(fd);
                outcome = use_answer(round, fd, reply);
                break;
        case IDENTIFY_AND_END:
                outcome = use_answer(round, fd, reply);
                break;
        }
        if (outcome == OUTCOME_FALSE || outcome == OUTCOME_SILENT)
                printf("plan %d, caller %u, heir %u, pid %d: %s\n", (int)plan, round->first, round->second, round->pid,
                       reply);
        return outcome;
}

/* A child with the pid WANTED. Returns as fork() does, -1 where it cannot have that pid. */
static pid_t fork_as(pid_t wanted, bool cycle) {
        struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1 };

        if (!cycle)
                return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
        for (int i = 0; i < CYCLE_MAX; i++) {
                pid_t pid = fork();

                if (pid == 0 && getpid() != wanted)
                        _exit(EXIT_SUCCESS);
                if (pid == 0 || pid == wanted)
                        return pid;
                if (pid > 0)
                        reap(pid);
        }
        return -1;
}

/* Makes the heir, and waits for its end. */
static void inherit(struct round *round) {
        pid_t heir = fork_as(round->pid, round->cycle);

        if (heir == 0) {
                for (size_t i = PLANS; i-- > 0;)
                        round->outcomes[i] = be_heir(round, plans[i], round->fds[i], round->tokens[i]);
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

        for (size_t i = 0; i < PLANS; i++)
                round->fds[i] = new_socket();
        round->pid = fork();
        if (round->pid < 0)
                err(EXIT_FAILURE, "cannot make the caller");
        if (round->pid == 0) {
                for (size_t i = 0; i < PLANS; i++)
                        be_caller(plans[i], round->fds[i], round->tokens[i]);
                _exit(EXIT_SUCCESS);
        }
        reap(round->pid);
        if (write(second->work[1], &byte, 1) != 1 || read(second->done[0], &byte, 1) != 1)
                err(EXIT_FAILURE, "the second person is gone");
        for (size_t i = 0; i < PLANS; i++)
                close(round->fds[i]);
}

bool reuse_pids(unsigned long tries, bool cycle, uint32_t first, uint32_t second) {
        struct round *round = shared_memory(sizeof(*round));
        unsigned long counts[OUTCOME_COUNT] = { 0 }, tried = 0, reused = 0;
        struct person heirs;
        pid_t pid;

        round->first = first;
        round->second = second;
        round->cycle = cycle;
        pid = start_second(round, &heirs);
        log_in(first);
        for (; tried < tries; tried += PLANS) {
                play(round, &heirs);
                if (!round->heir)
                        continue;
                reused++;
                for (size_t i = 0; i < PLANS; i++)
                        counts[round->outcomes[i]]++;
        }
        kill(pid, SIGKILL);
        printf("%lu tries, %lu of them (%lu pids) with a pid that was reused: %lu refused, %lu put down to who sent "
               "it, "
               "%lu put down to another, %lu not answered\n",
               tried, reused * PLANS, reused, counts[OUTCOME_REFUSED], counts[OUTCOME_TRUE], counts[OUTCOME_FALSE],
               counts[OUTCOME_SILENT]);
        return reused > 0 && counts[OUTCOME_FALSE] == 0 && counts[OUTCOME_SILENT] == 0;
}
