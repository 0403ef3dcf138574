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
#include "client/shim/asks_itself.h"
#include "client/shim/exit_status.h"

/* Nothing is written here after learn(). */
static char variable[APPLICATION_NAME_MAX + 1];
static char called[APPLICATION_NAME_MAX + 1]; /* cron calls the children that run its jobs CRON later */
static int exit_status = EXIT_STATUS_DEFAULT;
static struct preload_facts facts = { .variable = variable, .called = called, .executable = "" };

static pthread_once_t learned = PTHREAD_ONCE_INIT;

static void learn(void) {
        int saved = errno;
        const char *application = secure_getenv("AUDITFAIL_APPLICATION"),
                   *status = secure_getenv("AUDITFAIL_EXIT_STATUS");

        /* The environment may change, and be longer: what counts of it is kept as a name. */
        if (application && application[0])
                preload_application(&(struct preload_facts){ .variable = application }, variable);
        preload_application(&(struct preload_facts){ .called = program_invocation_short_name }, called);
        facts.in_ld_preload = preload_is_listed(secure_getenv("LD_PRELOAD"));
        facts.secure = getauxval(AT_SECURE);
        if (status)
                exit_status = exit_status_from_word(status) ?: EXIT_STATUS_DEFAULT;
        errno = saved;
}

__attribute__((constructor)) static void learn_at_start(void) {
        pthread_once(&learned, learn);
}

const struct preload_facts *this_program(void) {
        pthread_once(&learned, learn);
        return &facts;
}

/* The base name of the executed file; "" without /proc. */
static void read_executable(char ret[static APPLICATION_NAME_MAX + 1]) {
        char path[1024];
        ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

        ret[0] = '\0';
        if (length <= 0)
                return;
        path[length] = '\0';
        strip_deleted(path);
        if (strlen(basename(path)) <= APPLICATION_NAME_MAX)
                strcpy(ret, basename(path));
}

void this_program_application(char ret[static APPLICATION_NAME_MAX + 1]) {
        char executable[APPLICATION_NAME_MAX + 1] = "";
        struct preload_facts now = *this_program();

        if (now.secure)
                read_executable(executable);
        now.executable = executable;
        preload_application(&now, ret);
}

int this_program_exit_status(void) {
        pthread_once(&learned, learn);
        return exit_status;
}

bool this_program_asks_itself(void) {
        return asks_itself((void *)getauxval(AT_ENTRY)); /* NOLINT(performance-no-int-to-ptr) */
}

static bool exports(const char *symbol) {
        if (dlsym(RTLD_DEFAULT, symbol))
                return true;
        dlerror(); /* discards the message, which the program would take for its own */
        return false;
}

static bool is_left_alone(bool process_1) {
        char executable[APPLICATION_NAME_MAX + 1];
        const struct preload_facts now = { .executable = executable,
                                           .process_1 = process_1,
                                           .refuses = exports("auditfail_preload_leaves_alone") };

        read_executable(executable);
        return preload_rest(&now) != PRELOAD_ACTS;
}

/* Only exec() changes the result, and fork(): children of process 1 have other numbers. */
bool this_program_is_left_alone(void) {
        static enum { UNKNOWN, NO, YES } _Atomic known[2];
        bool process_1 = getpid() == 1;

        if (known[process_1] == UNKNOWN)
                known[process_1] = is_left_alone(process_1) ? YES : NO;
        return known[process_1] == YES;
}
