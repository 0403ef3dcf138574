/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "policy_read.h"

#define FLAT_PREFIX   "auditfail."
#define SUFFIX        ".conf"
#define FILE_NAME_MAX 256 /* bytes with the NUL: the kernel's NAME_MAX */
#define ANY_PATH_MAX  (POLICY_ROOT_MAX + 32 + FILE_NAME_MAX)

static const char *const folder_names[PLACE_COUNT] = {
        [PLACE_ETC] = "/etc/auditfail",
        [PLACE_FLAT] = "/etc",
        [PLACE_LIB] = "/usr/lib/auditfail",
};

enum role {
        ROLE_POLICY,
        ROLE_MISNAMED, /* meant as a policy, but its name is none: an error */
        ROLE_UNREAD,   /* perhaps meant as a policy: a warning */
};

/* A file that a folder holds. NAME is an offset: of the application for ROLE_POLICY, else of the file's whole name. */
struct found {
        uint32_t name;
        uint8_t role;
        uint8_t place;
};

struct listing {
        char *names;
        size_t names_used, names_allocated;
        struct found *items;
        size_t count, allocated;
};

struct loader {
        const struct policy_places *places;
        struct diagnostics *problems;
        DIR *folders[PLACE_COUNT];
        struct listing listing;
        struct policy *policy;
        char buffer[POLICY_BUFFER_SIZE];
};

static struct loader *loader_free(struct loader *loader) {
        if (!loader)
                return NULL;
        for (enum place place = 0; place < PLACE_COUNT; place++)
                cleanup_dir(&loader->folders[place]);
        free(loader->listing.names);
        free(loader->listing.items);
        policy_unref(loader->policy);
        free(loader);
        return NULL;
}

static void cleanup_loader(struct loader **loader) {
        loader_free(*loader);
}

static void report(struct loader *loader, enum severity severity, const char *file, const char *message,
                   const char *expected, const char *suggestion) {
        diagnostics_add(loader->problems,
                        &(struct diagnostic){ .severity = severity,
                                              .file = file,
                                              .message = message,
                                              .expected = expected,
                                              .suggestion = suggestion },
                        NULL, 0);
}

static void report_failure(struct loader *loader, const char *file, const char *what, int error) {
        char message[256];

        errno = error;
        snprintf(message, sizeof(message), "%s: %m", what);
        report(loader, SEVERITY_ERROR, file, message, NULL, NULL);
}

static bool has_suffix(const char *name, const char *suffix) {
        size_t length = strlen(name), wanted = strlen(suffix);

        return length >= wanted && memcmp(name + length - wanted, suffix, wanted) == 0;
}

bool policy_leftover(const char *name) {
        static const char *const endings[] = {
                "~",         ".bak",         ".orig",    ".rej",      ".save",     ".swp",       ".swo",
                ".swx",      ".tmp",         ".old",     ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp",
                ".dpkg-bak", ".dpkg-remove", ".ucf-old", ".ucf-new",  ".ucf-dist", ".rpmnew",    ".rpmsave",
                ".rpmorig",  ".pacnew",      ".pacsave", ".pacorig",  ".apk-new",
        };

        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
                if (has_suffix(name, endings[i]))
                        return true;
        return name[0] == '.' || name[0] == '#';
}

/* ARRAY, of *ALLOCATED items of SIZE bytes, moved to where NEEDED of them fit; NULL: no memory, ARRAY is as it was. */
static void *grow(void *array, size_t *allocated, size_t needed, size_t size) {
        size_t more = *allocated ? *allocated : 256;

        if (array && needed <= *allocated)
                return array;
        while (more < needed)
                more *= 2;
        array = reallocarray(array, more, size);
        if (array)
                *allocated = more;
        return array;
}

