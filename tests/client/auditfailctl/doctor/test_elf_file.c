/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF files: those of this machine, made ones of both classes, and such as nobody should trust. */
#include "client/auditfailctl/subject/elf_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "tests/harness/elf_maker.h"

/* Reads SIZE bytes of DATA as a file. The caller clears *RET. */
static int read_bytes(const void *data, size_t size, struct elf_file *ret) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);

        cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        return elf_file_read(fd, ret);
}

static void assert_made(const struct elf_file *elf, unsigned char class) {
        cr_assert_eq(elf->class, class);
        cr_assert_eq(elf->machine, EM_X86_64);
        cr_assert_str_eq(elf->interpreter, ELF_MAKER_INTERPRETER);
        cr_assert_eq(elf->needed_count, 2);
        cr_assert_str_eq(elf->needed[0], "libaudit.so.1");
        cr_assert_str_eq(elf->needed[1], "libc.so.6");
        cr_assert_str_eq(elf->runpath, "$ORIGIN/lib");
}

Test(elf_file, tells_loader_and_libraries_of_either_class) {
        cleanup(elf_file_clear) struct elf_file narrow = { 0 }, wide = { 0 };
        struct Elf32_made made32 = Elf32_make();
        struct Elf64_made made64 = Elf64_make();

        cr_assert_eq(read_bytes(&made32, sizeof(made32), &narrow), 0);
        assert_made(&narrow, ELFCLASS32);
        cr_assert_eq(read_bytes(&made64, sizeof(made64), &wide), 0);
        assert_made(&wide, ELFCLASS64);
}

Test(elf_file, reads_the_program_that_runs) {
        cleanup(cleanup_fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        bool criterion = false;

        cr_assert_eq(elf_file_read(fd, &elf), 0);
        cr_assert(elf.interpreter);
        for (size_t i = 0; i < elf.needed_count; i++)
                criterion |= strncmp(elf.needed[i], "libcriterion.so", strlen("libcriterion.so")) == 0;
        cr_assert(criterion);
        cr_assert(elf_file_mentions(&elf, "memfd_create"));
}

Test(elf_file, a_name_is_mentioned_as_a_whole_or_not) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), 0);
        cr_assert(elf_file_mentions(&elf, "auditfail_ask"));
        cr_assert_not(elf_file_mentions(&elf, "auditfail_as"));
        cr_assert_not(elf_file_mentions(&elf, "fail_ask"));
        cr_assert_not(elf_file_mentions(&elf, "auditfail_asks"));
}

static bool begins_as_library(const char *string) {
        return strncmp(string, "libaudit", strlen("libaudit")) == 0;
}

static bool is_audit_open(const char *string) {
        return strcmp(string, "audit_open") == 0;
}

Test(elf_file, strings_are_looked_at_one_by_one) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        cr_assert_not(elf_file_any_string(&elf, begins_as_library));
        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), 0);
        cr_assert(elf_file_any_string(&elf, begins_as_library));
        cr_assert_not(elf_file_any_string(&elf, is_audit_open));
}

/* Whether elf_file_read_alike() takes a file of these SIZE bytes of DATA for one that goes together with LIKE. */
static bool is_alike(const void *data, size_t size, const struct elf_file *like) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file elf;
        char path[64];

        cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        bool alike = elf_file_read_alike(path, like, &elf);
        cr_assert_eq(alike, elf.needed_count == 2);
        return alike;
}

Test(elf_file, a_library_goes_together_with_programs_of_its_class_and_machine) {
        struct elf_file narrow = { .class = ELFCLASS32, .machine = EM_X86_64 };
        struct elf_file wide = { .class = ELFCLASS64, .machine = EM_X86_64 };
        struct elf_file other = { .class = ELFCLASS64, .machine = EM_AARCH64 }, elf;
        struct Elf64_made made = Elf64_make();

        cr_assert(is_alike(&made, sizeof(made), &wide));
        cr_assert_not(is_alike(&made, sizeof(made), &narrow));
        cr_assert_not(is_alike(&made, sizeof(made), &other));
        cr_assert_not(is_alike("no library", 10, &wide));
        cr_assert_not(elf_file_read_alike("/nonexistent", &wide, &elf));
}

Test(elf_file, without_segments_there_is_neither_loader_nor_library) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        made.header.e_phnum = 0;
        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), 0);
        cr_assert_null(elf.interpreter);
        cr_assert_eq(elf.needed_count, 0);
        cr_assert_not(elf_file_mentions(&elf, "auditfail_ask"));
}

Test(elf_file, what_is_none_is_told_from_what_is_broken) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        cr_assert_eq(read_bytes("#!/bin/sh\nexit 0\n", 17, &elf), -ENOEXEC);
        cr_assert_eq(read_bytes("", 0, &elf), -ENOEXEC);
        made.header.e_ident[EI_CLASS] = 3;
        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), -ENOEXEC);
        cr_assert_eq(elf_file_read(-1, &elf), -EBADF);
}

