/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/check_command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/files/daemon_user.h"
#include "client/auditfailctl/files/tree.h"
#include "client/auditfailctl/output/problems.h"
#include "client/common/text.h"
#include "daemon/policy/policy_load.h"
#include "daemon/policy/policy_name.h"
#include "daemon/policy/policy_read.h"
#include "protocol/cleanup.h"

struct check {
        uid_t owner;      /* may own policy files besides root */
        bool owner_given; /* by the user, for the files of this machine as well */
        struct daemon_user reader;
        struct diagnostics problems;
        size_t checked; /* number of files, or of applications of a tree */
};

static void check_clear(struct check *check) {
        diagnostics_clear(&check->problems);
}

/* A folder whose files are checked one by one. */
struct folder {
        struct policy_folder open;
        char *path; /* without links; owns open.path */
        struct policy_trust trust;
        bool inside; /* the daemon's user can enter it; else it holds drafts, which are checked one by one */
};

static void folder_close(struct folder *folder) {
        cleanup_fd(&folder->open.fd);
        free(folder->path);
}

static void add_problem(struct check *check, const char *file, const char *message, int error) {
        diagnostics_error(&check->problems, file, NULL, "%s: %s", message, strerror(error));
}

static void add_name_problem(struct check *check, enum severity severity, const char *path, const char *message,
                             const char *expected) {
        struct diagnostic problem = { .severity = severity, .file = path, .message = message, .expected = expected };

        diagnostics_add(&check->problems, &problem, NULL, 0);
}

/* Checks a folder of policy files of this machine, and each folder above it, like the daemon. */
static void check_place(struct check *check, const struct folder *folder, const char *path) {
        cleanup(cleanup_fd) int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
        const struct policy_folder from = { top, "" };

        if (!folder->path || top < 0)
                return;
        daemon_user_enter(&check->reader);
        policy_open_folder(&folder->trust, &from, folder->path + 1, path, &fd);
        daemon_user_leave(&check->reader);
}

static bool folder_open(struct check *check, const char *path, struct folder *ret) {
        int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0) {
                add_problem(check, path, "cannot open this folder", errno);
                return false;
        }
        bool place = policy_is_place(fd);
        ret->path = realpath(path, NULL);
        ret->open = (struct policy_folder){ fd, ret->path ?: path };
        if (strcmp(ret->open.path, "/") == 0)
                ret->open.path = "";
        ret->trust =
                (struct policy_trust){ place && !check->owner_given ? 0 : check->owner, place, NULL, &check->problems };
        ret->inside = daemon_user_may(&check->reader, fd, X_OK);
        if (place)
                check_place(check, ret, path);
        return true;
}

/* Checks a draft in a folder that the daemon cannot enter, such as /root: the file itself must be readable. */
static void check_draft(struct check *check, const struct folder *folder, const char *name, const char *path) {
        cleanup(cleanup_fd) int fd = openat(folder->open.fd, name, O_PATH | O_CLOEXEC);

        if (fd >= 0 && check->reader.becomes && !daemon_user_may(&check->reader, fd, R_OK))
                policy_fault_open(&check->problems, path, POLICY_FILE_MODE, path, EACCES);
}

static void check_file(struct check *check, const struct folder *folder, const char *name, const char *path) {
        struct policy_file rules;
        size_t length = 0;
        const char *application = policy_path_application(PLACE_ETC, name, &length);

        /* A draft may have any name. The name of a policy file must be the name of an application. */
        if (length > 0 && !application_name_valid(application, length))
                add_name_problem(check, SEVERITY_ERROR, path, "not the name of an application", POLICY_NAME_RULE);
        if (folder->inside)
                daemon_user_enter(&check->reader);
        policy_load_file(&folder->trust, &folder->open, name, path, &rules);
        if (folder->inside)
                daemon_user_leave(&check->reader);
        else
                check_draft(check, folder, name, path);
        check->checked++;
}

static int no_leftover(const struct dirent *entry) {
        return !policy_name_is_leftover(entry->d_name);
}

