/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that asks by itself, for test_preload_native.py: what it does under libauditfail-preload.so must be what it
 * does without. Its argument is the name of one of the functions below.
 */
#include <dlfcn.h>
#include <libaudit.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>

#include "ask_itself.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void say(const char *what, int result) {
        dprintf(STDOUT_FILENO, "%s %d\n", what, result);
}

static int send_one(int fd) {
        int result = audit_log_acct_message(fd, AUDIT_ADD_USER, "program", "add-user", "somebody", (unsigned)-1, NULL,
                                            NULL, NULL, 1);

        return checked("audit_log_acct_message", result);
}

static int open_audit(void) {
        return checked("audit_open", audit_open());
}

static void every_function(void) {
        int fd = open_audit();
        const int results[] = {
                audit_log_user_message(fd, AUDIT_USYS_CONFIG, "op=test", NULL, NULL, NULL, 1),
                audit_log_user_comm_message(fd, AUDIT_TRUSTED_APP, "op=test", "comm", NULL, NULL, NULL, 1),
                audit_log_acct_message(fd, AUDIT_ADD_USER, "program", "add", "somebody", 1000, NULL, NULL, NULL, 1),
                audit_log_user_avc_message(fd, AUDIT_USER_AVC, "avc: denied", NULL, NULL, NULL, getuid()),
                audit_log_semanage_message(fd, AUDIT_ROLE_ASSIGN, "program", "assign", "somebody", 0, "a", "b", "c",
                                           "d", "e", "f", NULL, NULL, NULL, 1),
                audit_log_user_command(fd, AUDIT_USER_CMD, "/bin/true", NULL, 1),
        };

        for (size_t i = 0; i < COUNT(results); i++)
                say("result", results[i] > 0 ? 1 : results[i]);
        audit_close(fd);
}

static void one_record(void) {
        int fd = open_audit();

        say("record", send_one(fd) > 0);
        audit_close(fd);
}

static void failmode(void) {
        auditfail_t mode = (auditfail_t)-1;

        say("result", get_auditfail_action(&mode));
        say("mode", (int)mode);
}

/* A library of PLUGIN's that writes a record of its own. */
static void plugin(void) {
        void *library = dlopen(getenv("PLUGIN"), RTLD_NOW | RTLD_LOCAL);
        int (*send)(void) = library ? (int (*)(void))dlsym(library, "plugin_send") : NULL;

        say("plugin", send ? send() : -1);
}

/* All that the library stands in front of, for strace: in NEW_ROOT, so that the lock of the accounts is not the
 * machine's. */
static void marked(void) {
        say("begin", 0);
        if (chroot(getenv("NEW_ROOT")) < 0 || chdir("/") < 0 || lckpwdf() < 0)
                say("NEW_ROOT", -1);
        int fd = open_audit();
        send_one(fd);
        send_one(fd);
        audit_close(fd);
        say("end", 0);
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                void (*run)(void);
        } cases[] = {
                { "every-function", every_function },
                { "one-record", one_record },
                { "failmode", failmode },
                { "plugin", plugin },
                { "marked", marked },
        };

        for (size_t i = 0; argc == 2 && i < COUNT(cases); i++)
                if (strcmp(argv[1], cases[i].name) == 0) {
                        cases[i].run();
                        return EXIT_SUCCESS;
                }
        return EXIT_FAILURE;
}
