/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/edit_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/commands/reload_command.h"
#include "client/auditfailctl/files/daemon_user.h"
#include "client/auditfailctl/files/draft.h"
#include "client/auditfailctl/files/editor.h"
#include "client/auditfailctl/files/stale_drafts.h"
#include "client/auditfailctl/files/template.h"
#include "client/auditfailctl/files/tree.h"
#include "client/auditfailctl/output/problems.h"
#include "client/common/text.h"
#include "daemon/policy/policy_load.h"
#include "protocol/cleanup.h"
#include "protocol/policy_path.h"

#define NEW_FILE_MODE 0644

struct edit {
        const struct settings *settings;
        const char *application;
        const struct tree *tree;
        struct policy_folder top; /* of the tree */
        char *folder;             /* of the policy files */
        char *name;               /* of the policy file */
        uid_t owner;              /* may own policy files besides root */
        struct diagnostics problems;
        struct draft draft;
        char *before; /* the text that the editor shows first */
        size_t length;
        bool made_folder;
        bool was_bad; /* the policy file had errors before the edit */
};

static const char *place_folder(void) {
        return policy_place(PLACE_ETC)->folder;
}

/* Opens the folder above that of the policy files. */
static int open_above(const struct edit *edit) {
        cleanup(cleanup_free) char *above =
                text_format("%.*s", (int)(basename(place_folder()) - place_folder()), place_folder());

        return tree_open_file(edit->tree, above, O_PATH | O_DIRECTORY);
}

static int make_folder(struct edit *edit) {
        cleanup(cleanup_fd) int above = open_above(edit);
        const char *name = basename(place_folder());

        edit->made_folder = above >= 0 && mkdirat(above, name, 0755) == 0;
        if (!edit->made_folder || fchmodat(above, name, 0755, 0) < 0)
                return complain(STATUS_FAILED, "cannot make the folder %s: %s", edit->folder, strerror(errno));
        return STATUS_OK;
}

/* Removes the folder that make_folder() has made, unless it holds a file now. */
static void remove_folder(const struct edit *edit) {
        cleanup(cleanup_fd) int above = open_above(edit);

        unlinkat(above, basename(place_folder()), AT_REMOVEDIR);
}

static void edit_clear(struct edit *edit) {
        draft_close(&edit->draft);
        if (edit->made_folder)
                remove_folder(edit);
        diagnostics_clear(&edit->problems);
        cleanup_fd(&edit->top.fd);
        free(edit->before);
        free(edit->name);
        free(edit->folder);
}

/* Keeps the text of the user, if there is one, and says where. Returns STATUS. */
static int keep(struct edit *edit, int status) {
        const char *kept = draft_keep(&edit->draft);

        return kept ? complain(status, "your text is kept in %s", kept) : status;
}

static struct policy_trust trust_in(struct edit *edit) {
        bool machine = tree_is_machine(edit->tree);

        return (struct policy_trust){ edit->owner, machine, machine ? NULL : &edit->top, &edit->problems };
}

/*
 * The editor opens the draft by its path, and follows links out of the tree. If the path of the open FOLDER has such a
 * link, replaces edit->folder by the path without links.
 */
static int find_path(struct edit *edit, int folder) {
        struct stat opened, named;

        if (fstat(folder, &opened) == 0 && stat(edit->folder, &named) == 0 && opened.st_dev == named.st_dev &&
            opened.st_ino == named.st_ino)
                return STATUS_OK;
        cleanup(cleanup_free) char *link = text_format("/proc/self/fd/%d", folder);
        char *path = realpath(link, NULL);
        if (!path)
                return complain(STATUS_FAILED, "cannot find the path of %s (%s): %s", edit->folder, link,
                                strerror(errno));
        free(edit->folder);
        edit->folder = path;
        return STATUS_OK;
}

/* Opens the folder of policy files by the rules of the daemon, and makes it if it is missing. */
static int open_folder(struct edit *edit, struct policy_folder *ret) {
        const struct policy_trust trust = trust_in(edit);
        int r = policy_open_folder(&trust, &edit->top, place_folder() + 1, edit->folder, &ret->fd);

        if (r == -ENOENT) {
                int status = make_folder(edit);
                if (status != STATUS_OK)
                        return status;
                r = policy_open_folder(&trust, &edit->top, place_folder() + 1, edit->folder, &ret->fd);
        }
        if (r == 0) {
                int status = find_path(edit, ret->fd);
                ret->path = edit->folder;
                return status;
        }
        problems_print(edit->settings, &edit->problems);
        return complain(STATUS_FAILED,
                        "cannot edit files in %s: the daemon would not read them; correct the errors above first",
                        edit->folder);
}

