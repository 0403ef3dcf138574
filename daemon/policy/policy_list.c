/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Enlarges ARRAY (*ALLOCATED items of SIZE bytes) to at least NEEDED items. NULL: no memory, ARRAY stays valid. */
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

static int add(struct policy_list *list, enum policy_name kind, enum place place, const char *name, size_t length) {
        size_t used = list->names_used + length + 1;

        if (used > UINT32_MAX)
                return -EOVERFLOW;
        char *names = grow(list->names, &list->names_allocated, used, 1);
        if (!names)
                return -ENOMEM;
        list->names = names;
        struct policy_list_item *items = grow(list->items, &list->allocated, list->count + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        list->items = items;

        items[list->count++] = (struct policy_list_item){ .name = (uint32_t)list->names_used,
                                                          .kind = (uint8_t)kind,
                                                          .place = (uint8_t)place };
        memcpy(names + list->names_used, name, length);
        names[used - 1] = '\0';
        list->names_used = used;
        return 0;
}

int policy_list_add(struct policy_list *list, enum place place, DIR *folder) {
        for (;;) {
                errno = 0;
                const struct dirent *entry = readdir(folder);
                if (!entry)
                        return -errno;

                const char *name = entry->d_name;
                size_t length = strlen(name);
                enum policy_name kind = policy_name_classify(place, dirfd(folder), name);
                if (kind == POLICY_NAME_VALID)
                        name = policy_path_application(place, name, &length);
                int r = kind == POLICY_NAME_OTHER ? 0 : add(list, kind, place, name, length);
                if (r < 0)
                        return r;
        }
}

static int compare_items(const void *left, const void *right, void *names) {
        const struct policy_list_item *a = left, *b = right;
        int order = (a->kind > b->kind) - (a->kind < b->kind);

        if (order == 0)
                order = strcmp((const char *)names + a->name, (const char *)names + b->name);
        if (order == 0)
                order = (a->place > b->place) - (a->place < b->place);
        return order;
}

void policy_list_sort(struct policy_list *list) {
        if (list->count > 0)
                qsort_r(list->items, list->count, sizeof(*list->items), compare_items, list->names);
}

const char *policy_list_name(const struct policy_list *list, size_t i) {
        return list->names + list->items[i].name;
}

void policy_list_clear(struct policy_list *list) {
        free(list->names);
        free(list->items);
        *list = (struct policy_list){ 0 };
}
