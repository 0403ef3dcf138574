/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small ELF file with an interpreter and two libraries, of either class: for tests. */
#ifndef AUDITFAIL_ELF_MAKER_H
#define AUDITFAIL_ELF_MAKER_H

#include <elf.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>

#define ELF_MAKER_ADDRESS     0x10000U /* where the file is loaded to */
#define ELF_MAKER_INTERPRETER "/lib/ld.so"
#define ELF_MAKER_STRINGS     "\0libaudit.so.1\0libc.so.6\0$ORIGIN/lib\0auditfail_ask"

/* The same file in both classes: W is Elf32 or Elf64. */
#define ELF_MAKER(W, class_of_it)                                                                                      \
        struct W##_made {                                                                                              \
                W##_Ehdr header;                                                                                       \
                W##_Phdr segments[3];                                                                                  \
                W##_Dyn entries[6];                                                                                    \
                char interpreter[sizeof(ELF_MAKER_INTERPRETER)];                                                       \
                char strings[sizeof(ELF_MAKER_STRINGS)];                                                               \
        };                                                                                                             \
                                                                                                                       \
        static inline struct W##_made W##_make(void) {                                                                 \
                struct W##_made made = {                                                                               \
                        .header = { .e_type = ET_DYN,                                                                  \
                                    .e_machine = EM_X86_64,                                                            \
                                    .e_version = EV_CURRENT,                                                           \
                                    .e_phoff = offsetof(struct W##_made, segments),                                    \
                                    .e_phentsize = sizeof(W##_Phdr),                                                   \
                                    .e_phnum = 3 },                                                                    \
                        .segments = { { .p_type = PT_LOAD,                                                             \
                                        .p_vaddr = ELF_MAKER_ADDRESS,                                                  \
                                        .p_filesz = sizeof(struct W##_made) },                                         \
                                      { .p_type = PT_DYNAMIC,                                                          \
                                        .p_offset = offsetof(struct W##_made, entries),                                \
                                        .p_filesz = sizeof(made.entries) },                                            \
                                      { .p_type = PT_INTERP,                                                           \
                                        .p_offset = offsetof(struct W##_made, interpreter),                            \
                                        .p_filesz = sizeof(made.interpreter) } },                                      \
                        .entries = { { .d_tag = DT_NEEDED, .d_un = { .d_val = 1 } },                                   \
                                     { .d_tag = DT_NEEDED, .d_un = { .d_val = 15 } },                                  \
                                     { .d_tag = DT_RUNPATH, .d_un = { .d_val = 25 } },                                 \
                                     { .d_tag = DT_STRTAB,                                                             \
                                       .d_un = { .d_ptr = ELF_MAKER_ADDRESS + offsetof(struct W##_made, strings) } },  \
                                     { .d_tag = DT_STRSZ, .d_un = { .d_val = sizeof(made.strings) } },                 \
                                     { .d_tag = DT_NULL } },                                                           \
                        .interpreter = ELF_MAKER_INTERPRETER,                                                          \
                        .strings = ELF_MAKER_STRINGS,                                                                  \
                };                                                                                                     \
                                                                                                                       \
                memcpy(made.header.e_ident, ELFMAG, SELFMAG);                                                          \
                made.header.e_ident[EI_VERSION] = EV_CURRENT;                                                          \
                made.header.e_ident[EI_CLASS] = class_of_it;                                                           \
                made.header.e_ident[EI_DATA] = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;            \
                return made;                                                                                           \
        }

ELF_MAKER(Elf32, ELFCLASS32)
ELF_MAKER(Elf64, ELFCLASS64)

#endif
