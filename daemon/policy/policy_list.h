/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files in the folders of policy files, sorted. Takes little memory for each, because there may be 100,000. */
#ifndef AUDITFAIL_POLICY_LIST_H
#define AUDITFAIL_POLICY_LIST_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/policy/policy_name.h"

struct policy_list_item {
        uint32_t name; /* offset in names: the application for POLICY_NAME_VALID, else the name of the file */
        uint8_t kind;  /* enum policy_name */
        uint8_t place; /* enum place */
};

struct policy_list {
        struct policy_list_item *items;
        size_t count, allocated;
        char *names;
        size_t names_used, names_allocated;
};

/* Adds the files in FOLDER, which is PLACE, without those of POLICY_NAME_OTHER. Returns 0 or a negative errno. */
int policy_list_add(struct policy_list *list, enum place place, DIR *folder);

/* Sorts by kind, name and place: errors come before warnings, and names have the order that policy_append() needs. */
void policy_list_sort(struct policy_list *list);

/* The name of item number I, valid until the next policy_list_add(). */
const char *policy_list_name(const struct policy_list *list, size_t i);

/* Frees all memory of LIST. */
void policy_list_clear(struct policy_list *list);

#endif
