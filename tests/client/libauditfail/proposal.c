/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proposal FILE...: calls the function in the words of the proposal of 2006, and prints the answer for each FILE.
 * "NULL" is NULL. With OWN_DECLARATION, it has no header, and declares the function as the proposal does.
 */
#include <stdio.h>
#include <string.h>

#ifdef OWN_DECLARATION
enum auditFailType { IGNORE, LOG, TERMINATE };
enum auditFailType audit_failure_action(char *file);
#else
#include <libaudit.h>
#ifndef AUDITFAIL_DECLARED /* this libaudit does not have the function */
#include <auditfail.h>
#endif
#endif

int main(int argc, char **argv) {
        static const char *const words[] = { "ignore", "log", "terminate" };

        for (int i = 1; i < argc; i++) {
                char *file = strcmp(argv[i], "NULL") == 0 ? NULL : argv[i];
                enum auditFailType action = audit_failure_action(file);
                puts(words[action]);
        }
        return 0;
}
