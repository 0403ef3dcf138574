/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows long output page by page, as systemd's tools do. */
#ifndef AUDITFAIL_PAGER_H
#define AUDITFAIL_PAGER_H

#include <stdbool.h>

/*
 * If WANTED and stdout is a terminal, sends stdout, and stderr if it is a terminal, to a pager from now on: to the
 * first one of $AUDITFAIL_PAGER, $SYSTEMD_PAGER and $PAGER that is set, or to less. An empty value or "cat" means no
 * pager. If that pager cannot be started, less runs instead. With privileges, less replaces every other pager, and
 * starts no programs.
 *
 * exit() and the end of main() wait until the user leaves the pager. Only the pager obeys Ctrl-C from now on. Further
 * calls do nothing. Not for programs with threads.
 */
void pager_open(bool wanted);

#endif
