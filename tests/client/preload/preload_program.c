/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of today, linked with libaudit and nothing of ours: what test_preload.py runs under
 * libauditfail-preload.so. Its argument is the name of one of the functions below, with '-' for '_'; each prints what
 * libaudit's functions have returned, and errno behind it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Unbuffered, so that it is out however the process ends. */
static void say(const char *what, int result) {
        dprintf(STDOUT_FILENO, "%s %d %d\n", what, result, errno);
}

static int send_one(int fd) {
        return audit_log_acct_message(fd, AUDIT_ADD_USER, "program", "add-user", "somebody", (unsigned)-1, NULL, NULL,
                                      NULL, 1);
}

/* audit_open() that works, and records that are refused behind it: so does a daemon that gives up its privileges. */
static int open_and_drop(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];
        int fd = audit_open();

        if (getenv("DROP") && syscall(SYS_capget, &header, data) == 0) {
                data[0].effective &= ~(1U << CAP_AUDIT_WRITE);
                data[0].permitted &= ~(1U << CAP_AUDIT_WRITE);
                syscall(SYS_capset, &header, data);
        }
        return fd;
}

static void open_only(void) {
        errno = 33;
        say("open", audit_open() >= 0);
}

static void every_function(void) {
        int fd = audit_open();

        say("audit_log_user_message", audit_log_user_message(fd, AUDIT_USYS_CONFIG, "op=test", NULL, NULL, NULL, 1));
        say("audit_log_user_comm_message",
            audit_log_user_comm_message(fd, AUDIT_TRUSTED_APP, "op=test", "comm", NULL, NULL, NULL, 1));
        say("audit_log_acct_message", send_one(fd));
        say("audit_log_user_avc_message",
            audit_log_user_avc_message(fd, AUDIT_USER_AVC, "avc: denied", NULL, NULL, NULL, getuid()));
        say("audit_log_semanage_message",
            audit_log_semanage_message(fd, AUDIT_ROLE_ASSIGN, "program", "assign", "somebody", 0, "a", "b", "c", "d",
                                       "e", "f", NULL, NULL, NULL, 1));
        say("audit_log_user_command", audit_log_user_command(fd, AUDIT_USER_CMD, "/bin/true", NULL, 1));
        audit_close(fd);
}

static void one_record(void) {
        int fd = audit_open();

        say("record", send_one(fd));
        audit_close(fd);
}

static void two_records(void) {
        int fd = audit_open();

        for (int i = 0; i < 2; i++) {
                errno = 0;
                say("record", send_one(fd));
        }
        audit_close(fd);
}

static volatile sig_atomic_t children;

static void count_child(int signal) {
        (void)signal;
        children++;
}

