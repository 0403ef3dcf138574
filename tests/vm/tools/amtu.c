/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for amtu(8), the Abstract Machine Test Utility, which Debian does not have: it tells the audit trail how
 * its tests went in the way that amtu does. It looks neither at what audit_open() returns nor at whether the record was
 * written, and closes the descriptor with close(2), not audit_close(3).
 */
#include <libaudit.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
        int audit = audit_open();
        int unused = audit_log_user_message(audit, AUDIT_TEST, "amtu: memory test", NULL, NULL, NULL, 1);

        (void)unused;
        close(audit);
        puts("Executing Memory Test...");
        puts("Memory Test SUCCESS!");
        return 0;
}
