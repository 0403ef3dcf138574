/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of Stop, Restart and Signal. */
#ifndef AUDITFAIL_REQUEST_OPTIONS_H
#define AUDITFAIL_REQUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/controld/auditd/task.h"
#include "protocol/varlink/call.h"

struct request_options {
        struct task task; /* without id and deadline, which request_begin() sets */
        uint64_t timeout_usec;
        bool interactive; /* polkit may ask the caller for a password */
        bool more;        /* the caller wants every step, not only the last */
};

/*
 * Reads the parameters of CALL for OPERATION. *RET_TOKEN lives as long as CALL. The caller of the request remains to be
 * filled in. Returns 0, or -EINVAL with call->invalid set.
 */
int request_options_read(struct call *call, enum operation operation, struct request_options *ret,
                         const char **ret_token);

/* Reads the parameter "signal" of CALL. Returns as request_options_read() does. */
int request_options_signal(struct call *call, enum operation *ret);

#endif
