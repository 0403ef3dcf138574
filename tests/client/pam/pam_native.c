/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_native.so MODULE [OPTION...]: stands between libpam and MODULE, and does what a libpam does that asks by itself.
 * It calls the module, then tries to write the record of the step. If that fails, it asks and obeys. libaudit calls
 * ECONNREFUSED a success.
 */
#include <dlfcn.h>
#include <errno.h>
#include <security/pam_modules.h>
#include <stddef.h>

#include "auditfail.h"
#include "protocol/audit/probe.h"

#define EXPORT __attribute__((visibility("default")))

typedef int step_function(pam_handle_t *pamh, int flags, int argc, const char **argv);

static int write_record(int result, const char *record) {
        const struct auditfail_question question = { .application = "su",
                                                     .operation = "audit_log_acct_message",
                                                     .record = record,
                                                     .error = -audit_probe_new() };

        if (question.error == 0 || question.error == ECONNREFUSED)
                return result;
        return auditfail_ask(&question, NULL) == AUDITFAIL_TERMINATE ? PAM_SYSTEM_ERR : result;
}

static int take(const char *name, const char *record, pam_handle_t *pamh, int flags, int argc, const char **argv) {
        void *module = argc > 0 ? dlopen(argv[0], RTLD_NOW) : NULL;
        step_function *step = module ? (step_function *)dlsym(module, name) : NULL;
        int result = step ? step(pamh, flags, argc - 1, argv + 1) : PAM_SERVICE_ERR;

        return write_record(result, record);
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
