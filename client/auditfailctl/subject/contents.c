/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/contents.h"

#include <ctype.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/auditfailctl/subject/linkage.h"
#include "client/auditfailctl/subject/program.h"
#include "client/auditfailctl/subject/regular_file.h"
#include "client/common/text.h"
#include "protocol/base_name.h"
#include "protocol/cleanup.h"

/* Characters of the names of programs; any other character ends a name. */
#define NAME_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-./:@_"

/*
 * What precedes the name of a command in a script. In a shell: useradd, x=$(useradd. In the calls and lists of other
 * languages: systemcall('useradd', ["useradd". But x["useradd" is the key of a table.
 */
#define BEFORE_COMMAND                                                                                                 \
        "(^[ \t]*"                                                                                                     \
        "|[;|&{`][ \t]*"                                                                                               \
        "|(^|[ \t$])\\([ \t]*"                                                                                         \
        "|(^|[ \t;|&({])(!|command|do|elif|else|env|exec|if|nohup|sudo|then|time|until|while)[ \t]+"                   \
        "|\\(['\"]"                                                                                                    \
        "|(^|[^]0-9A-Za-z+./:@_-])\\[['\"])$"
#define BEFORE_MAX 32 /* characters that are looked at */

struct search {
        regex_t before_command;
        struct string_list seen;
        unsigned names;
        struct string_list *helpers;
};

static void search_clear(struct search *search) {
        regfree(&search->before_command);
        string_list_clear(&search->seen);
}

/* The first MAX bytes of the file PATH with a NUL behind them, which the caller frees; NULL: it cannot be read. */
static char *read_bytes(const char *path, size_t max, size_t *ret_size) {
        cleanup(cleanup_fd) int fd = regular_file_open(path);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return NULL;
        if ((size_t)status.st_size < max)
                max = (size_t)status.st_size;
        cleanup(cleanup_free) char *bytes = malloc(max + 1);
        if (!bytes)
                out_of_memory();
        *ret_size = 0;
        for (ssize_t n; *ret_size < max && (n = read(fd, bytes + *ret_size, max - *ret_size)) > 0;)
                *ret_size += (size_t)n;
        bytes[*ret_size] = 0;
        return TAKE_PTR(bytes);
}

/* Whether the program PATH writes records by itself. A script does not. */
static bool writes_records(const char *path) {
        cleanup(program_clear) struct program program = { 0 };
        cleanup(linkage_clear) struct linkage linkage = { 0 };

        if (program_read(path, &program) < 0 || program.error < 0 || program.interpreter)
                return false;
        linkage_find(&program.elf, path, &linkage);
        return linkage.audit != NULL;
}

/* Leaves systemd out: all programs that talk to systemd name it, but only the kernel starts it. */
static void note_path(struct search *search, const char *path) {
        char real[PATH_MAX];

        if (search->helpers->count < CONTENTS_HELPERS_MAX && access(path, X_OK) == 0 && realpath(path, real) &&
            strcmp(base_name(real), "systemd") != 0 && string_list_add(&search->seen, real) && writes_records(real))
                string_list_add(search->helpers, real);
}

static void note_name(struct search *search, const char *at, size_t length) {
        static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                               "/usr/bin",        "/sbin",          "/bin" };

        if (length >= PATH_MAX || search->names++ >= CONTENTS_NAMES_MAX)
                return;
        cleanup(cleanup_free) char *name = text_format("%.*s", (int)length, at);
        if (*name == '/')
                note_path(search, name);
        for (size_t i = 0; !strchr(name, '/') && i < sizeof(folders) / sizeof(folders[0]); i++) {
                cleanup(cleanup_free) char *path = text_format("%s/%s", folders[i], name);
                if (access(path, X_OK) < 0)
                        continue;
                note_path(search, path);
                break;
        }
}

/* Whether the name of LENGTH at AT is the command of a statement or call. */
static bool is_command(const struct search *search, const char *line, const char *at, size_t length) {
        const char *start = at - line > BEFORE_MAX ? at - BEFORE_MAX : line;
        cleanup(cleanup_free) char *before = text_format("%.*s", (int)(at - start), start);
        char last = at > line ? at[-1] : 0;

        if (at[length] == '=' || (at[length] == ')' && last != '(') || (at[length] == '\'' && last == '`'))
                return false; /* a variable, a pattern of "case", and a name in old quotes: `useradd' */
        return regexec(&search->before_command, before, 0, NULL, start > line ? REG_NOTBOL : 0) == 0;
}

static void read_line(struct search *search, const char *line) {
        const char *at = line + strspn(line, " \t");

        if (*at == '#')
                return;
        for (size_t length; *at; at += length) {
                at += strcspn(at, NAME_CHARACTERS);
                length = strspn(at, NAME_CHARACTERS);
                if (length > 0 && (*at == '/' || is_command(search, line, at, length)))
                        note_name(search, at, length);
        }
}

static void read_script(struct search *search, char *bytes, size_t size) {
        for (char *line = bytes, *end; line < bytes + size; line = end + 1) {
                end = memchr(line, '\n', (size_t)(bytes + size - line)) ?: bytes + size;
                *end = 0;
                read_line(search, line);
        }
}

/* The strings of a program that begin with an absolute path. */
static void read_program(struct search *search, const char *bytes, size_t size) {
        for (const char *at = bytes; (at = memchr(at, '/', (size_t)(bytes + size - at))); at++) {
                if (at > bytes && isprint((unsigned char)at[-1]))
                        continue;
                size_t length = strspn(at, NAME_CHARACTERS);
                if (length > 1 && (at[length] == 0 || at[length] == ' '))
                        note_name(search, at, length);
        }
}

static bool has(const char *bytes, size_t size, const char *text) {
        return memmem(bytes, size, text, strlen(text)) != NULL;
}

void contents_read(const char *path, struct contents *ret) {
        cleanup(search_clear) struct search search = { .helpers = &ret->helpers };
        size_t size = 0;
        cleanup(cleanup_free) char *bytes = read_bytes(path, CONTENTS_PROGRAM_MAX, &size);

        *ret = (struct contents){ 0 };
        if (regcomp(&search.before_command, BEFORE_COMMAND, REG_EXTENDED | REG_NOSUB) != 0)
                out_of_memory();
        if (!bytes)
                return;
        ret->aborts = has(bytes, size, "Cannot open audit interface - aborting");
        ret->ends_sessions = has(bytes, size, "linux_audit_write_entry failed");
        ret->go = has(bytes, size, "\xff Go buildinf:");
        if (strncmp(bytes, "#!", 2) == 0)
                read_script(&search, bytes, size < CONTENTS_SCRIPT_MAX ? size : CONTENTS_SCRIPT_MAX);
        else if (strncmp(bytes, "\177ELF", 4) == 0)
                read_program(&search, bytes, size);
}

void contents_clear(struct contents *contents) {
        string_list_clear(&contents->helpers);
        *contents = (struct contents){ 0 };
}
