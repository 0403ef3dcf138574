/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_auditfail.so - may this program go on if the kernel refuses its audit records? See pam_auditfail(8).
 *
 * Setuid programs ignore LD_PRELOAD, but they use PAM. This module asks the policy in their process. It asks before
 * libpam writes the record of the step, because libpam does that at the end of the stack.
 *
 * The module returns PAM_IGNORE or PAM_SYSTEM_ERR for every step. libpam returns PAM_SYSTEM_ERR if it cannot open audit
 * itself. No program takes that for a harmless error, as sudo does with PAM_SESSION_ERR, or for a wrong password that
 * the user may type again.
 *
 * A libpam that asks by itself (asks_itself.h) reports each record that it loses, and tells the user. Then the module
 * only asks ahead: it stops the program as early as without such a libpam, and says nothing.
 */
#include <errno.h>
#include <libaudit.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "auditfail.h"
#include "client/libauditfail/self.h"
#include "client/libauditfail/snapshot_read.h"
#include "client/shim/answer_text.h"
#include "client/shim/application.h"
#include "client/shim/asks_itself.h"
#include "client/shim/common_user.h"
#include "protocol/audit/send_aside.h"
#include "protocol/vocabulary.h"

#define EXPORT __attribute__((visibility("default")))

#define RESULT "pam_auditfail" /* the name of the result that this module stores in a PAM handle */

/* A function of PAM, and the record that libpam writes about it. */
struct step {
        const char *operation;
        const char *record;
        unsigned type; /* its number */
        void *caller;  /* an address in libpam, which called this module */
};

/* The step of the function that this stands in. */
#define STEP(...) (&(const struct step){ __VA_ARGS__, .caller = __builtin_return_address(0) })

