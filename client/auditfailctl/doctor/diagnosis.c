/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/diagnosis.h"

#include <stdlib.h>

#include "client/auditfailctl/doctor/findings.h"

/* libaudit may be in it, as any other library. */
static bool is_static(const struct diagnosis *d) {
        return d->program.path && d->program.error == 0 && !d->program.elf.interpreter;
}

static void find_use(struct diagnosis *d) {
        if (d->process.audit && !d->starter.path)
                d->use = AUDIT_MAPPED;
        else if (d->linkage.audit)
                d->use = *d->linkage.audit ? AUDIT_THROUGH : AUDIT_LINKED;
        else if (is_static(d))
                d->use = AUDIT_UNKNOWN;
        else if (d->program.path && d->program.error == 0 && !d->linkage.lost && !d->process.elsewhere)
                d->use = AUDIT_NONE;
        else
                d->use = d->process.mapped && !d->starter.path ? AUDIT_NONE : AUDIT_UNKNOWN;
}

void diagnosis_find(struct diagnosis *diagnosis) {
        find_use(diagnosis);
        find_writing(diagnosis);
        find_own_way(diagnosis);
        find_reach(diagnosis);
        find_application(diagnosis);
}

enum kind diagnosis_kind(const struct diagnosis *diagnosis) {
        return diagnosis->writing == WRITING_FAILS && diagnosis->error > 0 ? kind_from_errno(diagnosis->error)
                                                                           : KIND_NONE;
}

void diagnosis_conclude(struct diagnosis *diagnosis) {
        find_exemption(diagnosis);
        find_verdict(diagnosis);
        find_steps(diagnosis);
}

bool diagnosis_starts_helpers(const struct diagnosis *diagnosis) {
        return has_no_records(diagnosis) && diagnosis->contents.helpers_count > 0;
}

void diagnosis_forget(struct diagnosis *diagnosis) {
        for (char **step = diagnosis->steps; *step; step++) {
                free(*step);
                *step = NULL;
        }
        diagnosis->named = diagnosis->opening = diagnosis->machine = false;
        diagnosis->error = 0;
        diagnosis->cause = diagnosis->reach_how = diagnosis->apart = NULL;
        diagnosis->writing = WRITING_UNKNOWN;
        diagnosis->reach = REACH_UNKNOWN;
}

const struct program *diagnosis_started(const struct diagnosis *diagnosis) {
        return diagnosis->starter.path ? &diagnosis->starter : &diagnosis->program;
}

void diagnosis_clear(struct diagnosis *diagnosis) {
        diagnosis_forget(diagnosis);
        program_clear(&diagnosis->program);
        program_clear(&diagnosis->starter);
        contents_clear(&diagnosis->contents);
        free(diagnosis->others);
        process_clear(&diagnosis->manager);
        dropping_clear(&diagnosis->dropping);
        free(diagnosis->executable);
        linkage_clear(&diagnosis->linkage);
        process_clear(&diagnosis->process);
        service_unit_clear(&diagnosis->unit);
        pam_line_clear(&diagnosis->pam);
}