static int count_descriptors(void) {
        int count = 0;

        for (int fd = 0; fd < 256; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

/* The number of children, zombies included, with and without a signal at their end. */
static int count_children(void) {
        int count = 0, status;

        while (waitpid(-1, &status, WNOHANG | __WALL) >= 0)
                count++;
        return count;
}

/* A program that has children of its own, or none: nothing of the library's shows there. */
static void children_stay_its_own(void) {
        int fd = audit_open(), before;

        signal(SIGCHLD, count_child);
        before = count_descriptors();
        errno = 0;
        say("record", send_one(fd));
        int added = count_descriptors() - before, left = count_children();
        sigset_t blocked;
        sigprocmask(SIG_BLOCK, NULL, &blocked);
        errno = 0;
        say("signals", (int)children);
        say("descriptors", added);
        say("children", left);
        say("blocked", sigismember(&blocked, SIGTERM));
}

/* What a program does that never looks at audit_open's result, or lost its descriptor. */
static void no_descriptor(void) {
        say("record", send_one(-1));
}

static void unknown_type(void) {
        say("record", audit_log_user_message(audit_open(), 2999, "op=test", NULL, NULL, NULL, 1));
}

static void failmode(void) {
        auditfail_t mode = (auditfail_t)-1;

        say("result", get_auditfail_action(&mode));
        say("mode", (int)mode);
}

static void *send_from_thread(void *fd) {
        say("thread", send_one(*(int *)fd));
        return NULL;
}

static void *wait_for_ever(void *unused) {
        for (;;)
                pause();
        return unused;
}

static void thread(void) {
        pthread_t other, sender;
        int fd = open_and_drop();

        pthread_create(&other, NULL, wait_for_ever, NULL);
        pthread_create(&sender, NULL, send_from_thread, &fd);
        pthread_join(sender, NULL);
        say("main", 1);
}

/* Threads at once, each of which opens, sends and closes. */
static void *open_send_close(void *unused) {
        int fd = audit_open();
        int result = send_one(fd);

        audit_close(fd);
        return result > 0 ? unused : NULL;
}

static void many_threads(void) {
        pthread_t threads[8];
        int sent = 0;

        for (size_t i = 0; i < COUNT(threads); i++)
                pthread_create(&threads[i], NULL, open_send_close, &sent);
        for (size_t i = 0; i < COUNT(threads); i++) {
                void *result;

                pthread_join(threads[i], &result);
                sent += result != NULL;
        }
        errno = 0;
        say("sent", sent);
}

/* A thread that was cancelled meanwhile ends behind the call, not in it, and leaves no descriptor behind. */
static void *cancel_myself(void *ret) {
        int fd = audit_open();

        pthread_cancel(pthread_self());
        *(int *)ret = send_one(fd);
        return NULL;
}

static void cancelled(void) {
        pthread_t canceled;
        int result = 0;

        pthread_create(&canceled, NULL, cancel_myself, &result);
        pthread_join(canceled, NULL);
        errno = 0;
        say("record", result);
}

static void forked(void) {
        int fd = open_and_drop(), status;

        pid_t child = fork();
        if (child == 0) {
                say("child", send_one(fd));
                _exit(0);
        }
        waitpid(child, &status, 0);
        errno = 0;
        say("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* As useradd does with --root. */
static void change_root(void) {
        if (chroot(getenv("NEW_ROOT")) < 0 || chdir("/") < 0)
                say("chroot", -1);
}

static void chrooted(void) {
        change_root();
        one_record();
        one_record();
}

static void chrooted_twice(void) {
        change_root();
        if (chroot("/root") < 0)
                say("chroot", -1);
        one_record();
}

/* How many connections are open. */
static void chrooted_streams(void) {
        int count = 0;

        change_root();
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
                int type;
                socklen_t size = sizeof(type);
                if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM)
                        count++;
        }
        errno = 0;
        say("streams", count);
}

static void chrooted_child(void) {
        int status;

        change_root();
        pid_t child = fork();
        if (child == 0) {
                one_record();
                _exit(0);
        }
        waitpid(child, &status, 0);
        one_record();
}

/* A daemon that closes all it knows nothing of. */
static void chrooted_closed(void) {
        change_root();
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
                close(fd);
        one_record();
}

static int opened_for_exit;

static void send_at_exit(void) {
        say("handler", send_one(opened_for_exit));
}

static void last_handler(void) {
        errno = 0;
        say("last handler", 1);
}

static void exit_handler(void) {
        opened_for_exit = open_and_drop();
        atexit(last_handler);
        atexit(send_at_exit);
        exit(5);
}

static void stand_in(void) {
        int fd = audit_open();
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 10);

        errno = 0;
        say("cloexec", fcntl(fd, F_GETFD) == FD_CLOEXEC);
        say("record", send_one(fd));
        say("copy", send_one(copy));
        close(fd);
        /* The number is another file's now, which must not be taken for the stand-in, nor written to. */
        int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        errno = 0;
        say("same number", other == fd);
        say("other file", send_one(other));
        close(other);
        close(copy);
        for (int i = 0; i < 100; i++)
                if (close(audit_open()) < 0)
                        say("close", i);
        fd = audit_open();
        errno = 0;
        say("record", send_one(fd));
        audit_close(fd);
        say("closed", fcntl(fd, F_GETFD));
        errno = 0;
        say("next number", audit_open() == fd);
}

/* Programs that close() what audit_open() gave them, and do not tell audit_close(); and one that tells it too early. */
static void forgotten(void) {
        int fd = audit_open();
        int copy = dup(fd);

        audit_close(fd);
        errno = 0;
        say("copy", send_one(copy));
        fd = audit_open();
        for (int i = 0; i < 100; i++)
                close(audit_open());
        errno = 0;
        say("oldest", send_one(fd));
}

/* Plug-ins are loaded RTLD_LOCAL, and bring libaudit with them. PLUGIN is its file. */
static void plugin(void) {
        void *library = dlopen(getenv("PLUGIN"), RTLD_NOW | RTLD_LOCAL);
        int (*send)(void) = library ? (int (*)(void))dlsym(library, "plugin_send") : NULL;

        errno = 0;
        say("plugin", send ? send() : -1);
}

static void mark(const char *text) {
        if (write(STDOUT_FILENO, text, strlen(text)) < 0)
                _exit(EXIT_FAILURE);
}

/* For strace: what happens between two of these marks. */
static void marked(void) {
        mark("open\n");
        int fd = audit_open();
        mark("first\n");
        send_one(fd);
        mark("second\n");
        send_one(fd);
        mark("end\n");
        audit_close(fd);
}

/* In a program that goes on without stderr, descriptor 2 may be another file. FILE is written to. */
static void stderr_reused(void) {
        close(STDERR_FILENO);
        int fd = open(getenv("FILE"), O_WRONLY | O_CLOEXEC);

        errno = 0;
        say("is 2", fd == STDERR_FILENO);
        one_record();
}

static void stderr_closed(void) {
        close(STDERR_FILENO);
        one_record();
}

static void stderr_broken_pipe(void) {
        int ends[2];

        if (pipe(ends) == 0) {
                dup2(ends[1], STDERR_FILENO);
                close(ends[0]);
                close(ends[1]);
        }
        one_record();
}

static void stderr_full_pipe(void) {
        static const char much[4096];
        int ends[2];

        if (pipe2(ends, O_NONBLOCK) == 0) {
                while (write(ends[1], much, sizeof(much)) > 0)
                        ;
                fcntl(ends[1], F_SETFL, 0);
                dup2(ends[1], STDERR_FILENO);
        }
        one_record();
}

/* As cron does in the children that run its jobs. */
static void renamed(void) {
        strcpy(program_invocation_short_name, "RENAMED");
        one_record();
}

/* As a daemon does that acts for a user; with root it puts CAP_AUDIT_WRITE aside. */
static void root_aside(void) {
        if (seteuid(65534) == 0)
                one_record();
}

static void nothing(void) {
        say("main", 1);
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                void (*run)(void);
        } cases[] = {
                { "open-only", open_only },
                { "every-function", every_function },
                { "one-record", one_record },
                { "two-records", two_records },
                { "children-stay-its-own", children_stay_its_own },
                { "no-descriptor", no_descriptor },
                { "unknown-type", unknown_type },
                { "failmode", failmode },
                { "thread", thread },
                { "many-threads", many_threads },
                { "cancelled", cancelled },
                { "forked", forked },
                { "chrooted", chrooted },
                { "chrooted-child", chrooted_child },
                { "chrooted-streams", chrooted_streams },
                { "chrooted-twice", chrooted_twice },
                { "chrooted-closed", chrooted_closed },
                { "exit-handler", exit_handler },
                { "stand-in", stand_in },
                { "forgotten", forgotten },
                { "plugin", plugin },
                { "marked", marked },
                { "stderr-reused", stderr_reused },
                { "stderr-closed", stderr_closed },
                { "stderr-broken-pipe", stderr_broken_pipe },
                { "stderr-full-pipe", stderr_full_pipe },
                { "renamed", renamed },
                { "root-aside", root_aside },
                { "nothing", nothing },
        };

        for (size_t i = 0; argc == 2 && i < COUNT(cases); i++)
                if (strcmp(argv[1], cases[i].name) == 0) {
                        cases[i].run();
                        return EXIT_SUCCESS;
                }
        return EXIT_FAILURE;
}
