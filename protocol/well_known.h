/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names under which the programs of this project find each other. */
#ifndef AUDITFAIL_WELL_KNOWN_H
#define AUDITFAIL_WELL_KNOWN_H

#define RUNTIME_FOLDER "/run/auditfail" /* of the sockets and the snapshot */

/* The interfaces; each is also the name of its socket in RUNTIME_FOLDER. */
#define POLICY_INTERFACE  "io.auditfail.Policy"
#define CONTROL_INTERFACE "io.auditfail.Control"

#define DAEMON_USER "auditfail" /* user and group of auditfaild */

#endif
