/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auditfail.h"

#include <stdbool.h>
#include <string.h>

#include "client/libauditfail/exchange.h"
#include "client/libauditfail/reply_read.h"
#include "client/libauditfail/self.h"
#include "client/libauditfail/snapshot_read.h"
#include "protocol/json/json_writer.h"
#include "protocol/json/plain.h"
#include "protocol/policy_path.h"
#include "protocol/thread_state.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define TIMEOUT_DEFAULT_MS 1000
#define TIMEOUT_MAX_MS     60000

/* Programs that were built before record and flags existed pass zeros in their place. */
_Static_assert(sizeof(struct auditfail_question) == 2 * sizeof(char *) + 2 * sizeof(int) + 4 * sizeof(uint64_t),
               "the size that programs were built with");

#define EXPORT __attribute__((visibility("default")))

struct failure {
        const char *application;
        size_t application_length;
        unsigned error; /* errno of the failed call, 0: not known */
        enum kind kind;
};

static void describe_failure(const struct auditfail_question *question, struct failure *ret) {
        const char *application = question->application;

        if (!application)
                application = self_get()->secure ? self_get()->program : program_invocation_short_name;
        ret->application = application_from_file(application, &ret->application_length);
        if (!ret->application) {
                ret->application = APPLICATION_DEFAULT;
                ret->application_length = strlen(APPLICATION_DEFAULT);
        }

        ret->error = question->error < 0 ? 0U - (unsigned)question->error : (unsigned)question->error;
        if (ret->error == 0)
                ret->kind = KIND_NONE;
        else
                ret->kind = ret->error <= ERRNO_MAX ? kind_from_errno((int)ret->error) : KIND_OTHER;
}

/*
 * Writes the first MAX bytes of VALUE (NULL: nothing) as the member NAME. The daemon refuses longer strings. JSON could
 * make other characters than ASCII longer, so they become "?".
 */
static void write_ascii(struct json_writer *w, const char *name, const char *value, size_t max) {
        char text[OPERATION_MAX > RECORD_MAX ? OPERATION_MAX : RECORD_MAX];

        if (!value)
                return;

        size_t length = strnlen(value, max);
        if (skip_plain(value, value + length) < value + length) {
                for (size_t i = 0; i < length; i++)
                        text[i] = (char)(value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
                value = text;
        }
        json_string_n(w, name, value, length);
}

static size_t write_query(char *message, size_t size, const struct failure *failure,
                          const struct auditfail_question *question) {
        struct json_writer w = JSON_WRITER(message, size);

        json_begin_with(&w, "{\"method\":\"" POLICY_INTERFACE ".Query\",\"parameters\":{\"close\":true,");
        json_word_n(&w, "application", failure->application, failure->application_length);
        if (failure->error > ERRNO_MAX)
                json_string(&w, "kind", kind_name(KIND_OTHER));
        else if (failure->error > 0)
                json_integer(&w, "errno", failure->error);
        write_ascii(&w, "operation", question->operation, OPERATION_MAX);
        write_ascii(&w, "record", question->record, RECORD_MAX);
        if (question->flags & AUDITFAIL_AHEAD)
                json_boolean(&w, "ahead", true);
        json_object_end(&w);
        json_object_end(&w);
        return json_finish(&w);
}

static int ask_daemon(const struct failure *failure, const struct auditfail_question *question, unsigned timeout_ms,
                      struct auditfail_answer *answer) {
        char message[REPLY_MAX]; /* a query takes less than half of it */
        size_t length = write_query(message, sizeof(message), failure, question);

        int r = exchange(self_get()->folder, timeout_ms, message, length, sizeof(message));
        return r < 0 ? r : reply_read(message, (size_t)r, answer);
}

static void ask(const struct auditfail_question *question, struct auditfail_answer *answer) {
        struct failure failure;
        unsigned timeout_ms = question->timeout_ms ? question->timeout_ms : TIMEOUT_DEFAULT_MS;

        describe_failure(question, &failure);
        int r = ask_daemon(&failure, question, timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS, answer);
        if (r == 0)
                return;
        if (snapshot_read(self_get()->folder, failure.application, failure.application_length, failure.kind, answer) <
            0)
                *answer = (struct auditfail_answer){ .action = AUDITFAIL_TERMINATE, .via = AUDITFAIL_VIA_BUILTIN };
        answer->cause = -r;
}

EXPORT enum auditfail_action auditfail_ask(const struct auditfail_question *question, struct auditfail_answer *answer) {
        static const struct auditfail_question all_defaults;
        struct auditfail_answer unwanted;
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        if (!answer)
                answer = &unwanted;
        ask(question ? question : &all_defaults, answer);
        return answer->action;
}

EXPORT enum auditfail_action audit_failure_action(const char *file) {
        return auditfail_ask(&(struct auditfail_question){ .application = file ? file : APPLICATION_DEFAULT }, NULL);
}