/* Parses the file NAME in FOLDER by the rules of the daemon. Fills edit->problems. Returns whether it has no error. */
static bool parses(struct edit *edit, const struct policy_folder *folder) {
        const struct policy_trust trust = trust_in(edit);
        struct policy_file rules;

        diagnostics_clear(&edit->problems);
        int r = policy_load_file(&trust, folder, edit->name, edit->draft.path, &rules);
        return r == 0 && edit->problems.errors == 0;
}

/* Whether the answer comes from the daemon that reads this file. */
static bool has_daemon(const struct edit *edit) {
        return tree_is_machine(edit->tree) || edit->settings->given[OPTION_SOCKET];
}

/* Finds the text that the editor shows first. */
static int find_text(struct edit *edit) {
        edit->before = malloc(POLICY_BUFFER_SIZE);
        if (!edit->before)
                out_of_memory();
        if (edit->draft.origin == DRAFT_OF_FILE) {
                edit->was_bad = !parses(edit, &edit->draft.place);
                return draft_read_policy(&edit->draft, edit->before, &edit->length);
        }
        cleanup(cleanup_free) char *text = NULL;
        int status = template_make(edit->settings, edit->application, has_daemon(edit), &text);
        if (status == STATUS_OK)
                edit->length = (size_t)snprintf(edit->before, POLICY_BUFFER_SIZE, "%s", text);
        return status;
}

/* Keeps owner, group and mode of a policy file, as far as the daemon accepts them. */
static int set_access(const struct edit *edit) {
        const struct draft *draft = &edit->draft;
        bool old = draft->origin == DRAFT_OF_FILE;
        int status = draft_set_access(draft, old ? draft->before.st_gid : getegid(),
                                      old ? draft->before.st_mode & 0755 : NEW_FILE_MODE);
        if (status != STATUS_OK)
                return status;

        struct diagnostics ignored = DIAGNOSTICS_NULL;
        const struct daemon_user user = daemon_user_find(edit->owner, edit->tree, &ignored);
        cleanup(cleanup_fd) int fd = openat(draft->private.fd, draft->name, O_PATH | O_CLOEXEC);
        bool readable = fd >= 0 && daemon_user_may(&user, fd, R_OK);
        diagnostics_clear(&ignored);
        return readable ? STATUS_OK : draft_set_access(draft, getegid(), NEW_FILE_MODE);
}

/* Sets *RET to whether the draft differs from the text at first. */
static int find_change(const struct edit *edit, bool *ret) {
        cleanup(cleanup_free) char *now = malloc(POLICY_BUFFER_SIZE);
        size_t length;

        if (!now)
                out_of_memory();
        int status = draft_read(&edit->draft, now, &length);
        *ret = status != STATUS_OK || length != edit->length || memcmp(now, edit->before, length) != 0;
        return status;
}

/* Lets the user edit until the draft has no error. Sets *RET_CHANGED to whether there is a draft to save. */
static int edit_text(struct edit *edit, bool *ret_changed) {
        for (;;) {
                bool ended_well = editor_run(edit->draft.draft_path);
                int status = find_change(edit, ret_changed);

                if (!ended_well || status != STATUS_OK) {
                        complain(STATUS_FAILED, "%s is unchanged", edit->draft.path);
                        return *ret_changed ? keep(edit, STATUS_FAILED) : STATUS_FAILED;
                }
                if (!*ret_changed)
                        return STATUS_OK;
                status = set_access(edit);
                if (status != STATUS_OK)
                        return keep(edit, status);
                bool good = parses(edit, &edit->draft.private);
                problems_print(edit->settings, &edit->problems);
                if (good)
                        return STATUS_OK;

                char answer = editor_ask();
                if (answer == 'e')
                        continue;
                complain(STATUS_FAILED, "%s is unchanged, because the new text has errors", edit->draft.path);
                return answer == 'q' ? STATUS_FAILED : keep(edit, STATUS_FAILED);
        }
}

/* After a reload that failed: this file or another one has an error that only the daemon sees. */
static int revert(struct edit *edit) {
        const char *path = edit->draft.path;

        if (edit->was_bad)
                return complain(STATUS_FAILED,
                                "your text stays in %s, because the old one had errors as well; correct the errors "
                                "above, then type: auditfailctl reload",
                                path);
        if (draft_revert(&edit->draft) != STATUS_OK)
                return keep(edit, STATUS_FAILED);
        const char *kept = draft_keep(&edit->draft);
        return complain(STATUS_FAILED,
                        "%s is as it was before; your text is kept in %s; correct the errors above, then type: mv %s "
                        "%s && auditfailctl reload",
                        path, kept, kept, path);
}

