/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/libaudit_next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

/* The soname has been the same since audit 1.0. */
#define LIBAUDIT "libaudit.so.1"

/* A failed search leaves a message in dlerror(), which the program would take for its own. */
static void *forget_message(void *found) {
        if (!found)
                dlerror();
        return found;
}

/* Searches the libraries that the program was started with, after this one. */
static void *find_next(const char *name) {
        return forget_message(dlsym(RTLD_NEXT, name));
}

/*
 * RTLD_NEXT does not see the libraries of plug-ins, such as PAM modules, which are loaded with RTLD_LOCAL. But plug-ins
 * call this library, too. FLAG may be RTLD_NOLOAD. The handle is never closed: pointers into libaudit must stay valid
 * if the plug-in is unloaded.
 */
static void *find_in_libaudit(const char *name, int flag) {
        void *library = forget_message(dlopen(LIBAUDIT, RTLD_LAZY | RTLD_LOCAL | flag));

        return library ? forget_message(dlsym(library, name)) : NULL;
}

void *libc_next(const char *name) {
        int saved = errno;
        void *function = find_next(name);

        errno = saved;
        return function;
}

void *libaudit_next(const char *name, _Atomic(void *) *found) {
        void *function = atomic_load(found);

        if (function)
                return function;
        int saved = errno;
        function = find_next(name) ?: find_in_libaudit(name, 0);
        atomic_store(found, function); /* two threads at once find the same */
        errno = saved;
        return function;
}

bool libaudit_is_loaded(void) {
        int saved = errno;
        bool loaded = find_next("audit_open") || find_in_libaudit("audit_open", RTLD_NOLOAD);

        errno = saved;
        return loaded;
}
