/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/findings.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client/auditfailctl/subject/preload.h"
#include "client/shim/application.h"

static void find_use(struct diagnosis *d) {
        bool is_read = d->program.path && d->program.error == 0;

        if (d->process.linkage.audit)
                d->use = AUDIT_MAPPED;
        else if (d->linkage.audit)
                d->use = *d->linkage.audit ? AUDIT_THROUGH : AUDIT_LINKED;
        else if (is_read && !d->program.elf.interpreter)
                d->use = AUDIT_UNKNOWN; /* libaudit may be linked statically */
        else if (is_read && !d->linkage.lost && !d->process.other_etc)
                d->use = AUDIT_NONE;
        else
                d->use = d->process.mapped && !d->launcher.path ? AUDIT_NONE : AUDIT_UNKNOWN;
}

/* Returns true, for the member that says where records fail. */
static bool set_failure(struct diagnosis *d, int error, const char *cause) {
        d->writing = WRITING_FAILS;
        d->error = error;
        d->cause = cause;
        return true;
}

/* The kernel takes the records. It looks last at whether it drops them. */
static void set_taken(struct diagnosis *d) {
        if (d->probed == -ERROR_DISABLED)
                d->machine = set_failure(d, ERROR_DISABLED, "auditing is switched off");
        else if (d->dropping.all)
                set_failure(d, ERROR_EXCLUDED, "an audit rule drops every record of it");
        else
                d->writing = WRITING_WORKS;
}

/* Whether this process meets a failure that all processes meet. */
static bool find_writing_of_kernel(struct diagnosis *d) {
        if (d->opened == -EPROTONOSUPPORT)
                d->machine = d->opening = set_failure(d, EPROTONOSUPPORT, "the kernel has no audit");
        else if (d->probed == -ECONNREFUSED && d->opened == 0 && d->initial)
                d->machine = set_failure(d, ECONNREFUSED, "the kernel was started with audit=0");
        return d->machine;
}

/* The program as this user starts it. */
static void find_writing_of_program(struct diagnosis *d) {
        const struct privileges *privileges = &d->program.privileges;
        bool gains_it = privileges->gained && privileges->audit_write && !d->capable &&
                        prctl(PR_CAPBSET_READ, CAP_AUDIT_WRITE, 0, 0, 0) == 1;

        if (d->opened < 0)
                d->opening = set_failure(
                        d, -d->opened, "a seccomp filter or a security module does not let it open a socket for audit");
        else if (d->probed == 0 || d->probed == -ERROR_DISABLED || (d->probed == -EPERM && gains_it))
                set_taken(d);
        else if (d->probed == -EPERM && !d->capable)
                set_failure(d, EPERM,
                            geteuid() == 0 ? "CAP_AUDIT_WRITE is missing here"
                                           : "this user has no CAP_AUDIT_WRITE; another one may have it");
        else if (d->probed == -ECONNREFUSED)
                set_failure(d, ECONNREFUSED, "this is not the initial user namespace");
        else
                set_failure(d, -d->probed, "a seccomp filter or a security module refuses what is sent");
}

/* The filter of a service is known from its unit; that of another process is not. */
static void find_writing_of_process(struct diagnosis *d) {
        const struct process *process = &d->process;

        if (process->initial == TRISTATE_NO)
                set_failure(d, ECONNREFUSED, "it is not in the initial user namespace");
        else if (!process->audit_write)
                set_failure(d, EPERM, "it has no CAP_AUDIT_WRITE");
        else if (process->initial == TRISTATE_UNKNOWN)
                d->cause = geteuid() == 0 ? "its user namespace is not visible: CAP_SYS_PTRACE is missing here"
                                          : "only root sees its user namespace";
        else if (process->filtered && d->type == SUBJECT_PROCESS)
                d->cause = "a filter of system calls applies to it, and only that of a service is known";
        else
                set_taken(d);
}

/* A service gets no more than systemd has. A namespace of systemd that is not visible is ours, if ours is initial. */
static void find_writing_of_next_start(struct diagnosis *d) {
        const struct process *manager = &d->manager;

        if (manager->initial == TRISTATE_NO)
                d->machine = set_failure(d, ECONNREFUSED, "systemd is not in the initial user namespace");
        else if (manager->bounded)
                d->machine = set_failure(d, EPERM, "systemd itself has no CAP_AUDIT_WRITE");
        else if (d->unit.private_users)
                set_failure(d, ECONNREFUSED, "PrivateUsers= takes it out of the initial user namespace");
        else if (!d->unit.audit_write)
                set_failure(d, EPERM, "User= and CapabilityBoundingSet= leave it no CAP_AUDIT_WRITE");
        else if (manager->initial == TRISTATE_UNKNOWN && !d->initial)
                d->cause = geteuid() == 0 ? "systemd's user namespace is not visible: CAP_SYS_PTRACE is missing here"
                                          : "only root sees the user namespace of systemd";
        else
                set_taken(d);
}

