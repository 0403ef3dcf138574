/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void policy_fault_open(struct diagnostics *problems, const char *path, const char *mode, const char *barred,
                       int error) {
        char expected[DIAGNOSTIC_MESSAGE_MAX] = "";

        if (error == EACCES && strcmp(barred, path) == 0)
                snprintf(expected, sizeof(expected), "read permission for all users (type: chmod %s %s)", mode, path);
        else if (error == EACCES)
                snprintf(expected, sizeof(expected), "permission for all users to enter %s (type: chmod %s %s)", barred,
                         mode, barred);
        errno = error;
        diagnostics_error(problems, path, expected, "cannot be opened: %m");
}

bool policy_owned(const struct policy_trust *trust, const struct stat *st) {
        return st->st_uid == 0 || st->st_uid == trust->owner;
}

bool policy_closed(const struct stat *st) {
        return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

const char *policy_fault_owner(char text[static POLICY_FAULT_MAX], const struct stat *st) {
        snprintf(text, POLICY_FAULT_MAX, "owned by uid %u", st->st_uid);
        return text;
}

const char *policy_fault_writers(char text[static POLICY_FAULT_MAX], const struct stat *st) {
        bool group = st->st_mode & S_IWGRP, others = st->st_mode & S_IWOTH;

        snprintf(text, POLICY_FAULT_MAX, "writable by %s%s%s (mode %04o)", group ? "its group" : "",
                 group && others ? " and " : "", others ? "others" : "", st->st_mode & 07777);
        return text;
}

bool policy_check_writers(const struct policy_trust *trust, const char *path, const struct stat *st) {
        bool owned = policy_owned(trust, st), closed = policy_closed(st);
        char text[POLICY_FAULT_MAX], other[32] = "", expected[DIAGNOSTIC_MESSAGE_MAX];

        if (!owned) {
                if (trust->owner != 0)
                        snprintf(other, sizeof(other), " or uid %u", trust->owner);
                snprintf(expected, sizeof(expected), "root%s as its owner (type: chown root %s)", other, path);
                diagnostics_error(trust->problems, path, expected, "%s", policy_fault_owner(text, st));
        }
        if (!closed) {
                snprintf(expected, sizeof(expected), "write permission for its owner only (type: chmod go-w %s)", path);
                diagnostics_error(trust->problems, path, expected, "%s", policy_fault_writers(text, st));
        }
        return owned && closed;
}
