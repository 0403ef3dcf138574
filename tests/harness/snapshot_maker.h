/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes snapshots for tests, wrong ones too, which the daemon's own writer would not:
 *
 *      struct snapshot_image image = { 0 };
 *      image_start(&image, 4);
 *      image_add(&image, "passwd", AUDITFAIL_LOG)->place = 2;
 *      image_write(&image, folder);
 */
#ifndef AUDITFAIL_SNAPSHOT_MAKER_H
#define AUDITFAIL_SNAPSHOT_MAKER_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol/snapshot.h"

#define IMAGE_SLOTS_MAX  8
#define IMAGE_GENERATION 7
#define IMAGE_LINE       3

struct snapshot_image {
        struct snapshot_header header;
        struct snapshot_record records[IMAGE_SLOTS_MAX]; /* the header's "slots" of them are the file */
};

static inline void image_start(struct snapshot_image *image, uint64_t slots) {
        *image = (struct snapshot_image){
                .header = { .magic = SNAPSHOT_MAGIC, .generation = IMAGE_GENERATION, .slots = slots }
        };
}

/* Adds a record that says ACTION in line IMAGE_LINE of NAME's file. The caller may change more in it. */
static inline struct snapshot_record *image_add(struct snapshot_image *image, const char *name,
                                                enum auditfail_action action) {
        uint64_t slot = snapshot_slot(image->header.slots, name, strlen(name));

        while (image->records[slot].application[0])
                slot = (slot + 1) % image->header.slots;
        memcpy(image->records[slot].application, name, strlen(name));
        image->records[slot].base = (struct snapshot_rule){ .line = IMAGE_LINE, .action = (uint8_t)action };
        return &image->records[slot];
}

static inline size_t image_size(const struct snapshot_image *image) {
        return sizeof(image->header) + image->header.slots * sizeof(image->records[0]);
}

/* Writes the first SIZE bytes as the snapshot in FOLDER. What goes wrong ends the test. */
static inline void image_write_part(const struct snapshot_image *image, const char *folder, size_t size) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof(path), "%s/" SNAPSHOT_NAME, folder);
        int fd = length < (int)sizeof(path) ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

        if (fd < 0 || write(fd, image, size) != (ssize_t)size || close(fd) < 0) {
                perror(path);
                abort();
        }
}

static inline void image_write(const struct snapshot_image *image, const char *folder) {
        image_write_part(image, folder, image_size(image));
}

#endif
