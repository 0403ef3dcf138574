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

bool is_policy_of(const char *file, const char *application) {
        static const char prefix[] = "auditfail.";
        const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : "";
        size_t length = strlen(application);

        if (strncmp(name, application, length) == 0 && strcmp(name + length, ".conf") == 0)
                return true;
        return strncmp(name, prefix, strlen(prefix)) == 0 && strcmp(name + strlen(prefix), application) == 0;
}

void strip_deleted(char *link) {
        static const char deleted[] = " (deleted)";
        size_t length = strlen(link), suffix = strlen(deleted);

        if (length > suffix && strcmp(link + length - suffix, deleted) == 0)
                link[length - suffix] = '\0';
}
