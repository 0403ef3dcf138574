/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/obey.h"

#include <stdbool.h>
#include <unistd.h>

#include "auditfail.h"
#include "client/preload/loss_log.h"
#include "client/preload/loss_text.h"
#include "client/preload/stderr_line.h"
#include "client/preload/this_program.h"
#include "client/shim/common_user.h"
#include "protocol/thread_state.h"
#include "protocol/vocabulary.h"

/*
 * Not exit(). Exit handlers and destructors belong to the program. They would go on with what must stop: write out half
 * of a buffered file, or remove files that a child shares with its parent. They could wait for a lock that a thread
 * holds, and calling exit() in an exit handler is undefined. _exit() ends all threads at once, as SIGKILL does.
 */
static _Noreturn void stop(const char *text) {
        stderr_line(text);
        _exit(this_program_exit_status());
}

/* Reports the loss, and stops the program if ANSWER says so. */
static void follow(const struct auditfail_question *question, const struct auditfail_answer *answer) {
        char text[LOSS_TEXT_MAX];

        loss_text(question, answer, text);
        bool reported = answer->via == AUDITFAIL_VIA_DAEMON || loss_log_write(question, answer, text);
        switch (answer->action) {
        case AUDITFAIL_IGNORE:
                return;
        case AUDITFAIL_LOG:
                if (!reported || stderr_line_is_seen())
                        stderr_line(text);
                return;
        default: /* AUDITFAIL_TERMINATE, and actions that are unknown yet */
                stop(text);
        }
}

/*
 * Asks the policy. Returns false if it does not apply: an ordinary user's process (COMMON), such as one of a service
 * with a separate user, obeys only the policy file of its application, not the default policy.
 */
static bool ask(const struct auditfail_question *question, bool common, struct auditfail_answer *ret) {
        const struct preload_facts *facts = this_program();

        if (common && preload_common(facts, question->application, NULL) != PRELOAD_COMMON_OBEYS)
                return false;
        auditfail_ask(question, ret);
        if (!common)
                return true;
        enum preload_common rule = preload_common(facts, question->application, ret);
        if (rule == PRELOAD_COMMON_REPORTS)
                ret->action = AUDITFAIL_LOG;
        return rule == PRELOAD_COMMON_OBEYS || rule == PRELOAD_COMMON_REPORTS;
}

static void ask_and_obey(struct auditfail_question *question) {
        bool ahead = question->flags & AUDITFAIL_AHEAD, common = is_common_user(question->error);
        struct auditfail_answer answer;

        if (ahead || common) {
                question->flags = AUDITFAIL_AHEAD;
                if (!ask(question, common, &answer))
                        return;
                if (ahead && (answer.action == AUDITFAIL_IGNORE || answer.action == AUDITFAIL_LOG))
                        return;
                /* The program will lose no further record, so this one must be reported: ask again without the flag. */
                question->flags = 0;
                if (answer.via != AUDITFAIL_VIA_DAEMON) { /* asking again would wait for the daemon again */
                        follow(question, &answer);
                        return;
                }
        }
        if (ask(question, common, &answer))
                follow(question, &answer);
}

static void obey(struct auditfail_question question) {
        char application[APPLICATION_NAME_MAX + 1];
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        this_program_application(application);
        question.application = application;
        ask_and_obey(&question);
}

void obey_ahead(const char *operation, int error) {
        obey((struct auditfail_question){ .operation = operation, .error = error, .flags = AUDITFAIL_AHEAD });
}

void obey_loss(const char *operation, const char *record, int error) {
        obey((struct auditfail_question){ .operation = operation, .record = record, .error = error });
}
