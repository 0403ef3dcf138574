/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What auditfailctl run starts and auditfailctl doctor looks at: built linked with libaudit, with libpam,
 * with both, statically, and as a stand-in for the preload library. As a program it says that it runs, and stays until
 * its input ends.
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

int main(void);

int main(void) {
        puts("runs");
        fflush(stdout);
        while (getchar() != EOF)
                ;
        return 42;
}
