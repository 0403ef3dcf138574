/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/diagnosis.h"

#include <stdlib.h>

#include "protocol/cleanup.h"

enum kind diagnosis_kind(const struct diagnosis *diagnosis) {
        return diagnosis->writing == WRITING_FAILS && diagnosis->error > 0 ? kind_from_errno(diagnosis->error)
                                                                           : KIND_NONE;
}

bool diagnosis_has_no_records(const struct diagnosis *diagnosis) {
        return diagnosis->use == AUDIT_NONE && (diagnosis->asker <= ASKER_NONE || diagnosis->asker == ASKER_PRELOAD);
}

const struct program *diagnosis_own_program(const struct diagnosis *diagnosis) {
        return diagnosis->launcher.path ? &diagnosis->launcher : &diagnosis->program;
}

bool diagnosis_starts_pam(const struct diagnosis *diagnosis) {
        return diagnosis->linkage.pam || diagnosis->process.linkage.pam;
}

bool diagnosis_pam_asks(const struct diagnosis *diagnosis) {
        return diagnosis_starts_pam(diagnosis) && (diagnosis->linkage.pam_asks || diagnosis->process.linkage.pam_asks);
}

static bool has_stub(const struct diagnosis *diagnosis) {
        return diagnosis->linkage.stub || diagnosis->process.linkage.stub;
}

/* A program that loads libauditfail later, such as an interpreter, asks as well; unless it has the library for PAM. */
bool diagnosis_asks(const struct diagnosis *diagnosis) {
        return diagnosis->linkage.asks || diagnosis->process.linkage.asks ||
               (has_stub(diagnosis) && !diagnosis_pam_asks(diagnosis));
}

const char *diagnosis_stub(const struct diagnosis *diagnosis) {
        bool offers = diagnosis->linkage.offers || diagnosis->process.linkage.offers;

        return offers && !has_stub(diagnosis) ? "libaudit" : "libauditfail";
}

void diagnosis_forget_program(struct diagnosis *diagnosis) {
        program_clear(&diagnosis->program);
        contents_clear(&diagnosis->contents);
        linkage_clear(&diagnosis->linkage);
        pam_line_clear(&diagnosis->pam);
        dropping_clear(&diagnosis->dropping);
        free(TAKE_PTR(diagnosis->executable));
        free(TAKE_PTR(diagnosis->outcome));
        string_list_clear(&diagnosis->steps);
        diagnosis->opening = diagnosis->machine = false;
        diagnosis->error = 0;
        diagnosis->cause = diagnosis->how = NULL;
}

void diagnosis_clear(struct diagnosis *diagnosis) {
        diagnosis_forget_program(diagnosis);
        program_clear(&diagnosis->launcher);
        free(diagnosis->others);
        process_clear(&diagnosis->process);
        process_clear(&diagnosis->manager);
        service_unit_clear(&diagnosis->unit);
}
