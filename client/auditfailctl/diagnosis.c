/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "preload.h"
#include "text.h"

#define DROP_IN "50-auditfail-preload.conf"

static void find_use(struct diagnosis *d) {
        if (d->process.audit)
                d->use = AUDIT_MAPPED;
        else if (d->linkage.audit)
                d->use = *d->linkage.audit ? AUDIT_THROUGH : AUDIT_LINKED;
        else if (d->program.path && d->program.error == 0 && d->program.elf.interpreter && !d->linkage.lost)
                d->use = AUDIT_NONE;
        else
                d->use = d->process.mapped ? AUDIT_NONE : AUDIT_UNKNOWN;
}

static void set_failure(struct diagnosis *d, int error, const char *cause) {
        d->writing = WRITING_FAILS;
        d->error = error;
        d->cause = cause;
}

static void set_unknown(struct diagnosis *d, const char *cause) {
        d->writing = WRITING_UNKNOWN;
        d->cause = cause;
}

/* The program as this user would start it. */
static void find_writing_of_program(struct diagnosis *d) {
        bool brings_it = d->program.privileges.gained && d->program.privileges.audit_write &&
                         prctl(PR_CAPBSET_READ, CAP_AUDIT_WRITE, 0, 0, 0) == 1;

        if (d->probed == 0 || (d->probed == -EPERM && brings_it))
                d->writing = WRITING_WORKS;
        else if (d->probed == -EPERM)
                set_failure(d, EPERM,
                            geteuid() == 0 ? "CAP_AUDIT_WRITE is missing here"
                                           : "this user has no CAP_AUDIT_WRITE; another one may have it");
        else
                set_failure(d, -d->probed,
                            d->probed == -ECONNREFUSED ? "this is not the initial user namespace, or audit=0"
                                                       : "the kernel takes no audit records here");
}

/* FILTERED: there is a filter of system calls that nobody tells about. */
static void find_writing_of_process(struct diagnosis *d, bool filtered) {
        const struct process *process = &d->process;

        if (process->initial == SIGHT_NO)
                set_failure(d, ECONNREFUSED, "it is not in the initial user namespace");
        else if (!process->audit_write)
                set_failure(d, EPERM, "it has no CAP_AUDIT_WRITE");
        else if (d->probed == -EPROTONOSUPPORT)
                set_failure(d, EPROTONOSUPPORT, "the kernel has no audit");
        else if (process->initial == SIGHT_UNKNOWN)
                set_unknown(d, "only root sees its user namespace");
        else if (filtered)
                set_unknown(d, "its system calls are filtered; of a service, doctor knows the filter");
        else
                d->writing = WRITING_WORKS;
}

static void find_writing_of_service(struct diagnosis *d) {
        const struct service_unit *unit = &d->unit;

        if (!unit->netlink)
                set_failure(d, EAFNOSUPPORT, "RestrictAddressFamilies= leaves AF_NETLINK out");
        else if (!unit->socket_calls)
                set_failure(d, EPERM, "SystemCallFilter= does not let it send to the kernel");
        else if (d->process.pid > 0)
                find_writing_of_process(d, false);
        else if (unit->private_users)
                set_failure(d, ECONNREFUSED, "PrivateUsers= takes it out of the initial user namespace");
        else if (!unit->audit_write)
                set_failure(d, EPERM, "User= and CapabilityBoundingSet= leave it no CAP_AUDIT_WRITE");
        else if (d->probed == -EPROTONOSUPPORT)
                set_failure(d, EPROTONOSUPPORT, "the kernel has no audit");
        else
                d->writing = WRITING_WORKS;
}

static void find_writing(struct diagnosis *d) {
        if (d->type == SUBJECT_SERVICE)
                find_writing_of_service(d);
        else if (d->type == SUBJECT_PROCESS)
                find_writing_of_process(d, d->process.filtered);
        else
                find_writing_of_program(d);
}

static void set_reach(struct diagnosis *d, enum reach reach, const char *how) {
        d->reach = reach;
        d->reach_how = how;
}

static void find_preload_of_process(struct diagnosis *d) {
        bool wanted = preload_in_list(d->process.preload);

        if (d->process.preloaded)
                set_reach(d, REACH_PRELOAD, "mapped into the process");
        else if (!d->process.mapped)
                set_reach(d, REACH_UNKNOWN, "only root sees what is mapped into it");
        else if (preload_in_list(d->unit.preload) && !wanted)
                set_reach(d, REACH_NONE, "LD_PRELOAD of its unit is set, and counts from its next start");
        else if (d->everywhere)
                set_reach(d, REACH_NONE, PRELOAD_FILE " counts from its next start");
        else
                set_reach(d, REACH_NONE, wanted ? "LD_PRELOAD is set, but the library is not loaded" : NULL);
}

