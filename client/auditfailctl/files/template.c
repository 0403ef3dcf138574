/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"
#include "protocol/policy_path.h"

#define ANSWER_TIMEOUT_MS 2000

/* Returns where ANSWER comes from, in words. The caller frees it. */
static char *origin(const char *application, const struct auditfail_answer *answer) {
        bool own = policy_path_belongs_to(answer->file, application);

        if (!*answer->file)
                return text_format("no file applies");
        return text_format("%s%s:%u", own ? "" : "the default policy, ", answer->file, answer->line);
}

/* Sets *RET to the answers to APPLICATION as lines of a policy file, commented out. The caller frees *RET. */
static int describe_policy(const struct settings *settings, const char *application, char **ret) {
        /* The time limit holds for each answer. Without the daemon, the snapshot answers. */
        const struct settings asking = { .socket = settings->socket,
                                         .given[OPTION_SOCKET] = settings->given[OPTION_SOCKET],
                                         .command = settings->command,
                                         .timeout_ms = ANSWER_TIMEOUT_MS };
        struct failed_call failure = { .kind = KIND_NONE };
        struct auditfail_answer base, answer;
        cleanup(cleanup_free) char *text = NULL;

        snprintf(failure.application, sizeof(failure.application), "%s", application);
        int status = failed_call_ask(&asking, &failure, true, &base);
        if (status != STATUS_OK)
                return status;
        cleanup(cleanup_free) char *where = origin(application, &base);
        text_append(&text, "# In force now (%s):\n#\n#     %s\n", where, action_name(base.action));
        for (failure.kind = 0; failure.kind < KIND_COUNT; failure.kind++) {
                status = failed_call_ask(&asking, &failure, true, &answer);
                if (status != STATUS_OK)
                        return status;
                if (answer.action != base.action)
                        text_append(&text, "#     %s = %s\n", kind_name(failure.kind), action_name(answer.action));
        }
        text_append(&text, "#\n");
        *ret = TAKE_PTR(text);
        return STATUS_OK;
}

int template_make(const struct settings *settings, const char *application, bool in_force, char **ret) {
        cleanup(cleanup_free) char *policy = NULL;
        int status = in_force ? describe_policy(settings, application, &policy) : STATUS_OK;

        /* A file can be made for a daemon that does not run. */
        if (status != STATUS_OK && status != STATUS_NO_DAEMON && status != STATUS_TIMEOUT)
                return status;
        *ret = text_format("# What %s must do if it cannot write an audit record.\n#\n"
                           "%s"
                           "# Write the action below: " ACTION_LIST ".\n"
                           "# Exceptions by kind of failure may follow, as \"KIND = ACTION\". KIND is\n"
                           "# " KIND_LIST ":\n"
                           "# see auditfail.conf(5). If you change nothing, no file is made.\n\n",
                           strcmp(application, APPLICATION_DEFAULT) == 0 ? "every program without a file" : application,
                           policy ?: "");
        return STATUS_OK;
}
