/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-counts calls|steps OPERATION ROUNDS
 *
 * Counts what one operation (operation.c has the names) costs in its client and its server: system calls, or
 * instructions in user space. Prints a line {"client": N, "server": N, "client_calls": [...], "server_calls": [...]}
 * for each round.
 *
 * ptrace() stops both processes at each system call, and at each instruction of the process whose instructions are
 * counted. The client runs until it waits, then the server runs until it waits, and so on. So the order of events is
 * the same in each round, and so are the counts: the server finds the request when it looks for the first time.
 */
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/operation.h"

#define CALLS_MAX 64
#define MARKER    SYS_getppid /* no operation makes this system call */
#define POLLS     50
#define LIMIT_NS  (30 * 1000000000ULL) /* for a round */

/*
 * The daemon reports a decision each half a second. Counted is a query that it does not report, as most are if there
 * are many. Before each of them, these use up what has become free while the instructions of the last one were counted.
 */
#define UNCOUNTED 40

/* Which processes are counted. The client writes it to shared memory, 3 * round + phase. */
enum phase { NONE, BOTH, SERVER };

static volatile unsigned *progress;

struct count {
        unsigned long number;
        unsigned calls_count;
        long calls[CALLS_MAX];
};

struct tracee {
        pid_t pid;
        bool ended;
        uint64_t place; /* of the last instruction */
        struct count count;
};

struct round {
        struct tracee client, server; /* the server's pid can be 0: there is none */
        unsigned seen;                /* of the progress */
        uint64_t deadline;
};

static bool steps;

static const struct {
        long number;
        const char *name;
} call_names[] = {
        { SYS_socket, "socket" },
        { SYS_connect, "connect" },
        { SYS_setsockopt, "setsockopt" },
        { SYS_getsockopt, "getsockopt" },
        { SYS_sendto, "send" },
        { SYS_recvfrom, "recv" },
        { SYS_sendmsg, "sendmsg" },
        { SYS_recvmsg, "recvmsg" },
        { SYS_shutdown, "shutdown" },
        { SYS_close, "close" },
        { SYS_accept4, "accept4" },
        { SYS_read, "read" },
        { SYS_write, "write" },
        { SYS_epoll_ctl, "epoll_ctl" },
        { SYS_epoll_pwait, "epoll_pwait" },
        { SYS_ppoll, "ppoll" },
        { SYS_fcntl, "fcntl" },
        { SYS_openat, "openat" },
        { SYS_futex, "futex" },
        { SYS_clock_gettime, "clock_gettime" },
#ifdef SYS_epoll_pwait2
        { SYS_epoll_pwait2, "epoll_pwait2" },
#endif
#ifdef SYS_epoll_wait
        { SYS_epoll_wait, "epoll_wait" },
#endif
#ifdef SYS_poll
        { SYS_poll, "poll" },
#endif
};

static void print_call(long number, bool first) {
        fputs(first ? "" : ", ", stdout);
        for (size_t i = 0; i < sizeof(call_names) / sizeof(call_names[0]); i++)
                if (call_names[i].number == number) {
                        printf("\"%s\"", call_names[i].name);
                        return;
                }
        printf("\"system call %ld\"", number);
}

static void print_calls(const char *name, const struct count *count) {
        printf(", \"%s_calls\": [", name);
        for (unsigned i = 0; i < count->calls_count; i++)
                print_call(count->calls[i], i == 0);
        fputs("]", stdout);
}

static void print_round(const struct tracee *client, const struct tracee *server) {
        printf("{\"client\": %lu, \"server\": %lu", client->count.number, server->count.number);
        if (!steps) {
                print_calls("client", &client->count);
                print_calls("server", &server->count);
        }
        puts("}");
}

/* If instructions are counted, those of the client are counted in one round, and those of the server in the next one.
 */
static void round_end(struct round *round, unsigned number) {
        if (steps && number % 2 == 0)
                return;
        print_round(&round->client, &round->server);
        round->client.count = round->server.count = (struct count){ 0 };
}

static void round_check(struct round *round) {
        unsigned now = *progress;

        if (now / 3 != round->seen / 3) {
                round_end(round, round->seen / 3);
                round->deadline = now_ns() + LIMIT_NS;
        }
        round->seen = now;
}

static bool is_counted(const struct round *round, const struct tracee *tracee) {
        enum phase phase = round->seen % 3;

        return phase == BOTH || (phase == SERVER && tracee == &round->server);
}

static bool is_stepped(const struct round *round, const struct tracee *tracee) {
        return steps && is_counted(round, tracee) &&
               tracee == (round->seen / 3 % 2 == 0 ? &round->client : &round->server);
}

static void count_stop(const struct round *round, struct tracee *tracee, int signal) {
        struct __ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) < 0)
                err(EXIT_MISSING, "PTRACE_GET_SYSCALL_INFO");
        if (is_stepped(round, tracee) && signal == SIGTRAP) {
                /* A repeated string instruction stops at each repetition. The processor counts it once. */
                if (info.instruction_pointer != tracee->place)
                        tracee->count.number++;
                tracee->place = info.instruction_pointer;
        } else if (!steps && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr != MARKER) {
                tracee->count.number++;
                if (tracee->count.calls_count < CALLS_MAX)
                        tracee->count.calls[tracee->count.calls_count++] = (long)info.entry.nr;
        }
}