static void find_preload_of_program(struct diagnosis *d) {
        const struct privileges *rights = &d->program.privileges;
        bool told = d->type == SUBJECT_SERVICE ? preload_in_list(d->unit.preload) : d->from_here;

        switch (d->obstacle) {
        case OBSTACLE_STATIC:
                set_reach(d, REACH_NONE, "statically linked: nothing can be preloaded");
                break;
        case OBSTACLE_FOREIGN:
                set_reach(d, REACH_NONE, "of another architecture than the preload library");
                break;
        case OBSTACLE_PRIVILEGED:
                if (d->everywhere)
                        set_reach(d, REACH_PRELOAD, PRELOAD_FILE);
                else
                        set_reach(d, REACH_NONE, "it has more rights than its caller, so that LD_PRELOAD is ignored");
                break;
        case OBSTACLE_UNKNOWN:
        case OBSTACLE_NONE:
                if (d->everywhere)
                        set_reach(d, REACH_PRELOAD, PRELOAD_FILE);
                else if (told && d->type == SUBJECT_SERVICE)
                        set_reach(d, REACH_PRELOAD, "LD_PRELOAD of its unit");
                else if (told && (rights->setuid || rights->setgid || rights->capabilities))
                        set_reach(d, REACH_PRELOAD, "LD_PRELOAD as it is here, and for this user alone");
                else if (told)
                        set_reach(d, REACH_PRELOAD, "LD_PRELOAD as it is here");
                else
                        set_reach(d, REACH_NONE, NULL);
                break;
        }
}

/* What the preload library leaves alone though it is loaded. Returns why, NULL for everything else. */
static const char *find_exemption(const struct diagnosis *d) {
        const char *name = d->program.path ? program_application(&d->program) : d->process.name;

        if (d->process.pid == 1 && (strcmp(name, "systemd") == 0 || strcmp(name, "init") == 0))
                return "nothing may end process 1";
        return strcmp(name, "auditd") == 0 ? "it is the audit daemon itself" : NULL;
}

static void find_reach(struct diagnosis *d) {
        const char *exemption = find_exemption(d);

        d->apart = exemption;
        if (d->apart)
                set_reach(d, REACH_NONE, exemption);
        else if (d->asks_itself || d->process.stub)
                set_reach(d, REACH_STUB, "it asks by itself");
        else if (d->process.pid > 0)
                find_preload_of_process(d);
        else
                find_preload_of_program(d);

        if (!d->apart && d->reach <= REACH_NONE && d->pam.file)
                set_reach(d, REACH_PAM, d->pam.binding ? d->pam.types : "its control does not stop the stack");
}

static void find_application(struct diagnosis *d) {
        const char *name = d->process.application ?: d->unit.application;

        if (d->reach == REACH_PAM)
                name = d->pam.application ?: d->pam.service;
        else if (!name && d->type == SUBJECT_PROGRAM && d->reach == REACH_PRELOAD)
                name = secure_getenv("AUDITFAIL_APPLICATION");
        if (!name && d->program.path)
                name = program_application(&d->program);
        name = name ?: d->process.name;
        snprintf(d->application, sizeof(d->application), "%s",
                 application_name_valid(name, strlen(name)) ? name : APPLICATION_DEFAULT);
}

void diagnosis_find(struct diagnosis *diagnosis) {
        find_use(diagnosis);
        find_writing(diagnosis);
        find_reach(diagnosis);
        find_application(diagnosis);
}

enum kind diagnosis_kind(const struct diagnosis *diagnosis) {
        return diagnosis->writing == WRITING_FAILS ? kind_from_errno(diagnosis->error) : KIND_NONE;
}

/* Whether the policy stops it in the failure that is known, or in any. */
static bool may_stop(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);

        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                if ((known == KIND_NONE || kind == known) && d->answers[kind].action == AUDITFAIL_TERMINATE)
                        return true;
        return false;
}

static const char *outcome_where_reached(const struct diagnosis *d) {
        if (d->writing == WRITING_WORKS)
                return "Records are written; of one that is lost the policy is asked, and obeyed.";
        if (d->writing == WRITING_UNKNOWN)
                return "Should a record be lost, the policy is asked, and obeyed.";
        switch (d->answers[diagnosis_kind(d)].action) {
        case AUDITFAIL_TERMINATE:
                if (d->reach == REACH_STUB)
                        return "No record would be written; it is told to stop.";
                if (d->reach == REACH_PAM)
                        return "No record would be written; PAM stops it when it comes to this line.";
                return "No record would be written; it is stopped before it does anything.";
        case AUDITFAIL_LOG:
                return "Records are lost; each loss is reported, and it goes on.";
        case AUDITFAIL_IGNORE:
        default:
                return "Records are lost, as the policy allows; it goes on.";
        }
}

static const char *outcome_where_lost(const struct diagnosis *d, bool disobeys) {
        if (disobeys)
                return "A loss is reported, but the policy to stop is disobeyed.";
        if (d->reach == REACH_UNKNOWN)
                return "Whether a lost record is noticed cannot be told.";
        if (d->writing == WRITING_FAILS)
                return "Records are lost, and nobody notices.";
        return "A record that is lost would go unnoticed.";
}

