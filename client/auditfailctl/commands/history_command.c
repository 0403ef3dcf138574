/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/history_command.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/output/decision.h"
#include "client/common/pager.h"
#include "client/common/text.h"
#include "protocol/message_ids.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define ARGUMENTS_MAX 32 /* of journalctl */
#define LINE_SIZE                                                                                                      \
        ((size_t)1 << 20) /* an entry of the daemon is below 100 KiB, even if each byte is printed as a number */
#define UNIT "auditfaild.service"

/* Members of type Decision, in its order, and the fields of the journal that hold them. */
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

/* The options that journalctl gets as they are. */
static const enum option_index passed[] = { OPTION_SINCE,   OPTION_UNTIL,     OPTION_BOOT,
                                            OPTION_LINES,   OPTION_REVERSE,   OPTION_FOLLOW,
                                            OPTION_MACHINE, OPTION_DIRECTORY, OPTION_FILE };

struct arguments {
        char *words[ARGUMENTS_MAX + 1];
        size_t count;
};

static void arguments_clear(struct arguments *arguments) {
        for (size_t i = 0; i < arguments->count; i++)
                free(arguments->words[i]);
}

struct history {
        struct json_object *newest; /* the events, the newest first; NULL: print each event at once */
        size_t shown, malformed;    /* entries */
};

static void history_clear(struct history *history) {
        json_object_put(history->newest);
}

/* Adds WORD, and takes ownership of it. */
static void add(struct arguments *arguments, char *word) {
        if (arguments->count < ARGUMENTS_MAX)
                arguments->words[arguments->count++] = word;
}

/*
 * --lines=NUMBER selects the newest NUMBER entries. Together with --since or --until, journalctl before systemd 255
 * selects the oldest entries, or none. With --reverse every version selects the newest, and history then reverses
 * their order.
 */
static bool reverses(const struct settings *settings) {
        const char *lines = settings->given[OPTION_LINES];

        return lines && *lines && !lines[strspn(lines, "0123456789")] && !settings->given[OPTION_REVERSE] &&
               !settings->given[OPTION_FOLLOW];
}

static void add_options(struct arguments *arguments, const struct settings *settings) {
        add(arguments, text_format("journalctl"));
        add(arguments, text_format("--quiet"));
        add(arguments, text_format("--no-pager"));
        add(arguments, text_format("--output=json"));
        add(arguments, text_format("--all")); /* else journalctl leaves out long values */
        for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
                if (settings->given[passed[i]])
                        add(arguments, options_word(settings, passed[i]));
        if (reverses(settings))
                add(arguments, text_format("--reverse"));
}

/* Adds what every entry must match. "+" separates alternatives, so each of them repeats these matches. */
static void add_matches(struct arguments *arguments, const char *application) {
        add(arguments, text_format("MESSAGE_ID=" AUDITFAIL_MESSAGE_DECISION_STR));
        if (*application)
                add(arguments, text_format("AUDITFAIL_APPLICATION=%s", application));
}

static void add_believed(struct arguments *arguments, const struct settings *settings, const char *application) {
        const struct passwd *user = getpwnam(DAEMON_USER);

        add_matches(arguments, application);
        if (settings->given[OPTION_ANY])
                return;
        add(arguments, text_format("_SYSTEMD_UNIT=" UNIT));
        add(arguments, text_format("+"));
        add_matches(arguments, application);
        add(arguments, text_format("_UID=0"));
        if (user)
                add(arguments, text_format("_UID=%u", (unsigned)user->pw_uid));
}

/*
 * Returns the output of journalctl, and its pid; NULL after an error message. journalctl ends when the stream is
 * closed.
 */
static FILE *start_journalctl(const struct arguments *arguments, pid_t *ret_pid) {
        posix_spawn_file_actions_t actions;
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0) {
                complain(STATUS_FAILED, "cannot read the journal: %s", strerror(errno));
                return NULL;
        }
        FILE *stream = fdopen(ends[0], "r");
        if (!stream || posix_spawn_file_actions_init(&actions) != 0 ||
            posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0)
                out_of_memory();
        /* With another value, journalctl colours even JSON. */
        if (setenv("SYSTEMD_COLORS", "0", true) < 0)
                out_of_memory();
        int error = posix_spawnp(ret_pid, arguments->words[0], &actions, NULL, arguments->words, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        if (error == 0)
                return stream;
        complain(STATUS_FAILED, "cannot run journalctl, which reads the journal: %s", strerror(error));
        fclose(stream);
        return NULL;
}

/* Returns STATUS_OK, or another status after an error message. */
static int wait_for_journalctl(pid_t pid) {
        int status = 0;

        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (WIFSIGNALED(status))
                return complain(STATUS_FAILED, "cannot read the journal: signal %d ended journalctl", WTERMSIG(status));
        if (WEXITSTATUS(status) != 0)
                return complain(STATUS_FAILED, "cannot read the journal: journalctl failed with exit status %d",
                                WEXITSTATUS(status));
        return STATUS_OK;
}

/*
 * Returns the text of VALUE, which the caller frees, or NULL where it has none. journalctl writes a field with several
 * values as an array of values; the first one counts. It writes a value that is not printable as an array of its bytes.
 */
