/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd says of a service that matters to the audit records of its processes (systemd.exec(5)). */
#ifndef AUDITFAILCTL_SERVICE_UNIT_H
#define AUDITFAILCTL_SERVICE_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/preload.h"

#define CALL_KILLS (-1) /* SIGSYS ends the process */

struct service_unit {
        char *name;                 /* cups.service, also where another name of it was given */
        char *program;              /* of the first ExecStart=; NULL: it has none */
        char *argv0;                /* the argv[0] that it gets, which "@" lets differ; NULL: none */
        bool active;                /* it runs, or is done and remains (RemainAfterExit=) */
        uint32_t pid;               /* of the main process; 0: there is none */
        bool audit_write;           /* what it runs has CAP_AUDIT_WRITE, by its user and its capabilities */
        bool private_users;         /* it has a user namespace of its own */
        bool netlink, unix_sockets; /* sockets of these families may be made: to the kernel's audit, to auditfaild */
        int audit_calls;            /* how the filter of system calls has a record fail: an errno value; CALL_KILLS;
                                     * 0: it does not */
        int socket_call;            /* the same for audit_open() alone */
        int daemon_calls;           /* the same for what is asked of auditfaild */
        struct variables variables; /* in Environment= */
        char *pam;                  /* PAMName=; NULL: none */
        uid_t user;                 /* as whom it is started; -1: as one that owns no file, or is not known here */
        gid_t group;
        bool no_new_privileges; /* no file gives it more */
};

/*
 * Asks systemd over D-Bus. Returns 0; -ENOENT where there is no such unit; -EINVAL where it is no service's name; or
 * another negative errno with which systemd could not be asked. The caller clears *RET.
 */
int service_unit_read(const char *name, int timeout_ms, struct service_unit *ret);
void service_unit_clear(struct service_unit *unit);

#endif
