/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the command line, and prints help. */
#ifndef AUDITFAILCTL_OPTIONS_H
#define AUDITFAILCTL_OPTIONS_H

#include "client/auditfailctl/cli/command.h"

/*
 * Stores the options in ARGUMENTS[1] and later in SETTINGS. Without settings->command, stores the options before the
 * command, which may be of any command. With it, stores the command's options, wherever they stand behind the command.
 * *RET_FIRST is the index of the first operand. Returns STATUS_OK, or another status after an error message.
 */
int options_parse(struct settings *settings, int count, char **arguments, int *ret_first);

/*
 * Sets the other members of SETTINGS from the options given and from settings->command, which must take the options.
 * The caller frees settings->socket. Returns STATUS_OK, or another status after an error message.
 */
int options_apply(struct settings *settings);

/* Returns OPTION, which was given, as one word: "--lines=3". The caller frees it. */
char *options_word(const struct settings *settings, enum option_index option);

/* Returns --root without slashes at its end; "" is this machine. The caller frees it. */
char *options_root(const struct settings *settings);

/* Prints the help of settings->command. If it is NULL, prints the help of the program with the commands in GROUPS. */
void options_help(const struct settings *settings, const struct command_group *groups);

/* Prints an error in the command line, and how to get help. Returns STATUS_USAGE; of run, STATUS_RUN_FAILED. */
__attribute__((format(printf, 2, 3))) int usage_error(const struct settings *settings, const char *format, ...);

#endif
