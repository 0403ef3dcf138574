/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/vocabulary.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

const char *const action_names[ACTION_COUNT + 1] = {
        [AUDITFAIL_IGNORE] = "ignore",
        [AUDITFAIL_LOG] = "log",
        [AUDITFAIL_TERMINATE] = "terminate",
};

const char *const kind_names[KIND_COUNT + 1] = {
        [KIND_UNSUPPORTED] = "unsupported", [KIND_DISABLED] = "disabled", [KIND_EXCLUDED] = "excluded",
        [KIND_DENIED] = "denied",           [KIND_OVERLOAD] = "overload", [KIND_OTHER] = "other",
};

static int index_of(const char *const *words, const char *word, size_t length) {
        for (size_t i = 0; words[i]; i++)
                if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
                        return (int)i;
        return -1;
}

const char *action_name(enum auditfail_action action) {
        return action_names[action];
}

const char *kind_name(enum kind kind) {
        return kind == KIND_NONE ? NULL : kind_names[kind];
}

int action_from_name(const char *word, size_t length) {
        return index_of(action_names, word, length);
}

int kind_from_name(const char *word, size_t length) {
        return index_of(kind_names, word, length);
}

enum kind kind_from_errno(int error) {
        switch (error) {
        case EINVAL:
        case EPROTONOSUPPORT:
        case EAFNOSUPPORT:
        case ECONNREFUSED:
        case ENOSYS:
        case ESOCKTNOSUPPORT:
        case EPFNOSUPPORT:
        case EOPNOTSUPP:
                return KIND_UNSUPPORTED;
        case ERROR_DISABLED:
                return KIND_DISABLED;
        case ERROR_EXCLUDED:
                return KIND_EXCLUDED;
        case EPERM:
        case EACCES:
                return KIND_DENIED;
        case EAGAIN:
        case ENOBUFS:
        case ENOMEM:
        case EMFILE:
        case ENFILE:
        case ETIMEDOUT:
                return KIND_OVERLOAD;
        default:
                return KIND_OTHER;
        }
}

int kind_errno(enum kind kind) {
        static const int errors[KIND_COUNT] = {
                [KIND_UNSUPPORTED] = EPROTONOSUPPORT,
                [KIND_DISABLED] = ERROR_DISABLED,
                [KIND_EXCLUDED] = ERROR_EXCLUDED,
                [KIND_DENIED] = EPERM,
                [KIND_OVERLOAD] = EAGAIN,
                [KIND_OTHER] = EIO,
        };

        return kind == KIND_NONE ? 0 : errors[kind];
}

bool application_name_valid(const char *name, size_t length) {
        /* Not isalnum(), which depends on the locale of the program. */
        static const bool allowed[UCHAR_MAX + 1] = {
                ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['.'] = true,
                ['_'] = true,         ['@'] = true,         ['-'] = true,
        };

        if (length == 0 || length > APPLICATION_NAME_MAX || name[0] == '.' || name[0] == '-')
                return false;
        for (size_t i = 0; i < length; i++)
                if (!allowed[(unsigned char)name[i]])
                        return false;
        return true;
}
