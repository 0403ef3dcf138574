/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an ELF file is loaded (elf(5)): what doctor and run need to know of a program or a library, without executing it.
 *
 * Any user may own the file, and change it at any time. libelf therefore reads it with pread(2) and never maps it: a
 * mapped file that becomes shorter kills its reader by SIGBUS. The limits below bound the memory that a file takes.
 */
#ifndef AUDITFAILCTL_ELF_FILE_H
#define AUDITFAILCTL_ELF_FILE_H

#include <elf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 256
#define ELF_DYNAMIC_MAX  4096       /* entries of the dynamic section */
#define ELF_STRINGS_MAX  (64 << 20) /* bytes of the dynamic strings */
#define ELF_TEXT_MAX     (32 << 10) /* bytes of one name of a library, or of the list of folders */

struct elf_file {
        Elf *elf;                /* owns what the pointers below point to */
        unsigned char class;     /* ELFCLASS32 or ELFCLASS64 */
        uint16_t machine;        /* EM_X86_64, … */
        const char *interpreter; /* the dynamic loader; NULL: a library, or a statically linked program */
        Elf_Data *dynamic;       /* the dynamic section; NULL: the file has none */
        const char *strings;     /* its strings; NULL: the file has none */
        size_t strings_size;     /* with the NUL that ends the last string */
        const char *runpath;     /* DT_RUNPATH, else DT_RPATH (ld.so(8)); NULL: the file has neither */
};

/*
 * Reads FD, a regular file open for reading, which may be closed afterwards. Returns 0, or -ENOEXEC: FD cannot be read,
 * is no ELF file, is cut off, or exceeds a limit. The caller frees *RET with elf_file_clear() in both cases.
 */
int elf_file_read(int fd, struct elf_file *ret);
void elf_file_clear(struct elf_file *elf);

/*
 * Whether the dynamic loader would load PATH into the program LIKE: a regular file, readable, of the same class and
 * machine. If so, *RET is the file, which the caller clears; else *RET is empty.
 */
bool elf_file_read_alike(const char *path, const struct elf_file *like, struct elf_file *ret);

/*
 * The next library that ELF is linked with (DT_NEEDED), a name or a path that lives as long as ELF; NULL: there are no
 * more. *POSITION is 0 at first.
 */
const char *elf_file_next_needed(const struct elf_file *elf, size_t *position);

/*
 * Whether a dynamic symbol of ELF, offered or wanted, matches one of PATTERNS (fnmatch(3)), a list that NULL ends. The
 * dynamic loader finds functions by these names alone.
 */
bool elf_file_mentions(const struct elf_file *elf, const char *const *patterns);

#endif