/* Whether PID sleeps in the kernel. */
static bool is_waiting(pid_t pid) {
        char path[64], text[256] = "";

        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        size_t length = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        text[length] = '\0';
        const char *end = strrchr(text, ')');
        return end && strncmp(end, ") S", 3) == 0;
}

/* Lets TRACEE run if it is stopped. Returns false when it waits in the kernel or has ended. */
static bool advance(struct round *round, struct tracee *tracee) {
        int status;
        pid_t pid = 0;

        /* Asking again and again is faster than waiting: each step would need two changes of the process. */
        for (unsigned i = 0; i < POLLS && pid == 0; i++) {
                pid = waitpid(tracee->pid, &status, WNOHANG | __WALL);
                if (pid == 0)
                        sched_yield();
        }
        if (pid < 0)
                err(1, "waitpid");
        if (pid == 0)
                return !is_waiting(tracee->pid);
        round_check(round);
        if (!WIFSTOPPED(status)) {
                tracee->ended = true;
                return false;
        }
        int number = WSTOPSIG(status);
        bool ours = (number & ~0x80) == SIGTRAP;
        if (ours && is_counted(round, tracee))
                count_stop(round, tracee, number);
        if (ptrace(is_stepped(round, tracee) ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, tracee->pid, 0, ours ? 0 : number) <
            0)
                err(1, "cannot continue process %d", tracee->pid);
        return true;
}

/* Lets the client, and the server if there is one, run in turn until the client ends. */
static void trace(struct round *round) {
        struct tracee *active = &round->client;

        while (!round->client.ended) {
                if (!advance(round, active) && round->server.pid != 0)
                        active = active == &round->client ? &round->server : &round->client;
                if (now_ns() > round->deadline)
                        errx(1, "an operation took more than 30 s");
        }
}

static void client_run(struct side *side, unsigned rounds) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
                err(EXIT_MISSING, "PTRACE_TRACEME");
        raise(SIGSTOP);
        for (unsigned i = 0; i < rounds; i++) {
                for (unsigned n = 0; n < UNCOUNTED; n++)
                        side_run(side);
                *progress = 3 * i + BOTH;
                syscall(MARKER); /* the tracer looks at the progress when this process stops */
                side_run(side);
                *progress = 3 * i + SERVER;
                /* While this process waits, the server completes its work. */
                nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
                *progress = 3 * (i + 1) + NONE;
        }
        syscall(MARKER);
        _exit(0);
}

static void wait_stopped(pid_t pid) {
        int status = 0;

        if (waitpid(pid, &status, __WALL) == pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MISSING)
                exit(EXIT_MISSING); /* it has said why */
        if (!WIFSTOPPED(status))
                errx(1, "process %d does not stop", pid);
}

static void trace_client(pid_t pid) {
        wait_stopped(pid);
        if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0 ||
            ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
                err(1, "cannot trace the client");
}

static void trace_server(pid_t pid) {
        if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0)
                err(EXIT_MISSING, "PTRACE_SEIZE");
        if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
                err(1, "PTRACE_INTERRUPT");
        wait_stopped(pid);
        if (ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0)
                err(1, "cannot trace the server");
}

/*
 * Lets the server go. A step that ends while the server is interrupted leaves a SIGTRAP behind, which would kill it. So
 * it first runs up to its next system call, without that signal.
 */
static void release(pid_t pid) {
        int status;

        if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
                return;
        do {
                if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
                        errx(1, "the server ended");
                if (WSTOPSIG(status) == (SIGTRAP | 0x80))
                        break;
        } while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0);
        ptrace(PTRACE_DETACH, pid, 0, 0);
}

int main(int argc, char **argv) {
        static struct conversation conversation;
        static struct side side;
        struct round round = { 0 };
        const char *folder = getenv("AUDITFAIL_RUNTIME_DIR");

        if (argc != 4 || !folder || (strcmp(argv[1], "calls") != 0 && strcmp(argv[1], "steps") != 0))
                errx(2, "usage: AUDITFAIL_RUNTIME_DIR=FOLDER bench-counts calls|steps OPERATION ROUNDS");
        steps = strcmp(argv[1], "steps") == 0;
        unsigned rounds = (unsigned)strtoul(argv[3], NULL, 10);

        conversation.folder = folder;
        if (spec_talks(argv[2]))
                conversation_record(&conversation, folder, false);
        side_prepare(&side, argv[2], &conversation);
        /* As after a while: caches are warm, and the daemon's limit for reports is reached. */
        for (unsigned i = 0; i < 200; i++)
                side_run(&side);

        progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (progress == MAP_FAILED)
                err(1, "mmap");
        round.client.pid = fork_bound();
        if (round.client.pid == 0)
                client_run(&side, steps ? 2 * rounds : rounds);
        round.deadline = now_ns() + LIMIT_NS;
        trace_client(round.client.pid);
        round.server.pid = side.server;
        if (round.server.pid != 0)
                trace_server(round.server.pid);
        trace(&round);
        if (round.server.pid != 0)
                release(round.server.pid);
        return 0;
}
