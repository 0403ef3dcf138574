/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What auditfailctl run starts and auditfailctl doctor looks at: built linked with libaudit, statically, and as a
 * stand-in for the preload library. As a program it says that it runs, and stays until its input ends.
 */
#include <stdio.h>

#ifdef WITH_AUDIT
#include <libaudit.h>

int (*const use)(void) = audit_open;
#endif

int main(void);

int main(void) {
        puts("runs");
        fflush(stdout);
        while (getchar() != EOF)
                ;
        return 42;
}
