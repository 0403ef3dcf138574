/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/well_known.h"

static int become(const char *user) {
        const struct passwd *entry;

        errno = 0;
        entry = getpwnam(user);
        if (!entry) {
                log_line(LOG_ERR,
                         "Could not become user \"%s\": there is no such user%s%s. Create it with systemd-sysusers, or "
                         "choose another one with --user",
                         user, errno ? ": " : "", errno ? strerror(errno) : "");
                return -ENOENT;
        }
        /* Without PR_SET_KEEPCAPS, setresuid() from 0 to another user clears the capabilities. */
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
            setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0) {
                log_line(LOG_ERR, "Could not become user \"%s\": %m", user);
                return -errno;
        }
        return 0;
}

static int apply(capng_select_t sets, const char *what) {
        int r = capng_apply(sets);

        if (r == 0)
                return 0;
        log_line(LOG_ERR, "Could not drop %s: capng_apply() says %d", what, r);
        return -EPERM;
}

static int forbid_new(void) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
                return 0;
        log_line(LOG_ERR, "Could not set no_new_privs: %m");
        return -errno;
}

static bool kept(uint64_t keep, unsigned capability) {
        return keep >> capability & 1;
}

/* Whether there is nothing to give up. Then the unit's seccomp filter need not allow the system calls for it. */
static bool minimal(bool stays_root, uint64_t keep) {
        for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++)
                if (!kept(keep, capability) && (capng_have_capability(CAPNG_PERMITTED, capability) ||
                                                capng_have_capability(CAPNG_BOUNDING_SET, capability)))
                        return false;
        return stays_root || geteuid() != 0;
}

/* Root's bounding set keeps the same capabilities: programs that it starts get no others. */
static int drop_bounds(bool stays_root, uint64_t keep) {
        for (unsigned capability = 0; stays_root && capability <= CAP_LAST_CAP; capability++)
                if (kept(keep, capability))
                        capng_update(CAPNG_ADD, CAPNG_BOUNDING_SET, capability);
        return apply(CAPNG_SELECT_BOUNDS, "the capability bounding set");
}

int privileges_drop(const char *user, uint64_t keep) {
        bool stays_root = geteuid() == 0 && user && strcmp(user, "root") == 0, setpcap, setgid;
        uint64_t had = 0;
        int r;

        if (capng_get_caps_process() != 0) {
                log_line(LOG_ERR, "Could not read the capabilities of this process");
                return -EIO;
        }
        if (minimal(stays_root, keep))
                return forbid_new();
        for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++)
                if (kept(keep, capability) && capng_have_capability(CAPNG_PERMITTED, capability))
                        had |= UINT64_C(1) << capability;
        setgid = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
        setpcap = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
        capng_clear(CAPNG_SELECT_ALL);

        if (setgid && setgroups(0, NULL) < 0) {
                log_line(LOG_ERR, "Could not drop the supplementary groups: %m");
                return -errno;
        }
        /* First, while CAP_SETPCAP is there. Without it the bounding set stays, and no_new_privs protects. */
        if (setpcap && (r = drop_bounds(stays_root, had)) < 0)
                return r;
        if (geteuid() == 0 && !stays_root && (r = become(user ? user : DAEMON_USER)) < 0)
                return r;
        if ((r = forbid_new()) < 0)
                return r;
        for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++)
                if (kept(had, capability))
                        capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability);
        return apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT, "capabilities");
}

const char *privileges_next(unsigned *cursor) {
        if (*cursor == 0 && capng_get_caps_process() < 0)
                return NULL;
        while (*cursor <= CAP_LAST_CAP) {
                unsigned capability = (*cursor)++;

                if (capng_have_capability(CAPNG_PERMITTED, capability))
                        return capng_capability_to_name(capability);
        }
        return NULL;
}

void privileges_log(void) {
        char capabilities[256] = "";
        const char *name;
        unsigned cursor = 0;

        while ((name = privileges_next(&cursor)))
                snprintf(capabilities + strlen(capabilities), sizeof(capabilities) - strlen(capabilities), " cap_%s",
                         name);
        log_line(LOG_INFO, "Running as uid %u, gid %u, capabilities:%s", geteuid(), getegid(),
                 *capabilities ? capabilities : " none");
}