static char *value_text(struct json_object *value) {
        if (json_object_is_type(value, json_type_array) &&
            !json_object_is_type(json_object_array_get_idx(value, 0), json_type_int))
                value = json_object_array_get_idx(value, 0);
        if (json_object_is_type(value, json_type_string))
                return text_format("%s", json_object_get_string(value));
        if (!json_object_is_type(value, json_type_array))
                return NULL;

        char *text = text_format("%*s", (int)json_object_array_length(value), "");
        for (size_t i = 0; text[i]; i++)
                text[i] = (char)json_object_get_int(json_object_array_get_idx(value, i));
        return text;
}

/* Returns ENTRY as an object of type Decision, which the caller puts. */
static struct json_object *read_decision(struct json_object *entry) {
        struct json_object *decision = object_new();

        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                cleanup(cleanup_free) char *value = value_text(json_object_object_get(entry, members[i].field));
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

static void print_event(const struct settings *settings, struct history *history, struct json_object *event) {
        struct reader reply = { .object = event };
        struct reader decision = { .object = read_object(&reply, "decision") };

        if (settings->json)
                json_print(event, settings->json);
        else
                decision_print(settings, read_integer(&reply, "time"), &decision);
        if (settings->given[OPTION_FOLLOW])
                fflush(stdout);
        history->malformed += decision.fault != NULL;
        history->shown += decision.fault == NULL;
}

static void take_entry(const struct settings *settings, struct history *history, struct json_object *entry) {
        cleanup(cleanup_free) char *time = value_text(json_object_object_get(entry, "__REALTIME_TIMESTAMP"));
        cleanup(cleanup_json) struct json_object *event = object_new();

        object_add_string(event, "event", "decision");
        object_add_integer(event, "time", time ? strtoll(time, NULL, 10) : 0);
        object_add(event, "decision", read_decision(entry));
        if (!history->newest)
                print_event(settings, history, event);
        else
                array_add(history->newest, json_object_get(event));
}

/* Reads the next line of STREAM into LINE; a line that does not fit becomes "". Returns false at the end of STREAM. */
static bool read_line(FILE *stream, char *line, size_t size) {
        bool whole = true;

        while (fgets(line, (int)size, stream)) {
                size_t length = strcspn(line, "\n");
                bool ended = line[length] == '\n' || feof(stream);
                line[whole && ended ? length : 0] = 0;
                if (ended)
                        return true;
                whole = false;
        }
        return false;
}

static void show_entries(const struct settings *settings, struct history *history, FILE *stream) {
        static char line[LINE_SIZE];

        while (!ferror(stdout) && read_line(stream, line, sizeof(line))) {
                cleanup(cleanup_json) struct json_object *entry = json_tokener_parse(line);
                if (json_object_is_type(entry, json_type_object))
                        take_entry(settings, history, entry);
                else
                        history->malformed++;
        }
        for (size_t i = history->newest ? json_object_array_length(history->newest) : 0; i > 0; i--)
                print_event(settings, history, json_object_array_get_idx(history->newest, i - 1));
}

static void print_notes(const struct settings *settings, const struct history *history) {
        if (history->malformed > 0)
                complain(STATUS_OK,
                         "%zu entries cannot be understood, and are not shown; see: journalctl -u auditfaild",
                         history->malformed);
        if (history->shown == 0 && !settings->quiet)
                complain(STATUS_OK, "the journal has no such decisions%s",
                         geteuid() == 0
                                 ? ""
                                 : "; only root and the groups adm and systemd-journal see those of other users");
}

static int history_run(const struct settings *settings, char **operands) {
        cleanup(arguments_clear) struct arguments arguments = { 0 };
        cleanup(history_clear) struct history history = { 0 };
        const char *given = settings->given[OPTION_APPLICATION];
        char application[APPLICATION_NAME_MAX + 1] = "";
        pid_t pid;

        (void)operands;
        if (given && application_parse(settings, given, application) != STATUS_OK)
                return STATUS_USAGE;
        if (reverses(settings))
                history.newest = array_new();
        add_options(&arguments, settings);
        add_believed(&arguments, settings, application);
        FILE *stream = start_journalctl(&arguments, &pid);
        if (!stream)
                return STATUS_FAILED;

        pager_open(settings->pager);
        show_entries(settings, &history, stream);
        fclose(stream);
        if (ferror(stdout))
                return STATUS_FAILED; /* main() prints the error; journalctl ends by itself */
        int status = wait_for_journalctl(pid);
        if (status == STATUS_OK)
                print_notes(settings, &history);
        return status;
}

const struct command history_command = {
        .name = "history",
        .operands = "",
        .run = history_run,
        .summary = "Show decisions from the journal",
        .options = OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_BOOT) |
                   OPTION_BIT(OPTION_APPLICATION) | OPTION_BIT(OPTION_LINES) | OPTION_BIT(OPTION_REVERSE) |
                   OPTION_BIT(OPTION_FOLLOW) | OPTION_BIT(OPTION_MACHINE) | OPTION_BIT(OPTION_DIRECTORY) |
                   OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_ANY),
        .details = "journalctl reads the journal: TIME and BOOT are as in journalctl(1).",
};
