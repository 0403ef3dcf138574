/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/worker_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

bool worker_message_is_last(const struct worker_message *message) {
        return message->failure != FAILURE_NONE || message->step == STEP_DONE;
}

int worker_message_send(int channel, const struct worker_message *message) {
        struct worker_message head = *message;
        struct iovec parts[1 + WORKER_TEXTS] = { { .iov_base = &head, .iov_len = sizeof(head) } };
        const struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 1 + WORKER_TEXTS };

        for (size_t i = 0; i < WORKER_TEXTS; i++) {
                const char *text = message->texts[i];

                head.lengths[i] = text && *text ? strlen(text) + 1 : 0;
                if (head.lengths[i] > WORKER_TEXT_MAX)
                        return -EMSGSIZE;
                parts[1 + i] = (struct iovec){ .iov_base = (void *)(uintptr_t)text, .iov_len = head.lengths[i] };
        }
        while (sendmsg(channel, &packet, MSG_NOSIGNAL) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

/* Whether the plain fields of MESSAGE can be used: as indices of tables of words, and as a string. */
static bool has_words(const struct worker_message *message) {
        return message->step < STEP_COUNT && message->failure < FAILURE_COUNT && message->cause < CAUSE_COUNT &&
               memchr(message->event, '\0', sizeof(message->event));
}

/* Replaces the lengths in MESSAGE by the texts, SIZE bytes. Returns whether both agree. */
static bool find_texts(struct worker_message *message, const char *bytes, size_t size) {
        for (size_t i = 0; i < WORKER_TEXTS; i++) {
                size_t length = message->lengths[i];

                message->texts[i] = "";
                if (length == 0)
                        continue;
                if (length > size || bytes[length - 1])
                        return false;
                message->texts[i] = bytes;
                bytes += length;
                size -= length;
        }
        return size == 0;
}

int worker_message_receive(int channel, char buffer[static WORKER_MESSAGE_MAX], struct worker_message *ret) {
        ssize_t size = recv(channel, buffer, WORKER_MESSAGE_MAX, MSG_DONTWAIT);

        if (size <= 0)
                return size == 0 ? -EPIPE : -errno;
        if ((size_t)size < sizeof(*ret))
                return -EBADMSG;
        memcpy(ret, buffer, sizeof(*ret));
        return has_words(ret) && find_texts(ret, buffer + sizeof(*ret), (size_t)size - sizeof(*ret)) ? 0 : -EBADMSG;
}
