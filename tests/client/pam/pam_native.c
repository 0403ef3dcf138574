/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_native.so MODULE [OPTION...]: stands between libpam and MODULE, and does what a libpam does that asks by itself.
 * It calls the module, then tries to write the record of the step. If that fails, it asks and obeys, and tells the user
 * why it stops. It does not see that the kernel drops a record, but for a new password it looks ahead.
 */
#include <dlfcn.h>
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "auditfail.h"
#include "protocol/audit/probe.h"

#define EXPORT __attribute__((visibility("default")))

typedef int step_function(pam_handle_t *pamh, int flags, int argc, const char **argv);

static int write_record(pam_handle_t *pamh, int result, const char *record) {
        const struct auditfail_question question = { .application = "su",
                                                     .operation = "audit_log_acct_message",
                                                     .record = record,
                                                     .error = -audit_probe_new() };
        bool looks_ahead = strcmp(record, "USER_CHAUTHTOK") == 0;

        if (question.error == 0 || (question.error == ESHUTDOWN && !looks_ahead))
                return result;
        if (auditfail_ask(&question, NULL) != AUDITFAIL_TERMINATE)
                return result;
        pam_error(pamh, "libpam cannot write %s", record);
        return PAM_SYSTEM_ERR;
}

static int take(const char *name, const char *record, pam_handle_t *pamh, int flags, int argc, const char **argv) {
        void *module = argc > 0 ? dlopen(argv[0], RTLD_NOW) : NULL;
        step_function *step = module ? (step_function *)dlsym(module, name) : NULL;
        int result = step ? step(pamh, flags, argc - 1, argv + 1) : PAM_SERVICE_ERR;

        return flags & PAM_UPDATE_AUTHTOK ? result : write_record(pamh, result, record);
}

#define STEP(name, record)                                                                                             \
        EXPORT int name(pam_handle_t *pamh, int flags, int argc, const char **argv) {                                  \
                return take(#name, record, pamh, flags, argc, argv);                                                   \
        }

STEP(pam_sm_authenticate, "USER_AUTH")
STEP(pam_sm_setcred, "CRED_ACQ")
STEP(pam_sm_acct_mgmt, "USER_ACCT")
STEP(pam_sm_open_session, "USER_START")
STEP(pam_sm_close_session, "USER_END")
STEP(pam_sm_chauthtok, "USER_CHAUTHTOK")
