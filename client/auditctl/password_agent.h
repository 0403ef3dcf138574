/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs pkttyagent(1), which asks on this terminal for the password that polkit wants. */
#ifndef AUDITCTL_PASSWORD_AGENT_H
#define AUDITCTL_PASSWORD_AGENT_H

#include <sys/types.h>

/*
 * Starts the agent for this process. Waits until polkit knows the agent, the agent has ended, or INTERRUPTIONS is
 * readable. Returns its pid, or 0 if it cannot be started; polkit then works without it.
 */
pid_t password_agent_start(int interruptions);

/* Ends the agent PID. 0: does nothing. */
void password_agent_stop(pid_t pid);

static inline void cleanup_password_agent(pid_t *pid) {
        password_agent_stop(*pid);
}

#endif
