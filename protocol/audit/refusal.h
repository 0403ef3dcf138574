/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would the kernel refuse an audit record? This header includes no other header of this project, so that a program can
 * have it alone: native/ adds it to programs that write their record after the change which it is about.
 *
 * The question is an empty message of type AUDIT_USER. It passes all checks of a record. Then the kernel (since
 * Linux 5.6) returns EINVAL, because there is no text to print, or 0 if auditing is off. See audit_receive_msg() in
 * kernel/audit.c. EPERM means that CAP_AUDIT_WRITE is missing. ECONNREFUSED means that the sender is in another user
 * namespace, or that the kernel was started with audit=0.
 */
#ifndef AUDITFAIL_REFUSAL_H
#define AUDITFAIL_REFUSAL_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>

/* The kernel's answer to an empty message: 0 or an errno value, also that of a system call that failed. */
static inline int audit_answer_to_nothing(int fd) {
        const struct nlmsghdr question = {
                .nlmsg_len = sizeof(question),
                .nlmsg_type = AUDIT_USER,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                .nlmsg_seq = 0x61756466U, /* libaudit counts from 1 */
        };
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        struct {
                struct nlmsghdr header;
                struct nlmsgerr error;
        } answer;

        if (sendto(fd, &question, sizeof(question), MSG_DONTWAIT, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return errno;

        /* The kernel answers before sendto() returns. */
        ssize_t bytes = recvfrom(fd, &answer, sizeof(answer), MSG_DONTWAIT, NULL, NULL);
        if (bytes < 0)
                return errno;
        if ((size_t)bytes < sizeof(answer) || answer.header.nlmsg_type != NLMSG_ERROR ||
            answer.header.nlmsg_seq != question.nlmsg_seq)
                return EAGAIN;
        return -answer.error.error;
}

/*
 * Asks over FD, a socket of audit_open() without a pending answer. Returns 0 if the kernel would accept a record, or if
 * that is unknown, for example because the kernel is short of memory; ESHUTDOWN if auditing is off: then the kernel
 * would acknowledge a record, and drop it. Otherwise returns the errno value of the record, such as EPERM.
 *
 * Makes two system calls, which do not wait for the answer. But if more records than backlog_limit wait for the audit
 * daemon, the kernel makes every sender wait, even with MSG_DONTWAIT: until there is room, for at most
 * backlog_wait_time (60 s). See the end of audit_receive() in kernel/audit.c.
 *
 * Changes errno, allocates nothing, async-signal-safe, thread-safe. Leaves nothing to read on FD.
 */
static inline int audit_refusal(int fd) {
        int error = audit_answer_to_nothing(fd);

        switch (error) {
        case 0:
                return ESHUTDOWN;
        case EINVAL: /* no text to print: all else was right */
        case EINTR:  /* this one and the others may be over soon */
        case EAGAIN:
        case ENOBUFS:
        case ENOMEM:
                return 0;
        default:
                return error;
        }
}

#endif
