/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/elf_file.h"

#include <errno.h>
#include <fnmatch.h>
#include <gelf.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/subject/regular_file.h"
#include "protocol/cleanup.h"

/* SIZE bytes at OFFSET of the file, or NULL. */
static Elf_Data *read_chunk(const struct elf_file *elf, uint64_t offset, uint64_t size, Elf_Type type) {
        return offset <= INT64_MAX ? elf_getdata_rawchunk(elf->elf, (int64_t)offset, size, type) : NULL;
}

/* SIZE bytes of text at OFFSET, at most MAX, with a NUL at the end; else NULL. */
static const char *read_text(const struct elf_file *elf, uint64_t offset, uint64_t size, uint64_t max) {
        if (size == 0 || size > max)
                return NULL;
        Elf_Data *data = read_chunk(elf, offset, size, ELF_T_BYTE);
        const char *text = data ? data->d_buf : NULL;
        return text && text[size - 1] == 0 ? text : NULL;
}

static bool find_segment(const struct elf_file *elf, uint32_t type, GElf_Phdr *ret) {
        size_t count = 0;

        elf_getphdrnum(elf->elf, &count);
        for (size_t i = 0; i < count; i++)
                if (gelf_getphdr(elf->elf, (int)i, ret) && ret->p_type == type)
                        return true;
        return false;
}

/* The text of SIZE bytes that is loaded to ADDRESS; NULL: the file does not hold it. */
static const char *read_loaded_text(const struct elf_file *elf, uint64_t address, uint64_t size) {
        size_t count = 0;
        GElf_Phdr segment;

        elf_getphdrnum(elf->elf, &count);
        for (size_t i = 0; i < count; i++) {
                if (!gelf_getphdr(elf->elf, (int)i, &segment) || segment.p_type != PT_LOAD)
                        continue;
                uint64_t into = address - segment.p_vaddr, offset;
                if (address >= segment.p_vaddr && into <= segment.p_filesz && size <= segment.p_filesz - into &&
                    !__builtin_add_overflow(segment.p_offset, into, &offset))
                        return read_text(elf, offset, size, ELF_STRINGS_MAX);
        }
        return NULL;
}

/* Finds the next entry with TAG from *POSITION on, and moves *POSITION behind it. */
static bool next_entry(const struct elf_file *elf, int64_t tag, size_t *position, GElf_Dyn *ret) {
        while (elf->dynamic && gelf_getdyn(elf->dynamic, (int)*position, ret) && ret->d_tag != DT_NULL) {
                ++*position;
                if (ret->d_tag == tag)
                        return true;
        }
        return false;
}

static bool find_entry(const struct elf_file *elf, int64_t tag, GElf_Dyn *ret) {
        return next_entry(elf, tag, &(size_t){ 0 }, ret);
}

/* The string that the entry with TAG names. */
static const char *next_text(const struct elf_file *elf, int64_t tag, size_t *position) {
        GElf_Dyn entry;

        while (next_entry(elf, tag, position, &entry))
                if (entry.d_un.d_val < elf->strings_size &&
                    strnlen(elf->strings + entry.d_un.d_val, ELF_TEXT_MAX) < ELF_TEXT_MAX)
                        return elf->strings + entry.d_un.d_val;
        return NULL;
}

static int read_dynamic(struct elf_file *elf) {
        GElf_Phdr segment;
        GElf_Dyn address, size;

        if (!find_segment(elf, PT_DYNAMIC, &segment))
                return 0;
        if (segment.p_filesz > ELF_DYNAMIC_MAX * gelf_fsize(elf->elf, ELF_T_DYN, 1, EV_CURRENT))
                return -ENOEXEC;
        elf->dynamic = read_chunk(elf, segment.p_offset, segment.p_filesz, ELF_T_DYN);
        if (!find_entry(elf, DT_STRTAB, &address) || !find_entry(elf, DT_STRSZ, &size))
                return -ENOEXEC;
        elf->strings = read_loaded_text(elf, address.d_un.d_ptr, size.d_un.d_val);
        if (!elf->strings)
                return -ENOEXEC;
        elf->strings_size = size.d_un.d_val;
        elf->runpath = next_text(elf, DT_RUNPATH, &(size_t){ 0 }) ?: next_text(elf, DT_RPATH, &(size_t){ 0 });
        return 0;
}

static int read_interpreter(struct elf_file *elf) {
        GElf_Phdr segment;

        if (!find_segment(elf, PT_INTERP, &segment))
                return 0;
        elf->interpreter = read_text(elf, segment.p_offset, segment.p_filesz, PATH_MAX); /* the kernel's limit */
        return elf->interpreter ? 0 : -ENOEXEC;
}

/*
 * Whether the number of sections stands in the header of FD, and so is below 64 Ki. libelf allocates memory for each
 * section, even in a hole of the file. A larger number stands in the first section, and only object files have one.
 */
static bool counts_sections(int fd) {
        union {
                unsigned char ident[EI_NIDENT];
                Elf32_Ehdr narrow;
                Elf64_Ehdr wide;
        } header = { 0 };

        if (pread(fd, &header, sizeof(header), 0) < EI_NIDENT)
                return false;
        if (header.ident[EI_CLASS] == ELFCLASS64)
                return header.wide.e_shnum > 0 || header.wide.e_shoff == 0;
        return header.narrow.e_shnum > 0 || header.narrow.e_shoff == 0;
}

int elf_file_read(int fd, struct elf_file *ret) {
        size_t segments;
        GElf_Ehdr header;

        *ret = (struct elf_file){ 0 };
        if (!counts_sections(fd))
                return -ENOEXEC;
        elf_version(EV_CURRENT);
        ret->elf = elf_begin(fd, ELF_C_READ, NULL);
        if (!ret->elf || elf_kind(ret->elf) != ELF_K_ELF || !gelf_getehdr(ret->elf, &header) ||
            elf_getphdrnum(ret->elf, &segments) < 0 || segments > ELF_SEGMENTS_MAX || segments != header.e_phnum)
                return -ENOEXEC;
        ret->class = header.e_ident[EI_CLASS];
        ret->machine = header.e_machine;
        return read_interpreter(ret) < 0 ? -ENOEXEC : read_dynamic(ret);
}

void elf_file_clear(struct elf_file *elf) {
        elf_end(elf->elf);
        *elf = (struct elf_file){ 0 };
}

bool elf_file_read_alike(const char *path, const struct elf_file *like, struct elf_file *ret) {
        cleanup(cleanup_fd) int fd = regular_file_open(path);

        *ret = (struct elf_file){ 0 };
        if (fd >= 0 && elf_file_read(fd, ret) == 0 && ret->class == like->class && ret->machine == like->machine)
                return true;
        elf_file_clear(ret);
        return false;
}

const char *elf_file_next_needed(const struct elf_file *elf, size_t *position) {
        return next_text(elf, DT_NEEDED, position);
}

static bool matches(const char *string, const char *const *patterns) {
        for (; *patterns; patterns++)
                if (fnmatch(*patterns, string, 0) == 0)
                        return true;
        return false;
}

bool elf_file_mentions(const struct elf_file *elf, const char *const *patterns) {
        for (size_t at = 0; at < elf->strings_size; at += strlen(elf->strings + at) + 1)
                if (matches(elf->strings + at, patterns))
                        return true;
        return false;
}
