/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/proc.h"

#define SEQUENCE_STATE 0x61756401U
#define SEQUENCE_RULES 0x61756402U

#define ENABLED_LOCKED 2 /* AUDIT_LOCKED of kernel/audit.c */

#define RULE_MAX 6144 /* bytes with its strings; longer rules are cut off, and audit_filter_rule() handles that */

struct message {
        struct nlmsghdr header;
        union {
                struct nlmsgerr error;
                struct audit_status status;
                struct audit_rule_data rule;
                char bytes[RULE_MAX];
        };
};

/* The state of one exchange with the kernel. */
struct exchange {
        int fd;
        int64_t deadline_ms;
        bool state_came, rules_came;
        struct audit_state state;
        struct audit_rules_question *rules;
        struct audit_subject self;
        char exe[PATH_MAX];
};

/* Reads the facts about this process at the first rule that needs them. Most machines have no such rule. */
static const struct audit_subject *subject_of(struct exchange *exchange) {
        struct audit_subject *self = &exchange->self;

        if (exchange->rules->subject)
                return exchange->rules->subject;
        if (self->pid != 0)
                return self;
        *self = (struct audit_subject){ .pid = getpid(), .uid = getuid(), .gid = getgid(), .auid = AUDIT_UID_UNSET };
        self->auid_known = proc_read_id(AT_FDCWD, "/proc/self/loginuid", &self->auid) == 0;
        ssize_t length = readlink("/proc/self/exe", exchange->exe, sizeof(exchange->exe) - 1);
        if (length > 0) {
                exchange->exe[length] = '\0';
                self->exe = exchange->exe;
        }
        return self;
}

static void take_state(struct exchange *exchange, const struct audit_status *status) {
        exchange->state = (struct audit_state){ .enabled = status->enabled != 0,
                                                .locked = status->enabled == ENABLED_LOCKED,
                                                .auditd = (pid_t)status->pid,
                                                .rate_limit = status->rate_limit,
                                                .backlog = status->backlog,
                                                .backlog_limit = status->backlog_limit,
                                                .lost = status->lost };
        exchange->state_came = true;
}

static void take_rule(struct exchange *exchange, const struct audit_rule_data *rule, size_t size) {
        struct audit_rules_question *rules = exchange->rules;
        uint32_t list = size < sizeof(*rule) ? AUDIT_FILTER_EXIT : rule->flags & ~(uint32_t)AUDIT_FILTER_PREPEND;

        if (list != AUDIT_FILTER_EXCLUDE && list != AUDIT_FILTER_USER)
                return;
        if (audit_filter_rule(rule, size, subject_of(exchange), &rules->dropped) && rules->on_rule)
                rules->on_rule(rule, size, rules->userdata);
}

/* Processes one message of BYTES bytes. Returns 0, or the negative errno in the message. */
static int take(struct exchange *exchange, const struct message *message, size_t bytes) {
        size_t size = bytes - NLMSG_HDRLEN;

        if (message->header.nlmsg_seq == SEQUENCE_STATE && message->header.nlmsg_type == AUDIT_GET &&
            size >= offsetof(struct audit_status, version))
                take_state(exchange, &message->status);
        else if (message->header.nlmsg_seq == SEQUENCE_RULES && message->header.nlmsg_type == AUDIT_LIST_RULES)
                take_rule(exchange, &message->rule, size);
        else if (message->header.nlmsg_seq == SEQUENCE_RULES && message->header.nlmsg_type == NLMSG_DONE)
                exchange->rules_came = true;
        else if (message->header.nlmsg_type == NLMSG_ERROR && size >= sizeof(message->error.error))
                return message->error.error;
        return 0;
}

/* Sends both questions in one call. */
static int send_questions(const struct exchange *exchange) {
        const struct nlmsghdr questions[] = {
                { .nlmsg_len = NLMSG_HDRLEN,
                  .nlmsg_type = AUDIT_GET,
                  .nlmsg_flags = NLM_F_REQUEST,
                  .nlmsg_seq = SEQUENCE_STATE },
                { .nlmsg_len = NLMSG_HDRLEN,
                  .nlmsg_type = AUDIT_LIST_RULES,
                  .nlmsg_flags = NLM_F_REQUEST,
                  .nlmsg_seq = SEQUENCE_RULES },
        };
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        size_t size = exchange->rules ? sizeof(questions) : sizeof(questions[0]);

        if (sendto(exchange->fd, questions, size, MSG_DONTWAIT, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return -errno;
        return 0;
}

/* Waits for a message. Polls once even if no time is left. Returns 0, or -ETIMEDOUT. */
static int await(const struct exchange *exchange) {
        struct pollfd answer = { .fd = exchange->fd, .events = POLLIN };

        for (;;) {
                int64_t left = exchange->deadline_ms - monotonic_ms();

                if (poll(&answer, 1, left > 0 ? (int)left : 0) > 0)
                        return 0;
                if (left <= 0)
                        return -ETIMEDOUT;
        }
}

/* Processes the messages that have arrived. Returns 0, or a negative errno. */
static int receive(struct exchange *exchange) {
        struct message message;

        while (!exchange->state_came || !exchange->rules_came) {
                struct sockaddr_nl from = { 0 };
                socklen_t from_size = sizeof(from);
                ssize_t bytes = recvfrom(exchange->fd, &message, sizeof(message), MSG_DONTWAIT,
                                         (struct sockaddr *)&from, &from_size);

                if (bytes < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
                if (from.nl_pid != 0 || (size_t)bytes < NLMSG_HDRLEN)
                        continue;
                int r = take(exchange, &message, (size_t)bytes);
                if (r < 0)
                        return r;
        }
        return 0;
}

int audit_state_ask(struct audit_state *state, struct audit_rules_question *rules) {
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
        struct exchange exchange = { .fd = fd, .rules = rules, .rules_came = !rules };

        if (fd < 0)
                return -errno;
        if (rules)
                rules->dropped = (struct audit_dropped){ 0 };
        int r = send_questions(&exchange);
        exchange.deadline_ms =
                monotonic_ms() + AUDIT_STATE_TIMEOUT_MS; /* not before: sendto() may have waited for a long time */
        while (r == 0 && (!exchange.state_came || !exchange.rules_came)) {
                r = await(&exchange);
                if (r == 0)
                        r = receive(&exchange);
        }
        if (r == 0)
                *state = exchange.state;
        return r;
}

bool audit_state_is_pressed(const struct audit_state *state) {
        return state->rate_limit > 0 || (state->backlog_limit > 0 && state->backlog > state->backlog_limit / 2);
}
