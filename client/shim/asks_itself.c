/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/asks_itself.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NAME_MAX_LENGTH 30

const char *const asking_functions[] = { "audit_failure_action", "auditfail_ask", NULL };

struct strings {
        const char *begin; /* NULL: there are none */
        size_t size;
};

/* The dynamic strings of OBJECT. If its dynamic section is read-only, the loader leaves the address unrelocated. */
static struct strings find_strings(const struct link_map *object) {
        struct strings found = { 0 };
        uintptr_t address = 0;

        for (const ElfW(Dyn) *entry = object->l_ld; entry->d_tag != DT_NULL; entry++)
                if (entry->d_tag == DT_STRTAB)
                        address = entry->d_un.d_ptr;
                else if (entry->d_tag == DT_STRSZ)
                        found.size = entry->d_un.d_val;
        address += address < object->l_addr ? object->l_addr : 0;
        found.begin = (const char *)address; /* NOLINT(performance-no-int-to-ptr) */
        return found;
}

/* The first string is empty, so that a NUL is before and after each name. */
static bool contains(const struct strings *strings, const char *name) {
        char text[1 + NAME_MAX_LENGTH + 1] = { 0 };
        size_t length = strnlen(name, NAME_MAX_LENGTH);

        memcpy(text + 1, name, length);
        return strings->begin && memmem(strings->begin, strings->size, text, length + 2);
}

bool asks_itself(void *address) {
        struct dl_find_object object;

        if (_dl_find_object(address, &object) < 0)
                return false;
        const struct strings strings = find_strings(object.dlfo_link_map);
        for (const char *const *name = asking_functions; *name; name++)
                if (contains(&strings, *name))
                        return true;
        return false;
}
