/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

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
        { "sshd-auth", "sshd" },
        { "sshd-session", "sshd" },
};

struct search {
        const char *const *folders;
        struct pam_place *place;
        unsigned depth, files;
};

const char *pam_service_of(const char *program) {
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

/* The next word of *REST, which may be of several with brackets around them, as controls are; "" at the end. */
static char *next_word(char **rest) {
        char *word = *rest + strspn(*rest, BLANKS);
        size_t length = *word == '[' ? strcspn(word, "]") : strcspn(word, BLANKS);

        if (word[length] == ']')
                length++;
        *rest = word + length + (word[length] != 0);
        word[length] = 0;
        return word;
}

static bool is_binding(const char *control) {
        return strcmp(control, "required") == 0 || strcmp(control, "requisite") == 0 ||
               (*control == '[' && (strstr(control, "=die") || strstr(control, "=bad")));
}

static void note_module(const char *file, size_t line, const char *type, const char *control, char *options,
                        struct pam_place *place) {
        bool first = !place->file;

        if (first) {
                place->file = text_format("%s", file);
                place->line = line;
        }
        place->binding = is_binding(control) && (first || place->binding);
        if (!place->types || !strstr(place->types, type))
                text_append(&place->types, "%s%s", place->types ? " " : "", type);
        for (const char *word; *(word = next_word(&options));)
                if (strncmp(word, OPTION, strlen(OPTION)) == 0 && !place->application)
                        place->application = text_format("%s", word + strlen(OPTION));
}

static void read_stack(struct search *search, const char *service, const char *only);

/* ONLY: the type that is included, NULL for all. */
static void read_line(struct search *search, const char *file, size_t number, char *line, const char *only) {
        line[strcspn(line, "#")] = 0;
        const char *type = next_word(&line);
        if (strcmp(type, "@include") == 0) {
                read_stack(search, next_word(&line), only);
                return;
        }
        type += *type == '-'; /* it need not be installed */
        if (!*type || (only && strcmp(type, only) != 0))
                return;
        const char *control = next_word(&line), *module = next_word(&line), *slash = strrchr(module, '/');
        if (strcmp(control, "include") == 0 || strcmp(control, "substack") == 0)
                read_stack(search, module, type);
        else if (strcmp(slash ? slash + 1 : module, MODULE) == 0)
                note_module(file, number, type, control, line, search->place);
}

static void read_stack(struct search *search, const char *service, const char *only) {
        if (search->depth >= DEPTH_MAX || search->files++ >= FILES_MAX)
                return;
        cleanup(cleanup_free) char *path = service_file(search->folders, service), *line = NULL;
        cleanup(cleanup_file) FILE *file = path ? fopen(path, "re") : NULL;
        size_t size = 0, number = 0;

        search->depth++;
        while (file && getline(&line, &size, file) >= 0)
                read_line(search, path, ++number, line, only);
        search->depth--;
}

void pam_stack_find(const char *const *folders, const char *service, struct pam_place *ret) {
        struct search search = { .folders = folders ?: system_folders, .place = ret };
        cleanup(cleanup_free) char *own = service_file(search.folders, service);

        *ret = (struct pam_place){ .service = text_format("%s", service),
                                   .stack = text_format("%s", own ? service : "other") };
        read_stack(&search, ret->stack, NULL);
}

void pam_place_clear(struct pam_place *place) {
        free(place->service);
        free(place->stack);
        free(place->file);
        free(place->types);
        free(place->application);
        *place = (struct pam_place){ 0 };
}
