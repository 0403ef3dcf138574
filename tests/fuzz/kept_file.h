/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file in memory that fuzz targets write the input to: one folder and one file for all runs. To be included once. */
#ifndef AUDITFAIL_KEPT_FILE_H
#define AUDITFAIL_KEPT_FILE_H

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static char kept_folder[32], kept_path[64];

static void remove_kept_file(void) {
        unlink(kept_path);
        rmdir(kept_folder);
}

/* Makes DATA the content of the file NAME of kept_folder. */
static void keep_file(const char *name, const uint8_t *data, size_t size) {
        static int fd = -1;

        if (fd < 0) {
                strcpy(kept_folder, "/dev/shm/fuzz-XXXXXX");
                CHECK(mkdtemp(kept_folder));
                snprintf(kept_path, sizeof(kept_path), "%s/%s", kept_folder, name);
                atexit(remove_kept_file);
                fd = open(kept_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        }
        CHECK(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)size) == 0);
}

#endif
