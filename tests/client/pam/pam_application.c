/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_application FOLDER SERVICE STEP...
 *
 * Takes the steps with one PAM handle, whose configuration is FOLDER/SERVICE, and prints what each returns. A line in
 * front of that is what the modules said meanwhile: "user: ..." to the user, "log 3: ..." to syslog with priority 3.
 * The steps go on whatever was returned; a step "-NAME" is NAME with PAM_SILENT. Step "probe" prints 0, or the errno
 * with which the kernel would refuse a record; "root-aside" puts root and its capabilities aside, as a daemon does that
 * acts for a user.
 */
#include <errno.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/audit/probe.h"

#define EXPORT __attribute__((visibility("default")))

/* libpam ends up in these, so that the machine's journal and trail see nothing of the tests. */
EXPORT void syslog(int priority, const char *format, ...);
EXPORT void __syslog_chk(int priority, int flag, const char *format, ...);
EXPORT int audit_open(void);

int audit_open(void) {
        errno = EAFNOSUPPORT; /* where libpam goes on without */
        return -1;
}

__attribute__((format(printf, 2, 0))) static void put_log(int priority, const char *format, va_list arguments) {
        printf("log %d: ", priority & 7);
        vprintf(format, arguments);
        putchar('\n');
}

__attribute__((format(printf, 2, 3))) void syslog(int priority, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        put_log(priority, format, arguments);
        va_end(arguments);
}

/* What syslog() is in a library that was compiled with _FORTIFY_SOURCE. */
__attribute__((format(printf, 3, 4))) void __syslog_chk(int priority, int flag, const char *format, ...) {
        va_list arguments;

        (void)flag;
        va_start(arguments, format);
        put_log(priority, format, arguments);
        va_end(arguments);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *context) {
        (void)context;
        for (int i = 0; i < count; i++)
                printf("user: %s\n", messages[i]->msg);
        *ret = calloc((size_t)count, sizeof(**ret));
        return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

static const struct step {
        const char *name;
        int (*take)(pam_handle_t *handle, int flags);
} steps[] = {
        { "authenticate", pam_authenticate }, { "credentials", pam_setcred }, { "account", pam_acct_mgmt },
        { "open", pam_open_session },         { "close", pam_close_session }, { "password", pam_chauthtok },
};

static int take(pam_handle_t *handle, const char *name) {
        bool silent = name[0] == '-';

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                if (strcmp(steps[i].name, name + silent) == 0)
                        return steps[i].take(handle, silent ? PAM_SILENT : 0);
        fprintf(stderr, "pam_application: no step is called \"%s\"\n", name);
        exit(2);
}

int main(int argc, char **argv) {
        const struct pam_conv conversation = { .conv = converse };
        pam_handle_t *handle;

        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc < 3 || pam_start_confdir(argv[2], "root", &conversation, argv[1], &handle) != PAM_SUCCESS)
                return 2;
        for (int i = 3; i < argc; i++)
                if (strcmp(argv[i], "probe") == 0) {
                        printf("probe: %d\n", -audit_probe_new());
                } else if (strcmp(argv[i], "root-aside") == 0) {
                        if (seteuid(65534) < 0)
                                return 2;
                } else {
                        int result = take(handle, argv[i]);
                        printf("%s: %s\n", argv[i], pam_strerror(handle, result));
                }
        /* What a sanitizer does at the end, a process with root aside may not. */
        return pam_end(handle, PAM_SUCCESS) == PAM_SUCCESS && seteuid(getuid()) == 0 ? 0 : 1;
}
