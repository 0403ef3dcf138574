/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/contents.h"

#include <ctype.h>
#include <limits.h>
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

#define DEPTH_MAX 3 /* programs that name programs that name programs */

/* Characters of the names of programs; the others end one. */
#define NAME_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-./:@_"

/* Where the programs are that a script starts by their name alone. */
static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

/* Words after which a shell starts the next one. */
static const char *const starters[] = { "!",  "command", "do",   "elif", "else", "env",   "exec",
                                        "if", "nohup",   "sudo", "then", "time", "until", "while" };

/* The files that were looked at, each once. */
struct search {
        char **seen;
        size_t seen_count;
        unsigned depth, names;
        struct contents *contents;
};

static void search_clear(struct search *search) {
        for (size_t i = 0; i < search->seen_count; i++)
                free(search->seen[i]);
        free(search->seen);
}

static void add(char ***items, size_t *count, const char *item) {
        char **more = reallocarray(*items, *count + 1, sizeof(**items));
        if (!more)
                out_of_memory();
        *items = more;
        more[(*count)++] = text_format("%s", item);
}

/* Returns whether NAME is new, and there is room for it. */
static bool note_seen(struct search *search, const char *name) {
        for (size_t i = 0; i < search->seen_count; i++)
                if (strcmp(search->seen[i], name) == 0)
                        return false;
        if (search->seen_count == CONTENTS_FILES_MAX)
                return false;
        add(&search->seen, &search->seen_count, name);
        return true;
}

/* The bytes of the file PATH with a NUL behind them, which the caller frees; NULL: it cannot be read. */
static char *read_bytes(const char *path, size_t *ret_size) {
        cleanup(cleanup_fd) int fd = regular_file_open(path);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return NULL;
        size_t max = status.st_size < CONTENTS_BYTES_MAX ? (size_t)status.st_size : CONTENTS_BYTES_MAX, size = 0;
        cleanup(cleanup_free) char *bytes = malloc(max + 1);
        if (!bytes)
                out_of_memory();
        for (ssize_t n; size < max && (n = read(fd, bytes + size, max - size)) > 0;)
                size += (size_t)n;
        bytes[size] = 0;
        *ret_size = size;
        return TAKE_PTR(bytes);
}

static void look_into(struct search *search, const char *path);

/* Whether the program PATH writes records by itself. */
static bool writes_records(const char *path) {
        cleanup(program_clear) struct program program = { 0 };
        cleanup(linkage_clear) struct linkage linkage = { 0 };

        if (program_read(path, &program) < 0 || program.error < 0 || program.interpreter)
                return false;
        linkage_find(&program.elf, path, &linkage);
        return linkage.audit != NULL;
}

/* The manager of services, which the kernel starts, is named by all that talk to it. */
static bool is_manager(const char *path) {
        return strcmp(base_name(path), "systemd") == 0;
}

/* PATH is named. One with libaudit is a helper; of another one, the names in it count. */
static void note_path(struct search *search, const char *path) {
        struct contents *contents = search->contents;
        char real[PATH_MAX];

        if (contents->helpers_count == CONTENTS_HELPERS_MAX || access(path, X_OK) < 0 || !realpath(path, real) ||
            is_manager(real) || !note_seen(search, real))
                return;
        if (writes_records(real))
                add(&contents->helpers, &contents->helpers_count, real);
        else if (search->depth < DEPTH_MAX)
                look_into(search, real);
}

static void note_word(struct search *search, const char *word) {
        if (search->names++ >= CONTENTS_NAMES_MAX)
                return;
        if (*word == '/') {
                note_path(search, word);
                return;
        }
        for (size_t i = 0; !strchr(word, '/') && i < sizeof(folders) / sizeof(folders[0]); i++) {
                cleanup(cleanup_free) char *path = text_format("%s/%s", folders[i], word);
                if (access(path, X_OK) < 0)
                        continue;
                note_path(search, path);
                return;
        }
}

