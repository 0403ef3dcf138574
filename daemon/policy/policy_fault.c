/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_fault.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void policy_fault_print(char text[POLICY_FAULT_TEXT_MAX], const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, POLICY_FAULT_TEXT_MAX, format, arguments);
        va_end(arguments);
}

void policy_fault_report(struct diagnostics *problems, const char *path, const struct policy_fault *fault) {
        diagnostics_add(problems,
                        &(struct diagnostic){ .severity = SEVERITY_ERROR,
                                              .file = path,
                                              .message = fault->message,
                                              .expected = fault->expected[0] ? fault->expected : NULL },
                        NULL, 0);
}

void policy_fault_report_open(struct diagnostics *problems, const char *path, const char *mode, const char *barred,
                              int error) {
        struct policy_fault fault = { "", "" };

        errno = error;
        policy_fault_print(fault.message, "cannot be opened: %m");
        if (error == EACCES && strcmp(barred, path) == 0)
                policy_fault_print(fault.expected, "read permission for all users (type: chmod %s %s)", mode, path);
        else if (error == EACCES)
                policy_fault_print(fault.expected, "permission for all users to enter %s (type: chmod %s %s)", barred,
                                   mode, barred);
        policy_fault_report(problems, path, &fault);
}

bool policy_owned(const struct policy_trust *trust, const struct stat *st) {
        return st->st_uid == 0 || st->st_uid == trust->owner;
}

bool policy_closed(const struct stat *st) {
        return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void policy_fault_print_owner(char text[POLICY_FAULT_TEXT_MAX], const struct stat *st) {
        policy_fault_print(text, "owned by uid %u", st->st_uid);
}

void policy_fault_print_writers(char text[POLICY_FAULT_TEXT_MAX], const struct stat *st) {
        policy_fault_print(text, "writable by %s%s%s (mode %04o)", st->st_mode & S_IWGRP ? "its group" : "",
                           (st->st_mode & (S_IWGRP | S_IWOTH)) == (S_IWGRP | S_IWOTH) ? " and " : "",
                           st->st_mode & S_IWOTH ? "others" : "", st->st_mode & 07777);
}

bool policy_check_writers(const struct policy_trust *trust, const char *path, const struct stat *st) {
        bool owned = policy_owned(trust, st), closed = policy_closed(st);
        struct policy_fault fault;

        if (!owned) {
                policy_fault_print_owner(fault.message, st);
                if (trust->owner == 0)
                        policy_fault_print(fault.expected, "root as its owner (type: chown root %s)", path);
                else
                        policy_fault_print(fault.expected, "root or uid %u as its owner (type: chown root %s)",
                                           trust->owner, path);
                policy_fault_report(trust->problems, path, &fault);
        }
        if (!closed) {
                policy_fault_print_writers(fault.message, st);
                policy_fault_print(fault.expected, "write permission for its owner only (type: chmod go-w %s)", path);
                policy_fault_report(trust->problems, path, &fault);
        }
        return owned && closed;
}
