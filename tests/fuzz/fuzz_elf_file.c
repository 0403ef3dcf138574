/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elf_file.c takes from libelf: no text begins or ends outside of the file. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/auditfailctl/subject/elf_file.h"
#include "protocol/cleanup.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const struct elf_file *elf, const char *text) {
        CHECK(text >= elf->strings && text < elf->strings + elf->strings_size);
        CHECK(memchr(text, 0, elf->strings_size - (size_t)(text - elf->strings)));
        CHECK(strlen(text) < ELF_TEXT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        size_t position = 0;

        CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        int r = elf_file_read(fd, &elf);
        CHECK(r == 0 || r == -ENOEXEC);
        if (r < 0)
                return 0;
        CHECK(elf.class == ELFCLASS32 || elf.class == ELFCLASS64);
        CHECK(!elf.interpreter || strlen(elf.interpreter) < size);
        CHECK(elf.strings_size <= size);
        for (const char *name; (name = elf_file_next_needed(&elf, &position));)
                check_text(&elf, name);
        if (elf.runpath)
                check_text(&elf, elf.runpath);
        CHECK(!elf_file_mentions(&elf, (const char *[]){ NULL }));
        return 0;
}