/* Whether the word at AT is in quotes and the first of a call or a list: systemcall('useradd', or ["useradd",. The key
 * of a table is neither. */
static bool is_quoted_first(const char *line, const char *at) {
        if (at - line < 2 || !strchr("'\"", at[-1]))
                return false;
        return at[-2] == '(' || (at[-2] == '[' && (at - line == 2 || !strchr(NAME_CHARACTERS "])", at[-3])));
}

/* Whether what stands between LINE and AT ends in one of STARTERS. */
static bool follows_starter(const char *line, const char *at) {
        for (size_t i = 0; i < sizeof(starters) / sizeof(starters[0]); i++) {
                size_t length = strlen(starters[i]);
                if ((size_t)(at - line) >= length && memcmp(at - length, starters[i], length) == 0 &&
                    (at - length == line || strchr(" \t;|&({", at[-1 - (ptrdiff_t)length])))
                        return true;
        }
        return false;
}

/* Whether the word of LENGTH at AT is where a command is started: in a shell, or in quotes as other languages have it.
 */
static bool is_command(const char *line, const char *at, size_t length) {
        const char *before = at;

        if (at[length] == '=' || (at[length] == ')' && (at == line || at[-1] != '(')))
                return false; /* a variable, or a pattern of "case" */
        if (at > line && at[-1] == '`' && at[length] == '\'')
                return false; /* a name in a message, with the older quotes */
        if (is_quoted_first(line, at))
                return true;
        while (before > line && (before[-1] == ' ' || before[-1] == '\t'))
                before--;
        if (before == line || strchr(";|&{`", before[-1]))
                return true;
        if (before[-1] == '(')
                return before - line < 2 || strchr(" \t$", before[-2]);
        return before < at && follows_starter(line, before);
}

static void read_line(struct search *search, char *line) {
        char *at = line + strspn(line, " \t");

        if (*at == '#')
                return;
        for (size_t length; *at; at += length) {
                at += strcspn(at, NAME_CHARACTERS);
                length = strspn(at, NAME_CHARACTERS);
                if (length == 0 || length >= PATH_MAX || !(*at == '/' || is_command(line, at, length)))
                        continue;
                cleanup(cleanup_free) char *word = text_format("%.*s", (int)length, at);
                note_word(search, word);
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
                if (length < 2 || length >= PATH_MAX || (at[length] && at[length] != ' '))
                        continue;
                cleanup(cleanup_free) char *path = text_format("%.*s", (int)length, at);
                note_word(search, path);
        }
}

static bool has(const char *bytes, size_t size, const char *text) {
        return memmem(bytes, size, text, strlen(text)) != NULL;
}

static void look_into(struct search *search, const char *path) {
        size_t size = 0;
        cleanup(cleanup_free) char *bytes = read_bytes(path, &size);

        if (!bytes)
                return;
        if (search->depth == 0) {
                search->contents->aborts = has(bytes, size, "Cannot open audit interface - aborting");
                search->contents->ends_sessions = has(bytes, size, "linux_audit_write_entry failed");
                search->contents->go = has(bytes, size, "\xff Go buildinf:");
        }
        search->depth++;
        if (size > 2 && memcmp(bytes, "#!", 2) == 0)
                read_script(search, bytes, size);
        else if (has(bytes, size < 4 ? size : 4, "\177ELF"))
                read_program(search, bytes, size);
        search->depth--;
}

void contents_read(const char *path, struct contents *ret) {
        cleanup(search_clear) struct search search = { .contents = ret };
        char real[PATH_MAX];

        *ret = (struct contents){ 0 };
        if (realpath(path, real))
                (void)note_seen(&search, real);
        look_into(&search, path);
}

void contents_clear(struct contents *contents) {
        for (size_t i = 0; i < contents->helpers_count; i++)
                free(contents->helpers[i]);
        free(contents->helpers);
        *contents = (struct contents){ 0 };
}
