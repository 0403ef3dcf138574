/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pkttyagent(1): asks for the password on this terminal that polkit wants, where no desktop does. */
#ifndef AUDITCTL_PASSWORD_AGENT_H
#define AUDITCTL_PASSWORD_AGENT_H

#include <sys/types.h>

/*
 * Starts it for this process, and waits until polkit knows it, or until it has ended or INTERRUPTIONS is readable.
 * Returns its pid; 0 where it cannot be started, and then polkit has to do without.
 */
pid_t password_agent_start(int interruptions);

/* Ends it. 0: there is none. */
void password_agent_stop(pid_t pid);

static inline void cleanup_password_agent(pid_t *pid) {
        password_agent_stop(*pid);
}

#endif
