/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: options before and after the command, and the help that describes them. */
#ifndef AUDITFAILCTL_OPTIONS_H
#define AUDITFAILCTL_OPTIONS_H

#include <stddef.h>

#include "client/auditfailctl/cli/command.h"

/*
 * Takes the options in ARGUMENTS into SETTINGS: those that COMMAND has, wherever they stand; or, where COMMAND is NULL,
 * the global ones that stand before the command. ARGUMENTS[0] is not looked at. Returns the index of the first operand,
 * or -1 after it has complained.
 */
int options_parse(struct settings *settings, const struct command *command, int count, char **arguments);

/*
 * Works out the other members of SETTINGS from what was given (COMMAND NULL: there is none). The caller frees
 * settings->socket. Returns STATUS_OK, or STATUS_USAGE after it has complained.
 */
int options_apply(struct settings *settings, const struct command *command);

/* OPTION, which was given, as one word: "--lines=3". The caller frees it. */
char *options_word(const struct settings *settings, enum option_index option);

/* Prints the help of COMMAND; where COMMAND is NULL, that of the program with its COUNT commands. */
void options_help(const struct command *const *commands, size_t count, const struct command *command);

/* Says what is wrong with the command line and where help is. Returns STATUS_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const struct settings *settings, const char *format, ...);

#endif
