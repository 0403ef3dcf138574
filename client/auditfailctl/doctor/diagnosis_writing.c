/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/auditfailctl/doctor/findings.h"

static void set_failure(struct diagnosis *d, int error, const char *cause) {
        d->writing = WRITING_FAILS;
        d->error = error;
        d->cause = cause;
}

/* Already audit_open() fails. */
static void set_failure_to_open(struct diagnosis *d, int error, const char *cause) {
        set_failure(d, error, cause);
        d->opening = true;
}

static void set_unknown(struct diagnosis *d, const char *cause) {
        d->writing = WRITING_UNKNOWN;
        d->cause = cause;
}

static void set_failure_of_machine(struct diagnosis *d, int error, const char *cause) {
        set_failure(d, error, cause);
        d->machine = true;
}

/* What this process meets, and everybody else. Returns whether that is so. */
static bool find_writing_of_kernel(struct diagnosis *d) {
        if (d->opened == -EPROTONOSUPPORT)
                set_failure_of_machine(d, EPROTONOSUPPORT, "the kernel has no audit");
        else if (d->probed == -ECONNREFUSED && d->opened == 0 && d->initial)
                set_failure_of_machine(d, ECONNREFUSED, "the kernel was started with audit=0");
        d->opening = d->machine && d->opened < 0;
        return d->machine;
}

/* The kernel takes the records. It still may drop them; it looks at that last. */
static void set_taken(struct diagnosis *d) {
        if (d->probed == -ERROR_DISABLED)
                set_failure_of_machine(d, ERROR_DISABLED, "auditing is switched off");
        else if (d->dropping.all)
                set_failure(d, ERROR_EXCLUDED, "an audit rule drops every record of it");
        else
                d->writing = WRITING_WORKS;
}

/* A record is refused with EPERM: by the kernel where the capability is missing, else by what stands before it. */
static const char *find_refusal(const struct diagnosis *d) {
        if (d->capable)
                return "CAP_AUDIT_WRITE is there, and what is sent is refused by a seccomp filter or a security module";
        return geteuid() == 0 ? "CAP_AUDIT_WRITE is missing here"
                              : "this user has no CAP_AUDIT_WRITE; another one may have it";
}

/* The program as this user would start it. */
static void find_writing_of_program(struct diagnosis *d) {
        bool brings_it = d->program.privileges.gained && d->program.privileges.audit_write &&
                         prctl(PR_CAPBSET_READ, CAP_AUDIT_WRITE, 0, 0, 0) == 1;

        if (find_writing_of_kernel(d))
                return;
        if (d->opened < 0)
                set_failure_to_open(d, -d->opened,
                                    "a seccomp filter or a security module does not let it open a socket for audit");
        else if (d->probed == 0 || d->probed == -ERROR_DISABLED || (d->probed == -EPERM && brings_it && !d->capable))
                set_taken(d);
        else if (d->probed == -EPERM)
                set_failure(d, EPERM, find_refusal(d));
        else if (d->probed == -ECONNREFUSED)
                set_failure(d, ECONNREFUSED, "this is not the initial user namespace");
        else
                set_failure(d, -d->probed, "what is sent is refused by a seccomp filter or a security module");
}

/* FILTERED: there is a filter of system calls that nobody tells about. */
static void find_writing_of_process(struct diagnosis *d, bool filtered) {
        const struct process *process = &d->process;

        if (find_writing_of_kernel(d))
                return;
        if (process->initial == SIGHT_NO)
                set_failure(d, ECONNREFUSED, "it is not in the initial user namespace");
        else if (!process->audit_write)
                set_failure(d, EPERM, "it has no CAP_AUDIT_WRITE");
        else if (process->initial == SIGHT_UNKNOWN)
                set_unknown(d, geteuid() == 0 ? "its user namespace is not seen: CAP_SYS_PTRACE is missing here"
                                              : "only root sees its user namespace");
        else if (filtered)
                set_unknown(d, "its system calls are filtered; of a service, doctor knows the filter");
        else
                set_taken(d);
}

/* What systemd has not it cannot give. Where its user namespace is not seen, it is that of this process, if initial. */
static void find_writing_of_next_start(struct diagnosis *d) {
        const struct service_unit *unit = &d->unit;
        const struct process *manager = &d->manager;

        if (find_writing_of_kernel(d))
                return;
        if (manager->initial == SIGHT_NO)
                set_failure_of_machine(d, ECONNREFUSED, "systemd is not in the initial user namespace");
        else if (manager->bounded)
                set_failure_of_machine(d, EPERM, "systemd itself has no CAP_AUDIT_WRITE");
        else if (unit->private_users)
                set_failure(d, ECONNREFUSED, "PrivateUsers= takes it out of the initial user namespace");
        else if (!unit->audit_write)
                set_failure(d, EPERM, "User= and CapabilityBoundingSet= leave it no CAP_AUDIT_WRITE");
        else if (manager->initial == SIGHT_UNKNOWN && !d->initial)
                set_unknown(d, geteuid() == 0 ? "systemd's user namespace is not seen: CAP_SYS_PTRACE is missing here"
                                              : "only root sees the user namespace of systemd");
        else
                set_taken(d);
}

static void find_writing_of_service(struct diagnosis *d) {
        const struct service_unit *unit = &d->unit;

        if (!unit->netlink)
                set_failure_to_open(d, EAFNOSUPPORT, "RestrictAddressFamilies= leaves AF_NETLINK out");
        else if (unit->socket_call > 0)
                set_failure_to_open(d, unit->socket_call, "SystemCallFilter= does not let it open a socket for audit");
        else if (unit->audit_calls == CALL_KILLS)
                set_failure(d, 0, "SystemCallFilter= kills it where it would send to the kernel");
        else if (unit->audit_calls > 0)
                set_failure(d, unit->audit_calls, "SystemCallFilter= does not let it send to the kernel");
        else if (d->process.pid > 0)
                find_writing_of_process(d, false);
        else
                find_writing_of_next_start(d);
}

void find_writing(struct diagnosis *d) {
        if (d->type == SUBJECT_SERVICE)
                find_writing_of_service(d);
        else if (d->type == SUBJECT_PROCESS)
                find_writing_of_process(d, d->process.filtered);
        else
                find_writing_of_program(d);
}
