/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/pam_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/subject/pam_control.h"
#include "client/tool/text.h"
#include "client/unchanged/names.h"
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

/* In the order in which a program comes to them. */
static const char *const types[] = { "auth", "account", "session", "password", NULL };

/* What is looked for, of one type, and what was found of it. */
struct search {
        const char *const *folders;
        const char *type;
        unsigned depth, files;
        bool modules;           /* the stack has modules of this type */
        struct pam_place first; /* the first line, unless there is one that binds; FILE is NULL: there is none */
};

/* Where the stack may go around the modules that follow, down to the end of a substack. */
struct flow {
        unsigned skipped; /* so many of the next */
        bool ended;       /* all of them */
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

/* The last application= on the line is the one that the module takes. */
static void note_module(struct search *search, const char *file, size_t line, enum pam_hold hold, char *options) {
        struct pam_place *first = &search->first;

        if (!first->file) {
                *first = (struct pam_place){ .file = text_format("%s", file), .line = line, .hold = hold };
                for (const char *word; *(word = next_word(&options));)
                        if (strncmp(word, OPTION, strlen(OPTION)) == 0) {
                                free(first->application);
                                first->application = text_format("%s", word + strlen(OPTION));
                        }
        } else if (hold == PAM_BINDS) {
                first->hold = hold;
        }
}

/* A module follows. Returns whether the stack may come past it. */
static bool flow_past(struct flow *flow) {
        bool past = flow->ended || flow->skipped > 0;

        flow->skipped -= flow->skipped > 0;
        return past;
}

static void read_stack(struct search *search, const char *service, struct flow *flow);

static void read_module(struct search *search, const char *file, size_t number, const char *control, char *rest,
                        struct flow *flow) {
        const char *module = next_word(&rest), *slash = strrchr(module, '/');
        struct pam_control actions = pam_control_read(control);
        bool past = flow_past(flow);

        search->modules = true;
        if (strcmp(slash ? slash + 1 : module, MODULE) == 0) {
                note_module(search, file, number, past ? PAM_PASSES : actions.binds ? PAM_BINDS : PAM_CONTROL, rest);
                return; /* it never says success */
        }
        flow->ended |= actions.ends;
        if (actions.jump > flow->skipped)
                flow->skipped = actions.jump;
}

static void read_line(struct search *search, const char *file, size_t number, char *line, struct flow *flow) {
        const char *type = next_word(&line);
        if (strcasecmp(type, "@include") == 0) {
                read_stack(search, next_word(&line), flow);
                return;
        }
        type += *type == '-'; /* it need not be installed */
        if (strcasecmp(type, search->type) != 0)
                return;
        const char *control = next_word(&line);
        if (strcasecmp(control, "include") == 0) {
                read_stack(search, next_word(&line), flow);
        } else if (strcasecmp(control, "substack") == 0) {
                struct flow inner = { .ended = flow_past(flow) };
                search->modules = true;
                read_stack(search, next_word(&line), &inner);
        } else {
                read_module(search, file, number, control, line, flow);
        }
}

/* Takes a comment off LINE, and the "\" with which it goes on in the next one. Returns whether it does. */
static bool strip_line(char *line) {
        size_t length = strcspn(line, "#");

        while (length > 0 && strchr(BLANKS, line[length - 1]))
                length--;
        bool more = length > 0 && line[length - 1] == '\\';
        line[length - more] = 0;
        return more;
}

static void read_stack(struct search *search, const char *service, struct flow *flow) {
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
                read_line(search, path, first, whole, flow);
                *whole = 0;
                first = number + 1;
        }
        if (whole)
                read_line(search, path, first, whole, flow);
        search->depth--;
}

/* Adds what was found of one type. */
static void merge(struct search *search, struct pam_place *place) {
        struct pam_place *found = &search->first;
        bool weaker = found->hold != PAM_BINDS && place->hold == PAM_BINDS;

        text_append(&place->types, "%s%s", place->types ? " " : "", search->type);
        if (!place->file) {
                place->application = found->application;
                found->application = NULL;
        }
        if (!place->file || weaker) {
                free(place->file);
                place->file = found->file;
                place->line = found->line;
                place->hold = found->hold;
                found->file = NULL;
        }
}

/* The modules of SERVICE, and of "other" for a type of which it has none. */
static void search_type(const char *service, struct search *search) {
        read_stack(search, service, &(struct flow){ 0 });
        if (!search->modules)
                read_stack(search, "other", &(struct flow){ 0 });
}

void pam_stack_find(const char *const *folders, const char *service, struct pam_place *ret) {
        folders = folders ?: system_folders;
        cleanup(cleanup_free) char *own = service_file(folders, service);

        *ret = (struct pam_place){ .service = text_format("%s", service),
                                   .stack = text_format("%s", own ? service : "other") };
        for (const char *const *type = types; *type; type++) {
                struct search search = { .folders = folders, .type = *type };
                search_type(service, &search);
                /* Who authenticates is let in by "account" only, and root often comes past "auth". */
                if (search.first.file && type == types + 1 && search.first.hold == PAM_BINDS)
                        ret->hold = PAM_BINDS;
                if (search.first.file)
                        merge(&search, ret);
                pam_place_clear(&search.first);
        }
}

void pam_place_clear(struct pam_place *place) {
        free(place->service);
        free(place->stack);
        free(place->file);
        free(place->types);
        free(place->application);
        *place = (struct pam_place){ 0 };
}
