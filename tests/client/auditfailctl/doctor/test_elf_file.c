/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF files: those of this machine, made ones of both classes, and hostile ones. */
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
#include "tests/harness/parameterized.h"

/* Reads SIZE bytes of DATA as a file. The caller clears *RET. */
static int read_bytes(const void *data, size_t size, struct elf_file *ret) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);

        cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        return elf_file_read(fd, ret);
}

static bool mentions(const struct elf_file *elf, const char *pattern) {
        return elf_file_mentions(elf, (const char *[]){ pattern, NULL });
}

static void assert_made(const struct elf_file *elf, unsigned char class) {
        size_t position = 0;

        cr_assert_eq(elf->class, class);
        cr_assert_eq(elf->machine, EM_X86_64);
        cr_assert_str_eq(elf->interpreter, ELF_MAKER_INTERPRETER);
        cr_assert_str_eq(elf_file_next_needed(elf, &position), "libaudit.so.1");
        cr_assert_str_eq(elf_file_next_needed(elf, &position), "libc.so.6");
        cr_assert_null(elf_file_next_needed(elf, &position));
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
        size_t position = 0;

        cr_assert_eq(elf_file_read(fd, &elf), 0);
        cr_assert(elf.interpreter);
        for (const char *name; (name = elf_file_next_needed(&elf, &position));)
                criterion |= strncmp(name, "libcriterion.so", strlen("libcriterion.so")) == 0;
        cr_assert(criterion);
        cr_assert(mentions(&elf, "memfd_create"));
}

Test(elf_file, a_name_is_mentioned_as_a_whole_or_by_a_pattern) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        cr_assert_not(mentions(&elf, "*"));
        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), 0);
        cr_assert(mentions(&elf, "auditfail_ask"));
        cr_assert(mentions(&elf, "auditfail_*"));
        cr_assert_not(mentions(&elf, "auditfail_as"));
        cr_assert_not(mentions(&elf, "fail_ask"));
        cr_assert_not(mentions(&elf, "auditfail_asks"));
        cr_assert(elf_file_mentions(&elf, (const char *[]){ "audit_open", "libaudit*", NULL }));
}

/* Whether elf_file_read_alike() takes a file of these SIZE bytes of DATA for one that goes together with LIKE. */
static bool is_alike(const void *data, size_t size, const struct elf_file *like) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file elf;
        char path[64];

        cr_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        bool alike = elf_file_read_alike(path, like, &elf);
        cr_assert_eq(alike, elf.interpreter != NULL);
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
        cr_assert_null(elf_file_next_needed(&elf, &(size_t){ 0 }));
        cr_assert_not(mentions(&elf, "*"));
}

Test(elf_file, what_is_no_elf_file_is_refused) {
        struct Elf64_made made = Elf64_make();
        struct elf_file elf;

        made.header.e_ident[EI_CLASS] = 3;
        const struct {
                const void *data;
                size_t size;
        } files[] = { { "#!/bin/sh\nexit 0\n", 17 }, { "", 0 }, { "!<arch>\n", 8 }, { &made, sizeof(made) } };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                cr_assert_eq(read_bytes(files[i].data, files[i].size, &elf), -ENOEXEC, "%zu", i);
                elf_file_clear(&elf);
        }
        cr_assert_eq(elf_file_read(-1, &elf), -ENOEXEC);
}

/* Reads the file cut off after each byte: it must be whole to be understood. */
static void assert_cut(const void *data, size_t size) {
        for (size_t length = 0; length < size; length++) {
                cleanup(elf_file_clear) struct elf_file elf = { 0 };
                cr_assert_eq(read_bytes(data, length, &elf), -ENOEXEC, "cut to %zu bytes", length);
        }
}

Test(elf_file, a_file_that_is_cut_off_anywhere_is_broken) {
        struct Elf32_made made32 = Elf32_make();
        struct Elf64_made made64 = Elf64_make();

        /* Without the padding at the end. */
        assert_cut(&made32, offsetof(struct Elf32_made, strings) + sizeof(made32.strings));
        assert_cut(&made64, offsetof(struct Elf64_made, strings) + sizeof(made64.strings));
}

