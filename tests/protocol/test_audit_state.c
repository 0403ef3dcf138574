/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test plays the kernel: a socket to NETLINK_AUDIT is one end of a pair here, and each question gets the messages
 * that the test has prepared. So no test depends on the auditing of the machine.
 */
#include "protocol/audit/audit_state.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/audit/probe.h"
#include "protocol/clock.h"
#include "protocol/vocabulary.h"

#define STATE 0x61756401U /* the sequence numbers of the questions */
#define RULES 0x61756402U
#define PROBE 0x61756466U

#define AS(number, kind) .sequence = (number), .type = (kind)

/* A message from the kernel, or the errno with which it cannot be received. */
struct answer {
        unsigned sequence, type;
        int error;       /* in a message of the type NLMSG_ERROR */
        unsigned cut;    /* bytes that are missing at the end */
        unsigned sender; /* 0: the kernel */
        int receive_errno;
        const struct audit_rule_data *rule;
};

static struct {
        int fd, peer;
        const struct answer *answers;
        size_t count, received;
} kernel = { .fd = -1 };

static void send_answer(const struct answer *answer) {
        struct {
                struct nlmsghdr header;
                union {
                        struct nlmsgerr error;
                        struct audit_status status;
                        struct audit_rule_data rule;
                };
        } message = { .header = { .nlmsg_type = (uint16_t)answer->type, .nlmsg_seq = answer->sequence } };
        size_t size = NLMSG_HDRLEN;

        if (answer->type == NLMSG_ERROR) {
                message.error.error = answer->error;
                size += sizeof(message.error);
        } else if (answer->type == AUDIT_GET) {
                message.status = (struct audit_status){ .enabled = 1, .pid = 4711, .lost = 7, .backlog_limit = 64 };
                size += sizeof(message.status);
        } else if (answer->type == AUDIT_LIST_RULES) {
                message.rule = *answer->rule;
                size += sizeof(message.rule);
        }
        if (send(kernel.peer, &message, size - answer->cut, 0) < 0)
                abort();
}

/* These three stand before libc's. */

int socket(int domain, int type, int protocol) {
        __typeof__(&socket) next = (__typeof__(&socket))dlsym(RTLD_NEXT, "socket");
        int pair[2];

        if (domain != AF_NETLINK || protocol != NETLINK_AUDIT)
                return next(domain, type, protocol);
        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -1;
        kernel.fd = pair[0];
        kernel.peer = pair[1];
        kernel.received = 0;
        return kernel.fd;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size) {
        __typeof__(&sendto) next = (__typeof__(&sendto))dlsym(RTLD_NEXT, "sendto");

        if (fd != kernel.fd)
                return next(fd, data, size, flags, address, address_size);
        for (size_t i = 0; i < kernel.count; i++)
                send_answer(&kernel.answers[i]);
        return (ssize_t)size;
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *address, socklen_t *address_size) {
        __typeof__(&recvfrom) next = (__typeof__(&recvfrom))dlsym(RTLD_NEXT, "recvfrom");

        if (fd != kernel.fd)
                return next(fd, data, size, flags, address, address_size);
        ssize_t bytes = next(fd, data, size, flags, NULL, NULL);
        if (bytes < 0)
                return bytes;
        const struct answer *answer = &kernel.answers[kernel.received++];
        if (answer->receive_errno) {
                errno = answer->receive_errno;
                return -1;
        }
        if (address)
                *(struct sockaddr_nl *)address = (struct sockaddr_nl){ AF_NETLINK, .nl_pid = answer->sender };
        return bytes;
}

#define PLAY(...)                                                                                                      \
        do {                                                                                                           \
                static const struct answer list_[] = { __VA_ARGS__ };                                                  \
                kernel.answers = list_;                                                                                \
                kernel.count = sizeof(list_) / sizeof(list_[0]);                                                       \
        } while (0)

static int ask(struct audit_state *state, struct audit_rules_question *rules) {
        int r = audit_state_ask(state, rules);

        close(kernel.peer);
        kernel.fd = -1;
        return r;
}

static void expect_state(void) {
        struct audit_state state = { 0 };

        cr_expect_eq(ask(&state, NULL), 0);
        cr_expect(state.enabled);
        cr_expect_not(state.locked);
        cr_expect_eq(state.auditd, 4711);
        cr_expect_eq(state.lost, 7);
}

static void expect_failure(int error) {
        struct audit_state state = { .lost = 99 };

        cr_expect_eq(ask(&state, NULL), -error, "%s", strerror(error));
        cr_expect_eq(state.lost, 99, "a failure changes no state");
}

Test(audit_state, only_the_kernels_answer_to_the_question_counts) {
        PLAY({ AS(STATE, AUDIT_GET) });
        expect_state();
        PLAY({ AS(STATE, NLMSG_ERROR), .error = -EPERM, .sender = 12 }, { AS(STATE, AUDIT_GET) });
        expect_state();
        PLAY({ AS(STATE, NLMSG_ERROR), .cut = sizeof(struct nlmsgerr) + 4 }, { AS(STATE, AUDIT_GET) });
        expect_state();
        PLAY({ AS(STATE, NLMSG_ERROR), .error = -EPERM, .cut = sizeof(struct nlmsgerr) }, { AS(STATE, AUDIT_GET) });
        expect_state();
        PLAY({ AS(STATE, NLMSG_ERROR) }, { AS(STATE + 7, AUDIT_GET) }, { AS(RULES, AUDIT_USER) },
             { AS(STATE, AUDIT_GET) });
        expect_state();
}

