/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/pam_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/common/text.h"
#include "client/shim/application.h"
#include "protocol/cleanup.h"

#define MODULE    "pam_auditfail.so"
#define OPTION    "application="
#define DEPTH_MAX 16  /* includes within includes */
#define FILES_MAX 256 /* in all: files that include each other have no end */
#define BLANKS    " \t\n"

static const char *const system_folders[] = { "/etc/pam.d", "/usr/lib/pam.d", NULL };

/* Programs whose service has another name than their file. */
static const char *const services[][2] = {
        { "cupsd", "cups" },
        { "crond", "cron" },
};

struct search {
        const char *const *folders;
        const char *type; /* of the lines that count */
        unsigned depth, files;
        bool present; /* a line of the type is in the stack */
        bool found;   /* a line of the type names pam_auditfail */
        struct pam_line *line;
};

const char *pam_service_of(const char *program) {
        program = application_of_program(program);
        for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
                if (strcmp(program, services[i][0]) == 0)
                        return services[i][1];
        return program;
}

/* The file of SERVICE, which the caller frees; NULL: there is none. */
static char *service_file(const char *const *folders, const char *service) {
        for (; *folders && !strchr(service, '/'); folders++) {
                char *path = text_format("%s/%s", *folders, service);
                if (access(path, R_OK) == 0)
                        return path;
                free(path);
        }
        return *service == '/' ? text_format("%s", service) : NULL;
}

/* The next word of *REST, or several words in brackets; "" at the end. */
static char *next_word(char **rest) {
        char *word = *rest + strspn(*rest, BLANKS);
        size_t length = *word == '[' ? strcspn(word, "]") : strcspn(word, BLANKS);

        length += word[length] == ']';
        *rest = word + length + (word[length] != 0);
        word[length] = 0;
        return word;
}

/* The action that CONTROL, in brackets, has for VALUE; NULL: it names none. */
static const char *find_action(const char *control, const char *value) {
        const char *action = strstr(control, value);

        return action ? action + strlen(value) + strspn(action + strlen(value), BLANKS "=") : NULL;
}

/* pam_auditfail fails with PAM_SYSTEM_ERR. libpam takes a result without an action for "bad". */
bool pam_line_is_optional(const struct pam_line *line) {
        const char *control = line->control;

        if (*control != '[')
                return strcasecmp(control, "optional") == 0 || strcasecmp(control, "sufficient") == 0;
        const char *action = find_action(control, "system_err") ?: find_action(control, "default");
        return action && strncmp(action, "bad", strlen("bad")) != 0 && strncmp(action, "die", strlen("die")) != 0;
}

static void clear_place(struct pam_line *line) {
        free(line->file);
        free(line->control);
        free(line->application);
        line->file = line->control = line->application = NULL;
}

/* The module takes the last application= of its OPTIONS. */
static void note_module(struct pam_line *line, const char *file, size_t number, const char *control, char *options) {
        struct pam_line found = { .control = text_format("%s", control) };

        if (line->file && (pam_line_is_optional(line) || !pam_line_is_optional(&found))) {
                free(found.control);
                return;
        }
        clear_place(line);
        line->file = text_format("%s", file);
        line->line = number;
        line->control = found.control;
        for (const char *word; *(word = next_word(&options));)
                if (strncmp(word, OPTION, strlen(OPTION)) == 0) {
                        free(line->application);
                        line->application = text_format("%s", word + strlen(OPTION));
                }
}

static void read_stack(struct search *search, const char *service);

static void read_line(struct search *search, const char *file, size_t number, char *line) {
        const char *word = next_word(&line);

        if (strcasecmp(word, "@include") == 0) {
                read_stack(search, next_word(&line));
                return;
        }
        if (strcasecmp(word + (*word == '-'), search->type) != 0) /* "-": the module need not be installed */
                return;
        const char *control = next_word(&line), *module = next_word(&line);
        if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0) {
                read_stack(search, module);
                return;
        }
        search->present = true;
        if (strcmp(basename(module), MODULE) == 0) {
                search->found = true;
                note_module(search->line, file, number, control, line);
        }
}

/* Removes the comment of LINE, and a "\" at its end. Returns whether there was a "\", which joins the next line. */
static bool strip_line(char *line) {
        size_t length = strcspn(line, "#");

        while (length > 0 && strchr(BLANKS, line[length - 1]))
                length--;
        bool more = length > 0 && line[length - 1] == '\\';
        line[length - more] = 0;
        return more;
}

static void read_stack(struct search *search, const char *service) {
        if (search->depth >= DEPTH_MAX || search->files++ >= FILES_MAX)
                return;
        cleanup(cleanup_free) char *path = service_file(search->folders, service), *line = NULL, *whole = NULL;
        cleanup(cleanup_file) FILE *file = path ? fopen(path, "re") : NULL;
        size_t size = 0, number = 0, first = 1;

        search->depth++;
        while (file && getline(&line, &size, file) >= 0) {
                number++;
                bool more = strip_line(line);
                text_append(&whole, "%s ", line);
                if (more)
                        continue;
                read_line(search, path, first, whole);
                *whole = 0;
                first = number + 1;
        }
        if (whole)
                read_line(search, path, first, whole);
        search->depth--;
}

void pam_stack_find(const char *const *folders, const char *service, struct pam_line *ret) {
        static const char *const types[] = { "auth", "account", "session", "password" };
        folders = folders ?: system_folders;
        cleanup(cleanup_free) char *own = service_file(folders, service);

        *ret = (struct pam_line){ .service = text_format("%s", service),
                                  .stack = text_format("%s", own ? service : "other") };
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                struct search search = { .folders = folders, .type = types[i], .line = ret };
                read_stack(&search, service);
                if (!search.present)
                        read_stack(&search, "other"); /* as libpam does */
                if (search.found)
                        text_append(&ret->types, "%s%s", ret->types ? " " : "", types[i]);
        }
}

void pam_line_clear(struct pam_line *line) {
        clear_place(line);
        free(line->service);
        free(line->stack);
        free(line->types);
        *line = (struct pam_line){ 0 };
}
