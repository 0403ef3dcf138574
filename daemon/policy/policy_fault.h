/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults of a policy file or folder as a whole, with the command that repairs them. */
#ifndef AUDITFAIL_POLICY_FAULT_H
#define AUDITFAIL_POLICY_FAULT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "daemon/policy/diagnostic.h"

/* The modes that `chmod` must give to a file and to a folder for the daemon to read them. */
#define POLICY_FILE_MODE   "a+r"
#define POLICY_FOLDER_MODE "a+rx"

/* What is expected in place of something else than a file. */
#define POLICY_FAULT_FILE "a file, or a link to /dev/null to mask what other places hold"

/* An open folder (O_PATH is enough), and its path in problems; "" is /. */
struct policy_folder {
        int fd;
        const char *path;
};

/* Whose files are trusted, and where problems go. */
struct policy_trust {
        uid_t owner;                      /* may own files and folders besides root */
        bool machine;                     /* of this machine, where auditfaild reads within the limits of its unit */
        const struct policy_folder *tree; /* stands for /; NULL: / itself */
        struct diagnostics *problems;
};

/*
 * Reports that PATH cannot be opened because of ERROR. If ERROR is EACCES, the problem suggests `chmod MODE BARRED`.
 * BARRED is PATH itself, or a folder above it.
 */
void policy_fault_open(struct diagnostics *problems, const char *path, const char *mode, const char *barred, int error);

/* Whether root or the owner has the file ST; whether other users cannot write to it, sticky bit or not. */
bool policy_owned(const struct policy_trust *trust, const struct stat *st);
bool policy_closed(const struct stat *st);

/* Write "owned by uid 1000", or "writable by its group and others (mode 0777)", and return TEXT. */
#define POLICY_FAULT_MAX 64
const char *policy_fault_owner(char text[static POLICY_FAULT_MAX], const struct stat *st);
const char *policy_fault_writers(char text[static POLICY_FAULT_MAX], const struct stat *st);

/* Whether both hold. Reports a problem for each one that does not. */
bool policy_check_writers(const struct policy_trust *trust, const char *path, const struct stat *st);

#endif
