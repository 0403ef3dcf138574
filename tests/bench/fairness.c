/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-fairness QUERIES [control]
 *
 * A user asks QUERIES questions, or as many as it can in 30 s: first alone, then while another user takes all that it
 * can get of the daemon whose socket is in FOLDER. That one opens connections, begins messages, sends single bytes,
 * descriptors and what is no call, asks without reading, watches, asks in a flood, and comes back whenever it is thrown
 * out. With "control", the daemon is auditfail-controld, and root asks who it is. Needs root, to be both users. Prints
 *
 *      {"quiet": [ns, ...], "latency": [ns, ...], "refused": N,
 *       "attacks": {"idle": [connections opened, thrown out], ...}}
 *
 * where refused are the questions that were not answered by the daemon.
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auditfail.h"
#include "tests/bench/bench.h"

#define USER_MODEST   65531
#define USER_GREEDY   65532
#define SATURATION_NS 60000000000ULL /* the greedy user must have had its fill by then */
#define PATIENCE_NS   30000000000ULL /* of the modest user */
#define PAUSE_NS      2000000L       /* between two questions of the modest user */

#define QUERY   "{\"method\":\"io.auditfail.Policy.Query\",\"parameters\":{\"application\":\"greedy\"}}"
#define MONITOR "{\"method\":\"io.auditfail.Policy.Monitor\",\"more\":true}"

struct attack {
        const char *name;
        const char *payload; /* sent on each new connection */
        size_t length;
        unsigned slots;    /* connections held at once, as far as the daemon lets it */
        unsigned attempts; /* connections opened before the modest user begins */
        bool flood;        /* send the payload again for as long as the socket takes it */
        bool read;         /* read what the daemon answers */
        bool hang_up;      /* ... and begin anew after it */
        bool trickle;      /* send the payload again every millisecond */
        bool descriptors;  /* ... with descriptors */
};

/* An array without an end, which is too deep, and text that is no UTF-8. main() fills the rest. */
static char nested[8192] = "{\"method\":";

/* A message ends with a NUL: so does a literal. */
static const struct attack attacks[] = {
        { "idle", "", 0, .slots = 4000, .attempts = 4000 },
        { "half", QUERY, sizeof(QUERY) / 2, .slots = 4000, .attempts = 4000 },
        { "unread", QUERY, sizeof(QUERY), .slots = 1000, .attempts = 1000, .flood = true },
        { "monitor", MONITOR, sizeof(MONITOR), .slots = 10000, .attempts = 10000 },
        { "pipelined", QUERY, sizeof(QUERY), .slots = 16, .attempts = 16, .flood = true, .read = true },
        { "connecting", QUERY, sizeof(QUERY), .slots = 64, .attempts = 1000, .read = true, .hang_up = true },
        { "bytes", " ", 1, .slots = 500, .attempts = 500, .trickle = true },
        { "descriptors", QUERY, sizeof(QUERY), .slots = 16, .attempts = 500, .read = true, .hang_up = true,
          .descriptors = true },
        { "nested", nested, sizeof(nested), .slots = 16, .attempts = 500 },
        { "no UTF-8", "{\"method\":\"\xff\"}", sizeof("{\"method\":\"\xff\"}"), .slots = 16, .attempts = 500 },
};
#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

enum phase { QUIET, ATTACKED, PHASES };

struct scene {
        struct sockaddr_un daemon;
        bool control;
        struct {
                atomic_uint opened, thrown_out;
        } attacks[ATTACKS];
        unsigned queries, asked[PHASES], refused[PHASES];
        uint64_t latency[]; /* QUERIES for each phase */
};

/*
 * Becomes an ordinary user, who shares nothing with root, and still ends with the parent. In a session of its own, as
 * after a login: the kernel divides the processors between sessions (sched(7), autogroup), and so must not divide it
 * here between the processes of one.
 */
