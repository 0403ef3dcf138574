/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the command line, and prints help. */
#ifndef AUDITFAILCTL_OPTIONS_H
#define AUDITFAILCTL_OPTIONS_H

#include <stddef.h>

#include "client/auditfailctl/cli/command.h"

/*
 * Stores the options in ARGUMENTS[1] and later in SETTINGS. settings->command takes its options wherever they stand.
 * Without a command, parsing ends at the first operand. *RET_FIRST is the index of the first operand. Returns
 * STATUS_OK, or another status after an error message.
 */
int options_parse(struct settings *settings, int count, char **arguments, int *ret_first);

/*
 * Sets the other members of SETTINGS from the options given and from settings->command. The caller frees
 * settings->socket. Returns STATUS_OK, or another status after an error message.
 */
int options_apply(struct settings *settings);

/* Returns OPTION, which was given, as one word: "--lines=3". The caller frees it. */
char *options_word(const struct settings *settings, enum option_index option);

/* Prints the help of COMMAND. If COMMAND is NULL, prints the help of the program with its COUNT commands. */
void options_help(const struct command *const *commands, size_t count, const struct command *command);

/* Prints an error in the command line, and how to get help. Returns STATUS_USAGE; of run, STATUS_RUN_FAILED. */
__attribute__((format(printf, 2, 3))) int usage_error(const struct settings *settings, const char *format, ...);

#endif
