/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: audit.dict */
/*
 * The watch on auditd's log. The input is what is written to the log, and when it is looked at: bytes of enum moment
 * are that, all others go into the file. A look must bring the lines that a plain reading of what was written has.
 */
#include <inttypes.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "daemon/controld/auditd/log_watch.h"
#include "protocol/cleanup.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/quick_log.h"

#define UNSEEN   6    /* rotations before a look: with more, files are lost */
#define FILL     5000 /* lets a short input make long lines */
#define TEXT_MAX (1024 * 1024)

enum moment {
        MOMENT_BEGIN = 0x80, /* the watch begins; without it, before all else, with an empty file */
        MOMENT_WRITE,        /* what came before is written now */
        MOMENT_LOOK,
        MOMENT_ROTATE,
        MOMENT_RENAME, /* rotates, but the new file is made by the next write */
        MOMENT_TRUNCATE,
        MOMENT_FILL,
};

struct text {
        char bytes[TEXT_MAX];
        size_t length;
};

struct run {
        struct log_watch *watch;
        struct text written; /* since the watch began, but for lines that were never finished */
        size_t seen;         /* of that */
        struct text pending; /* not in the file yet */
        unsigned rotations;  /* since the last look */
};

/* The header as one can read it in auditd's sources. */
static const regex_t *header(void) {
        static regex_t expression;
        static bool compiled;

        if (!compiled)
                CHECK(regcomp(&expression,
                              "^(node=[^ ]+ )?type=([A-Z0-9_]+(\\[[0-9]+\\])?) "
                              "msg=audit\\(([0-9]+)\\.([0-9]{3}):([0-9]+)\\): ",
                              REG_EXTENDED) == 0);
        compiled = true;
        return &expression;
}

static bool group_number(const char *text, const regmatch_t *group, uint64_t *ret) {
        errno = 0;
        *ret = strtoull(text + group->rm_so, NULL, 10);
        return errno == 0;
}

/* Whether the LINE is a record; if so, what is in it. */
static bool read_line(const char *line, size_t length, struct log_record *ret) {
        regmatch_t groups[7];
        uint64_t milliseconds;

        if (length > LOG_LINE_MAX || strlen(line) != length || regexec(header(), line, 7, groups, 0) != 0 ||
            !group_number(line, &groups[4], &ret->seconds) || !group_number(line, &groups[5], &milliseconds) ||
            !group_number(line, &groups[6], &ret->serial))
                return false;
        ret->milliseconds = (unsigned)milliseconds;
        ret->type = line + groups[2].rm_so;
        ret->type_length = (size_t)(groups[2].rm_eo - groups[2].rm_so);
        ret->body = line + groups[0].rm_eo;
        return true;
}

/* Where a word of TEXT begins with WORD. */
static char *find_word(char *text, const char *word) {
        for (char *found = text; (found = strstr(found, word)); found++)
                if (found == text || found[-1] == ' ')
                        return found;
        return NULL;
}

/* The same as log_record_number(), in many steps. FIELD ends in "=". */
static bool read_field(const struct log_record *record, const char *field, uint64_t *ret) {
        cleanup(cleanup_free) char *part = strndup(record->body, strcspn(record->body, "\x1d"));
        char *user, *value;

        CHECK(part);
        if ((user = find_word(part, "msg='")))
                *user = '\0';
        if (!(value = find_word(part, field)))
                return false;
        value += strlen(field);
        value[strcspn(value, " ")] = '\0';
        errno = 0;
        *ret = strcmp(value, "-1") == 0 ? UINT32_MAX : strtoull(value, NULL, 10);
        return strcmp(value, "-1") == 0 || (value[0] && strspn(value, "0123456789") == strlen(value) && errno == 0);
}

static void check_number(const struct log_record *record, const char *field, const char *word) {
        uint64_t number, expected;
        bool found = log_record_number(record, field, &number);

        CHECK(found == read_field(record, word, &expected));
        CHECK(!found || number == expected);
}

