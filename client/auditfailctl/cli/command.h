/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands of auditfailctl share: description, options, exit statuses. */
#ifndef AUDITFAILCTL_COMMAND_H
#define AUDITFAILCTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "client/common/option_table.h"
#include "client/common/reader.h"

/* As in auditfailctl(1). Only query uses the statuses of actions. */
enum status {
        STATUS_OK = 0,
        STATUS_FAILED = 1,    /* bad policy files, unreadable journal, unwritable output */
        STATUS_USAGE = 2,     /* wrong command line */
        STATUS_NO_DAEMON = 3, /* no daemon answers */
        STATUS_DENIED = 4,    /* not allowed, or the user's limit is reached */
        STATUS_TIMEOUT = 5,   /* the daemon did not reply in time */
        STATUS_PROTOCOL = 6,  /* the reply cannot be understood */
        STATUS_UNKNOWN = 7,   /* doctor: it is not known whether there are records to lose */
        STATUS_LOG = 10,
        STATUS_TERMINATE = 20,

        /* Of run, as in env(1) and nohup(1). Its other statuses are those of the program that it becomes. */
        STATUS_RUN_FAILED = 125,
        STATUS_RUN_CANNOT = 126, /* the program exists, but cannot or must not be run */
        STATUS_RUN_NOT_FOUND = 127,
};

enum option_index {
        OPTION_JSON,
        OPTION_QUIET,
        OPTION_NO_PAGER,
        OPTION_COLOR,
        OPTION_NO_COLOR,
        OPTION_SOCKET,
        OPTION_TIMEOUT,
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_GLOBAL_COUNT, /* every command takes the options above */
        OPTION_ERRNO = OPTION_GLOBAL_COUNT,
        OPTION_KIND,
        OPTION_OPERATION,
        OPTION_RECORD,
        OPTION_AHEAD,
        OPTION_ROOT,
        OPTION_OWNER,
        OPTION_STRICT,
        OPTION_SINCE,
        OPTION_UNTIL,
        OPTION_BOOT,
        OPTION_APPLICATION,
        OPTION_LINES,
        OPTION_REVERSE,
        OPTION_FOLLOW,
        OPTION_MACHINE,
        OPTION_DIRECTORY,
        OPTION_FILE,
        OPTION_ANY,
        OPTION_AS,
        OPTION_EXIT_STATUS,
        OPTION_COUNT,
};

struct settings {
        const char *given[OPTION_COUNT]; /* the option's argument, "" where it has none; NULL: not given */
        const struct command *command;   /* NULL: none is given */
        char *socket;                    /* of the daemon */
        int timeout_ms;
        enum json_mode json;
        bool quiet, pager;
        bool colour, colour_errors; /* on stdout, on stderr */
};

struct command {
        const char *name;
        const char *operands; /* as in the usage line; "": none */
        const char *summary;
        const char *details; /* further text for --help, or NULL */
        uint64_t options;    /* its own options: OPTION_BIT()s */
        int operands_max;    /* -1: no limit */
        bool becomes;        /* executes a program, which gets all options after the first operand */
        int timeout_ms;      /* default of --timeout */
        int (*run)(const struct settings *settings, char **operands); /* returns the exit status */
};

/* What the help of the program shows together. The last group has no heading, and the last command is NULL. */
struct command_group {
        const char *heading;
        const struct command *commands[8];
};

#endif
