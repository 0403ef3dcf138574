/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/probe.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "protocol/cleanup.h"
#include "protocol/thread_state.h"
#include "protocol/vocabulary.h"

#define SEQUENCE 0x61756466U /* libaudit counts from 1 */

/*
 * The result of a record if an empty message gets ERROR. EINVAL: the kernel would accept the record. 0: auditing is
 * off, and the kernel checks nothing. The other errors with the result 0 may be over soon.
 */
static int result_of_record(int error) {
        switch (error) {
        case 0:
                return -ERROR_DISABLED;
        case EINVAL:
        case EINTR:
        case EAGAIN:
        case ENOBUFS:
        case ENOMEM:
                return 0;
        default:
                return -error;
        }
}

static int probe(int fd) {
        const struct nlmsghdr question = {
                .nlmsg_len = sizeof(question),
                .nlmsg_type = AUDIT_USER,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                .nlmsg_seq = SEQUENCE,
        };
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        struct {
                struct nlmsghdr header;
                struct nlmsgerr error;
        } answer;

        if (sendto(fd, &question, sizeof(question), MSG_DONTWAIT, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return result_of_record(errno);

        /* The kernel answers before sendto() returns. */
        ssize_t bytes = recvfrom(fd, &answer, sizeof(answer), MSG_DONTWAIT, NULL, NULL);
        if (bytes < 0)
                return result_of_record(errno);
        if ((size_t)bytes < sizeof(answer) || answer.header.nlmsg_type != NLMSG_ERROR ||
            answer.header.nlmsg_seq != SEQUENCE)
                return 0;
        return result_of_record(-answer.error.error);
}

int audit_probe(int fd) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        return probe(fd);
}

int audit_probe_new(void) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

        return fd < 0 ? -errno : probe(fd);
}
