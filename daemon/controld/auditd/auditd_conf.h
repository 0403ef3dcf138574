/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What auditd.conf(5) says about the log: where it is, and whether auditd writes one. */
#ifndef AUDITFAIL_AUDITD_CONF_H
#define AUDITFAIL_AUDITD_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <time.h>

#define AUDITD_CONF_FOLDER "/etc/audit"

struct auditd_conf {
        char folder[PATH_MAX];   /* that has auditd.conf */
        char log_file[PATH_MAX]; /* the default where the file names none */
        struct timespec changed; /* when the file last changed, on the real-time clock; 0: there is no file */
        bool writes;             /* false: write_logs = no, or log_format = NOLOG */
};

/*
 * Reads FOLDER/auditd.conf as auditd does: keys in any case, the last one counts; without the file or without log_file,
 * the log is /var/log/audit/audit.log. Returns 0 or a negative errno; -EBADMSG for a file that auditd rejects because
 * of these keys, the form of its lines, its owner or its mode. After an error, only ret->folder is set.
 */
int auditd_conf_read(const char *folder, struct auditd_conf *ret);

/*
 * Finds the folder that auditd PID reads its configuration from: that of its option -c DIR, else AUDITD_CONF_FOLDER.
 * PROC is "/proc"; tests have another. Returns 0 or a negative errno: -ESRCH if there is no such process, -EINVAL for a
 * relative DIR, since auditd's working directory at its start is not known.
 */
int auditd_conf_folder(const char *proc, int pid, char ret[static PATH_MAX]);

/* Reads the configuration of auditd PID; of AUDITD_CONF_FOLDER for PID 0. Errors as above. */
int auditd_conf_find(const char *proc, int pid, struct auditd_conf *ret);

#endif
