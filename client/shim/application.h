/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose policy applies: the application behind the names that programs and PAM services go by. */
#ifndef AUDITFAIL_NAMES_H
#define AUDITFAIL_NAMES_H

/*
 * The application of the PAM service SERVICE: a policy is that of a program, and `su -` is su, though it has a service
 * of its own to have a session of its own. SERVICE itself where the two go by one name.
 */
const char *application_of_service(const char *service);

/*
 * The application of a program whose short name is NAME: sshd is three programs since OpenSSH 9.8 and 10, and one to
 * who writes its policy. NAME itself for all others.
 */
const char *application_of_program(const char *name);

/* Takes from LINK, what /proc/PID/exe says, what the kernel adds where the file was replaced meanwhile. */
void strip_deleted(char *link);

#endif