static int listing_add(struct listing *listing, enum role role, enum place place, const char *name, size_t length) {
        size_t used = listing->names_used + length + 1;

        if (used > UINT32_MAX)
                return -EOVERFLOW;
        char *names = grow(listing->names, &listing->names_allocated, used, 1);
        if (!names)
                return -ENOMEM;
        listing->names = names;
        struct found *items = grow(listing->items, &listing->allocated, listing->count + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        listing->items = items;

        items[listing->count++] =
                (struct found){ .name = (uint32_t)listing->names_used, .role = (uint8_t)role, .place = (uint8_t)place };
        memcpy(names + listing->names_used, name, length);
        names[used - 1] = '\0';
        listing->names_used = used;
        return 0;
}

/* Notes the file NAME of FOLDER, if it is any business of ours. */
static int list_file(struct listing *listing, enum place place, int folder, const char *name) {
        const char *application = name;
        size_t length = strlen(name);
        struct stat st;

        if (policy_leftover(name))
                return 0;
        if (place == PLACE_FLAT) {
                if (strncmp(name, FLAT_PREFIX, strlen(FLAT_PREFIX)) != 0)
                        return 0;
                application += strlen(FLAT_PREFIX);
                length -= strlen(FLAT_PREFIX);
        } else if (has_suffix(name, SUFFIX))
                length -= strlen(SUFFIX);
        else if (application_name_valid(name, length) && strncmp(name, "README", strlen("README")) != 0 &&
                 fstatat(folder, name, &st, 0) == 0 && S_ISREG(st.st_mode))
                return listing_add(listing, ROLE_UNREAD, place, name, length);
        else
                return 0;

        if (application_name_valid(application, length))
                return listing_add(listing, ROLE_POLICY, place, application, length);
        return listing_add(listing, ROLE_MISNAMED, place, name, strlen(name));
}

/*
 * Opens the folder of PLACE and lists what it holds. A folder that others may write in is an error in either mode: they
 * could as well have removed a file as broken one, so no answer but that of no policy at all would be strong enough.
 */
static int list_folder(struct loader *loader, enum place place) {
        char path[ANY_PATH_MAX];
        int fd = -1, r;

        snprintf(path, sizeof(path), "%s%s", loader->places->root, folder_names[place]);
        int trusted = policy_open_folder(path, loader->places->owner, &fd, loader->problems);
        if (fd < 0)
                return trusted == -ENOENT ? 0 : trusted;
        loader->folders[place] = fdopendir(fd);
        if (!loader->folders[place]) {
                cleanup_fd(&fd);
                return -errno;
        }
        for (;;) {
                errno = 0;
                const struct dirent *entry = readdir(loader->folders[place]);

                if (!entry && errno > 0) {
                        r = -errno;
                        report_failure(loader, path, "cannot be listed", -r);
                        return r;
                }
                if (!entry)
                        return trusted;
                r = list_file(&loader->listing, place, fd, entry->d_name);
                if (r < 0)
                        return r;
        }
}

/* Errors come before warnings, since diagnostics_add() keeps the first; names in the order that a policy has. */
static int compare_found(const void *left, const void *right, void *names) {
        const struct found *a = left, *b = right;
        int order = (a->role > b->role) - (a->role < b->role);

        if (order == 0)
                order = strcmp((const char *)names + a->name, (const char *)names + b->name);
        if (order == 0)
                order = (a->place > b->place) - (a->place < b->place);
        return order;
}

static void report_flat_conf(struct loader *loader, const char *path) {
        char suggestion[POLICY_PATH_MAX];

        policy_path(suggestion, loader->places->root, PLACE_ETC, APPLICATION_DEFAULT);
        report(loader, SEVERITY_WARNING, path, "read as the policy of an application \"conf\"", NULL, suggestion);
}

/* Looks at the place for APPLICATION, where it is known to have a file. */
static int load_place(struct loader *loader, const char *application, enum place place, struct policy_file *rules,
                      uint8_t *ret_finding) {
        enum finding finding = FINDING_ABSENT;
        char path[POLICY_PATH_MAX];

        policy_path(path, loader->places->root, place, application);
        int r = policy_read(dirfd(loader->folders[place]), strrchr(path, '/') + 1, path, loader->places->owner,
                            loader->buffer, rules, &finding, loader->problems);
        if (r == 0 && finding != FINDING_ABSENT && place == PLACE_FLAT && strcmp(application, "conf") == 0)
                report_flat_conf(loader, path);
        *ret_finding = (uint8_t)finding;
        return r;
}

/* Searches the places that hold a file for APPLICATION, and adds what was found to the policy. */
static int load_application(struct loader *loader, const char *application, const bool held[PLACE_COUNT]) {
        uint8_t findings[PLACE_COUNT] = { FINDING_ABSENT };
        bool answered = false, masked = false, known = false;
        struct policy_file rules;

        for (enum place place = 0; place < PLACE_COUNT; place++) {
                if (!held[place])
                        continue;
                if (answered || masked)
                        findings[place] = answered ? FINDING_SHADOWED : FINDING_MASKED;
                else {
                        int r = load_place(loader, application, place, &rules, &findings[place]);

                        if (r < 0)
                                return r;
                        answered = findings[place] == FINDING_USED || findings[place] == FINDING_BROKEN;
                        masked = findings[place] == FINDING_MASK;
                }
                known = known || findings[place] != FINDING_ABSENT;
        }
        return known ? policy_append(loader->policy, application, &rules, findings) : 0;
}

static int load_applications(struct loader *loader) {
        const struct listing *listing = &loader->listing;

        for (size_t i = 0; i < listing->count && listing->items[i].role == ROLE_POLICY;) {
                const char *application = listing->names + listing->items[i].name;
                bool held[PLACE_COUNT] = { false };

                do
                        held[listing->items[i++].place] = true;
                while (i < listing->count && listing->items[i].role == ROLE_POLICY &&
                       strcmp(listing->names + listing->items[i].name, application) == 0);

                int r = load_application(loader, application, held);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void report_others(struct loader *loader) {
        for (size_t i = 0; i < loader->listing.count; i++) {
                const struct found *found = &loader->listing.items[i];
                const char *name = loader->listing.names + found->name;
                char path[ANY_PATH_MAX], suggestion[FILE_NAME_MAX + sizeof(SUFFIX)];

                snprintf(path, sizeof(path), "%s%s/%s", loader->places->root, folder_names[found->place], name);
                snprintf(suggestion, sizeof(suggestion), "%s" SUFFIX, name);
                if (found->role == ROLE_MISNAMED)
                        report(loader, SEVERITY_ERROR, path, "not the name of an application",
                               "1 to 64 characters of A-Za-z0-9._@-, not starting with . or -", NULL);
                else if (found->role == ROLE_UNREAD)
                        report(loader, SEVERITY_WARNING, path, "is not read: its name does not end in " SUFFIX, NULL,
                               suggestion);
        }
}

/* A place that does not exist is empty; a ROOT that does not is a typing error. */
static int check_root(struct loader *loader) {
        const char *root = loader->places->root;
        struct stat st;

        if (strlen(root) >= POLICY_ROOT_MAX) {
                report(loader, SEVERITY_ERROR, root, "too long a path", "at most 127 bytes", NULL);
                return -ENAMETOOLONG;
        }
        if (root[0] == '\0' || (stat(root, &st) == 0 && S_ISDIR(st.st_mode)))
                return 0;
        report(loader, SEVERITY_ERROR, root, "not a folder", "one that holds etc/auditfail", NULL);
        return -ENOTDIR;
}

/* Goes through all there is, to find all problems. Returns the first failure that is no fault of a file's. */
static int load(struct loader *loader) {
        struct listing *listing = &loader->listing;
        int result = check_root(loader);

        if (result < 0)
                return result;
        for (enum place place = 0; place < PLACE_COUNT; place++) {
                int r = list_folder(loader, place);

                if (result == 0)
                        result = r;
        }
        if (listing->items)
                qsort_r(listing->items, listing->count, sizeof(*listing->items), compare_found, listing->names);

        int r = policy_new(loader->places->root, &loader->policy);
        if (r == 0)
                r = load_applications(loader);
        report_others(loader);
        return result < 0 ? result : r;
}

int policy_load(const struct policy_places *places, enum policy_load_mode mode, struct policy **ret,
                struct diagnostics *problems) {
        cleanup(cleanup_loader) struct loader *loader = calloc(1, sizeof(*loader));
        size_t errors = problems->errors;

        if (!loader)
                return -ENOMEM;
        loader->places = places;
        loader->problems = problems;
        int r = load(loader);
        if (r < 0 && problems->errors == errors)
                report_failure(loader, *places->root ? places->root : "/", "the policy cannot be loaded", -r);
        diagnostics_sort(problems);
        if (r == 0 && mode == POLICY_LOAD_STRICT && problems->errors > errors)
                return -EINVAL;
        if (r == 0)
                *ret = TAKE_PTR(loader->policy);
        return r;
}

int policy_load_file(const char *path, uid_t owner, struct policy_file *ret, struct diagnostics *problems) {
        cleanup(cleanup_free) char *buffer = malloc(POLICY_BUFFER_SIZE);
        enum finding finding;

        if (!buffer)
                return -ENOMEM;
        int r = policy_read(AT_FDCWD, path, path, owner, buffer, ret, &finding, problems);
        diagnostics_sort(problems);
        if (r < 0)
                return r;
        switch (finding) {
        case FINDING_USED:
                return 0;
        case FINDING_MASK:
                *ret = (struct policy_file){ 0 };
                return 0;
        case FINDING_ABSENT:
                diagnostics_add(
                        problems,
                        &(struct diagnostic){ .severity = SEVERITY_ERROR, .file = path, .message = "no such file" },
                        NULL, 0);
                return -ENOENT;
        default:
                return -EINVAL;
        }
}
