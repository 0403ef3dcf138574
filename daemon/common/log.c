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

static void __attribute__((format(printf, 3, 0)))
log_text(int priority, const char *message_id, const char *format, va_list arguments) {
        char text[2048];
        int saved = errno;

        vsnprintf(text, sizeof(text), format, arguments);
        log_sanitize(text);
        if (!to_journal)
                fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
        else if (message_id)
                sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, "MESSAGE_ID=%s", message_id, NULL);
        else
                sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority, NULL);
        errno = saved;
}

void log_line(int priority, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        log_text(priority, NULL, format, arguments);
        va_end(arguments);
}

void log_event(int priority, const char *message_id, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        log_text(priority, message_id, format, arguments);
        va_end(arguments);
}
