/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/doctor/findings.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/shim/application.h"
#include "protocol/policy_path.h"

static const char *without_folders(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/*
 * AUDITFAIL_APPLICATION as the preload library finds it, or will from the next start of the service; NULL: it is not
 * set. PAM's module and libauditfail do not look at it.
 */
static const char *find_variable(const struct diagnosis *d) {
        bool waits = d->reach <= REACH_NONE && preload_in_list(d->unit.variables.preload);

        if (d->secure == SIGHT_YES || (d->reach != REACH_PRELOAD && !waits))
                return NULL;
        if (d->type == SUBJECT_PROGRAM)
                return secure_getenv("AUDITFAIL_APPLICATION");
        return d->process.environment && !waits ? d->process.variables.application : d->unit.variables.application;
}

/*
 * The program's name for itself (program_invocation_short_name), which is its argv[0]; who has more rights than his
 * caller believes the file that is executed. A script's argv[0] is its interpreter.
 */
static const char *find_name(const struct diagnosis *d) {
        const char *called = NULL;

        if (d->secure != SIGHT_YES && !d->starter.path)
                called = d->process.pid > 0        ? d->process.called
                         : d->program.interpreter  ? program_file(&d->program)
                                                   : d->unit.called ?: d->program.path;
        return without_folders(called ?: d->executable ?: d->unit.program ?: d->process.name);
}

/* What names no application stands for the default policy. */
static void set_application(struct diagnosis *d, const char *file) {
        size_t length = 0;
        const char *name = application_from_file(file, &length);

        snprintf(d->application, sizeof(d->application), "%.*s", name ? (int)length : (int)strlen(APPLICATION_DEFAULT),
                 name ?: APPLICATION_DEFAULT);
}

void find_application(struct diagnosis *d) {
        const char *variable = find_variable(d);

        d->named = variable && *variable;
        if (d->named)
                set_application(d, variable);
        else if (d->reach == REACH_PAM)
                set_application(d, d->pam.application ?: application_of_service(d->pam.service));
        else if (d->reach == REACH_STUB)
                set_application(d, find_name(d));
        else
                set_application(d, application_of_program(find_name(d)));
}
