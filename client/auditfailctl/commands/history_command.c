/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/history_command.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/output/decision.h"
#include "client/auditfailctl/output/moment.h"
#include "client/common/text.h"
#include "protocol/message_ids.h"
#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define UNIT "auditfaild.service"

/* The members of type Decision, in its order, and the journal's fields for them. */
static const struct {
        const char *name, *field;
        bool number;
} members[] = {
        { "application", "AUDITFAIL_APPLICATION", false },
        { "action", "AUDITFAIL_ACTION", false },
        { "kind", "AUDITFAIL_KIND", false },
        { "errno", "AUDITFAIL_ERRNO", true },
        { "operation", "AUDITFAIL_OPERATION", false },
        { "record", "AUDITFAIL_RECORD", false },
        { "file", "AUDITFAIL_FILE", false },
        { "line", "AUDITFAIL_LINE", true },
        { "pid", "AUDITFAIL_PID", true },
        { "uid", "AUDITFAIL_UID", true },
        { "auid", "AUDITFAIL_AUID", true },
        { "session", "AUDITFAIL_SESSION", true },
        { "unit", "AUDITFAIL_UNIT", false },
        { "program", "AUDITFAIL_PROGRAM", false },
        { "exe", "AUDITFAIL_EXE", false },
        { "suppressed", "AUDITFAIL_SUPPRESSED", true },
};

struct history {
        sd_journal *journal;
        int64_t since, until;
        uint64_t lines;          /* UINT64_MAX: all */
        size_t shown, malformed; /* entries */
};

static void history_clear(struct history *history) {
        sd_journal_close(history->journal);
}

static int parse_moment(const struct settings *settings, enum option_index option, const char *name, int64_t otherwise,
                        int64_t *ret) {
        const char *given = settings->given[option];

        *ret = otherwise;
        if (!given || moment_parse(given, moment_now(), ret))
                return STATUS_OK;
        return usage_error(settings,
                           "--%s: \"%s\" is no time such as \"2026-11-21 10:00\", today, \"1h ago\" or @1795255200",
                           name, given);
}

static int parse_lines(const struct settings *settings, uint64_t *ret) {
        const char *given = settings->given[OPTION_LINES];
        char *end;

        *ret = UINT64_MAX;
        if (!given)
                return STATUS_OK;
        *ret = strtoull(given, &end, 10);
        if (*given < '0' || *given > '9' || *end)
                return usage_error(settings, "--lines is a number, not \"%s\"", given);
        return STATUS_OK;
}

static int parse(const struct settings *settings, struct history *history) {
        size_t length;

        if (settings->given[OPTION_DIRECTORY] && settings->given[OPTION_FILE])
                return usage_error(settings, "either --directory or --file, not both");
        if (settings->given[OPTION_APPLICATION] && !application_from_file(settings->given[OPTION_APPLICATION], &length))
                return usage_error(settings, "--application: \"%s\" is no application",
                                   settings->given[OPTION_APPLICATION]);

        int status = parse_moment(settings, OPTION_SINCE, "since", 0, &history->since);
        if (status == STATUS_OK)
                status = parse_moment(settings, OPTION_UNTIL, "until", INT64_MAX, &history->until);
        return status == STATUS_OK ? parse_lines(settings, &history->lines) : status;
}

static int open_journal(const struct settings *settings, sd_journal **ret) {
        const char *directory = settings->given[OPTION_DIRECTORY], *file = settings->given[OPTION_FILE];
        const char *files[] = { file, NULL };
        int r;

        if (directory)
                r = sd_journal_open_directory(ret, directory, 0);
        else if (file)
                r = sd_journal_open_files(ret, files, 0);
        else
                r = sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY);
        if (r < 0) {
                fprintf(stderr, "auditfailctl: cannot open %s: %s\n", directory ?: file ?: "the journal", strerror(-r));
                return r == -EACCES || r == -EPERM ? STATUS_DENIED : STATUS_FAILED;
        }
        if (!directory && !file && !sd_journal_has_persistent_files(*ret) && !sd_journal_has_runtime_files(*ret)) {
                fprintf(stderr,
                        "auditfailctl: there is no journal that this user may read; is systemd-journald running? "
                        "root and the groups adm and systemd-journal may read it all\n");
                return STATUS_FAILED;
        }
        return STATUS_OK;
}

/* MATCH is "FIELD=value"; taken. */
static int add_match(sd_journal *journal, char *match) {
        cleanup(cleanup_free) char *taken = match;

        return sd_journal_add_match(journal, taken, 0);
}

/* Message id and application, and one of the writers whom we believe. */
static int add_matches(const struct settings *settings, sd_journal *journal) {
        const char *application = settings->given[OPTION_APPLICATION];
        const struct passwd *user = getpwnam(DAEMON_USER);
        size_t length;

        int r = add_match(journal, text_format("MESSAGE_ID=" AUDITFAIL_MESSAGE_DECISION_STR));
        if (r >= 0 && application) {
                const char *name = application_from_file(application, &length);
                r = add_match(journal, text_format("AUDITFAIL_APPLICATION=%.*s", (int)length, name));
        }
        if (r < 0 || settings->given[OPTION_ANY])
                return r;

        if ((r = sd_journal_add_conjunction(journal)) < 0 ||
            (r = add_match(journal, text_format("_SYSTEMD_UNIT=" UNIT))) < 0 ||
            (r = sd_journal_add_disjunction(journal)) < 0 || (r = add_match(journal, text_format("_UID=0"))) < 0)
                return r;
        return user ? add_match(journal, text_format("_UID=%u", (unsigned)user->pw_uid)) : 0;
}

