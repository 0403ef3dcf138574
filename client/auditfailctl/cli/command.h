/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all commands of auditfailctl have in common: their table, the options, the exit statuses. */
#ifndef AUDITFAILCTL_COMMAND_H
#define AUDITFAILCTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* In auditfailctl(1). The statuses of query tell the action, and never mean anything else. */
enum status {
        STATUS_OK = 0,
        STATUS_FAILED = 1,    /* what was asked for failed: policy files are bad, the output cannot be written */
        STATUS_USAGE = 2,     /* the command line makes no sense */
        STATUS_NO_DAEMON = 3, /* nobody answers */
        STATUS_DENIED = 4,    /* not allowed, or more than this user's share */
        STATUS_TIMEOUT = 5,   /* somebody is there, and did not answer in time */
        STATUS_PROTOCOL = 6,  /* the answer cannot be understood */
        STATUS_UNKNOWN = 7,   /* doctor: whether there are records to lose is not known */
        STATUS_LOG = 10,
        STATUS_TERMINATE = 20,

        /* Of run, whose other statuses are those of the program that it becomes; as env(1) and nohup(1) have them. */
        STATUS_RUN_FAILED = 125,
        STATUS_RUN_CANNOT = 126, /* the program is there, and cannot or must not be run */
        STATUS_RUN_NOT_FOUND = 127,
};

enum option_index {
        OPTION_JSON,
        OPTION_QUIET,
        OPTION_COLOR,
        OPTION_NO_COLOR,
        OPTION_SOCKET,
        OPTION_TIMEOUT,
        OPTION_HELP,
        OPTION_VERSION,
        OPTION_GLOBAL_COUNT, /* every command takes those above */
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
        const char *command;
        char *socket; /* of the daemon */
        int timeout_ms;
        bool json, quiet;
        bool colour, colour_errors; /* on stdout, on stderr */
};

struct command {
        const char *name;
        const char *operands; /* as in the usage line, "" where it takes none */
        const char *summary;
        const char *details;                                          /* more for its --help, or NULL */
        uint32_t options;                                             /* its own: OPTION_BIT()s */
        int operands_max;                                             /* -1: as many as there are */
        bool becomes;                                                 /* another program: what follows is its own */
        int timeout_ms;                                               /* unless --timeout says otherwise */
        int (*run)(const struct settings *settings, char **operands); /* returns the exit status */
};

#define OPTION_BIT(option) (UINT32_C(1) << (option))

#endif