/* Whether the unit itself takes audit from the service. */
static bool find_writing_of_unit(struct diagnosis *d) {
        const struct service_unit *unit = &d->unit;

        if (!unit->netlink)
                d->opening = set_failure(d, EAFNOSUPPORT, "RestrictAddressFamilies= leaves AF_NETLINK out");
        else if (unit->open_error > 0)
                d->opening =
                        set_failure(d, unit->open_error, "SystemCallFilter= does not let it open a socket for audit");
        else if (unit->record_error == CALL_KILLS)
                set_failure(d, 0, "SystemCallFilter= kills it when it sends to the kernel");
        else if (unit->record_error > 0)
                set_failure(d, unit->record_error, "SystemCallFilter= does not let it send to the kernel");
        return d->writing == WRITING_FAILS;
}

static void find_writing(struct diagnosis *d) {
        d->writing = WRITING_UNKNOWN;
        if ((d->type == SUBJECT_SERVICE && find_writing_of_unit(d)) || find_writing_of_kernel(d))
                return;
        if (d->process.pid > 0)
                find_writing_of_process(d);
        else if (d->type == SUBJECT_SERVICE)
                find_writing_of_next_start(d);
        else
                find_writing_of_program(d);
}

/* Programs take some errnos of audit_open() for a kernel without audit, and go on. */
static enum reaction react_to_open(const struct diagnosis *d, bool pam, bool own) {
        if (error_means_no_audit(d->error))
                return REACTION_NONE;
        if (pam)
                return REACTION_PAM_FAILS;
        if (!own)
                return REACTION_NONE;
        if (linkage_is_direct(&d->linkage) && d->contents.aborts)
                return REACTION_STOPS;
        return d->contents.ends_sessions ? REACTION_ENDS_SESSIONS : REACTION_MAY_STOP;
}

/* libaudit takes ECONNREFUSED for success, and the kernel says success where it drops the record. libpam ignores EPERM,
 * which is usual in containers. */
static enum reaction react_to_refusal(const struct diagnosis *d, bool pam, bool own) {
        if (d->error == ECONNREFUSED || d->error == ERROR_DISABLED || d->error == ERROR_EXCLUDED)
                return REACTION_NONE;
        if (pam && d->error != EPERM)
                return REACTION_PAM_FAILS;
        return own && d->contents.ends_sessions ? REACTION_ENDS_SESSIONS : REACTION_NONE;
}

/* What asks by itself obeys the policy, and has no other reaction. */
static void find_reaction(struct diagnosis *d) {
        bool pam = diagnosis_starts_pam(d) && !diagnosis_pam_asks(d), own = !diagnosis_asks(d);

        d->reaction = REACTION_NONE;
        if (d->use != AUDIT_NONE && d->writing == WRITING_FAILS && d->error != 0)
                d->reaction = d->opening ? react_to_open(d, pam, own) : react_to_refusal(d, pam, own);
}

static void set_asker(struct diagnosis *d, enum asker asker, const char *how) {
        d->asker = asker;
        d->how = how;
}

static void find_preload_of_process(struct diagnosis *d) {
        bool wanted = preload_is_listed(d->process.variables.preload);

        if (d->process.preloaded)
                set_asker(d, ASKER_PRELOAD, "mapped into the process");
        else if (!d->process.mapped)
                set_asker(d, ASKER_UNKNOWN,
                          geteuid() == 0 ? "its mappings are not visible: it is the kernel's own process, or "
                                           "CAP_SYS_PTRACE is missing here"
                                         : "only root sees what is mapped into it");
        else if (preload_is_listed(d->unit.variables.preload) && !wanted)
                set_asker(d, ASKER_NONE, "LD_PRELOAD of its unit is set, and counts from its next start");
        else if (d->everywhere)
                set_asker(d, ASKER_NONE, PRELOAD_FILE " counts from its next start");
        else
                set_asker(d, ASKER_NONE, wanted ? "LD_PRELOAD is set, but the library is not loaded" : NULL);
}

