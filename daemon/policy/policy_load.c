/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/policy/policy_list.h"
#include "daemon/policy/policy_read.h"
#include "protocol/cleanup.h"

#define FILE_NAME_MAX 256 /* bytes with the NUL: the kernel's NAME_MAX */
#define ANY_PATH_MAX  (POLICY_ROOT_MAX + 32 + FILE_NAME_MAX)

struct loader {
        const struct policy_places *places;
        const struct policy_root *root;
        struct policy_trust trust;
        struct diagnostics *problems;
        DIR *folders[PLACE_COUNT];
        char paths[PLACE_COUNT][ANY_PATH_MAX]; /* of the folders */
        struct policy_list list;
        struct policy *policy;
        char buffer[POLICY_BUFFER_SIZE];
};

static struct policy_trust trust_in(const struct policy_places *places, const struct policy_root *root,
                                    struct diagnostics *problems) {
        return (struct policy_trust){ .owner = places->owner,
                                      .machine = !*places->root,
                                      .tree = root->tree.fd >= 0 ? &root->tree : NULL,
                                      .problems = problems };
}

static struct loader *loader_free(struct loader *loader) {
        if (!loader)
                return NULL;
        for (enum place place = 0; place < PLACE_COUNT; place++)
                cleanup_dir(&loader->folders[place]);
        policy_list_clear(&loader->list);
        policy_free(loader->policy);
        free(loader);
        return NULL;
}

static void cleanup_loader(struct loader **loader) {
        loader_free(*loader);
}

static void warn(struct loader *loader, const char *file, const char *message, const char *suggestion) {
        const struct diagnostic warning = {
                .severity = SEVERITY_WARNING, .file = file, .message = message, .suggestion = suggestion
        };

        diagnostics_add(loader->problems, &warning, NULL, 0);
}

/* The folder above that of PLACE, and the NAME to look up there. The descriptor is -1 if that folder is missing. */
static struct policy_folder above(const struct loader *loader, enum place place, const char **ret_name) {
        static const char *const names[] = {
                [PLACE_FLAT] = ".", [PLACE_ETC] = "auditfail", [PLACE_LIB] = "lib/auditfail"
        };
        DIR *etc = loader->folders[PLACE_FLAT];

        *ret_name = names[place];
        switch (place) {
        case PLACE_FLAT:
                return (struct policy_folder){ loader->root->etc, loader->root->etc_path };
        case PLACE_ETC:
                return (struct policy_folder){ etc ? dirfd(etc) : -1, loader->root->etc_path };
        default:
                return (struct policy_folder){ loader->root->usr, loader->root->usr_path };
        }
}

/* Reports ERROR, which no file or folder has caused. Returns it. */
static int report_error(struct diagnostics *problems, const struct policy_places *places, int error) {
        diagnostics_error(problems, *places->root ? places->root : "/", NULL, "the policy cannot be loaded: %s",
                          strerror(-error));
        return error;
}

/*
 * Opens the folder of PLACE and lists its files. If other users may write to it, that is an error in both modes: they
 * could have removed a file. Errors are reported.
 */
static int list_folder(struct loader *loader, enum place place) {
        const char *name;
        const struct policy_folder from = above(loader, place, &name);
        char *path = loader->paths[place];
        int fd = -1;

        snprintf(path, ANY_PATH_MAX, "%s%s", loader->places->root, policy_place(place)->folder);
        if (from.fd < 0)
                return 0;
        int trusted = policy_open_folder(&loader->trust, &from, name, path, &fd);
        if (fd < 0)
                return trusted == -ENOENT ? 0 : trusted;
        loader->folders[place] = fdopendir(fd);
        if (!loader->folders[place]) {
                int error = -errno;

                cleanup_fd(&fd);
                return report_error(loader->problems, loader->places, error);
        }
        int r = policy_list_add(&loader->list, place, loader->folders[place]);
        if (r < 0)
                diagnostics_error(loader->problems, path, NULL, "cannot be listed: %s", strerror(-r));
        return r < 0 ? r : trusted;
}

