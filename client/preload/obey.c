/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/obey.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "auditfail.h"
#include "client/preload/loss_log.h"
#include "client/preload/loss_text.h"
#include "client/preload/stderr_line.h"
#include "client/preload/this_program.h"
#include "client/shim/common_user.h"
#include "protocol/vocabulary.h"

/*
 * Not exit(): exit handlers and the destructors of libraries belong to the program, and would go on with what it is to
 * stop: write out half of a file that is buffered, remove what they think is theirs in a child that shares it. They
 * could also wait for a lock that another thread holds, or that this one does, and nobody may call exit() again in an
 * exit handler. _exit() ends all threads at once, wherever they are, as SIGKILL would.
 */
static _Noreturn void stop(const char *sentence) {
        say(sentence);
        _exit(this_program_exit_status());
}

/* What is to be told about a loss that was asked about, to whom. */
static void follow(const struct auditfail_question *question, const struct auditfail_answer *answer) {
        char sentence[SENTENCE_MAX];

        sentence_write(question, answer, sentence);
        bool reported = answer->via == AUDITFAIL_VIA_DAEMON || report(question, answer, sentence);
        switch (answer->action) {
        case AUDITFAIL_IGNORE:
                return;
        case AUDITFAIL_LOG:
                if (!reported || say_is_seen())
                        say(sentence);
                return;
        default: /* AUDITFAIL_TERMINATE, and what a later daemon may say */
                stop(sentence);
        }
}

/*
 * Asks the policy. Returns false if it does not apply, although the kernel refuses records: only a policy of its own
 * applies to an ordinary user's process, as to that of a service with a user of its own.
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
                /* The program will not come to lose a record, so that this is what goes on record. */
                question->flags = 0;
                if (answer.via != AUDITFAIL_VIA_DAEMON) { /* who would not answer again either, and is waited for */
                        follow(question, &answer);
                        return;
                }
        }
        if (ask(question, common, &answer))
                follow(question, &answer);
}

static void obey(struct auditfail_question question) {
        char application[APPLICATION_NAME_MAX + 1];
        int saved = errno, cancelable;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
        this_program_application(application);
        question.application = application;
        ask_and_obey(&question);
        pthread_setcancelstate(cancelable, NULL);
        errno = saved;
}

void obey_ahead(const char *operation, int error) {
        obey((struct auditfail_question){ .operation = operation, .error = error, .flags = AUDITFAIL_AHEAD });
}

void obey_loss(const char *operation, const char *record, int error) {
        obey((struct auditfail_question){ .operation = operation, .record = record, .error = error });
}
