/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/vocabulary.h"

#include <errno.h>
#include <string.h>

static const char *const action_names[ACTION_COUNT] = {
        [AUDITFAIL_IGNORE] = "ignore",
        [AUDITFAIL_LOG] = "log",
        [AUDITFAIL_TERMINATE] = "terminate",
};

static const char *const kind_names[KIND_COUNT] = {
        [KIND_UNSUPPORTED] = "unsupported", [KIND_DISABLED] = "disabled", [KIND_EXCLUDED] = "excluded",
        [KIND_DENIED] = "denied",           [KIND_OVERLOAD] = "overload", [KIND_OTHER] = "other",
};

static int word_index(const char *const *words, size_t count, const char *word, size_t length) {
        for (size_t i = 0; i < count; i++)
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
        return word_index(action_names, ACTION_COUNT, word, length);
}

int kind_from_name(const char *word, size_t length) {
        return word_index(kind_names, KIND_COUNT, word, length);
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

/* Not isalnum(): the locale of the program that we run in must not decide what a name is. */
static bool name_character(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '@' || c == '-';
}

bool application_name_valid(const char *name, size_t length) {
        if (length == 0 || length > APPLICATION_NAME_MAX || name[0] == '.' || name[0] == '-')
                return false;
        for (size_t i = 0; i < length; i++)
                if (!name_character(name[i]))
                        return false;
        return true;
}

const char *application_from_file(const char *file, size_t *ret_length) {
        static const char folder[] = "/etc/auditfail/", flat[] = "/etc/auditfail.", suffix[] = ".conf";
        size_t length = strnlen(file, sizeof(folder) + APPLICATION_NAME_MAX + sizeof(suffix));

        if (length >= sizeof(folder) - 1 && memcmp(file, folder, sizeof(folder) - 1) == 0) {
                file += sizeof(folder) - 1;
                length -= sizeof(folder) - 1;
                if (length < sizeof(suffix) - 1 ||
                    memcmp(file + length - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) != 0)
                        return NULL;
                length -= sizeof(suffix) - 1;
        } else if (length >= sizeof(flat) - 1 && memcmp(file, flat, sizeof(flat) - 1) == 0) {
                file += sizeof(flat) - 1;
                length -= sizeof(flat) - 1;
        }
        if (!application_name_valid(file, length))
                return NULL;
        *ret_length = length;
        return file;
}
