/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/output.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "protocol/vocabulary.h"

#define WIDTH_UNKNOWN 80

size_t output_width(void) {
        const char *columns = getenv("COLUMNS");
        struct winsize size;

        if (!isatty(STDOUT_FILENO))
                return 0;
        unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
        if (width > 0 && width <= USHRT_MAX)
                return width;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                return size.ws_col;
        return WIDTH_UNKNOWN;
}

enum emphasis output_action_emphasis(const char *action) {
        switch (action_from_name(action, strlen(action))) {
        case AUDITFAIL_IGNORE:
                return EMPHASIS_GOOD;
        case AUDITFAIL_LOG:
                return EMPHASIS_NOTICE;
        case AUDITFAIL_TERMINATE:
                return EMPHASIS_BAD;
        default:
                return EMPHASIS_NONE;
        }
}
