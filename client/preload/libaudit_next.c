/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/libaudit_next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

/* The name that programs are linked with, since audit 1.0 to this day. */
#define LIBAUDIT "libaudit.so.1"

/* A search that failed leaves a message for dlerror(), which the program would take for one of its own. */
static void *forget_message(void *found) {
        if (!found)
                dlerror();
        return found;
}

/* The function of the libraries after ours that the program was started with: what it would have got without us. */
static void *find_next(const char *name) {
        return forget_message(dlsym(RTLD_NEXT, name));
}

/*
 * That of a plug-in, which RTLD_NEXT does not see: PAM modules and others are loaded RTLD_LOCAL, but call us all the
 * same. FLAG may be RTLD_NOLOAD. The handle is never closed: the plug-in may be unloaded, and we keep pointers into the
 * library.
 */
static void *find_in_libaudit(const char *name, int flag) {
        void *library = forget_message(dlopen(LIBAUDIT, RTLD_LAZY | RTLD_LOCAL | flag));

        return library ? forget_message(dlsym(library, name)) : NULL;
}

void *libaudit_next(const char *name, _Atomic(void *) *found) {
        void *function = atomic_load(found);
        int saved = errno;

        if (function)
                return function;
        function = find_next(name);
        if (!function)
                function = find_in_libaudit(name, 0);
        atomic_store(found, function); /* two threads at once find the same */
        errno = saved;
        return function;
}

void *libc_next(const char *name, _Atomic(void *) *found) {
        void *function = atomic_load(found);
        int saved = errno;

        if (function)
                return function;
        function = find_next(name);
        atomic_store(found, function);
        errno = saved;
        return function;
}

bool libaudit_is_loaded(void) {
        int saved = errno;
        bool loaded = find_next("audit_open") || find_in_libaudit("audit_open", RTLD_NOLOAD);

        errno = saved;
        return loaded;
}
