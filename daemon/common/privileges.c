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
                         "Cannot become user \"%s\": there is no such user%s%s. Create it with systemd-sysusers, or "
                         "choose another one with --user",
                         user, errno ? ": " : "", errno ? strerror(errno) : "");
                return -ENOENT;
        }
        /* Without PR_SET_KEEPCAPS, setresuid() from 0 to another user clears the capabilities. */
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
            setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0) {
                int error = errno;

                log_line(LOG_ERR, "Cannot become user \"%s\": %s%s", user, strerror(error),
                         error == EPERM ? ". Start the daemon as root, or choose your own user with --user" : "");
                return -error;
        }
        return 0;
}

static int apply(capng_select_t sets, const char *what) {
        int r = capng_apply(sets);

        if (r == 0)
                return 0;
        log_line(LOG_ERR, "Cannot drop %s: %m (capng_apply() returned %d)", what, r);
        return -EPERM;
}

static int forbid_new(void) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
                return 0;
        log_line(LOG_ERR, "Cannot set no_new_privs: %m");
        return -errno;
}

/*
 * Makes libcap-ng's sets those that shall be: of KEEP what the process has, also in the bounding set if BOUND. Returns
 * whether the process has no other capability, not even in its bounding set.
 */
static bool choose(uint64_t keep, bool bound) {
        bool minimal = true;
        uint64_t had = 0;

        for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++) {
                uint64_t bit = UINT64_C(1) << capability;
                bool has = capng_have_capability(CAPNG_PERMITTED, capability);

                minimal &= (keep & bit) || (!has && !capng_have_capability(CAPNG_BOUNDING_SET, capability));
                had |= has ? bit : 0;
        }
        capng_clear(CAPNG_SELECT_ALL); /* also capabilities that only the kernel knows, which may be newer */
        for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++)
                if (keep & had & UINT64_C(1) << capability)
                        capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | (bound ? CAPNG_BOUNDING_SET : 0),
                                     capability);
        return minimal;
}

int privileges_drop(const char *user, uint64_t keep) {
        bool root = geteuid() == 0, stays_root = root && user && strcmp(user, "root") == 0, setpcap, setgid;
        int r;

        if (capng_get_caps_process() != 0) {
                log_line(LOG_ERR, "Cannot read the capabilities of this process: %m");
                return -EIO;
        }
        setgid = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID);
        setpcap = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
        /* If there is nothing to give up, the unit's seccomp filter need not allow the system calls for it. */
        if (choose(keep, stays_root) && (stays_root || !root))
                return forbid_new();

        if (setgid && setgroups(0, NULL) < 0) {
                log_line(LOG_ERR, "Cannot drop the supplementary groups: %m");
                return -errno;
        }
        /*
         * First, while CAP_SETPCAP is there. Without it the bounding set stays, and no_new_privs protects. Root's set
         * keeps the same capabilities: programs that it starts get no others.
         */
        if (setpcap && (r = apply(CAPNG_SELECT_BOUNDS, "the capability bounding set")) < 0)
                return r;
        if (root && !stays_root && (r = become(user ? user : DAEMON_USER)) < 0)
                return r;
        if ((r = forbid_new()) < 0)
                return r;
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
