/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis.h"

#include <stdlib.h>

#include "findings.h"

static void find_use(struct diagnosis *d) {
        if (d->process.audit)
                d->use = AUDIT_MAPPED;
        else if (d->linkage.audit)
                d->use = *d->linkage.audit ? AUDIT_THROUGH : AUDIT_LINKED;
        else if (d->program.path && d->program.error == 0 && d->program.elf.interpreter && !d->linkage.lost &&
                 !d->process.elsewhere)
                d->use = AUDIT_NONE;
        else
                d->use = d->process.mapped ? AUDIT_NONE : AUDIT_UNKNOWN;
}

void diagnosis_find(struct diagnosis *diagnosis) {
        find_use(diagnosis);
        find_writing(diagnosis);
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

void diagnosis_clear(struct diagnosis *diagnosis) {
        program_clear(&diagnosis->program);
        process_clear(&diagnosis->manager);
        free(diagnosis->executable);
        linkage_clear(&diagnosis->linkage);
        process_clear(&diagnosis->process);
        service_unit_clear(&diagnosis->unit);
        pam_place_clear(&diagnosis->pam);
        for (char **step = diagnosis->steps; *step; step++)
                free(*step);
}
