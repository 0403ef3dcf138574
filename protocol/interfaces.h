/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of the interface files in this folder, to the byte: embed.py makes the source file at build time. */
#ifndef AUDITFAIL_INTERFACES_H
#define AUDITFAIL_INTERFACES_H

extern const char interface_org_varlink_service[];
extern const char interface_io_auditfail_policy[];
extern const char interface_io_auditfail_control[];

#endif
