/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A library that sends an audit record: as a plug-in; or, as PRELOAD_CONSTRUCTOR, before main(). As ASKS_ITSELF, it
 * asks if the record is lost.
 */
#include <errno.h>
#include <libaudit.h>
#include <stdio.h>
#include <unistd.h>

#ifdef ASKS_ITSELF
#include "ask_itself.h"
#else
#define checked(operation, result) (result)
#endif

__attribute__((visibility("default"))) int plugin_send(void);

int plugin_send(void) {
        int fd = checked("audit_open", audit_open());
        int result = audit_log_user_message(fd, AUDIT_TRUSTED_APP, "op=plugin", NULL, NULL, NULL, 1);

        audit_close(fd);
        return checked("audit_log_user_message", result);
}

#ifdef PRELOAD_CONSTRUCTOR
__attribute__((constructor)) static void send_before_main(void) {
        int result = plugin_send();

        dprintf(STDOUT_FILENO, "constructor %d %d\n", result, errno);
}
#endif
