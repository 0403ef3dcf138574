/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int complain(int status, const char *format, ...) {
        va_list arguments;

        fprintf(stderr, "%s: ", program_invocation_short_name);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        return status;
}

bool output_flush(void) {
        errno = 0;
        if (fflush(stdout) == 0 && !ferror(stdout))
                return true;
        complain(0, "cannot write the output: %s", errno ? strerror(errno) : "a part is lost");
        clearerr(stdout);
        return false;
}
