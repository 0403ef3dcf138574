/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: json.dict */
/*
 * A request to auditfail-controld, from the frame to its record. What is taken is within the bounds that the interface
 * promises, and is read again as the same when it is said again; and whatever a caller gives for a reason, the record
 * has the fields that we write and no others, in no more than its room.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common/audit_text.h"
#include "daemon/controld/request_options.h"
#include "protocol/cleanup.h"
#include "protocol/varlink/call.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_json.h"

#define TOKEN_MAX   256 /* bytes */
#define TIMEOUT_MIN 100000ULL
#define TIMEOUT_MAX 600000000ULL

/* A request as it was read, with strings of its own. */
struct reading {
        struct request_options options;
        char token[TOKEN_MAX + 1];
};

static bool ends_with(const char *text, const char *end) {
        size_t length = strlen(text), bytes = strlen(end);

        return length >= bytes && strcmp(text + length - bytes, end) == 0;
}

static void check_refusal(const struct call *call, int r) {
        static const char *const names[] = { "token", "reason", "force", "timeout", "interactive", "signal" };
        bool known = false;

        CHECK(r == -EINVAL && call->invalid);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                known |= strcmp(call->invalid, names[i]) == 0;
        CHECK(known);
}

/* Reads FRAME as the daemon does: as Signal where its method is so called, else as Stop. Returns whether it is one. */
static bool read_frame(const char *frame, size_t length, struct reading *ret) {
        static char strings[FRAME_MAX];
        enum operation operation = OPERATION_STOP;
        const char *token = NULL;
        struct call call;
        int r = call_parse(frame, length, NULL, strings, &call);

        CHECK(r == 0 || r == -EBADMSG);
        if (r < 0 || call.invalid)
                return false;
        if (ends_with(call.method, ".Signal"))
                r = request_options_signal(&call, &operation);
        if (r == 0)
                r = request_options_read(&call, operation, &ret->options, &token);
        if (r < 0) {
                check_refusal(&call, r);
                return false;
        }
        CHECK(ret->options.task.operation == operation && ret->options.more == call.more);
        CHECK(strlen(token) <= TOKEN_MAX);
        strcpy(ret->token, token);
        return true;
}

static void check_bounds(const struct reading *reading) {
        const struct task *task = &reading->options.task;
        size_t length = strnlen(task->reason, sizeof(task->reason));

        CHECK(length < sizeof(task->reason) && audit_text_length(task->reason) <= REASON_TEXT_MAX);
        CHECK(is_utf8(task->reason, length) && is_utf8(reading->token, strlen(reading->token)));
        CHECK(reading->options.timeout_usec >= TIMEOUT_MIN && reading->options.timeout_usec <= TIMEOUT_MAX);
        CHECK(!task->identified && !*task->why && task->caller.peer.pid == 0 && task->deadline_usec == 0 && !*task->id);
        CHECK(task->operation == OPERATION_STOP ||
              (task->operation >= OPERATION_RELOAD && task->operation < OPERATION_COUNT));
}

/* What was read, said again, is read as the same. */
static void check_again(const struct reading *reading) {
        static char frame[8 * FRAME_MAX];
        const struct task *task = &reading->options.task;
        bool is_signal = task->operation != OPERATION_STOP;
        struct json_writer w = JSON_WRITER(frame, sizeof(frame));
        static struct reading again;

        json_object_begin(&w, NULL);
        json_string(&w, "method", is_signal ? "io.auditfail.Control.Signal" : "io.auditfail.Control.Stop");
        json_boolean(&w, "more", reading->options.more);
        json_object_begin(&w, "parameters");
        json_string(&w, "token", reading->token);
        json_string(&w, "reason", task->reason);
        json_boolean(&w, "force", task->force);
        json_integer(&w, "timeout", (int64_t)(reading->options.timeout_usec / 1000));
        json_boolean(&w, "interactive", reading->options.interactive);
        if (is_signal)
                json_string(&w, "signal", operation_word(task->operation));
        json_object_end(&w);
        json_object_end(&w);

        size_t length = json_finish(&w);

        CHECK(length > 0);
        if (length - 1 > FRAME_MAX) /* escapes take more than what they stand for */
                return;
        CHECK(read_frame(frame, length - 1, &again));
        CHECK(strcmp(again.token, reading->token) == 0 && strcmp(again.options.task.reason, task->reason) == 0);
        CHECK(again.options.task.operation == task->operation && again.options.task.force == task->force);
        CHECK(again.options.timeout_usec == reading->options.timeout_usec);
        CHECK(again.options.interactive == reading->options.interactive && again.options.more == reading->options.more);
}

/* The value of the last field: quoted, without any quote, apostrophe or control in it; hexadecimal; or "?". */
static void check_value(const char *value) {
        size_t length = strlen(value);

        CHECK(length > 0);
        if (strcmp(value, "?") == 0)
                return;
        if (value[0] != '"') {
                CHECK(strspn(value, "0123456789ABCDEF") == length && length % 2 == 0);
                return;
        }
        CHECK(length >= 2 && value[length - 1] == '"');
        for (size_t i = 1; i < length - 1; i++)
                CHECK(value[i] > ' ' && value[i] < 0x7f && value[i] != '"' && value[i] != '\'');
}

static void check_record(const struct task *task) {
        const struct caller caller = {
                .peer.pid = 1, .peer.auid = 1000, .peer.session = 1, .peer.program = "auditctl"
        };
        const struct request_record record = {
                .operation = operation_word(task->operation),
                .id = "0123456789abcdef",
                .reason = task->reason,
                .caller = &caller,
        };
        const struct request_record plain = {
                .operation = operation_word(task->operation),
                .id = "0123456789abcdef",
                .caller = &caller,
        };
        cleanup(cleanup_free) char *message = request_message(&record);
        cleanup(cleanup_free) char *without = request_message(&plain);

        CHECK(message && without && ends_with(without, " reason=?"));

        size_t head = strlen(without) - strlen("?");

        CHECK(strncmp(message, without, head) == 0);
        CHECK(strlen(message + head) <= REASON_TEXT_MAX);
        check_value(message + head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static struct reading reading;
        size_t length = strnlen((const char *)data, size < FRAME_MAX ? size : FRAME_MAX);
        /* Memory of exactly its size, where reading one byte too far is an error. */
        cleanup(cleanup_free) char *frame = calloc(1, length + 1);

        CHECK(frame);
        memcpy(frame, data, length);
        if (!read_frame(frame, length, &reading))
                return 0;
        check_bounds(&reading);
        check_again(&reading);
        check_record(&reading.options.task);
        return 0;
}
