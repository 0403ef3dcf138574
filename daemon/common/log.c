/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static bool to_journal;

void log_to_journal(bool journal) {
        to_journal = journal;
}

void log_sanitize(char *text) {
        for (unsigned char *c = (unsigned char *)text; *c; c++)
                if (*c < 0x20 || *c == 0x7f)
                        *c = '?';
                else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* C1, in UTF-8 */
                        c[0] = c[1] = '?';
}

void log_event(int priority, const char *message_id, const char *format, ...) {
        char text[2048];
        int saved = errno;
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        log_sanitize(text);
        if (!to_journal)
                fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
        else if (message_id)
                sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, "MESSAGE_ID=%s", message_id, NULL);
        else
                sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, NULL);
        errno = saved;
}
