/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/caller_view.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

#include "client/common/text.h"

#define ABSENT INT64_C(-1)

/* Returns the name of UID, or "unknown user" if it has none. The caller frees it. */
static char *user_name(int64_t uid) {
        const struct passwd *user = getpwuid((uid_t)uid);

        return text_safe(user ? user->pw_name : "unknown user");
}

char *caller_text(struct reader *caller) {
        int64_t uid = read_integer(caller, "uid"), auid = read_integer_or(caller, "auid", ABSENT),
                session = read_integer_or(caller, "session", ABSENT);
        cleanup(cleanup_free) char *terminal = text_safe(read_string_maybe(caller, "terminal") ?: "");
        cleanup(cleanup_free) char *name = user_name(auid != ABSENT ? auid : uid);
        char *text = NULL;

        if (auid == ABSENT)
                text_append(&text, "%s (uid %" PRId64 ", no login)", name, uid);
        else
                text_append(&text, "%s (auid %" PRId64, name, auid);
        if (auid != ABSENT && session != ABSENT)
                text_append(&text, ", session %" PRId64 ")", session);
        else if (auid != ABSENT)
                text_append(&text, ")");
        if (*terminal)
                text_append(&text, " on %s", terminal);
        if (auid != ABSENT && uid != auid)
                text_append(&text, ", through uid %" PRId64, uid);
        return text;
}

static void print_text(const char *name, const char *value) {
        cleanup(cleanup_free) char *safe = text_safe(value ?: "?");

        printf("%9s: %s\n", name, safe);
}

void caller_print(struct reader *caller) {
        int64_t pid = read_integer(caller, "pid"), uid = read_integer(caller, "uid"), gid = read_integer(caller, "gid"),
                auid = read_integer_or(caller, "auid", ABSENT), session = read_integer_or(caller, "session", ABSENT);
        cleanup(cleanup_free) char *user = user_name(uid);

        if (auid == ABSENT) {
                print_text("Login", "none (no auid): requests are refused, except with --force by root; in a login "
                                    "session, use sudo instead of run0 and systemd-run");
        } else {
                cleanup(cleanup_free) char *login = user_name(auid);
                printf("%9s: %s (auid %" PRId64 ")\n", "Login", login, auid);
        }
        if (session != ABSENT)
                printf("%9s: %" PRId64 "\n", "Session", session);
        printf("%9s: %s (uid %" PRId64 ", gid %" PRId64 ")\n", "User", user, uid, gid);
        printf("%9s: %" PRId64 "\n", "Process", pid);
        print_text("Program", read_string_maybe(caller, "program"));
        print_text("Terminal", read_string_maybe(caller, "terminal"));
        print_text("Label", read_string_maybe(caller, "label"));
}
