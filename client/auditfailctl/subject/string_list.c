/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/string_list.h"

#include <stdlib.h>
#include <string.h>

#include "client/common/text.h"

bool string_list_add(struct string_list *list, const char *item) {
        for (size_t i = 0; i < list->count; i++)
                if (strcmp(list->items[i], item) == 0)
                        return false;
        char **items = reallocarray(list->items, list->count + 1, sizeof(*items));
        if (!items)
                out_of_memory();
        list->items = items;
        items[list->count++] = text_format("%s", item);
        return true;
}

void string_list_clear(struct string_list *list) {
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i]);
        free(list->items);
        *list = (struct string_list){ 0 };
}
