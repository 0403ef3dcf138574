/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's auditing that tests can set up, for one process: sockets to NETLINK_AUDIT lead here. A script preloads
 * it, a unit test is linked with it. AUDIT_KERNEL in the environment says how it behaves, in words:
 *
 *      off            auditing is switched off: records are acknowledged and dropped
 *      off-after=N    it is switched off after N records
 *      lose=N         record number N raises the counter of lost records
 *      rate=N         the rate limit
 *      exclude=TYPE   a rule drops records of this type (a number)
 *      never          a rule of the user filter drops every record
 *      no-useradd     a rule of the user filter drops every record of /usr/sbin/useradd
 *      locked         rules cannot be changed (enabled 2)
 *      no-control     this process has no CAP_AUDIT_CONTROL
 *      endless-rules  the list of rules has no end
 *      silent=N       the first N questions get no answer
 *      auditd=PID     this process is registered as the audit daemon
 *      previous=PID   for the first question, this one was
 *      full=MS        the queue is full: the kernel takes what is sent, answers, and makes the sender wait that long
 *      full-from=N    the first N calls of sendto() find room
 *      texts          the log has the text of each record
 *
 * Without the variable everything works. Each question and record is a line in the file that AUDIT_KERNEL_LOG names.
 */
#undef _FORTIFY_SOURCE /* with it, the C library's headers define recvfrom() inline */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKETS_MAX 16
#define PEER_MIN    200 /* descriptors of ours that programs do not meet */

#define EXPORT __attribute__((visibility("default")))

static struct {
        ino_t inode; /* of the end that the program has; 0: free */
        int peer;
} sockets[SOCKETS_MAX];

static unsigned records, lost, questions, sendings;

static bool is_set(const char *word) {
        const char *words = getenv("AUDIT_KERNEL");
        size_t length = strlen(word);

        for (const char *at = words; at && (at = strstr(at, word)); at += length)
                if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
                        return true;
        return false;
}

/* The number of NAME=NUMBER; 0 where it is not set. */
static unsigned number(const char *name) {
        const char *words = getenv("AUDIT_KERNEL"), *at = words ? strstr(words, name) : NULL;

        return at && at[strlen(name)] == '=' ? (unsigned)atoi(at + strlen(name) + 1) : 0;
}

static void log_line(const char *what, unsigned type, const char *text) {
        const char *name = getenv("AUDIT_KERNEL_LOG");
        int fd = name ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

        if (fd >= 0) {
                dprintf(fd, "%s %u%s%s\n", what, type, *text ? " " : "", text);
                close(fd);
        }
}

static bool is_enabled(void) {
        return !is_set("off") && (number("off-after") == 0 || records < number("off-after"));
}

