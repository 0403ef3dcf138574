/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of strings without duplicates, in the order of their addition. An empty list is all zero. */
#ifndef AUDITFAILCTL_STRING_LIST_H
#define AUDITFAILCTL_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct string_list {
        char **items;
        size_t count;
};

/* Adds a copy of ITEM. Returns false if the list has it already. Without memory the program ends. */
bool string_list_add(struct string_list *list, const char *item);
void string_list_clear(struct string_list *list);

#endif
