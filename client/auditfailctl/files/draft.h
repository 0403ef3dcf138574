/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replaces a policy file by an edited copy, the draft. The draft lies in a private folder beside the policy file:
 *
 *      /etc/auditfail/.edit-Gk3Zq1/passwd.conf
 *
 * The daemon does not read this folder. It is on the same file system, so the draft replaces the policy file in one
 * step, and an editor's own files (swap, backup) go into it as well.
 *
 * The functions of type int return STATUS_OK, or another exit status after an error message.
 */
#ifndef AUDITFAILCTL_DRAFT_H
#define AUDITFAILCTL_DRAFT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "client/auditfailctl/files/signals.h"
#include "daemon/policy/policy_read.h"

/* The names of private folders begin with this. The folder is locked while an edit or its editor runs. */
#define DRAFT_FOLDER ".edit-"

enum draft_origin { DRAFT_NEW, DRAFT_OF_FILE, DRAFT_OF_MASK };

struct draft {
        struct policy_folder place;   /* of the policy file; owns the descriptor */
        struct policy_folder private; /* owns the descriptor */
        const char *name;             /* of the policy file and of the draft */
        char *path;                   /* of the policy file */
        char *private_path;           /* of the private folder */
        char *draft_path;
        enum draft_origin origin;
        struct stat before; /* the policy file (or the mask), unless DRAFT_NEW */
        bool kept;
};

#define DRAFT_NULL ((struct draft){ .place.fd = -1, .private.fd = -1 })

/*
 * Looks at the policy file NAME in PLACE, a trusted folder. Takes PLACE->fd. PLACE->path and NAME live as long as the
 * draft. The caller calls draft_close() in any case.
 */
int draft_open(const struct policy_folder *place, const char *name, struct draft *ret);

/* Removes the private folder, with the draft unless draft_keep() was called. */
void draft_close(struct draft *draft);

/* Keeps the draft. Returns its path, or NULL if the editor has removed it. */
const char *draft_keep(struct draft *draft);

/* Reads the policy file, or the draft. Sets *RET_LENGTH. A longer text than POLICY_FILE_MAX is an error. */
int draft_read_policy(const struct draft *draft, char buffer[POLICY_BUFFER_SIZE], size_t *ret_length);
int draft_read(const struct draft *draft, char buffer[POLICY_BUFFER_SIZE], size_t *ret_length);

/* Makes the private folder, and in it the draft, with the text that the editor shows. */
int draft_write(struct draft *draft, const char *text, size_t length);

/* Gives the draft to this user, with GROUP and MODE. */
int draft_set_access(const struct draft *draft, gid_t group, mode_t mode);

/*
 * Puts the draft in the place of the policy file, unless that has changed since draft_open(). If this fails, the old
 * policy file stays.
 */
int draft_commit(const struct draft *draft);

/*
 * After draft_commit(): removes what the editor has left. From then on, until the caller calls signals_restore(), a
 * signal that ends this program first removes the private folder and prints MESSAGE.
 */
struct signals draft_remove_on_signal(const struct draft *draft, const char *message);

/* Whether the private file NAME is a copy that draft_commit() has made. */
bool draft_is_copy(const char *name);

/* Puts the old policy file back, unless the file has changed since draft_commit(). */
int draft_revert(const struct draft *draft);

#endif
