/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The editor of the user: SUDO_EDITOR, VISUAL or EDITOR, in the order of sudoedit(8), or a usual one. */
#ifndef AUDITFAILCTL_EDITOR_H
#define AUDITFAILCTL_EDITOR_H

#include <stdbool.h>

/*
 * Opens PATH in the editor, and waits until the editor ends. Returns false, after an error message, if the editor did
 * not succeed.
 */
bool editor_run(const char *path);

/*
 * Asks what to do about an error in the text. Returns 'e' (edit again), 'q' (quit), or 0 if there is no terminal to
 * ask, or no answer.
 */
char editor_ask(void);

#endif
