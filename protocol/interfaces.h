/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of the .varlink files in this folder. embed.py makes the source file during the build. */
#ifndef AUDITFAIL_INTERFACES_H
#define AUDITFAIL_INTERFACES_H

extern const char interface_org_varlink_service[];
extern const char interface_io_auditfail_policy[];
extern const char interface_io_auditfail_control[];

#endif
