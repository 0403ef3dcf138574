/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program for tests of run and doctor, built with libaudit, with libpam, with both, statically, as one that asks by
 * itself, and as a stand-in for the preload library. It prints a line, and runs until its input ends.
 */
#include <stdio.h>

#ifdef WITH_AUDIT
#include <libaudit.h>

int (*const use)(void) = audit_open;
#endif

#ifdef WITH_PAM
#include <security/pam_appl.h>

int (*const start)(const char *service, const char *user, const struct pam_conv *conversation,
                   pam_handle_t **handle) = pam_start;
#endif

#ifdef WITH_CALL
int audit_failure_action(const char *file);

int (*const call)(const char *file) = audit_failure_action;
#endif

int main(void);

int main(void) {
        puts("runs");
        fflush(stdout);
        while (getchar() != EOF)
                ;
        return 42;
}