static void check_folder(struct check *check, const char *path) {
        cleanup(folder_close) struct folder folder = { .open.fd = -1 };
        struct dirent **entries;
        size_t before = check->checked;
        int count = scandir(path, &entries, no_leftover, alphasort);
        if (count < 0) {
                add_problem(check, path, "cannot read this folder", errno);
                return;
        }
        bool opened = folder_open(check, path, &folder);
        if (opened && !folder.trust.machine && !daemon_user_may(&check->reader, folder.open.fd, R_OK | X_OK))
                add_name_problem(check, SEVERITY_WARNING, path, "auditfaild cannot read this folder",
                                 "a folder that every user can read, if it is to hold policy");

        for (int i = 0; i < count; i++) {
                const char *name = entries[i]->d_name;
                cleanup(cleanup_free) char *file =
                        text_format("%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name);
                enum policy_name kind =
                        opened ? policy_name_classify(PLACE_ETC, folder.open.fd, name) : POLICY_NAME_OTHER;
                if (kind == POLICY_NAME_VALID || kind == POLICY_NAME_INVALID)
                        check_file(check, &folder, name, file);
                else if (kind == POLICY_NAME_UNREAD)
                        add_name_problem(check, SEVERITY_WARNING, file,
                                         "is not read: its name does not end in " POLICY_NAME_SUFFIX, NULL);
                free(entries[i]);
        }
        free(entries);
        if (check->checked == before)
                add_name_problem(check, SEVERITY_WARNING, path, "holds no policy file", NULL);
}

static void check_operand(struct check *check, const char *path) {
        struct stat status;

        if (stat(path, &status) < 0 && lstat(path, &status) < 0) /* the daemon reports a dangling link itself */
                add_problem(check, path, "cannot check this file", errno);
        else if (S_ISDIR(status.st_mode))
                check_folder(check, path);
        else {
                cleanup(folder_close) struct folder folder = { .open.fd = -1 };
                const char *name = basename(path);
                cleanup(cleanup_free) char *above =
                        name > path ? text_format("%.*s", (int)(name - path), path) : text_format(".");
                if (folder_open(check, above, &folder))
                        check_file(check, &folder, name, path);
        }
}

/*
 * Loads leniently, so that one bad file does not end the check. On this machine, the daemon's user must be able to
 * reach everything from / on. A tree may lie where only root can go.
 */
static int load_tree(struct check *check, const struct tree *tree, const struct policy_places *places,
                     struct policy **ret) {
        cleanup(policy_close_root) struct policy_root root = POLICY_ROOT_NULL;
        bool machine = tree_is_machine(tree);
        int r;

        check->reader = daemon_user_find(check->owner, tree, &check->problems);
        if (machine)
                daemon_user_enter(&check->reader);
        r = policy_open_root(places, &root, &check->problems);
        if (!machine)
                daemon_user_enter(&check->reader);
        if (r == 0)
                r = policy_load_from(&root, places, POLICY_LOAD_LENIENT, ret, &check->problems);
        daemon_user_leave(&check->reader);
        return r;
}

static int check_tree(const struct settings *settings, struct check *check) {
        cleanup(tree_close) struct tree tree = TREE_NULL;
        int status = tree_open(settings, &tree);

        if (status != STATUS_OK)
                return status;
        if (strlen(tree.path) >= POLICY_ROOT_MAX)
                return usage_error(settings, "--root is too long: %d bytes at most", POLICY_ROOT_MAX - 1);
        struct policy_places places = { .root = tree.path, .owner = check->owner };
        struct policy *policy = NULL;
        int r = load_tree(check, &tree, &places, &policy);
        if (r < 0 && check->problems.errors == 0)
                add_problem(check, tree.path, "cannot load the policy", -r);
        check->checked = policy ? policy_count(policy) : 0;
        if (check->checked == 0 && check->problems.count == 0)
                add_name_problem(check, SEVERITY_WARNING, *tree.path ? tree.path : "/", "holds no policy file", NULL);
        policy_free(policy);
        return STATUS_OK;
}

/*
 * On the machine itself only root may own the files, as the daemon requires. Elsewhere the user who runs the check may
 * own them as well.
 */
static int find_owner(const struct settings *settings, bool machine, uid_t *ret) {
        const char *given = settings->given[OPTION_OWNER];
        if (!given) {
                *ret = machine ? 0 : geteuid();
                return STATUS_OK;
        }

        char *end;
        unsigned long number = strtoul(given, &end, 10);
        const struct passwd *user = NULL;
        if (*given >= '0' && *given <= '9' && !*end && number < UINT32_MAX)
                *ret = (uid_t)number;
        else if ((user = getpwnam(given)))
                *ret = user->pw_uid;
        else
                return usage_error(settings, "--owner: there is no user \"%s\"", given);
        return STATUS_OK;
}

/* UNIT names what check->checked counts. */
static int report(const struct settings *settings, struct check *check, const char *unit) {
        struct diagnostics *problems = &check->problems;
        size_t errors = problems->errors, warnings = problems->count + problems->omitted - errors;

        diagnostics_sort(problems);
        if (settings->json) {
                cleanup(cleanup_json) struct json_object *object = object_new();
                cleanup(cleanup_free) char *units = text_format("%ss", unit);
                object_add_integer(object, units, (int64_t)check->checked);
                object_add_integer(object, "errors", (int64_t)errors);
                object_add_integer(object, "warnings", (int64_t)warnings);
                object_add(object, "problems", problems_json(problems));
                object_add_integer(object, "omitted", (int64_t)problems->omitted);
                json_print(object, settings->json);
        } else {
                cleanup(cleanup_free) char *checked_text = text_count((long long)check->checked, unit);
                cleanup(cleanup_free) char *errors_text = text_count((long long)errors, "error");
                cleanup(cleanup_free) char *warnings_text = text_count((long long)warnings, "warning");
                problems_print(settings, problems);
                if (!settings->quiet)
                        printf("%s: %s, %s\n", checked_text, errors_text, warnings_text);
        }
        return errors > 0 || (settings->given[OPTION_STRICT] && warnings > 0) ? STATUS_FAILED : STATUS_OK;
}

static int check_run(const struct settings *settings, char **operands) {
        cleanup(check_clear) struct check check = { .problems = DIAGNOSTICS_NULL };
        const char *root = settings->given[OPTION_ROOT];
        bool tree = !*operands;

        if (root && !tree)
                return usage_error(settings, "either --root or files, not both");
        int status = find_owner(settings, tree && !root, &check.owner);
        check.owner_given = settings->given[OPTION_OWNER];
        if (status == STATUS_OK && !tree)
                check.reader = daemon_user_find(check.owner, NULL, &check.problems);
        if (status == STATUS_OK && tree)
                status = check_tree(settings, &check);
        for (; status == STATUS_OK && *operands; operands++)
                check_operand(&check, *operands);
        return status == STATUS_OK ? report(settings, &check, tree ? "application" : "file") : status;
}

const struct command check_command = {
        .name = "check",
        .operands = "[FILE|DIR...]",
        .operands_max = -1,
        .run = check_run,
        .summary = "Check policy files, without the daemon",
        .options = OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_OWNER) | OPTION_BIT(OPTION_STRICT),
        .details = "Checks every *.conf in DIR; without FILE and DIR, all policy files of this\n"
                   "machine, or of the tree below --root. The exit status is 1 if there are errors.\n"
                   "Run by root, it reads the files as the user of auditfaild.",
};
