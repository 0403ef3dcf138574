/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"

#define DEPTH_MAX 64 /* mounts on the way to a file */

/* A line of /proc/PID/mountinfo. Blanks in paths stay escaped. */
struct mount {
        unsigned id, parent;
        char device[24], root[PATH_MAX], point[PATH_MAX];
        bool read_only;
};

/* "ID PARENT DEVICE ROOT POINT OPTIONS [TAGS] - TYPE SOURCE OPTIONS": the options of the mount and of the file system
 * begin with "ro" or "rw". */
static bool read_mount(const char *line, struct mount *ret) {
        char of_mount[3], of_disk[3];
        const char *disk = strstr(line, " - ");

        if (!disk ||
            sscanf(line, "%u %u %23s %4095s %4095s %2s", &ret->id, &ret->parent, ret->device, ret->root, ret->point,
                   of_mount) != 6 ||
            sscanf(disk, " - %*s %*s %2s", of_disk) != 1)
                return false;
        ret->read_only = strcmp(of_mount, "ro") == 0 || strcmp(of_disk, "ro") == 0;
        return true;
}

/* The length of the part of PATH that POINT is. Returns false if PATH does not lie below POINT. */
static bool is_below(const char *point, const char *path, size_t *ret_length) {
        size_t length = strcmp(point, "/") == 0 ? 0 : strlen(point);

        *ret_length = length;
        return strncmp(path, point, length) == 0 && (path[length] == '/' || !path[length]);
}

/*
 * Steps from *MOUNT to the next mount on the way along PATH, as the kernel does. This is the one on *MOUNT that PATH
 * reaches first: a mount that lies deeper may be hidden below it. Returns false if there is none.
 */
static bool step(FILE *mounts, const char *path, struct mount *mount) {
        unsigned from = mount->id;
        size_t shortest = PATH_MAX, length;
        struct mount next;
        char line[4 * PATH_MAX];

        rewind(mounts);
        while (fgets(line, sizeof(line), mounts)) {
                if (!read_mount(line, &next) || !is_below(next.point, path, &length) || length >= shortest)
                        continue;
                /* The first step is to the root, whose parent is not in the list. */
                if (from ? next.parent == from && next.id != from : length == 0) {
                        shortest = length;
                        *mount = next;
                }
        }
        return shortest < PATH_MAX;
}

bool mounts_find(pid_t pid, const char *path, struct mounted *ret) {
        struct mount mount = { 0 };
        char name[64], real[PATH_MAX];
        size_t length;

        snprintf(name, sizeof(name), "/proc/%d/mountinfo", pid);
        cleanup(cleanup_file) FILE *mounts = fopen(name, "re");

        /* With these errors, glibc's realpath() leaves the path up to the first name that it cannot look up. */
        if (!mounts || (!realpath(path, real) && errno != ENOENT && errno != EACCES))
                return false;
        for (int i = 0; i < DEPTH_MAX && step(mounts, real, &mount); i++)
                ;
        if (mount.id == 0)
                return false;
        is_below(mount.point, real, &length);
        strcpy(ret->device, mount.device);
        strcpy(ret->point, mount.point);
        snprintf(ret->file, sizeof(ret->file), "%s%s", strcmp(mount.root, "/") == 0 ? "" : mount.root, real + length);
        ret->read_only = mount.read_only;
        return true;
}
