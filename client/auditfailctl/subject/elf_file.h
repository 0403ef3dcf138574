/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the headers of an ELF file say about how it is loaded (elf(5)): all that doctor needs to know of a program or a
 * library, without executing it. The file may be anybody's, and change meanwhile: it is read piece by piece and never
 * mapped, every number in it is checked against what was read, and no more memory is taken than the file has bytes, nor
 * more than ELF_STRINGS_MAX: a file with holes has many bytes for nothing.
 */
#ifndef AUDITFAILCTL_ELF_FILE_H
#define AUDITFAILCTL_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 256
#define ELF_DYNAMIC_MAX  4096       /* entries of the dynamic section */
#define ELF_STRINGS_MAX  (64 << 20) /* bytes of its strings */
#define ELF_TEXT_MAX     (32 << 10) /* bytes of one string that is told, the name of a library or a list of folders */

struct elf_file {
        unsigned char class; /* ELFCLASS32 or ELFCLASS64 */
        uint16_t machine;    /* EM_X86_64, … */
        char *interpreter;   /* the dynamic loader, which preloads; NULL: a library, or a program without one */
        const char *runpath; /* where it wants its libraries to be looked for first; NULL: nowhere. In STRINGS */
        char *strings;       /* of its dynamic section; NULL: it has none */
        size_t strings_size; /* with the NUL that ends the last one */
        size_t needed_count;
        const char **needed; /* DT_NEEDED: the libraries that it is linked with, by name. In STRINGS */
};

/*
 * Reads FD, a regular file open for reading. Returns 0; -ENOEXEC where it is no ELF file of this machine's byte order;
 * -EBADMSG where it is cut off or makes no sense; or another negative errno. Free *RET with elf_file_clear() in any
 * case.
 */
int elf_file_read(int fd, struct elf_file *ret);
void elf_file_clear(struct elf_file *elf);

/*
 * Whether PATH is a file that the dynamic loader would load into a program such as LIKE: regular, readable, and of the
 * same class and machine. If so it is read into *RET, which the caller clears; else *RET is empty.
 */
bool elf_file_read_alike(const char *path, const struct elf_file *like, struct elf_file *ret);

/* Whether it offers or wants a dynamic symbol of that name: what is not named there is not called through the loader.
 */
bool elf_file_mentions(const struct elf_file *elf, const char *symbol);

/* Whether MATCHES says so of any of its dynamic strings. */
bool elf_file_any_string(const struct elf_file *elf, bool (*matches)(const char *string));

#endif
