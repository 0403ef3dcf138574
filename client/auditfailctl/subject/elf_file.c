/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/elf_file.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/auditfailctl/subject/regular_file.h"
#include "protocol/cleanup.h"

#define THIS_BYTE_ORDER (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

/* Both classes in the wider form. */
struct image {
        int fd;
        uint64_t size; /* of the file: nothing in it is longer */
        bool wide;
        Elf64_Ehdr header;
        Elf64_Phdr segments[ELF_SEGMENTS_MAX];
};

static int read_at(const struct image *image, uint64_t offset, void *buffer, size_t size) {
        char *to = buffer;

        if (offset > image->size || size > image->size - offset)
                return -EBADMSG;
        while (size > 0) {
                ssize_t n = pread(image->fd, to, size, (off_t)offset);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EBADMSG; /* it has become shorter */
                to += n;
                offset += (uint64_t)n;
                size -= (size_t)n;
        }
        return 0;
}

/* Text of SIZE bytes, ended with a NUL whether or not the file does so. */
static int read_text(const struct image *image, uint64_t offset, uint64_t size, char **ret) {
        if (size > image->size)
                return -EBADMSG;
        cleanup(cleanup_free) char *text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        int r = read_at(image, offset, text, size);
        if (r < 0)
                return r;
        text[size] = 0;
        *ret = TAKE_PTR(text);
        return 0;
}

static int read_header(struct image *image) {
        unsigned char *ident = image->header.e_ident;
        int r = read_at(image, 0, ident, EI_NIDENT);

        if (r < 0)
                return r == -EBADMSG ? -ENOEXEC : r;
        if (memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != THIS_BYTE_ORDER ||
            (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64))
                return -ENOEXEC;
        image->wide = ident[EI_CLASS] == ELFCLASS64;
        if (image->wide)
                return read_at(image, 0, &image->header, sizeof(image->header));

        Elf32_Ehdr narrow;
        if ((r = read_at(image, 0, &narrow, sizeof(narrow))) < 0)
                return r;
        image->header.e_type = narrow.e_type;
        image->header.e_machine = narrow.e_machine;
        image->header.e_phoff = narrow.e_phoff;
        image->header.e_phentsize = narrow.e_phentsize;
        image->header.e_phnum = narrow.e_phnum;
        return 0;
}

static int read_segment(const struct image *image, uint64_t offset, Elf64_Phdr *ret) {
        if (image->wide)
                return read_at(image, offset, ret, sizeof(*ret));

        Elf32_Phdr narrow;
        int r = read_at(image, offset, &narrow, sizeof(narrow));
        *ret = (Elf64_Phdr){ .p_type = narrow.p_type,
                             .p_offset = narrow.p_offset,
                             .p_vaddr = narrow.p_vaddr,
                             .p_filesz = narrow.p_filesz };
        return r;
}