static void find_preload_of_program(struct diagnosis *d) {
        const struct privileges *privileges = &d->program.privileges;

        if (d->obstacle == OBSTACLE_STATIC)
                set_asker(d, ASKER_NONE, "statically linked: nothing can be preloaded");
        else if (d->obstacle == OBSTACLE_FOREIGN)
                set_asker(d, ASKER_NONE, "of another architecture than the preload library");
        else if (d->everywhere)
                set_asker(d, ASKER_PRELOAD, PRELOAD_FILE);
        else if (d->obstacle == OBSTACLE_PRIVILEGED)
                set_asker(d, ASKER_NONE, "it has more rights than its caller, so that LD_PRELOAD is ignored");
        else if (!d->library.in_ld_preload)
                set_asker(d, ASKER_NONE, NULL);
        else if (d->type == SUBJECT_SERVICE)
                set_asker(d, ASKER_PRELOAD, "LD_PRELOAD of its unit");
        else
                set_asker(d, ASKER_PRELOAD,
                          privileges->setuid || privileges->setgid || privileges->capabilities
                                  ? "LD_PRELOAD as it is here, and for this user alone"
                                  : "LD_PRELOAD as it is here");
}

/* A program that the process starts gets the library as the process does, unless an obstacle keeps the library out. */
static void find_preload(struct diagnosis *d) {
        bool kept_out = d->obstacle != OBSTACLE_NONE && d->obstacle != OBSTACLE_UNKNOWN;

        if (d->process.pid > 0 && !(d->launcher.path && kept_out))
                find_preload_of_process(d);
        else
                find_preload_of_program(d);
}

/* For a program that asks by itself, or whose libpam does: the records of the other one, if that does not ask. */
static enum gap find_gap(const struct diagnosis *d) {
        if (!diagnosis_asks(d))
                return linkage_is_direct(&d->linkage) ? GAP_OWN : GAP_NONE;
        return diagnosis_starts_pam(d) && !diagnosis_pam_asks(d) ? GAP_PAM : GAP_NONE;
}

static void set_stub(struct diagnosis *d, enum gap gap) {
        set_asker(d, ASKER_STUB, diagnosis_asks(d) ? "it asks by itself" : "its libpam asks by itself");
        d->gap = gap;
}

static void find_pam(struct diagnosis *d) {
        if (d->asker == ASKER_NONE && d->process.other_etc && d->process.linkage.pam)
                set_asker(d, ASKER_UNKNOWN, "it uses PAM, and sees another /etc than this one");
        if (d->asker > ASKER_NONE || !d->pam.file)
                return;
        set_asker(d, ASKER_PAM, d->pam.types);
        d->gap = linkage_is_direct(&d->linkage) ? GAP_OWN : GAP_NONE;
}

/* The preload library asks about all records about which neither the program nor PAM asks. */
static void find_asker(struct diagnosis *d) {
        static const char *const inactive[] = {
                [PRELOAD_LEAVES_REFUSER] = "it is part of auditfail, and reports its losses itself",
                [PRELOAD_LEAVES_AUDITD] = "it is the audit daemon itself",
                [PRELOAD_LEAVES_INIT] = "nothing may end process 1",
        };
        bool asks = diagnosis_asks(d) || diagnosis_pam_asks(d);
        enum gap gap = asks ? find_gap(d) : GAP_NONE;

        d->gap = GAP_NONE;
        d->inactive = inactive[preload_rest(&d->library)];
        if (d->inactive) {
                set_asker(d, ASKER_NONE, d->inactive);
                return;
        }
        if (!asks || gap != GAP_NONE)
                find_preload(d);
        if (asks && (gap == GAP_NONE || d->asker != ASKER_PRELOAD))
                set_stub(d, gap == GAP_PAM && d->pam.file ? GAP_NONE : gap);
        else
                find_pam(d);
}

/* AUDITFAIL_APPLICATION as the library finds it, or will find it from the next start of the service. */
static const char *find_variable(const struct diagnosis *d) {
        bool waits = d->asker <= ASKER_NONE && preload_is_listed(d->unit.variables.preload);

        if (d->library.secure || (d->asker != ASKER_PRELOAD && !waits))
                return NULL;
        if (d->type == SUBJECT_PROGRAM)
                return secure_getenv("AUDITFAIL_APPLICATION");
        return d->process.environment && !waits ? d->process.variables.application : d->unit.variables.application;
}

/* pam_auditfail and libauditfail find the application in other ways, and do not read the variable. */
static void find_application(struct diagnosis *d) {
        struct preload_facts facts = d->library;

        d->library.variable = facts.variable = find_variable(d);
        if (d->asker == ASKER_PAM)
                facts.variable = d->pam.application ?: application_of_service(d->pam.service);
        else if (d->asker == ASKER_STUB)
                facts.variable = facts.secure ? facts.executable : facts.called;
        preload_application(&facts, d->application);
}

void findings_make(struct diagnosis *d) {
        find_use(d);
        find_writing(d);
        find_reaction(d);
        find_asker(d);
        find_application(d);
}
