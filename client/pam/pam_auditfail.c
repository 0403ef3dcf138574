/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_auditfail.so - may this program go on, if its audit records are refused? See pam_auditfail(8).
 *
 * Setuid programs drop LD_PRELOAD, but not PAM: this module asks in their place, in their process, and before PAM
 * itself writes the record of the step, for libpam does that when the stack is through.
 *
 * The answer is PAM_IGNORE or PAM_SYSTEM_ERR, for every step. The latter is what libpam returns when it cannot open
 * audit itself, and no program takes it for something harmless, as sudo does with PAM_SESSION_ERR, or for a wrong
 * password that may be tried again.
 */
#include <errno.h>
#include <libaudit.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "auditfail.h"
#include "client/shim/answer_text.h"
#include "client/shim/application.h"
#include "client/shim/common_user.h"
#include "protocol/vocabulary.h"

#define EXPORT __attribute__((visibility("default")))

#define ANSWER "pam_auditfail" /* the name of what this module remembers with a PAM handle */

/* What a program asks of PAM, and the record that libpam writes about it. */
struct step {
        const char *operation;
        const char *record;
        unsigned type; /* its number */
};

struct options {
        const char *application; /* whose policy; NULL: the service's */
        bool quiet;
        bool debug;
};

static void read_options(pam_handle_t *pamh, int argc, const char **argv, struct options *ret) {
        static const char application[] = "application=";

        *ret = (struct options){ 0 };
        for (int i = 0; i < argc; i++)
                if (strncmp(argv[i], application, strlen(application)) == 0)
                        ret->application = argv[i] + strlen(application);
                else if (strcmp(argv[i], "quiet") == 0)
                        ret->quiet = true;
                else if (strcmp(argv[i], "debug") == 0)
                        ret->debug = true;
                else
                        pam_syslog(pamh, LOG_ERR, "unknown option \"%s\", expected application=, quiet or debug",
                                   argv[i]);
}

/* NULL where PAM knows no service, which the stub takes for the name of the program. */
static const char *find_application(pam_handle_t *pamh) {
        const void *service = NULL;

        if (pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS || !service)
                return NULL;
        return application_of_service(service);
}

/* The daemon reports what it is asked. Where somebody else answered, this is the one entry in the journal. */
static void report(pam_handle_t *pamh, const struct auditfail_question *question, const struct auditfail_answer *answer,
                   const char *reason) {
        bool stopped = answer->action == AUDITFAIL_TERMINATE;
        char why[REASON_WHY_MAX];

        if (answer->via == AUDITFAIL_VIA_DAEMON)
                return;
        reason_why(question->error, why);
        pam_syslog(pamh, reason_priority(answer->action),
                   "audit record %s would be %s; %s, %s; auditfaild did not answer: %s", question->record, why,
                   stopped ? "stopped" : "going on", reason, strerror(answer->cause));
}

static enum auditfail_action ask(pam_handle_t *pamh, const struct options *options, int flags, const struct step *step,
                                 int error) {
        const struct auditfail_question question = {
                .application = options->application ?: find_application(pamh),
                .operation = step->operation,
                .record = step->record,
                .error = error,
        };
        static const char *const via[] = { "auditfaild", "the snapshot", "the stub" };
        struct auditfail_answer answer;
        char reason[REASON_MAX], why[REASON_WHY_MAX];

        auditfail_ask(&question, &answer);
        reason_write(&answer, reason);
        reason_why(error, why);
        if (options->debug)
                pam_syslog(pamh, LOG_DEBUG, "%s answered for %s: %s, %s", via[answer.via],
                           question.application ?: "this program", action_name(answer.action), reason);
        report(pamh, &question, &answer, reason);
        if (answer.action == AUDITFAIL_TERMINATE && !options->quiet && !((unsigned)flags & PAM_SILENT))
                pam_error(pamh, "audit records would be %s; stopped, %s", why, reason);
        return answer.action;
}

/*
 * The first refusal on a handle is asked about, told and reported; the answer then holds for the handle: the records of
 * one login are lost together, and a line of its own in the file of a service comes before the common ones.
 */
static int check(pam_handle_t *pamh, int flags, int argc, const char **argv, const struct step *step) {
        /* Never written to, but PAM remembers no pointers to constants. */
        static int results[] = {
                [AUDITFAIL_IGNORE] = PAM_IGNORE,
                [AUDITFAIL_LOG] = PAM_IGNORE,
                [AUDITFAIL_TERMINATE] = PAM_SYSTEM_ERR,
        };
        struct options options;
        const void *earlier;

        read_options(pamh, argc, argv, &options);
        int error = auditfail_check(step->type, NULL);
        if (options.debug)
                pam_syslog(pamh, LOG_DEBUG, "the kernel says about %s: %s", step->record,
                           error == 0 ? "would be taken" : strerror(error));
        if (error == 0)
                return PAM_IGNORE;
        if (is_common_user(error)) { /* nothing has failed there, and nobody shall be locked out by it */
                if (options.debug)
                        pam_syslog(pamh, LOG_DEBUG, "a common user's program: it could never write audit records");
                return PAM_IGNORE;
        }
        if (pam_get_data(pamh, ANSWER, &earlier) == PAM_SUCCESS)
                return *(const int *)earlier;

        int *result = &results[ask(pamh, &options, flags, step, error)];
        /* Without memory for it, the next step asks again. */
        (void)pam_set_data(pamh, ANSWER, result, NULL);
        return *result;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, &(struct step){ "pam_authenticate", "USER_AUTH", AUDIT_USER_AUTH });
}

/* Credentials come after the authentication, which was the time to ask. */
EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        (void)pamh, (void)flags, (void)argc, (void)argv;
        return PAM_IGNORE;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, &(struct step){ "pam_acct_mgmt", "USER_ACCT", AUDIT_USER_ACCT });
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, &(struct step){ "pam_open_session", "USER_START", AUDIT_USER_START });
}

/* Nobody is kept in because there is no audit. */
EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        (void)pamh, (void)flags, (void)argc, (void)argv;
        return PAM_IGNORE;
}

/* PAM walks the stack twice, and changes nothing in the first walk, whose failure prevents the second. */
EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        if (!(flags & PAM_PRELIM_CHECK))
                return PAM_IGNORE;
        return check(pamh, flags, argc, argv,
                     &(struct step){ "pam_chauthtok", "USER_CHAUTHTOK", AUDIT_USER_CHAUTHTOK });
}
