/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hands every file of a folder to a fuzz target, so that what the fuzzer once found stays found: each file is one test,
 * and the target aborts where it finds something. Needs no clang.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visible(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

/* Reads PATH into memory of just its size, so that the address sanitizer sees a step beyond the end. */
static int read_file(const char *path, uint8_t **ret_data, size_t *ret_size) {
        cleanup(cleanup_file) FILE *file = fopen(path, "re");

        if (!file || fseek(file, 0, SEEK_END) < 0)
                return -errno;
        long size = ftell(file);
        if (size < 0)
                return -errno;
        rewind(file);

        cleanup(cleanup_free) uint8_t *data = malloc((size_t)size);
        if (size > 0 && !data)
                return -ENOMEM;
        if (fread(data, 1, (size_t)size, file) != (size_t)size)
                return -EIO;
        *ret_data = TAKE_PTR(data);
        *ret_size = (size_t)size;
        return 0;
}

static int replay(const char *folder, const char *name) {
        cleanup(cleanup_free) uint8_t *data = NULL;
        cleanup(cleanup_free) char *path = NULL;
        size_t size = 0;

        if (asprintf(&path, "%s/%s", folder, name) < 0)
                return -ENOMEM;
        int r = read_file(path, &data, &size);
        return r < 0 ? r : LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv) {
        struct dirent **files;

        if (argc != 2) {
                fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
                return EXIT_FAILURE;
        }
        int count = scandir(argv[1], &files, visible, alphasort);
        if (count <= 0) {
                fprintf(stderr, "%s: %s\n", argv[1], count < 0 ? strerror(errno) : "no file to replay");
                return EXIT_FAILURE;
        }
        printf("1..%d\n", count);
        for (int i = 0; i < count; i++) {
                int r = replay(argv[1], files[i]->d_name);

                printf("%s %d - %s\n", r == 0 ? "ok" : "not ok", i + 1, files[i]->d_name);
                fflush(stdout); /* the next one may abort */
                free(files[i]);
        }
        free(files);
        return EXIT_SUCCESS;
}
