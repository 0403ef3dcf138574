/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/cli/failed_call.h"

#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/cli/service.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"

#define ERRNO_NAMES_MAX 256 /* Linux has about 130 */

/* strerrorname_np() has only the first name of these. */
static bool is_second_name(const char *word, int error) {
        return (error == EWOULDBLOCK && strcasecmp(word, "EWOULDBLOCK") == 0) ||
               (error == EDEADLOCK && strcasecmp(word, "EDEADLOCK") == 0) ||
               (error == ENOTSUP && strcasecmp(word, "ENOTSUP") == 0);
}

static int parse_errno(const struct settings *settings, const char *word, int *ret) {
        char *end;
        long number = strtol(word, &end, 10);
        if (end != word && !*end) {
                if (number < 1 || number > ERRNO_MAX)
                        return usage_error(settings, "--errno is from 1 to %d, not %s", ERRNO_MAX, word);
                *ret = (int)number;
                return STATUS_OK;
        }

        const char *names[ERRNO_NAMES_MAX + 1];
        size_t count = 0;
        for (int i = 1; i <= ERRNO_MAX && count < ERRNO_NAMES_MAX; i++) {
                const char *name = strerrorname_np(i);
                if (!name)
                        continue;
                names[count++] = name;
                if (strcasecmp(word, name) == 0 || is_second_name(word, i)) {
                        *ret = i;
                        return STATUS_OK;
                }
        }
        names[count] = NULL;
        cleanup(cleanup_free) char *suggestion = text_suggestion(word, strlen(word), "", names);
        return usage_error(settings, "\"%s\" is no errno: expected a name such as EPERM, or a number%s", word,
                           suggestion);
}

int application_parse(const struct settings *settings, const char *word, char ret[static APPLICATION_NAME_MAX + 1]) {
        size_t length;
        const char *name = application_from_file(word, &length);
        if (!name)
                return usage_error(settings,
                                   "\"%s\" is no application: its name is 1 to %d characters of A-Za-z0-9._@-, and "
                                   "does not start with \".\" or \"-\"",
                                   word, APPLICATION_NAME_MAX);

        memcpy(ret, name, length);
        ret[length] = 0;
        return STATUS_OK;
}

static int parse_kind(const struct settings *settings, const char *word, struct failed_call *failure) {
        enum kind kind = (enum kind)kind_from_name(word, strlen(word));
        if (kind == KIND_NONE)
                return usage_error(settings, "\"%s\" is no kind of failure: " KIND_LIST, word);
        if (failure->error != 0 && failure->kind != kind)
                return usage_error(settings, "--errno=%s is of kind %s, not %s", settings->given[OPTION_ERRNO],
                                   kind_name(failure->kind), word);
        failure->kind = kind;
        return STATUS_OK;
}

int failed_call_parse(const struct settings *settings, char **operands, struct failed_call *ret) {
        struct failed_call failure = { .application = APPLICATION_DEFAULT, .kind = KIND_NONE };
        int status = STATUS_OK;

        if (*operands)
                status = application_parse(settings, *operands, failure.application);
        if (status == STATUS_OK && settings->given[OPTION_ERRNO]) {
                status = parse_errno(settings, settings->given[OPTION_ERRNO], &failure.error);
                if (status == STATUS_OK)
                        failure.kind = kind_from_errno(failure.error);
        }
        if (status == STATUS_OK && settings->given[OPTION_KIND])
                status = parse_kind(settings, settings->given[OPTION_KIND], &failure);
        *ret = failure;
        return status;
}

struct json_object *failed_call_parameters(const struct failed_call *failure) {
        struct json_object *parameters = object_new();

        object_add_string(parameters, "application", failure->application);
        if (failure->error != 0)
                object_add_integer(parameters, "errno", failure->error);
        if (failure->kind != KIND_NONE)
                object_add_string(parameters, "kind", kind_name(failure->kind));
        return parameters;
}

static int ask_socket(const struct settings *settings, const struct failed_call *failure, bool ahead,
                      struct auditfail_answer *ret) {
        cleanup(cleanup_json) struct json_object *parameters = failed_call_parameters(failure), *reply = NULL;

        object_add_string(parameters, "operation", settings->given[OPTION_OPERATION]);
        object_add_string(parameters, "record", settings->given[OPTION_RECORD]);
        if (ahead)
                object_add_boolean(parameters, "ahead", true);
        int status = service_ask(settings, "Query", parameters, &reply);
        if (status != STATUS_OK)
                return status;

        struct reader reader = { .object = reply };
        const char *word = read_string(&reader, "action"), *file = read_string_maybe(&reader, "file");
        int action = action_from_name(word, strlen(word));
        *ret = (struct auditfail_answer){ .action = (enum auditfail_action)action,
                                          .via = AUDITFAIL_VIA_DAEMON,
                                          .generation = (uint64_t)read_integer(&reader, "generation"),
                                          .line = (unsigned)read_integer_or(&reader, "line", 0) };
        snprintf(ret->file, sizeof(ret->file), "%s", file ?: "");
        return reader.fault || action < 0 ? service_misunderstood(settings, reader.fault ?: "action") : STATUS_OK;
}

int failed_call_ask(const struct settings *settings, const struct failed_call *failure, bool ahead,
                    struct auditfail_answer *ret) {
        const struct auditfail_question question = { .application = failure->application,
                                                     .operation = settings->given[OPTION_OPERATION],
                                                     .error = failure->error ?: kind_errno(failure->kind),
                                                     .timeout_ms = (unsigned)settings->timeout_ms,
                                                     .record = settings->given[OPTION_RECORD],
                                                     .flags = ahead ? AUDITFAIL_AHEAD : 0 };

        if (settings->given[OPTION_SOCKET])
                return ask_socket(settings, failure, ahead, ret);
        auditfail_ask(&question, ret);
        return STATUS_OK;
}

enum emphasis action_emphasis(const char *action) {
        static const enum emphasis emphases[ACTION_COUNT] = {
                [AUDITFAIL_IGNORE] = EMPHASIS_GOOD,
                [AUDITFAIL_LOG] = EMPHASIS_NOTICE,
                [AUDITFAIL_TERMINATE] = EMPHASIS_BAD,
        };
        int known = action_from_name(action, strlen(action));

        return known < 0 ? EMPHASIS_NONE : emphases[known];
}

void answer_add(struct json_object *object, const struct auditfail_answer *answer) {
        static const char *const vias[] = {
                [AUDITFAIL_VIA_DAEMON] = "daemon",
                [AUDITFAIL_VIA_SNAPSHOT] = "snapshot",
                [AUDITFAIL_VIA_BUILTIN] = "builtin",
        };

        object_add_string(object, "action", action_name(answer->action));
        object_add_string(object, "file", *answer->file ? answer->file : NULL);
        if (answer->line > 0)
                object_add_integer(object, "line", answer->line);
        object_add_string(object, "via", vias[answer->via]);
}

char *failed_call_text(const char *kind, int error) {
        const char *name = strerrorname_np(error);

        if (error == 0)
                return text_format("%s", kind ?: "a failure of unknown kind");
        if (!name)
                return text_format("%s%serrno %d%s", kind ?: "", kind ? " (" : "", error, kind ? ")" : "");
        return text_format(kind ? "%s%s(%s)" : "%s%s%s", kind ?: "", kind ? " " : "", name);
}