struct options {
        const char *application; /* whose policy applies; NULL: that of the service */
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

/* NULL if PAM knows no service: then libauditfail takes the name of the program. */
static const char *find_application(pam_handle_t *pamh) {
        const void *service = NULL;

        if (pam_get_item(pamh, PAM_SERVICE, &service) != PAM_SUCCESS || !service)
                return NULL;
        return application_of_service(service);
}

/* The daemon writes its own entry into the journal. If it did not answer, this entry is the only one. */
static void log_answer(pam_handle_t *pamh, const struct auditfail_question *question,
                       const struct auditfail_answer *answer, const char *source) {
        bool stopped = answer->action == AUDITFAIL_TERMINATE;
        char cause[CAUSE_TEXT_MAX];

        if (answer->via == AUDITFAIL_VIA_DAEMON)
                return;
        cause_text(question->error, cause);
        pam_syslog(pamh, answer_priority(answer->action),
                   "audit record %s would be %s; %s, %s; auditfaild did not answer: %s", question->record, cause,
                   stopped ? "stopped" : "going on", source, strerror(answer->cause));
}

/*
 * What the kernel would say to the record. Libpam itself writes it, so this module cannot limit that wait. But it can
 * stop the program before it: if the policy has a bound, and the queue has no room in this time.
 */
static int find_error(pam_handle_t *pamh, const struct options *options, const struct step *step) {
        const char *application = options->application ?: find_application(pamh) ?: APPLICATION_DEFAULT;
        unsigned seconds = snapshot_wait(self_get()->folder, application, strlen(application));

        if (seconds > 0 && !audit_queue_has_room(1000 * seconds))
                return ERROR_DELAYED;
        return auditfail_check(step->type, NULL);
}

/*
 * Whether libpam will ask by itself about the record, for the same policy: not where the kernel acknowledges it. Only
 * for a new password, libpam looks ahead, and finds that auditing is off.
 */
static bool is_left_to_libpam(const struct options *options, const struct step *step, int error) {
        bool acknowledged = error == ERROR_EXCLUDED || error == ERROR_DELAYED ||
                            (error == ERROR_DISABLED && step->type != AUDIT_USER_CHAUTHTOK);

        return !options->application && !acknowledged && asks_itself(step->caller);
}

static enum auditfail_action ask(pam_handle_t *pamh, const struct options *options, int flags, const struct step *step,
                                 int error) {
        const struct auditfail_question question = {
                .application = options->application ?: find_application(pamh),
                .operation = step->operation,
                .record = step->record,
                .error = error,
                .flags = is_left_to_libpam(options, step, error) ? AUDITFAIL_AHEAD : 0,
        };
        static const char *const via[] = { "auditfaild", "the snapshot", "libauditfail" };
        struct auditfail_answer answer;
        char source[SOURCE_TEXT_MAX], cause[CAUSE_TEXT_MAX];

        auditfail_ask(&question, &answer);
        source_text(&answer, source);
        cause_text(error, cause);
        if (options->debug)
                pam_syslog(pamh, LOG_DEBUG, "%s answered for %s: %s, %s", via[answer.via],
                           question.application ?: "this program", action_name(answer.action), source);
        /* libpam tells the user, and reports. But without a policy, it may go on, and say nothing. */
        if (question.flags == AUDITFAIL_AHEAD && answer.via != AUDITFAIL_VIA_BUILTIN)
                return answer.action;
        log_answer(pamh, &question, &answer, source);
        if (answer.action == AUDITFAIL_TERMINATE && !options->quiet && !((unsigned)flags & PAM_SILENT))
                pam_error(pamh, "audit records would be %s; stopped, %s", cause, source);
        return answer.action;
}

/*
 * Asks and reports at the first refusal on a handle. That result then holds for the handle, because the records of a
 * login are lost together, and because a service's own line comes before the lines that it includes.
 */
static int check(pam_handle_t *pamh, int flags, int argc, const char **argv, const struct step *step) {
        /* Constants, but pam_set_data() takes no pointer to const. */
        static int results[] = {
                [AUDITFAIL_IGNORE] = PAM_IGNORE,
                [AUDITFAIL_LOG] = PAM_IGNORE,
                [AUDITFAIL_TERMINATE] = PAM_SYSTEM_ERR,
        };
        struct options options;
        const void *earlier;

        read_options(pamh, argc, argv, &options);
        bool known = pam_get_data(pamh, RESULT, &earlier) == PAM_SUCCESS;
        if (known && *(const int *)earlier == PAM_IGNORE)
                return PAM_IGNORE; /* on a full queue, another look would wait again */
        int error = find_error(pamh, &options, step);
        if (options.debug)
                pam_syslog(pamh, LOG_DEBUG, "the kernel says about %s: %s", step->record,
                           error == 0 ? "would be taken" : strerror(error));
        if (error == 0)
                return PAM_IGNORE;
        if (is_common_user(error)) { /* no failure, and it must lock out no user */
                if (options.debug)
                        pam_syslog(pamh, LOG_DEBUG, "an ordinary user's program: it can never write audit records");
                return PAM_IGNORE;
        }
        if (known)
                return *(const int *)earlier;

        int *result = &results[ask(pamh, &options, flags, step, error)];
        /* If memory is short, the next step asks again. */
        (void)pam_set_data(pamh, RESULT, result, NULL);
        return *result;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, STEP("pam_authenticate", "USER_AUTH", AUDIT_USER_AUTH));
}

/* The module has asked before: programs set credentials after the authentication. */
EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        (void)pamh, (void)flags, (void)argc, (void)argv;
        return PAM_IGNORE;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, STEP("pam_acct_mgmt", "USER_ACCT", AUDIT_USER_ACCT));
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        return check(pamh, flags, argc, argv, STEP("pam_open_session", "USER_START", AUDIT_USER_START));
}

/* A refused record must not keep a session open. */
EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        (void)pamh, (void)flags, (void)argc, (void)argv;
        return PAM_IGNORE;
}

/* libpam runs the stack twice. The first run changes nothing, and its failure prevents the second run. */
EXPORT int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv) {
        if (!(flags & PAM_PRELIM_CHECK))
                return PAM_IGNORE;
        return check(pamh, flags, argc, argv, STEP("pam_chauthtok", "USER_CHAUTHTOK", AUDIT_USER_CHAUTHTOK));
}
