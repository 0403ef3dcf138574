/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/application.h"

#include <stddef.h>
#include <string.h>

struct name {
        const char *name, *application;
};

static const char *find(const struct name *names, size_t count, const char *name) {
        for (size_t i = 0; i < count; i++)
                if (strcmp(names[i].name, name) == 0)
                        return names[i].application;
        return name;
}

const char *application_of_service(const char *service) {
        static const struct name services[] = {
                { "cups", "cupsd" }, { "remote", "login" }, { "runuser-l", "runuser" },
                { "su-l", "su" },    { "sudo-i", "sudo" },
        };

        return find(services, sizeof(services) / sizeof(services[0]), service);
}

const char *application_of_program(const char *name) {
        static const struct name programs[] = { { "sshd-auth", "sshd" }, { "sshd-session", "sshd" } };

        return find(programs, sizeof(programs) / sizeof(programs[0]), name);
}

void strip_deleted(char *link) {
        static const char deleted[] = " (deleted)";
        size_t length = strlen(link), suffix = strlen(deleted);

        if (length > suffix && strcmp(link + length - suffix, deleted) == 0)
                link[length - suffix] = '\0';
}
