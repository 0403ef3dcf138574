/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/this_program.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "client/shim/application.h"
#include "client/shim/exit_status.h"
#include "protocol/base_name.h"
#include "protocol/policy_path.h"

/* What there was at the start; nothing writes here after learn(). */
static struct {
        char application[APPLICATION_NAME_MAX + 1]; /* from the environment, "" where it is not given */
        char program[APPLICATION_NAME_MAX + 1];     /* cron calls the children that run its jobs CRON later */
        bool in_ld_preload;                         /* this library is */
        int exit_status;
} settings = { .exit_status = EXIT_STATUS_DEFAULT };

static pthread_once_t learned = PTHREAD_ONCE_INIT;

/* What names no application stands for the default policy, as it does for the stub. */
static void copy_application(const char *file, char ret[static APPLICATION_NAME_MAX + 1]) {
        size_t length;
        const char *name = application_from_file(file, &length);

        if (!name) {
                name = APPLICATION_DEFAULT;
                length = strlen(APPLICATION_DEFAULT);
        }
        memcpy(ret, name, length);
        ret[length] = '\0';
}

/* By whatever path: it may have come by another one, if it is in /etc/ld.so.preload as well. */
static bool has_this_library(const char *list) {
        static const char name[] = "libauditfail-preload.so";

        while (*list) {
                size_t length = strcspn(list, " :"); /* ld.so(8) */
                const char *slash = memrchr(list, '/', length), *file = slash ? slash + 1 : list;

                if ((size_t)(list + length - file) == strlen(name) && memcmp(file, name, strlen(name)) == 0)
                        return true;
                list += length + (list[length] != '\0');
        }
        return false;
}

static void learn(void) {
        int saved = errno;
        const char *application = secure_getenv("AUDITFAIL_APPLICATION");
        const char *exit_status = secure_getenv("AUDITFAIL_EXIT_STATUS");
        const char *preload = secure_getenv("LD_PRELOAD");

        settings.in_ld_preload = preload && has_this_library(preload);
        if (application && application[0])
                copy_application(application, settings.application);
        copy_application(program_invocation_short_name, settings.program);
        if (exit_status)
                settings.exit_status = exit_status_from_word(exit_status) ?: EXIT_STATUS_DEFAULT;
        errno = saved;
}

__attribute__((constructor)) static void learn_at_start(void) {
        pthread_once(&learned, learn);
}

/* The name of the file that is executed, which its caller cannot choose as he can argv[0]. "" where /proc is missing.
 */
static void executable_name(char ret[static APPLICATION_NAME_MAX + 1]) {
        char path[1024];
        ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

        ret[0] = '\0';
        if (length <= 0)
                return;
        path[length] = '\0';
        strip_deleted(path);

        const char *name = base_name(path);
        if (strlen(name) <= APPLICATION_NAME_MAX)
                strcpy(ret, name);
}

void process_application(char ret[static APPLICATION_NAME_MAX + 1]) {
        char executable[APPLICATION_NAME_MAX + 1];

        pthread_once(&learned, learn);
        if (settings.application[0]) {
                strcpy(ret, settings.application);
                return;
        }
        if (getauxval(AT_SECURE)) {
                executable_name(executable);
                copy_application(application_of_program(executable), ret);
        } else {
                strcpy(ret, application_of_program(settings.program));
        }
}

bool process_is_named(void) {
        pthread_once(&learned, learn);
        return settings.application[0];
}

bool process_is_singled_out(void) {
        return process_is_named() || settings.in_ld_preload;
}

int process_exit_status(void) {
        pthread_once(&learned, learn);
        return settings.exit_status;
}

static bool exports(const char *symbol) {
        if (dlsym(RTLD_DEFAULT, symbol))
                return true;
        dlerror(); /* the message is for nobody */
        return false;
}

static bool is_executable(const char *name) {
        char executable[APPLICATION_NAME_MAX + 1];

        executable_name(executable);
        return strcmp(executable, name) == 0;
}

bool process_left_alone(void) {
        static enum { UNKNOWN, NO, YES } _Atomic known; /* what exec() alone can change */

        if (known == UNKNOWN)
                known = exports("auditfail_ask") || exports("auditfail_preload_leaves_alone") || is_executable("auditd")
                                ? YES
                                : NO;
        /* Its children are not process 1: they may end. */
        return known == YES || (getpid() == 1 && (is_executable("systemd") || is_executable("init")));
}