/* Sets each byte to values that make numbers wrap, negative and far away: all texts still end inside the file. */
static void assert_bent(unsigned char *data, size_t size) {
        static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };

        for (size_t at = 0; at < size; at++) {
                unsigned char original = data[at];
                for (size_t i = 0; i < sizeof(values); i++) {
                        cleanup(elf_file_clear) struct elf_file elf = { 0 };
                        size_t position = 0;
                        data[at] = values[i];
                        int r = read_bytes(data, size, &elf);
                        cr_assert(r == 0 || r == -ENOEXEC, "byte %zu: %d", at, r);
                        cr_assert_leq(elf.strings_size, size);
                        for (const char *name; (name = elf_file_next_needed(&elf, &position));)
                                cr_assert_leq(strlen(name), elf.strings_size);
                        (void)mentions(&elf, "none");
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

/* Where in the made file a number stands that breaks the file when it is set to 2^64 - 1. */
ParameterizedTestParameters(elf_file, numbers_that_would_wrap_are_broken) {
        static size_t numbers[] = {
                offsetof(struct Elf64_made, header.e_phoff),        offsetof(struct Elf64_made, segments[0].p_offset),
                offsetof(struct Elf64_made, segments[0].p_vaddr),   offsetof(struct Elf64_made, segments[1].p_offset),
                offsetof(struct Elf64_made, segments[1].p_filesz),  offsetof(struct Elf64_made, segments[2].p_offset),
                offsetof(struct Elf64_made, segments[2].p_filesz),  offsetof(struct Elf64_made, entries[3].d_un.d_ptr),
                offsetof(struct Elf64_made, entries[4].d_un.d_val),
        };

        return cr_make_param_array(size_t, numbers, sizeof(numbers) / sizeof(numbers[0]));
}

ParameterizedTest(size_t *number, elf_file, numbers_that_would_wrap_are_broken) {
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();

        memset((char *)&made + *number, 0xff, sizeof(uint64_t));
        cr_assert_eq(read_bytes(&made, sizeof(made), &elf), -ENOEXEC, "at %zu", *number);
}

/* libelf allocates about 200 bytes for each section. */
Test(elf_file, a_number_of_sections_outside_the_header_is_refused) {
        const size_t count = 1 << 20;
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(elf_file_clear) struct elf_file narrow = { 0 }, wide = { 0 };
        struct Elf32_made made32 = Elf32_make();
        struct {
                struct Elf64_made made;
                Elf64_Shdr first;
        } file = { .made = Elf64_make(), .first = { .sh_size = count } };

        file.made.header.e_shoff = offsetof(__typeof__(file), first);
        file.made.header.e_shentsize = sizeof(Elf64_Shdr);
        cr_assert_eq(write(fd, &file, sizeof(file)), (ssize_t)sizeof(file));
        cr_assert_eq(ftruncate(fd, (off_t)((count + 1) * sizeof(Elf64_Shdr))), 0);
        cr_assert_eq(elf_file_read(fd, &wide), -ENOEXEC);
        made32.header.e_shoff = sizeof(made32.header);
        cr_assert_eq(read_bytes(&made32, sizeof(made32), &narrow), -ENOEXEC);
}

/* Reads MADE with STRINGS bytes of strings, of which the first LENGTH are "x" and the others a hole. */
static const char *needed_with_strings(size_t strings, size_t length, struct elf_file *ret) {
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(cleanup_free) char *text = malloc(length);
        off_t at = offsetof(struct Elf64_made, strings);
        struct Elf64_made made = Elf64_make();

        memset(text, 'x', length);
        made.segments[0].p_filesz = (size_t)at + strings;
        made.entries[4].d_un.d_val = strings;
        cr_assert_eq(write(fd, &made, sizeof(made)), (ssize_t)sizeof(made));
        cr_assert_eq(pwrite(fd, text, length, at), (ssize_t)length);
        cr_assert_eq(ftruncate(fd, at + (off_t)strings), 0);
        return elf_file_read(fd, ret) == 0 ? elf_file_next_needed(ret, &(size_t){ 0 }) : NULL;
}

Test(elf_file, limits_bound_strings_and_names) {
        static const struct {
                size_t strings, length;
                bool read;
        } files[] = {
                { 1 << 20, 100, true },
                { (size_t)ELF_STRINGS_MAX + 1, 100, false },
                { (size_t)1 << 40, 100, false },
                { 1 << 20, ELF_TEXT_MAX, true }, /* of which the name leaves out the first byte */
                { 1 << 20, ELF_TEXT_MAX + 26, false },
        };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                cleanup(elf_file_clear) struct elf_file elf = { 0 };
                const char *needed = needed_with_strings(files[i].strings, files[i].length, &elf);
                cr_assert_eq(needed != NULL, files[i].read, "%zu", i);
        }
}

/* The dynamic section and one string, as long as they may be: a minute if the whole string is read for each entry. */
Test(elf_file, a_long_string_is_not_read_again_for_each_entry, .timeout = 20) {
        static struct {
                struct Elf64_made made;
                Elf64_Dyn entries[ELF_DYNAMIC_MAX];
        } file;
        const size_t at = sizeof(file);
        cleanup(cleanup_fd) int fd = memfd_create("elf", MFD_CLOEXEC);
        cleanup(cleanup_free) char *text = calloc(1, ELF_STRINGS_MAX);
        cleanup(elf_file_clear) struct elf_file elf = { 0 };

        file.made = Elf64_make();
        for (size_t i = 0; i < ELF_DYNAMIC_MAX; i++)
                file.entries[i] = (Elf64_Dyn){ .d_tag = DT_NEEDED };
        file.entries[0] = (Elf64_Dyn){ .d_tag = DT_STRTAB, .d_un.d_ptr = ELF_MAKER_ADDRESS + at };
        file.entries[1] = (Elf64_Dyn){ .d_tag = DT_STRSZ, .d_un.d_val = ELF_STRINGS_MAX };
        file.made.segments[0].p_filesz = at + ELF_STRINGS_MAX;
        file.made.segments[1].p_offset = offsetof(__typeof__(file), entries);
        file.made.segments[1].p_filesz = sizeof(file.entries);
        memset(text, 'x', ELF_STRINGS_MAX - 1);
        cr_assert_eq(write(fd, &file, at), (ssize_t)at);
        cr_assert_eq(write(fd, text, ELF_STRINGS_MAX), ELF_STRINGS_MAX);
        cr_assert_eq(elf_file_read(fd, &elf), 0);
        for (int i = 0; i < 4; i++)
                cr_assert_null(elf_file_next_needed(&elf, &(size_t){ 0 }));
}