static int read_segments(struct image *image) {
        const Elf64_Ehdr *header = &image->header;
        size_t size = image->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

        if (header->e_phnum > ELF_SEGMENTS_MAX || (header->e_phnum > 0 && header->e_phentsize != size) ||
            header->e_phoff > image->size)
                return -EBADMSG;
        for (size_t i = 0; i < header->e_phnum; i++) {
                int r = read_segment(image, header->e_phoff + i * size, &image->segments[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static const Elf64_Phdr *find_segment(const struct image *image, uint32_t type) {
        for (size_t i = 0; i < image->header.e_phnum; i++)
                if (image->segments[i].p_type == type)
                        return &image->segments[i];
        return NULL;
}

/* Where in the file SIZE bytes are that are loaded to ADDRESS. */
static int find_offset(const struct image *image, uint64_t address, uint64_t size, uint64_t *ret) {
        for (size_t i = 0; i < image->header.e_phnum; i++) {
                const Elf64_Phdr *segment = &image->segments[i];
                uint64_t into = address - segment->p_vaddr;
                if (segment->p_type != PT_LOAD || address < segment->p_vaddr || into > segment->p_filesz ||
                    size > segment->p_filesz - into)
                        continue;
                return __builtin_add_overflow(segment->p_offset, into, ret) ? -EBADMSG : 0;
        }
        return -EBADMSG;
}

static int read_entry(const struct image *image, uint64_t offset, Elf64_Dyn *ret) {
        if (image->wide)
                return read_at(image, offset, ret, sizeof(*ret));

        Elf32_Dyn narrow = { 0 };
        int r = read_at(image, offset, &narrow, sizeof(narrow));
        *ret = (Elf64_Dyn){ .d_tag = narrow.d_tag, .d_un.d_val = narrow.d_un.d_val };
        return r;
}

/* The entries of SEGMENT, up to DT_NULL or its end. The caller frees them. */
static int read_entries(const struct image *image, const Elf64_Phdr *segment, Elf64_Dyn **ret, size_t *ret_count) {
        size_t size = image->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), max = segment->p_filesz / size, count = 0;
        if (max > ELF_DYNAMIC_MAX || segment->p_offset > image->size)
                return -EBADMSG;
        cleanup(cleanup_free) Elf64_Dyn *entries = calloc(max + 1, sizeof(*entries));
        if (!entries)
                return -ENOMEM;

        for (; count < max; count++) {
                int r = read_entry(image, segment->p_offset + count * size, &entries[count]);
                if (r < 0)
                        return r;
                if (entries[count].d_tag == DT_NULL)
                        break;
        }
        *ret = TAKE_PTR(entries);
        *ret_count = count;
        return 0;
}

static const Elf64_Dyn *find_entry(const Elf64_Dyn *entries, size_t count, int64_t tag) {
        for (size_t i = 0; i < count; i++)
                if (entries[i].d_tag == tag)
                        return &entries[i];
        return NULL;
}

static int read_strings(const struct image *image, const Elf64_Dyn *entries, size_t count, struct elf_file *elf) {
        const Elf64_Dyn *address = find_entry(entries, count, DT_STRTAB);
        const Elf64_Dyn *size = find_entry(entries, count, DT_STRSZ);
        uint64_t offset;

        if (!address || !size || size->d_un.d_val > ELF_STRINGS_MAX)
                return -EBADMSG;
        int r = find_offset(image, address->d_un.d_ptr, size->d_un.d_val, &offset);
        if (r == 0)
                r = read_text(image, offset, size->d_un.d_val, &elf->strings);
        if (r == 0)
                elf->strings_size = size->d_un.d_val + 1;
        return r;
}

static int read_names(const Elf64_Dyn *entries, size_t count, struct elf_file *elf) {
        const char *rpath = NULL;

        elf->needed = calloc(count + 1, sizeof(*elf->needed));
        if (!elf->needed)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                const Elf64_Dyn *entry = &entries[i];
                if (entry->d_tag != DT_NEEDED && entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH)
                        continue;
                if (entry->d_un.d_val >= elf->strings_size)
                        return -EBADMSG;
                const char *text = elf->strings + entry->d_un.d_val;
                if (strnlen(text, ELF_TEXT_MAX) == ELF_TEXT_MAX)
                        return -EBADMSG;
                if (entry->d_tag == DT_NEEDED)
                        elf->needed[elf->needed_count++] = text;
                else if (entry->d_tag == DT_RUNPATH)
                        elf->runpath = text;
                else
                        rpath = text;
        }
        elf->runpath = elf->runpath ?: rpath; /* as ld.so(8): the older one counts only without the newer */
        return 0;
}

static int read_dynamic(const struct image *image, struct elf_file *elf) {
        const Elf64_Phdr *segment = find_segment(image, PT_DYNAMIC);
        cleanup(cleanup_free) Elf64_Dyn *entries = NULL;
        size_t count;

        if (!segment)
                return 0;
        int r = read_entries(image, segment, &entries, &count);
        if (r == 0)
                r = read_strings(image, entries, count, elf);
        return r == 0 ? read_names(entries, count, elf) : r;
}

static int read_interpreter(const struct image *image, struct elf_file *elf) {
        const Elf64_Phdr *segment = find_segment(image, PT_INTERP);

        if (!segment)
                return 0;
        if (segment->p_filesz < 2 || segment->p_filesz > PATH_MAX) /* what the kernel takes, too */
                return -EBADMSG;
        return read_text(image, segment->p_offset, segment->p_filesz, &elf->interpreter);
}

int elf_file_read(int fd, struct elf_file *ret) {
        struct image image = { .fd = fd };
        struct stat status;

        *ret = (struct elf_file){ 0 };
        if (fstat(fd, &status) < 0)
                return -errno;
        image.size = (uint64_t)status.st_size;

        int r = read_header(&image);
        if (r < 0)
                return r;
        ret->class = image.header.e_ident[EI_CLASS];
        ret->machine = image.header.e_machine;
        if ((r = read_segments(&image)) < 0 || (r = read_interpreter(&image, ret)) < 0)
                return r;
        return read_dynamic(&image, ret);
}

void elf_file_clear(struct elf_file *elf) {
        free(elf->interpreter);
        free(elf->strings);
        free(elf->needed);
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

bool elf_file_mentions(const struct elf_file *elf, const char *symbol) {
        size_t length = strlen(symbol) + 1;

        for (size_t at = 0; at + length <= elf->strings_size; at++) {
                const char *found = memmem(elf->strings + at, elf->strings_size - at, symbol, length);
                if (!found)
                        return false;
                at = (size_t)(found - elf->strings);
                if (at == 0 || elf->strings[at - 1] == 0)
                        return true;
        }
        return false;
}

bool elf_file_any_string(const struct elf_file *elf, bool (*matches)(const char *string)) {
        for (size_t at = 0; at < elf->strings_size; at += strlen(elf->strings + at) + 1)
                if (matches(elf->strings + at))
                        return true;
        return false;
}