static void report_flat_conf(struct loader *loader, const char *path) {
        char suggestion[POLICY_PATH_MAX];

        policy_path(suggestion, loader->places->root, PLACE_ETC, APPLICATION_DEFAULT, strlen(APPLICATION_DEFAULT));
        warn(loader, path, "read as the policy of an application \"conf\"", suggestion);
}

/* Reads APPLICATION's file in PLACE, which list_folder() has found. */
static int load_place(struct loader *loader, const char *application, enum place place, struct policy_file *rules,
                      uint8_t *ret_finding) {
        enum finding finding = FINDING_ABSENT;
        char path[POLICY_PATH_MAX];

        policy_path(path, loader->places->root, place, application, strlen(application));
        const struct policy_folder folder = { dirfd(loader->folders[place]), loader->paths[place] };
        int r = policy_read(&loader->trust, &folder, basename(path), path, loader->buffer, rules, &finding);
        if (r == 0 && finding != FINDING_ABSENT && place == PLACE_FLAT && strcmp(application, "conf") == 0)
                report_flat_conf(loader, path);
        *ret_finding = (uint8_t)finding;
        return r;
}

/* Searches the places that hold a file for APPLICATION, and adds an entry to the policy. */
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
        const struct policy_list *list = &loader->list;

        for (size_t i = 0; i < list->count && list->items[i].kind == POLICY_NAME_VALID;) {
                const char *application = policy_list_name(list, i);
                bool held[PLACE_COUNT] = { false };

                do
                        held[list->items[i++].place] = true;
                while (i < list->count && list->items[i].kind == POLICY_NAME_VALID &&
                       strcmp(policy_list_name(list, i), application) == 0);

                int r = load_application(loader, application, held);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void report_others(struct loader *loader) {
        for (size_t i = 0; i < loader->list.count; i++) {
                const struct policy_list_item *item = &loader->list.items[i];
                const char *name = policy_list_name(&loader->list, i);
                char path[ANY_PATH_MAX], suggestion[FILE_NAME_MAX + sizeof(POLICY_NAME_SUFFIX)];

                if (item->kind == POLICY_NAME_VALID)
                        continue;
                snprintf(path, sizeof(path), "%s%s/%s", loader->places->root, policy_place(item->place)->folder, name);
                snprintf(suggestion, sizeof(suggestion), "%s" POLICY_NAME_SUFFIX, name);
                if (item->kind == POLICY_NAME_INVALID)
                        diagnostics_error(loader->problems, path, POLICY_NAME_RULE, "not the name of an application");
                else if (item->kind == POLICY_NAME_UNREAD)
                        warn(loader, path, "is not read: its name does not end in " POLICY_NAME_SUFFIX, suggestion);
        }
}

/* Continues after errors, to find all problems. Returns the first error that is not a file's fault, and reports it. */
static int load(struct loader *loader) {
        static const enum place order[] = { PLACE_FLAT, PLACE_ETC, PLACE_LIB }; /* /etc before /etc/auditfail */
        int result = 0;

        for (size_t i = 0; i < PLACE_COUNT; i++) {
                int r = list_folder(loader, order[i]);

                if (result == 0)
                        result = r;
        }
        policy_list_sort(&loader->list);

        int r = policy_new(loader->places->root, &loader->policy);
        if (r == 0)
                r = load_applications(loader);
        if (r < 0)
                report_error(loader->problems, loader->places, r);
        report_others(loader);
        return result < 0 ? result : r;
}

static void report_root(struct diagnostics *problems, const char *root, int error) {
        const char *file = *root ? root : "/";
        char expected[32];

        snprintf(expected, sizeof(expected), "at most %d bytes", POLICY_ROOT_MAX - 1);
        if (error == ENOENT || error == ENOTDIR)
                diagnostics_error(problems, file, "one that holds etc/auditfail", "not a folder");
        else if (error == ENAMETOOLONG)
                diagnostics_error(problems, file, expected, "too long a path");
        else
                diagnostics_error(problems, file,
                                  error == EACCES ? "permission for all users to enter each folder above it" : NULL,
                                  "cannot be opened: %s", strerror(error));
}

static int open_below(const struct policy_trust *trust, const struct policy_folder *root, const char *name,
                      char path[POLICY_ROOT_PATH_MAX], int *ret_fd) {
        snprintf(path, POLICY_ROOT_PATH_MAX, "%s/%s", root->path, name);
        int r = policy_walk(trust, root, name, path, O_PATH | O_DIRECTORY | O_CLOEXEC, ret_fd);
        return r == -ENOENT ? 0 : r;
}

int policy_open_root(const struct policy_places *places, struct policy_root *ret, struct diagnostics *problems) {
        const char *name = places->root;
        bool fits = strlen(name) < POLICY_ROOT_MAX;
        cleanup(cleanup_fd) int fd = fits ? open(*name ? name : "/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        int error = fits ? errno : ENAMETOOLONG;
        struct stat st;

        if (fd < 0) {
                report_root(problems, name, error);
                return error == ENOENT ? -ENOTDIR : -error;
        }
        const struct policy_folder root = { fd, name };
        if (*name)
                ret->tree = (struct policy_folder){ TAKE_FD(fd), name };
        const struct policy_trust trust = trust_in(places, ret, problems);
        int r = open_below(&trust, &root, "etc", ret->etc_path, &ret->etc);
        int r_usr = open_below(&trust, &root, "usr", ret->usr_path, &ret->usr);
        if (ret->usr >= 0 && (fstat(ret->usr, &st) < 0 || !policy_check_writers(&trust, ret->usr_path, &st)))
                r_usr = -EPERM;
        diagnostics_sort(problems);
        return r < 0 ? r : r_usr;
}

void policy_close_root(struct policy_root *root) {
        cleanup_fd(&root->tree.fd);
        cleanup_fd(&root->etc);
        cleanup_fd(&root->usr);
        *root = POLICY_ROOT_NULL;
}

int policy_load_from(const struct policy_root *root, const struct policy_places *places, enum policy_load_mode mode,
                     struct policy **ret, struct diagnostics *problems) {
        cleanup(cleanup_loader) struct loader *loader = calloc(1, sizeof(*loader));
        size_t errors = problems->errors;

        if (!loader)
                return report_error(problems, places, -ENOMEM);
        loader->places = places;
        loader->problems = problems;
        loader->root = root;
        loader->trust = trust_in(places, root, problems);
        int r = load(loader);
        diagnostics_sort(problems);
        if (r == 0 && mode == POLICY_LOAD_STRICT && problems->errors > errors)
                return -EINVAL;
        if (r == 0)
                *ret = TAKE_PTR(loader->policy);
        return r;
}

int policy_load(const struct policy_places *places, enum policy_load_mode mode, struct policy **ret,
                struct diagnostics *problems) {
        cleanup(policy_close_root) struct policy_root root = POLICY_ROOT_NULL;
        int r = policy_open_root(places, &root, problems);

        return r < 0 ? r : policy_load_from(&root, places, mode, ret, problems);
}

bool policy_is_place(int folder) {
        struct stat st, place;

        for (size_t i = 0; i < PLACE_COUNT; i++)
                if (fstat(folder, &st) == 0 && stat(policy_place(i)->folder, &place) == 0 &&
                    st.st_dev == place.st_dev && st.st_ino == place.st_ino)
                        return true;
        return false;
}

int policy_load_file(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                     const char *path, struct policy_file *ret) {
        cleanup(cleanup_free) char *buffer = malloc(POLICY_BUFFER_SIZE);
        enum finding finding;

        if (!buffer)
                return -ENOMEM;
        int r = policy_read(trust, folder, name, path, buffer, ret, &finding);
        diagnostics_sort(trust->problems);
        if (r < 0)
                return r;
        switch (finding) {
        case FINDING_USED:
                return 0;
        case FINDING_MASK:
                *ret = (struct policy_file){ 0 };
                return 0;
        case FINDING_ABSENT:
                diagnostics_error(trust->problems, path, NULL, "no such file");
                return -ENOENT;
        default:
                return -EINVAL;
        }
}
