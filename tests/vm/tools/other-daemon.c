/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registers itself with the kernel as the audit daemon, where there is none, and takes its records until it is killed.
 */
#include <err.h>
#include <libaudit.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
        int audit = audit_open();
        struct audit_reply reply;

        if (audit < 0)
                err(EXIT_FAILURE, "cannot open the kernel's audit socket");
        if (audit_set_pid(audit, (uint32_t)getpid(), WAIT_YES) <= 0)
                errx(EXIT_FAILURE, "cannot become the audit daemon; is there another one?");
        while (audit_get_reply(audit, &reply, GET_REPLY_BLOCKING, 0) != 0)
                ;
        err(EXIT_FAILURE, "cannot receive records");
}