static void become(uid_t uid) {
        setsid();
        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
                err(1, "cannot become uid %u", uid);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* the kernel forgot it with the old uid */
}

static void slot_close(struct pollfd *slot) {
        close(slot->fd);
        slot->fd = -1;
}

#define DESCRIPTORS 50

static ssize_t send_descriptors(int fd, const struct attack *attack) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
        } control = { .header = { CMSG_LEN(DESCRIPTORS * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
        struct iovec text = { (void *)(uintptr_t)attack->payload, attack->length };
        const struct msghdr message = {
                .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };

        for (int i = 0; i < DESCRIPTORS; i++)
                memcpy(CMSG_DATA(&control.header) + (size_t)i * sizeof(int), &fd, sizeof(int));
        return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static void slot_send(struct pollfd *slot, const struct attack *attack) {
        ssize_t n;

        do
                n = attack->descriptors ? send_descriptors(slot->fd, attack)
                                        : send(slot->fd, attack->payload, attack->length, MSG_NOSIGNAL);
        while (attack->flood && n == (ssize_t)attack->length);
}

static bool slot_open(struct pollfd *slot, const struct attack *attack, const struct sockaddr_un *daemon) {
        slot->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (slot->fd < 0)
                return false;
        if (connect(slot->fd, (const struct sockaddr *)daemon, sizeof(*daemon)) < 0) {
                slot_close(slot); /* the backlog is full: that is taken, too */
                return false;
        }
        slot->events = (short)((attack->read ? POLLIN : 0) | (attack->flood ? POLLOUT : 0));
        if (attack->length > 0)
                slot_send(slot, attack);
        return true;
}

static void slot_read(struct pollfd *slot, const struct attack *attack) {
        char bytes[65536];

        while (read(slot->fd, bytes, sizeof(bytes)) > 0)
                ;
        if (attack->hang_up)
                slot_close(slot);
}

static void attack_for_ever(struct scene *scene, size_t index) {
        const struct attack *attack = &attacks[index];
        struct pollfd *slots = calloc(attack->slots, sizeof(*slots));

        if (!slots)
                err(1, "calloc");
        for (unsigned i = 0; i < attack->slots; i++)
                slots[i].fd = -1;
        for (;;) {
                for (unsigned i = 0; i < attack->slots; i++) {
                        struct pollfd *slot = &slots[i];

                        if (slot->fd >= 0 && slot->revents & (POLLHUP | POLLERR)) {
                                slot_close(slot);
                                scene->attacks[index].thrown_out++;
                        }
                        if (slot->fd >= 0 && slot->revents & POLLIN)
                                slot_read(slot, attack);
                        if (slot->fd >= 0 && (slot->revents & POLLOUT || attack->trickle))
                                slot_send(slot, attack);
                        if (slot->fd < 0 && slot_open(slot, attack, &scene->daemon))
                                scene->attacks[index].opened++;
                }
                if (poll(slots, attack->slots, 1) < 0)
                        err(1, "poll");
        }
}

/* One process for each attack. They end when this one is killed. */
static void attack_with_all(struct scene *scene) {
        become(USER_GREEDY);
        for (size_t i = 0; i < ATTACKS; i++)
                if (fork_bound() == 0)
                        attack_for_ever(scene, i);
        wait(NULL);
        errx(1, "an attack ended by itself");
}

static void wait_until_full(const struct scene *scene) {
        uint64_t deadline = now_ns() + SATURATION_NS;

        for (size_t i = 0; i < ATTACKS; i++)
                while (scene->attacks[i].opened < attacks[i].attempts) {
                        if (now_ns() > deadline)
                                errx(1, "only %u of %u connections of attack \"%s\" came through",
                                     scene->attacks[i].opened, attacks[i].attempts, attacks[i].name);
                        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
                }
}

/* As auditctl does first of all. Returns whether there was a reply that is no error. */
static bool identify(const struct sockaddr_un *daemon) {
        static const char call[] = "{\"method\":\"io.auditfail.Control.Identify\"}";
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char reply[4096] = "";
        bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)daemon, sizeof(*daemon)) == 0 &&
                        send(fd, call, sizeof(call), MSG_NOSIGNAL) == sizeof(call) &&
                        recv(fd, reply, sizeof(reply) - 1, 0) > 0 && strstr(reply, "\"token\"");

        close(fd);
        return answered;
}

static bool ask(const struct scene *scene) {
        struct auditfail_answer answer;

        if (scene->control)
                return identify(&scene->daemon);
        auditfail_ask(&(struct auditfail_question){ .application = "app-00000", .error = EPERM }, &answer);
        return answer.via == AUDITFAIL_VIA_DAEMON;
}

static void ask_modestly(struct scene *scene, enum phase phase) {
        uint64_t deadline = now_ns() + PATIENCE_NS, before;
        unsigned *asked = &scene->asked[phase];

        for (; *asked < scene->queries && (before = now_ns()) < deadline; ++*asked) {
                if (!ask(scene))
                        scene->refused[phase]++;
                scene->latency[phase * scene->queries + *asked] = now_ns() - before;
                nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
        }
}

static void wait_for_modest(struct scene *scene, enum phase phase) {
        pid_t modest = fork_bound();
        int status;

        if (modest == 0) {
                if (!scene->control)
                        become(USER_MODEST);
                ask_modestly(scene, phase);
                _exit(0);
        }
        if (waitpid(modest, &status, 0) < 0 || status != 0)
                errx(1, "the modest user did not come back");
}

static void print_latency(const struct scene *scene, const char *name, enum phase phase) {
        printf("\"%s\": [", name);
        for (unsigned i = 0; i < scene->asked[phase]; i++)
                printf("%s%llu", i > 0 ? ", " : "", (unsigned long long)scene->latency[phase * scene->queries + i]);
        printf("], ");
}

static void print_results(const struct scene *scene) {
        putchar('{');
        print_latency(scene, "quiet", QUIET);
        print_latency(scene, "latency", ATTACKED);
        printf("\"refused\": %u, \"attacks\": {", scene->refused[QUIET] + scene->refused[ATTACKED]);
        for (size_t i = 0; i < ATTACKS; i++)
                printf("%s\"%s\": [%u, %u]", i > 0 ? ", " : "", attacks[i].name, scene->attacks[i].opened,
                       scene->attacks[i].thrown_out);
        printf("}}\n");
}

int main(int argc, char **argv) {
        const char *folder = getenv("AUDITFAIL_RUNTIME_DIR");
        if (argc < 2 || !folder)
                errx(2, "usage: AUDITFAIL_RUNTIME_DIR=FOLDER bench-fairness QUERIES [control]");
        unsigned queries = (unsigned)strtoul(argv[1], NULL, 10);
        struct scene *scene = mmap(NULL, sizeof(*scene) + PHASES * queries * sizeof(scene->latency[0]),
                                   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (scene == MAP_FAILED)
                err(1, "mmap");
        scene->queries = queries;
        scene->control = argc > 2;
        scene->daemon = socket_address(folder, scene->control ? "io.auditfail.Control" : "io.auditfail.Policy");
        memset(nested + strlen(nested), '[', sizeof(nested) - strlen(nested) - 1);
        wait_for_modest(scene, QUIET);

        /* The greedy user's processes shall be gone before we are, though they are our children's children. */
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        pid_t greedy = fork_bound();
        if (greedy == 0)
                attack_with_all(scene);
        wait_until_full(scene);

        wait_for_modest(scene, ATTACKED);
        int status;
        kill(-greedy, SIGKILL);
        if (waitpid(greedy, &status, 0) < 0 || !WIFSIGNALED(status))
                errx(1, "the greedy user gave up");
        while (wait(NULL) > 0)
                ;
        print_results(scene);
        return 0;
}