/* The value of FIELD in the current entry, or NULL; the caller frees it. */
static char *field_value(sd_journal *journal, const char *field) {
        const void *data;
        size_t length, prefix = strlen(field) + 1;

        if (sd_journal_get_data(journal, field, &data, &length) < 0 || length < prefix)
                return NULL;
        return text_format("%.*s", (int)(length - prefix), (const char *)data + prefix);
}

/* The current entry as an object of type Decision; the caller puts it. */
static struct json_object *read_decision(sd_journal *journal) {
        struct json_object *decision = object_new();

        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                cleanup(cleanup_free) char *value = field_value(journal, members[i].field);
                char *end;
                if (!value)
                        continue;
                if (!members[i].number) {
                        object_add_string(decision, members[i].name, value);
                        continue;
                }
                long long number = strtoll(value, &end, 10);
                if (end != value && !*end)
                        object_add_integer(decision, members[i].name, number);
        }
        return decision;
}

static void show_entry(const struct settings *settings, struct history *history, int64_t time) {
        cleanup(cleanup_json) struct json_object *object = read_decision(history->journal);
        struct reader decision = { .object = object };

        if (settings->json) {
                cleanup(cleanup_json) struct json_object *line = object_new();
                object_add_string(line, "event", "decision");
                object_add_integer(line, "time", time);
                object_add(line, "decision", json_object_get(object));
                json_print(line);
        } else
                decision_print(settings, time, &decision);
        history->malformed += decision.fault != NULL;
        history->shown += decision.fault == NULL;
}

/* Moves to before the oldest of the newest entries that are wanted. Returns 1; 0 where there is none; a negative errno.
 */
static int seek_newest(struct history *history) {
        sd_journal *journal = history->journal;
        cleanup(cleanup_free) char *cursor = NULL;

        int r = history->until == INT64_MAX ? sd_journal_seek_tail(journal)
                                            : sd_journal_seek_realtime_usec(journal, (uint64_t)history->until);
        for (uint64_t lines = 0; r >= 0 && lines < history->lines && (r = sd_journal_previous(journal)) > 0;) {
                uint64_t time;
                if ((r = sd_journal_get_realtime_usec(journal, &time)) < 0 || (int64_t)time < history->since)
                        break;
                free(cursor);
                cursor = NULL;
                r = sd_journal_get_cursor(journal, &cursor);
                lines++;
        }
        if (r < 0 || !cursor)
                return r < 0 ? r : 0;
        r = sd_journal_seek_cursor(journal, cursor);
        return r < 0 ? r : 1;
}

/* Shows all entries from where the journal stands. Returns 0 or a negative errno. */
static int show_entries(const struct settings *settings, struct history *history) {
        int r;

        while ((r = sd_journal_next(history->journal)) > 0 && !ferror(stdout)) {
                uint64_t time;
                if ((r = sd_journal_get_realtime_usec(history->journal, &time)) < 0 || (int64_t)time > history->until)
                        break;
                show_entry(settings, history, (int64_t)time);
        }
        return r < 0 ? r : 0;
}

static int show(const struct settings *settings, struct history *history) {
        int r = add_matches(settings, history->journal);
        if (r < 0)
                return r;
        if (history->lines == UINT64_MAX) {
                r = sd_journal_seek_realtime_usec(history->journal, (uint64_t)history->since);
                return r < 0 ? r : show_entries(settings, history);
        }
        r = seek_newest(history);
        return r > 0 ? show_entries(settings, history) : r;
}

static void print_notes(const struct settings *settings, const struct history *history) {
        if (history->malformed > 0)
                fprintf(stderr, "auditfailctl: %zu entries cannot be understood, and were left out\n",
                        history->malformed);
        if (history->shown > 0 || settings->quiet)
                return;
        fprintf(stderr, "auditfailctl: the journal has no such decisions%s\n",
                geteuid() == 0 ? "" : "; only root and the groups adm and systemd-journal see those of other users");
}

static int history_run(const struct settings *settings, char **operands) {
        cleanup(history_clear) struct history history = { 0 };

        (void)operands;
        int status = parse(settings, &history);
        if (status == STATUS_OK)
                status = open_journal(settings, &history.journal);
        if (status != STATUS_OK)
                return status;

        int r = show(settings, &history);
        if (r < 0) {
                fprintf(stderr, "auditfailctl: cannot read the journal: %s\n", strerror(-r));
                return STATUS_FAILED;
        }
        print_notes(settings, &history);
        return STATUS_OK;
}

const struct command history_command = {
        .name = "history",
        .operands = "",
        .run = history_run,
        .summary = "Show decisions from the journal",
        .options = OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_APPLICATION) |
                   OPTION_BIT(OPTION_LINES) | OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_FILE) |
                   OPTION_BIT(OPTION_ANY),
        .details = "TIME is \"2026-11-21 10:00[:00]\", \"10:00\", now, today, yesterday, \"1h ago\", -1h or @SECONDS.",
};
