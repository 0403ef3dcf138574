/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In LD_PRELOAD behind the library under test: a libaudit that loses a record, and leaves no errno that says why. */
#include <libaudit.h>

__attribute__((visibility("default"))) int audit_log_acct_message(int audit_fd, int type, const char *pgname,
                                                                  const char *op, const char *name, unsigned int id,
                                                                  const char *host, const char *addr, const char *tty,
                                                                  int result) {
        (void)audit_fd, (void)type, (void)pgname, (void)op, (void)name, (void)id;
        (void)host, (void)addr, (void)tty, (void)result;
        return 0;
}