static void find_verdict(struct diagnosis *d) {
        bool disobeys = d->reach == REACH_PAM && !d->pam.binding && may_stop(d);

        /* The preload library does nothing in a program that never calls libaudit; the others need no libaudit. */
        if (d->use == AUDIT_NONE && (d->reach <= REACH_NONE || d->reach == REACH_PRELOAD)) {
                d->verdict = VERDICT_NOTHING;
                d->outcome = "It has no records to lose, unless it loads a plugin that writes some.";
        } else if (d->reach > REACH_NONE && !disobeys) {
                d->verdict = d->writing == WRITING_WORKS ? VERDICT_WORKS : VERDICT_COVERED;
                d->outcome = outcome_where_reached(d);
        } else if (d->writing == WRITING_WORKS) {
                d->verdict = VERDICT_WORKS;
                d->outcome = "Records are written; one that is lost would go unnoticed.";
        } else {
                d->verdict = VERDICT_LOST;
                d->outcome = outcome_where_lost(d, disobeys);
        }
}

__attribute__((format(printf, 2, 3))) static void add_step(struct diagnosis *d, const char *format, ...) {
        va_list arguments;
        size_t count = 0;

        while (d->steps[count])
                count++;
        if (count == DIAGNOSIS_STEPS_MAX)
                return;
        va_start(arguments, format);
        if (vasprintf(&d->steps[count], format, arguments) < 0)
                out_of_memory();
        va_end(arguments);
}

static void add_pam_steps(struct diagnosis *d) {
        if (d->pam.file)
                add_step(d, "in %s:%zu make the control \"required\"", d->pam.file, d->pam.line);
        else
                add_step(d, "pam-auth-update --enable auditfail, or a line in /etc/pam.d/%s: pam_auditfail(8)",
                         d->pam.service);
}

/* The drop-in is linked, as that of the guard: without the library there should be none. */
static void add_service_steps(struct diagnosis *d) {
        const char *unit = d->unit.name;

        if (!preload_in_list(d->unit.preload)) {
                add_step(d, "mkdir -p /etc/systemd/system/%s.d", unit);
                add_step(d, "ln -s " GUARD_FOLDER "/auditfail-preload.conf /etc/systemd/system/%s.d/" DROP_IN, unit);
        }
        if (!d->unit.unix_sockets)
                add_step(d, "systemctl edit %s: [Service] RestrictAddressFamilies=AF_UNIX, to reach auditfaild", unit);
        add_step(d, "systemctl daemon-reload && systemctl restart %s", unit);
}

static void add_program_steps(struct diagnosis *d) {
        bool privileged = d->obstacle == OBSTACLE_PRIVILEGED && !d->program.privileges.joinable;

        if (d->reach == REACH_UNKNOWN)
                add_step(d, "sudo auditfailctl doctor %s", d->subject);
        else if (d->obstacle == OBSTACLE_STATIC || d->obstacle == OBSTACLE_FOREIGN)
                add_step(d, "build it with libauditfail: auditfail_ask(3)");
        else if (privileged)
                add_step(d, "for every program: echo %s >>" PRELOAD_FILE, preload_library());
        else if (d->type == SUBJECT_PROCESS)
                add_step(d, "start it again: auditfailctl run %s", d->program.path ?: d->process.name);
        else
                add_step(d, "auditfailctl run %s", d->subject);
}

static void find_steps(struct diagnosis *d) {
        if (d->verdict != VERDICT_NOTHING && d->reach <= REACH_NONE && !d->apart) {
                if (d->pam.service)
                        add_pam_steps(d);
                if (d->type == SUBJECT_SERVICE && (d->obstacle == OBSTACLE_NONE || d->obstacle == OBSTACLE_UNKNOWN))
                        add_service_steps(d);
                else
                        add_program_steps(d);
        } else if (d->verdict == VERDICT_LOST && d->reach == REACH_PAM) {
                add_pam_steps(d);
        }
        bool answered = d->answers[0].via == AUDITFAIL_VIA_DAEMON;
        if (answered && d->reach > REACH_NONE && d->process.pid > 0 && d->process.socket == SIGHT_NO)
                add_step(d, "bind /run/auditfail into its root: without it the answer is terminate");
        if (!answered && d->verdict != VERDICT_NOTHING)
                add_step(d, "systemctl enable --now auditfaild.socket");
}

void diagnosis_conclude(struct diagnosis *diagnosis) {
        find_verdict(diagnosis);
        find_steps(diagnosis);
}

void diagnosis_clear(struct diagnosis *diagnosis) {
        program_clear(&diagnosis->program);
        linkage_clear(&diagnosis->linkage);
        process_clear(&diagnosis->process);
        service_unit_clear(&diagnosis->unit);
        pam_place_clear(&diagnosis->pam);
        for (char **step = diagnosis->steps; *step; step++)
                free(*step);
}
