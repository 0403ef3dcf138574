/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of a service that matter to the audit records of its processes (systemd.exec(5)). */
#ifndef AUDITFAILCTL_SERVICE_UNIT_H
#define AUDITFAILCTL_SERVICE_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/preload.h"

#define CALL_KILLS (-1) /* SIGSYS ends the process */

struct service_unit {
        char *name;    /* cups.service, even if the caller gave an alias */
        char *program; /* of the first ExecStart=; NULL: it has none */
        char *argv0;   /* of the same program; "@" in ExecStart= sets it; NULL: none */
        char *pam;     /* PAMName=; NULL: none */
        uint32_t pid;  /* of the main process; 0: there is none */
        uid_t user;    /* -1: a dynamic user, or one that is not known here; it owns no file */
        gid_t group;
        bool active;                /* it runs, or has ended and remains (RemainAfterExit=) */
        bool audit_write;           /* its user and capabilities give CAP_AUDIT_WRITE to its processes */
        bool netlink, unix_sockets; /* RestrictAddressFamilies= allows these families */
        int private_users, no_new_privileges;
        /* How the filter of system calls treats these: an errno value with which they fail, CALL_KILLS, or 0 (allowed).
         * Each needs all calls of the one before. */
        int open_error;             /* audit_open() */
        int record_error;           /* audit_open(), or sending a record */
        int ask_error;              /* asking auditfaild */
        struct variables variables; /* in Environment= */
};

/*
 * Asks systemd over D-Bus. Returns 0, or negative errno: -EINVAL if NAME is no service, -ENOENT if there is no
 * such unit, -EHOSTDOWN if there is no bus. The caller clears *RET.
 */
int service_unit_read(const char *name, int timeout_ms, struct service_unit *ret);
void service_unit_clear(struct service_unit *unit);

#endif