Test(audit_state, an_interrupted_call_is_repeated) {
        PLAY({ .receive_errno = EINTR }, { .receive_errno = EAGAIN }, { AS(STATE, AUDIT_GET) });
        expect_state();
}

Test(audit_state, an_error_of_the_kernel_or_of_the_socket_is_the_result) {
        PLAY({ AS(STATE, NLMSG_ERROR), .error = -EPERM });
        expect_failure(EPERM);
        PLAY({ .receive_errno = ENOBUFS }, { AS(STATE, AUDIT_GET) });
        expect_failure(ENOBUFS);
}

Test(audit_state, an_answer_of_another_kind_is_waited_out, .timeout = 60) {
        int64_t before = monotonic_ms();

        PLAY({ AS(STATE, AUDIT_GET), .cut = sizeof(struct audit_status) });
        expect_failure(ETIMEDOUT);
        cr_expect_geq(monotonic_ms() - before, AUDIT_STATE_TIMEOUT_MS);
}

static void count_rule(const struct audit_rule_data *rule, size_t size, void *userdata) {
        (void)rule;
        (void)size;
        ++*(int *)userdata;
}

Test(audit_state, the_rules_are_of_both_filters_and_whole) {
#define NEVER(list)                                                                                                    \
        {                                                                                                              \
                .flags = (list), .action = AUDIT_NEVER, .field_count = 1, .fields = { AUDIT_UID }, .fieldflags = {     \
                        AUDIT_EQUAL                                                                                    \
                }                                                                                                      \
        }
        static const struct audit_rule_data by_exit = NEVER(AUDIT_FILTER_EXIT), by_user = NEVER(AUDIT_FILTER_USER),
                                            by_exclude = NEVER(AUDIT_FILTER_EXCLUDE | AUDIT_FILTER_PREPEND);
        static const struct {
                const struct audit_rule_data *rule;
                unsigned cut;
                int dropping;
        } table[] = {
                { &by_exit, 0, 0 }, { &by_user, 0, 1 }, { &by_exclude, 0, 1 }, { &by_user, 1, 0 }, { &by_exclude, 1, 0 }
        };
        const struct audit_subject subject = { .uid = 0 };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                const struct answer answers[] = {
                        { AS(STATE, NLMSG_DONE) },
                        { AS(STATE, AUDIT_GET) },
                        { AS(RULES, AUDIT_LIST_RULES), .rule = table[i].rule, .cut = table[i].cut },
                        { AS(RULES, NLMSG_DONE) },
                        { AS(STATE, NLMSG_ERROR), .error = -EPERM }, /* after the end, so it is not received */
                };
                int dropping = 0;
                struct audit_rules_question rules = { .subject = &subject, .userdata = &dropping };
                struct audit_state state;

                kernel.answers = answers;
                kernel.count = sizeof(answers) / sizeof(answers[0]);
                cr_expect_eq(ask(&state, &rules), 0, "row %zu", i);
                cr_expect_eq(audit_filter_drops(&rules.dropped, AUDIT_USER), table[i].dropping, "row %zu", i);
                rules.on_rule = count_rule;
                cr_expect_eq(ask(&state, &rules), 0, "row %zu", i);
                cr_expect_eq(dropping, table[i].dropping, "row %zu", i);
        }
}

Test(audit_state, the_kernel_is_pressed_by_a_rate_limit_or_half_a_queue) {
        static const struct {
                struct audit_state state;
                bool pressed;
        } table[] = {
                { { .backlog = 5 }, false },
                { { .rate_limit = 1 }, true },
                { { .backlog_limit = 64, .backlog = 32 }, false },
                { { .backlog_limit = 64, .backlog = 33 }, true },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                cr_expect_eq(audit_state_is_pressed(&table[i].state), table[i].pressed, "row %zu", i);
}

/* What audit_probe_new() makes of the first message from the kernel. */
Test(audit_state, a_probe_believes_only_a_whole_acknowledgement_of_its_own) {
        static const struct {
                struct answer answer;
                int result;
        } table[] = {
                { { AS(PROBE, NLMSG_ERROR), .error = -EINVAL }, 0 },
                { { AS(PROBE, NLMSG_ERROR), .error = 0 }, -ERROR_DISABLED },
                { { AS(PROBE, NLMSG_ERROR), .error = -EPERM }, -EPERM },
                { { AS(PROBE, NLMSG_ERROR), .error = -EINTR }, 0 },
                { { AS(PROBE, NLMSG_ERROR), .error = -ENOBUFS }, 0 },
                { { AS(PROBE, NLMSG_ERROR), .error = -EPERM, .cut = 1 }, 0 },
                { { AS(PROBE + 1, NLMSG_ERROR), .error = -EPERM }, 0 },
                { { AS(PROBE, AUDIT_GET) }, 0 },
                { { .receive_errno = EAGAIN }, 0 },
                { { .receive_errno = ENOMEM }, 0 },
                { { .receive_errno = ECONNRESET }, -ECONNRESET },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                kernel.answers = &table[i].answer;
                kernel.count = 1;
                cr_expect_eq(audit_probe_new(), table[i].result, "row %zu", i);
                close(kernel.peer);
                kernel.fd = -1;
        }
}
