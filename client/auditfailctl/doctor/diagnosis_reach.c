/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/doctor/findings.h"
#include "client/auditfailctl/subject/preload.h"

static void set_reach(struct diagnosis *d, enum reach reach, const char *how) {
        d->reach = reach;
        d->reach_how = how;
}

static void find_preload_of_process(struct diagnosis *d) {
        bool wanted = preload_in_list(d->process.variables.preload);

        if (d->process.preloaded)
                set_reach(d, REACH_PRELOAD, "mapped into the process");
        else if (!d->process.mapped)
                set_reach(d, REACH_UNKNOWN,
                          geteuid() == 0 ? "nothing is seen to be mapped into it: it is the kernel's own, or "
                                           "CAP_SYS_PTRACE is missing here"
                                         : "only root sees what is mapped into it");
        else if (preload_in_list(d->unit.variables.preload) && !wanted)
                set_reach(d, REACH_NONE, "LD_PRELOAD of its unit is set, and counts from its next start");
        else if (d->everywhere)
                set_reach(d, REACH_NONE, PRELOAD_FILE " counts from its next start");
        else
                set_reach(d, REACH_NONE, wanted ? "LD_PRELOAD is set, but the library is not loaded" : NULL);
}

static void find_preload_of_program(struct diagnosis *d) {
        const struct privileges *rights = &d->program.privileges;
        bool told = d->type == SUBJECT_SERVICE ? preload_in_list(d->unit.variables.preload) : d->from_here;

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

/* Into a program that the process starts, the library comes as into the process, unless something keeps it out. */
static bool is_as_process(const struct diagnosis *d) {
        bool kept_out =
                d->obstacle == OBSTACLE_STATIC || d->obstacle == OBSTACLE_FOREIGN || d->obstacle == OBSTACLE_PRIVILEGED;

        return d->process.pid > 0 && !(d->starter.path && kept_out);
}

/* What the preload library leaves alone though it is loaded. Returns why, NULL for everything else. */
static const char *find_apart(const struct diagnosis *d) {
        const char *slash = d->executable ? strrchr(d->executable, '/') : NULL;
        const char *name = slash ? slash + 1 : d->process.name;

        if (d->process.inner_pid == 1 && !d->starter.path &&
            (strcmp(name, "systemd") == 0 || strcmp(name, "init") == 0))
                return "nothing may end process 1";
        if (strcmp(name, "auditd") == 0)
                return "it is the audit daemon itself";
        return d->refuses && !d->asks_itself ? "it is part of auditfail, and tells of its losses itself" : NULL;
}

void find_reach(struct diagnosis *d) {
        d->apart = find_apart(d);
        if (d->apart)
                set_reach(d, REACH_NONE, d->apart);
        else if (d->asks_itself || (d->process.stub && !d->starter.path))
                set_reach(d, REACH_STUB, "it asks by itself");
        else if (is_as_process(d))
                find_preload_of_process(d);
        else
                find_preload_of_program(d);

        if (!d->apart && d->reach == REACH_NONE && d->process.elsewhere && d->process.pam)
                set_reach(d, REACH_UNKNOWN, "it uses PAM, and sees another /etc than this one");
        if (!d->apart && d->reach <= REACH_NONE && d->pam.file)
                set_reach(d, REACH_PAM, d->pam.types);
}