static void check_record(const struct log_record *record, const char *line, const struct log_record *expected) {
        CHECK(record->length == strlen(line) && memcmp(record->line, line, record->length + 1) == 0);
        CHECK(record->seconds == expected->seconds && record->serial == expected->serial);
        CHECK(record->milliseconds == expected->milliseconds);
        CHECK(record->type - record->line == expected->type - line);
        CHECK(record->type_length == expected->type_length);
        CHECK(record->body - record->line == expected->body - line);
        check_number(record, "auid", "auid=");
        check_number(record, "pid", "pid=");
}

static void look(struct run *run) {
        struct log_record record, expected;
        char *newline;

        if (!run->watch)
                return;
        for (;;) {
                char *line = run->written.bytes + run->seen;

                if (!(newline = memchr(line, '\n', run->written.length - run->seen)))
                        break;
                *newline = '\0';
                if (read_line(line, (size_t)(newline - line), &expected)) {
                        CHECK(log_watch_next(run->watch, &record) == 1);
                        check_record(&record, line, &expected);
                }
                *newline = '\n';
                run->seen += (size_t)(newline - line) + 1;
        }
        CHECK(log_watch_next(run->watch, &record) == 0);
        run->rotations = 0;
}

static void add(struct text *text, const char *bytes, size_t length) {
        CHECK(length <= TEXT_MAX - text->length);
        memcpy(text->bytes + text->length, bytes, length);
        text->length += length;
}

static void write_pending(struct run *run) {
        quick_log_add(run->pending.bytes, run->pending.length);
        add(&run->written, run->pending.bytes, run->pending.length);
        run->pending.length = 0;
}

static void drop_unfinished(struct text *written) {
        while (written->length > 0 && written->bytes[written->length - 1] != '\n')
                written->length--;
}

static void begin(struct run *run) {
        size_t length = run->written.length;

        if (run->watch)
                return;
        CHECK(log_watch_new(quick_log.path, &run->watch) == 0);
        run->written.length = 0;
        /* Of a line that has begun, no record may come. */
        if (length > 0 && run->written.bytes[length - 1] != '\n')
                add(&run->written, "?", 1);
}

static void rename_all(struct run *run) {
        if (++run->rotations > UNSEEN)
                look(run);
        quick_log_rotate();
        drop_unfinished(&run->written);
}

static void cut(struct run *run) {
        look(run);
        if (truncate(quick_log.path, 0) == 0)
                drop_unfinished(&run->written);
        look(run);
}

static void play(struct run *run, uint8_t byte) {
        static const char fill[FILL] = "type=";

        if (byte < MOMENT_BEGIN || byte > MOMENT_FILL) {
                add(&run->pending, (const char *)&byte, 1);
                return;
        }
        if (byte == MOMENT_FILL) {
                if (run->written.length + run->pending.length < TEXT_MAX / 2)
                        add(&run->pending, fill, FILL);
                return;
        }
        if (run->pending.length > 0)
                write_pending(run);
        if (byte == MOMENT_BEGIN)
                begin(run);
        else if (byte == MOMENT_LOOK)
                look(run);
        else if (byte == MOMENT_TRUNCATE)
                cut(run);
        else if (byte == MOMENT_ROTATE || byte == MOMENT_RENAME)
                rename_all(run);
        if (byte == MOMENT_ROTATE)
                write_pending(run);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
        return mutate_records(data, size, max, seed, MOMENT_BEGIN, MOMENT_FILL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static struct run run;

        if (size > TEXT_MAX / 4)
                return 0;
        quick_log_make_folder();
        run.watch = NULL;
        run.written.length = run.pending.length = run.seen = 0;
        run.rotations = 0;
        if (!memchr(data, MOMENT_BEGIN, size)) {
                write_pending(&run); /* an empty file: the search for one that is not there takes its time */
                begin(&run);
        }
        for (size_t i = 0; i < size; i++)
                play(&run, data[i]);
        write_pending(&run);
        look(&run);
        log_watch_free(run.watch);
        quick_log_clear();
        return 0;
}
