/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stand-ins for the libraries of a machine where libaudit has the call, and libpam asks by itself. */
#ifdef AS_LIBAUDIT
int audit_open(void);
void audit_close(int fd);
int audit_log_acct_message(int fd, int type);
int audit_failure_action(const char *file);

int audit_open(void) {
        return -1;
}

/* The libpam of this machine calls this one and the next. */
void audit_close(int fd) {
        (void)fd;
}

int audit_log_acct_message(int fd, int type) {
        return fd < type ? -1 : 0;
}

int audit_failure_action(const char *file) {
        return file ? 2 : 0;
}
#else
int audit_open(void);
int audit_failure_action(const char *file);
int pam_start(void);

int pam_start(void) {
        return audit_open() < 0 ? audit_failure_action("login") : 0;
}
#endif