/* The user may interrupt the wait for the daemon. */
static int reload(struct edit *edit) {
        cleanup(cleanup_free) char *message =
                text_format("auditfailctl: interrupted; %s is saved, but the daemon may not have read it; type: "
                            "auditfailctl reload\n",
                            edit->draft.path);
        cleanup(signals_restore) struct signals signals = draft_remove_on_signal(&edit->draft, message);

        return reload_policy(edit->settings);
}

/* Brings the draft into force. */
static int save(struct edit *edit) {
        int status = draft_commit(&edit->draft);

        if (status != STATUS_OK)
                return keep(edit, status);
        if (has_daemon(edit))
                status = reload(edit);
        if (status == STATUS_FAILED)
                return revert(edit);
        if (status != STATUS_OK)
                return complain(status, "%s is saved, and comes into force when the daemon reads it", edit->draft.path);
        if (!edit->settings->quiet && !edit->settings->json)
                printf("%s: saved\n", edit->draft.path);
        return STATUS_OK;
}

static int edit_application(const struct settings *settings, const struct tree *tree, const char *application) {
        cleanup(edit_clear) struct edit edit = {
                .settings = settings,
                .application = application,
                .tree = tree,
                .top = { tree_open_file(tree, "/", O_PATH | O_DIRECTORY), tree->path },
                .folder = tree_path(tree, place_folder()),
                .name = text_format("%s%s", application, policy_place(PLACE_ETC)->suffix),
                .owner = tree_is_machine(tree) ? 0 : geteuid(),
                .draft = DRAFT_NULL,
        };
        struct policy_folder place = { .fd = -1 };
        bool changed;

        if (edit.top.fd < 0)
                return complain(STATUS_FAILED, "cannot open %s/: %s", tree->path, strerror(errno));
        int status = open_folder(&edit, &place);
        if (status != STATUS_OK) {
                cleanup_fd(&place.fd);
                return status;
        }
        stale_drafts_remove(&place);
        status = draft_open(&place, edit.name, &edit.draft);
        if (status == STATUS_OK)
                status = find_text(&edit);
        if (status == STATUS_OK)
                status = draft_write(&edit.draft, edit.before, edit.length);
        if (status == STATUS_OK)
                status = edit_text(&edit, &changed);
        if (status == STATUS_OK && changed)
                return save(&edit);
        if (status == STATUS_OK && !settings->quiet && !settings->json)
                printf("%s: unchanged\n", edit.draft.path);
        return status;
}

static int need_root(char **operands) {
        cleanup(cleanup_free) char *words = NULL;

        for (; *operands; operands++)
                text_append(&words, " %s", *operands);
        return complain(STATUS_DENIED, "only root can change the policy files; try: sudo auditfailctl edit%s", words);
}

static int edit_run(const struct settings *settings, char **operands) {
        cleanup(tree_close) struct tree tree = TREE_NULL;
        char application[APPLICATION_NAME_MAX + 1];
        int status = STATUS_OK;

        if (!*operands)
                return usage_error(settings, "edit needs an application; \"default\" is the policy of all programs "
                                             "without a file");
        for (char **word = operands; *word && status == STATUS_OK; word++)
                status = application_parse(settings, *word, application);
        if (status == STATUS_OK)
                status = tree_open(settings, &tree);
        if (status == STATUS_OK && tree_is_machine(&tree) && geteuid() != 0)
                return need_root(operands);
        for (; *operands && status == STATUS_OK; operands++) {
                status = application_parse(settings, *operands, application);
                if (status == STATUS_OK)
                        status = edit_application(settings, &tree, application);
        }
        return status;
}

const struct command edit_command = {
        .name = "edit",
        .operands = "APPLICATION...",
        .operands_max = -1,
        .timeout_ms = RELOAD_TIMEOUT_MS,
        .run = edit_run,
        .summary = "Change policy files in an editor, check them, and reload",
        .options = OPTION_BIT(OPTION_ROOT),
        .details = "The editor is $SUDO_EDITOR, $VISUAL, $EDITOR, editor, nano or vi.\n"
                   "If the text has an error or the reload fails, the old file stays.",
};