static int peer_of(int fd) {
        struct stat status;

        if (fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
                return -1;
        for (size_t i = 0; i < SOCKETS_MAX; i++)
                if (sockets[i].inode == status.st_ino)
                        return sockets[i].peer;
        return -1;
}

EXPORT int socket(int domain, int type, int protocol) {
        __typeof__(&socket) next = (__typeof__(&socket))dlsym(RTLD_NEXT, "socket");
        static size_t last;
        struct stat status;
        int pair[2];

        if (domain != AF_NETLINK || protocol != NETLINK_AUDIT)
                return next(domain, type, protocol);
        if (socketpair(AF_UNIX, SOCK_DGRAM | (type & SOCK_CLOEXEC), 0, pair) < 0 || fstat(pair[0], &status) < 0)
                return -1;
        last = (last + 1) % SOCKETS_MAX;
        if (sockets[last].inode != 0)
                close(sockets[last].peer);
        sockets[last].inode = status.st_ino;
        sockets[last].peer = fcntl(pair[1], F_DUPFD_CLOEXEC, PEER_MIN);
        close(pair[1]);
        return pair[0];
}

static void reply(int peer, const struct nlmsghdr *request, unsigned type, const void *data, size_t size) {
        struct {
                struct nlmsghdr header;
                char data[2048];
        } message = { .header = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size),
                                  .nlmsg_type = (uint16_t)type,
                                  .nlmsg_seq = request->nlmsg_seq } };

        if (size > 0)
                memcpy(message.data, data, size);
        if (send(peer, &message, message.header.nlmsg_len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                abort();
}

static void acknowledge(int peer, const struct nlmsghdr *request, int error) {
        struct nlmsgerr answer = { .error = error, .msg = *request };

        reply(peer, request, NLMSG_ERROR, &answer, sizeof(answer));
}

/* never,user -F exe=/usr/sbin/useradd */
static void reply_no_useradd(int peer, const struct nlmsghdr *request) {
        static const char path[] = "/usr/sbin/useradd"; /* in a rule, it has no NUL */
        const struct audit_rule_data rule = { .flags = AUDIT_FILTER_USER,
                                              .action = AUDIT_NEVER,
                                              .field_count = 1,
                                              .fields = { AUDIT_EXE },
                                              .values = { sizeof(path) - 1 },
                                              .fieldflags = { AUDIT_EQUAL },
                                              .buflen = sizeof(path) - 1 };
        char bytes[sizeof(rule) + sizeof(path)];

        memcpy(bytes, &rule, sizeof(rule));
        memcpy(bytes + sizeof(rule), path, sizeof(path));
        reply(peer, request, AUDIT_LIST_RULES, bytes, sizeof(bytes) - 1);
}

static void list_rules(int peer, const struct nlmsghdr *request) {
        struct audit_rule_data exclude = { .flags = AUDIT_FILTER_EXCLUDE,
                                           .action = AUDIT_ALWAYS,
                                           .field_count = 1,
                                           .fields = { AUDIT_MSGTYPE },
                                           .values = { number("exclude") },
                                           .fieldflags = { AUDIT_EQUAL } };
        struct audit_rule_data never = { .flags = AUDIT_FILTER_USER,
                                         .action = AUDIT_NEVER,
                                         .field_count = 1,
                                         .fields = { AUDIT_UID },
                                         .values = { 0 },
                                         .fieldflags = { AUDIT_GREATER_THAN_OR_EQUAL } };

        if (number("exclude") != 0)
                reply(peer, request, AUDIT_LIST_RULES, &exclude, sizeof(exclude));
        if (is_set("never"))
                reply(peer, request, AUDIT_LIST_RULES, &never, sizeof(never));
        if (is_set("no-useradd"))
                reply_no_useradd(peer, request);
        if (!is_set("endless-rules"))
                reply(peer, request, NLMSG_DONE, NULL, 0);
}

static void control(int peer, const struct nlmsghdr *request) {
        unsigned previous = questions++ == 0 ? number("previous") : 0;
        struct audit_status status = { .pid = previous ? previous : number("auditd"),
                                       .enabled = is_enabled() ? (is_set("locked") ? 2 : 1) : 0,
                                       .rate_limit = number("rate"),
                                       .backlog_limit = 64,
                                       .lost = lost };

        log_line("asked", request->nlmsg_type, "");
        if (questions <= number("silent"))
                return;
        if (is_set("no-control"))
                acknowledge(peer, request, -EPERM);
        else if (request->nlmsg_type == AUDIT_GET)
                reply(peer, request, AUDIT_GET, &status, sizeof(status));
        else
                list_rules(peer, request);
}

/* An empty message is no record: audit_receive_msg() of the kernel. */
static void record(int peer, const struct nlmsghdr *request) {
        bool empty = request->nlmsg_len <= NLMSG_HDRLEN + 1, enabled = is_enabled();
        const char *text = (const char *)request + NLMSG_HDRLEN;

        log_line(empty ? "probed" : "record", request->nlmsg_type, is_set("texts") && !empty ? text : "");
        if (!empty && ++records == number("lose"))
                lost++;
        acknowledge(peer, request, enabled && empty ? -EINVAL : 0);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
                      socklen_t address_size) {
        __typeof__(&sendto) next = (__typeof__(&sendto))dlsym(RTLD_NEXT, "sendto");
        int peer = peer_of(fd);

        if (peer < 0)
                return next(fd, data, size, flags, address, address_size);
        for (size_t at = 0; at + sizeof(struct nlmsghdr) <= size;) {
                const struct nlmsghdr *request = (const void *)((const char *)data + at);
                if (request->nlmsg_type == AUDIT_GET || request->nlmsg_type == AUDIT_LIST_RULES)
                        control(peer, request);
                else
                        record(peer, request);
                at += NLMSG_ALIGN(request->nlmsg_len);
        }
        if (++sendings > number("full-from"))
                usleep(number("full") * 1000);
        return (ssize_t)size;
}

/* A process that closes all files would close the kernel's ends of the sockets. */
EXPORT int close_range(unsigned first, unsigned last, int flags) {
        __typeof__(&close_range) next = (__typeof__(&close_range))dlsym(RTLD_NEXT, "close_range");

        if (first >= PEER_MIN)
                return 0;
        return next(first, last < PEER_MIN ? last : PEER_MIN - 1, flags);
}

/* libaudit wants to see that the kernel has sent it. */
EXPORT ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *address, socklen_t *address_size) {
        __typeof__(&recvfrom) next = (__typeof__(&recvfrom))dlsym(RTLD_NEXT, "recvfrom");
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

        if (peer_of(fd) < 0)
                return next(fd, data, size, flags, address, address_size);

        ssize_t bytes = next(fd, data, size, flags, NULL, NULL);
        if (bytes >= 0 && address && *address_size >= sizeof(kernel)) {
                memcpy(address, &kernel, sizeof(kernel));
                *address_size = sizeof(kernel);
        }
        return bytes;
}
