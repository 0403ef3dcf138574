/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The applications behind the names of programs and PAM services. */
#ifndef AUDITFAIL_APPLICATION_H
#define AUDITFAIL_APPLICATION_H

/*
 * The application of the PAM service SERVICE. A policy belongs to a program, but a program may have several services:
 * `su -` uses su-l. Returns SERVICE itself if both have the same name.
 */
const char *application_of_service(const char *service);

/*
 * The application of the program with the short name NAME. Since OpenSSH 9.8, sshd is several programs with one policy.
 * Returns NAME itself for all others.
 */
const char *application_of_program(const char *name);

/* Removes the " (deleted)" that the kernel appends to the link /proc/PID/exe if the file was replaced or removed. */
void strip_deleted(char *link);

#endif
