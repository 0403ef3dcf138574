/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/worker_message.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];
static char buffer[WORKER_MESSAGE_MAX];

static void open_channel(void) {
        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
}

static void close_channel(void) {
        close(ends[0]);
        close(ends[1]);
}

TestSuite(worker_message, .init = open_channel, .fini = close_channel);

/* A text of SIZE bytes, with its NUL. */
static char *text_of(size_t size) {
        char *text = malloc(size);

        cr_assert(text);
        memset(text, 'x', size);
        text[size - 1] = 0;
        return text;
}

Test(worker_message, fields_and_texts_arrive_as_they_were_sent) {
        const struct worker_message sent = {
                .step = STEP_DONE,
                .failure = FAILURE_NOT_RECORDED,
                .cause = CAUSE_LOST,
                .signalled = true,
                .auditd = 4142,
                .kernel.backlog = 7,
                .event = "1700000000.123:77",
                .detail = "detail",
                .program = "",
                .trail = "one\ntwo\n",
                .rule = "-a never,user",
        };
        struct worker_message received;

        cr_assert_eq(worker_message_send(ends[0], &sent), 0);
        cr_assert_eq(worker_message_receive(ends[1], buffer, &received), 0);
        cr_expect_eq(received.step, STEP_DONE);
        cr_expect_eq(received.failure, FAILURE_NOT_RECORDED);
        cr_expect_eq(received.cause, CAUSE_LOST);
        cr_expect(received.signalled && received.auditd == 4142 && received.kernel.backlog == 7);
        cr_expect_str_eq(received.event, "1700000000.123:77");
        cr_expect_str_eq(received.detail, "detail");
        cr_expect_str_eq(received.program, "");
        cr_expect_str_eq(received.trail, "one\ntwo\n");
        cr_expect_str_eq(received.state, "");
        cr_expect_str_eq(received.log_file, "");
        cr_expect_str_eq(received.rule, "-a never,user");
}

Test(worker_message, a_step_without_texts_is_small) {
        cr_assert_eq(worker_message_send(ends[0], &(struct worker_message){ .step = STEP_DRAINING }), 0);
        cr_expect_leq(recv(ends[1], buffer, sizeof(buffer), 0), 160);
}

Test(worker_message, each_text_may_be_as_long_as_the_limit) {
        struct worker_message message = { 0 };
        struct worker_message received;
        char *longest = text_of(WORKER_TEXT_MAX), *too_long = text_of(WORKER_TEXT_MAX + 1);

        for (size_t i = 0; i < WORKER_TEXTS; i++)
                message.texts[i] = longest;
        cr_assert_eq(worker_message_send(ends[0], &message), 0);
        cr_assert_eq(worker_message_receive(ends[1], buffer, &received), 0);
        for (size_t i = 0; i < WORKER_TEXTS; i++)
                cr_expect_str_eq(received.texts[i], longest);
        message.trail = too_long;
        cr_expect_eq(worker_message_send(ends[0], &message), -EMSGSIZE);
        free(longest);
        free(too_long);
}

Test(worker_message, nothing_to_receive_is_told_from_the_end) {
        struct worker_message received;

        cr_expect_eq(worker_message_receive(ends[1], buffer, &received), -EAGAIN);
        shutdown(ends[0], SHUT_WR);
        cr_expect_eq(worker_message_receive(ends[1], buffer, &received), -EPIPE);
}

/* A packet with SIZE bytes after the fields, the lengths of two texts, and its last byte. */
static int receive_forged(size_t first, size_t second, size_t size, char last) {
        struct worker_message head = { .lengths = { first, second } }, received;

        memcpy(buffer, &head, sizeof(head));
        memset(buffer + sizeof(head), 'x', size);
        buffer[sizeof(head) + size - 1] = last;
        cr_assert_eq(send(ends[0], buffer, sizeof(head) + size, 0), (ssize_t)(sizeof(head) + size));
        return worker_message_receive(ends[1], buffer, &received);
}

Test(worker_message, lengths_that_do_not_fit_the_packet_are_an_error) {
        cr_expect_eq(receive_forged(4, 0, 4, 0), 0, "the forgery itself is well made");
        cr_expect_eq(receive_forged(5, 0, 4, 0), -EBADMSG, "longer than the packet");
        cr_expect_eq(receive_forged(SIZE_MAX, 0, 4, 0), -EBADMSG);
        cr_expect_eq(receive_forged(3, 0, 4, 0), -EBADMSG, "shorter, and without a NUL");
        cr_expect_eq(receive_forged(0, 0, 4, 0), -EBADMSG, "bytes of no text");
        cr_expect_eq(receive_forged(4, 0, 4, 'x'), -EBADMSG, "no NUL");
        cr_expect_eq(receive_forged(2, 2, 4, 0), -EBADMSG, "no NUL after the first");
        cr_assert_eq(send(ends[0], "short", 5, 0), 5);
        cr_expect_eq(worker_message_receive(ends[1], buffer, &(struct worker_message){ 0 }), -EBADMSG);
}

Test(worker_message, values_that_have_no_word_are_an_error) {
        const struct worker_message forged[] = {
                { .step = STEP_COUNT },
                { .failure = FAILURE_COUNT },
                { .failure = FAILURE_NOT_RECORDED, .cause = CAUSE_COUNT },
        };
        struct worker_message endless = { .step = STEP_DONE }, received;

        for (size_t i = 0; i < sizeof(forged) / sizeof(*forged); i++) {
                cr_assert_eq(worker_message_send(ends[0], &forged[i]), 0);
                cr_expect_eq(worker_message_receive(ends[1], buffer, &received), -EBADMSG, "%zu", i);
        }
        memset(endless.event, '1', sizeof(endless.event));
        cr_assert_eq(worker_message_send(ends[0], &endless), 0);
        cr_expect_eq(worker_message_receive(ends[1], buffer, &received), -EBADMSG);
}

Test(worker_message, what_cannot_be_sent_is_an_error) {
        close(ends[1]);
        cr_expect_eq(worker_message_send(ends[0], &(struct worker_message){ .step = STEP_DONE }), -EPIPE);
        ends[1] = dup(ends[0]);
}

Test(worker_message, a_failure_and_the_step_done_are_the_last) {
        cr_expect(worker_message_is_last(&(struct worker_message){ .step = STEP_DONE }));
        cr_expect(worker_message_is_last(&(struct worker_message){ .failure = FAILURE_FAILED }));
        cr_expect_not(worker_message_is_last(&(struct worker_message){ .step = STEP_DRAINING }));
}
