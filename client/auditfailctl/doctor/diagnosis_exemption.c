/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of client/preload/obey.c and client/pam, foretold. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/doctor/findings.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/shim/application.h"
#include "protocol/policy_path.h"

/* As the kernel starts the program for who runs auditfailctl. */
static bool will_be_common(const struct program *program) {
        const struct privileges *rights = &program->privileges;
        bool root = rights->setuid ? rights->audit_write : geteuid() == 0;

        return getuid() != 0 && !root;
}

/* Whether it is the process of a common user, who could never write a record: nothing has failed there. */
static bool is_common(const struct diagnosis *d) {
        if (d->writing != WRITING_FAILS || d->error != EPERM)
                return false;
        if (d->process.pid > 0)
                return d->process.common;
        return d->type == SUBJECT_SERVICE ? d->unit.user != 0 && !d->unit.audit_write : will_be_common(&d->program);
}

/* The default policy is nobody's own, though it counts for a program whose name cannot be that of a policy. */
static bool is_its_own(const struct diagnosis *d, const char *file) {
        if (strcmp(d->application, APPLICATION_DEFAULT) == 0 && !d->named)
                return false;
        return policy_path_belongs_to(file, d->application);
}

/* Whether somebody has put the library before it in particular: not /etc/ld.so.preload, which is for all. */
static bool is_singled_out(const struct diagnosis *d) {
        if (d->type == SUBJECT_PROGRAM)
                return d->named || d->from_here;
        return d->named ||
               preload_in_list(d->process.environment ? d->process.variables.preload : d->unit.variables.preload);
}

static enum exemption exemption_from_preload(const struct diagnosis *d) {
        const struct auditfail_answer *answer = &d->answers[diagnosis_kind(d)];

        if (d->secure == SIGHT_YES)
                return EXEMPTION_SECURE;
        if (answer->via == AUDITFAIL_VIA_BUILTIN)
                return is_singled_out(d) ? EXEMPTION_NONE : EXEMPTION_UNANSWERED;
        return is_its_own(d, answer->file) ? EXEMPTION_NONE : EXEMPTION_DEFAULT;
}

void find_exemption(struct diagnosis *d) {
        d->exemption = EXEMPTION_NONE;
        if (d->reach == REACH_PAM && d->unit.pam && !d->starter.path && diagnosis_kind(d) != KIND_NONE && !d->machine)
                d->exemption = EXEMPTION_MANAGER;
        else if (d->reach == REACH_PAM && is_common(d))
                d->exemption = EXEMPTION_PAM;
        else if (d->reach == REACH_PRELOAD && is_common(d))
                d->exemption = exemption_from_preload(d);
}