/* Reads the file cut off after each byte: it must be whole to be understood. */
static void assert_cut(const void *data, size_t size) {
        for (size_t length = 0; length < size; length++) {
                cleanup(elf_file_clear) struct elf_file elf = { 0 };
                int r = read_bytes(data, length, &elf);
                cr_assert_eq(r, length < EI_NIDENT ? -ENOEXEC : -EBADMSG, "cut to %zu bytes: %d", length, r);
        }
}

Test(elf_file, a_file_that_is_cut_off_anywhere_is_broken) {
        struct Elf32_made made32 = Elf32_make();
        struct Elf64_made made64 = Elf64_make();

        /* Without the padding at the end. */
        assert_cut(&made32, offsetof(struct Elf32_made, strings) + sizeof(made32.strings));
        assert_cut(&made64, offsetof(struct Elf64_made, strings) + sizeof(made64.strings));
}

/* Sets each byte to values that make numbers wrap, negative and far away: whatever comes of it is in the file. */
static void assert_bent(unsigned char *data, size_t size) {
        static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };

        for (size_t at = 0; at < size; at++) {
                unsigned char original = data[at];
                for (size_t i = 0; i < sizeof(values); i++) {
                        cleanup(elf_file_clear) struct elf_file elf = { 0 };
                        data[at] = values[i];
                        int r = read_bytes(data, size, &elf);
                        cr_assert(r == 0 || r == -ENOEXEC || r == -EBADMSG, "byte %zu: %d", at, r);
                        cr_assert_leq(elf.strings_size, size + 1);
                        for (size_t n = 0; n < elf.needed_count; n++)
                                cr_assert_leq(strlen(elf.needed[n]), elf.strings_size);
                }
                data[at] = original;
        }
}

Test(elf_file, no_byte_leads_out_of_the_file) {
        struct Elf32_made made32 = Elf32_make();
        struct Elf64_made made64 = Elf64_make();

        assert_bent((unsigned char *)&made32, sizeof(made32));
        assert_bent((unsigned char *)&made64, sizeof(made64));
}

/* Asserts that MADE is broken. */
static void assert_broken(const struct Elf64_made *made) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        cr_assert_eq(read_bytes(made, sizeof(*made), &elf), -EBADMSG);
}

Test(elf_file, numbers_that_would_wrap_are_broken) {
        struct Elf64_made made = Elf64_make();
        made.header.e_phoff = UINT64_MAX - 8;
        assert_broken(&made);

        made = Elf64_make();
        made.segments[0].p_offset = UINT64_MAX;
        assert_broken(&made);

        made = Elf64_make();
        made.segments[0].p_filesz = UINT64_MAX;
        made.entries[4].d_un.d_val = UINT64_MAX;
        assert_broken(&made);

        made = Elf64_make();
        made.segments[1].p_filesz = UINT64_MAX;
        assert_broken(&made);

        made = Elf64_make();
        made.segments[2].p_filesz = UINT64_MAX;
        assert_broken(&made);
}

/* Reads MADE with STRINGS bytes of strings, which are all CHARACTER but for the hole behind LENGTH bytes. */
static int read_with_strings(struct Elf64_made made, size_t strings, char character, size_t length) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        cleanup(cleanup_free) char *text = malloc(length + 1);
        off_t at = offsetof(struct Elf64_made, strings);

        memset(text, character, length + 1);
        made.segments[0].p_filesz = (size_t)at + strings;
        made.entries[4].d_un.d_val = strings;
        cr_assert_eq(write(fd, &made, sizeof(made)), (ssize_t)sizeof(made));
        cr_assert_eq(pwrite(fd, text, length, at), (ssize_t)length);
        cr_assert_eq(ftruncate(fd, at + (off_t)strings), 0);
        return elf_file_read(fd, &elf);
}

Test(elf_file, a_file_with_holes_takes_no_more_memory_than_a_program_needs) {
        struct Elf64_made made = Elf64_make();

        cr_assert_eq(read_with_strings(made, 1 << 20, 'x', 100), 0);
        cr_assert_eq(read_with_strings(made, (size_t)ELF_STRINGS_MAX + 1, 'x', 100), -EBADMSG);
        cr_assert_eq(read_with_strings(made, (size_t)1 << 40, 'x', 100), -EBADMSG);
}

Test(elf_file, a_name_that_is_longer_than_any_path_is_broken) {
        struct Elf64_made made = Elf64_make();

        cr_assert_eq(read_with_strings(made, 1 << 20, 'x', ELF_TEXT_MAX), 0);
        cr_assert_eq(read_with_strings(made, 1 << 20, 'x', 1 + ELF_TEXT_MAX), -EBADMSG);
}
