/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "protocol/well_known.h"

static struct self self = { .folder = RUNTIME_FOLDER };

/*
 * The caller of a setuid program chooses argv[0], and would choose the policy with it. So the name of the executed file
 * counts. Without /proc, the name stays empty, and the default policy applies.
 */
static void learn_executable(void) {
        char path[1024];
        ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

        if (length <= 0 || (size_t)length == sizeof(path))
                return;

        const char *slash = memrchr(path, '/', (size_t)length);
        const char *name = slash ? slash + 1 : path;
        size_t name_length = (size_t)(path + length - name);
        if (application_name_valid(name, name_length))
                memcpy(self.program, name, name_length);
}

__attribute__((constructor)) static void learn(void) {
        int saved = errno;
        const char *folder = secure_getenv("AUDITFAIL_RUNTIME_DIR");

        if (folder && folder[0] == '/' && strlen(folder) <= EXCHANGE_FOLDER_MAX)
                strcpy(self.folder, folder);
        self.secure = getauxval(AT_SECURE);
        if (self.secure)
                learn_executable();
        self.learned = true;
        errno = saved;
}

const struct self *self_get(void) {
        if (!self.learned) /* the constructor of another library, which ran first, calls this */
                learn();
        return &self;
}
