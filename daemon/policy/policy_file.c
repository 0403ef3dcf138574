/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/near_word.h"
#include "protocol/vocabulary.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define QUOTED_MAX      40 /* bytes of a word that a message repeats */
#define WAIT            "wait"
#define WAIT_EXPECTED   "a number of seconds from 1 to 60"

/* A part of the current line. */
struct piece {
        const char *start;
        size_t length;
};

struct parser {
        const char *file;
        struct diagnostics *problems;
        struct piece line;
        uint32_t number;
        uint32_t action_line;            /* of the action, even if it is misspelt; 0: none yet */
        uint32_t kind_lines[KIND_COUNT]; /* of the exceptions, even if the action is misspelt */
        uint32_t wait_line;              /* 0: none yet */
        bool action_missed;              /* an exception came first, and this was reported */
        struct policy_file rules;
};

static void __attribute__((format(printf, 5, 6)))
report(struct parser *parser, struct piece where, const char *expected, const char *suggestion, const char *format,
       ...) {
        char message[256];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        diagnostics_add(parser->problems,
                        &(struct diagnostic){ .severity = SEVERITY_ERROR,
                                              .file = parser->file,
                                              .line = parser->number,
                                              .column = (unsigned)(where.start - parser->line.start) + 1,
                                              .width = (unsigned)where.length,
                                              .message = message,
                                              .expected = expected,
                                              .suggestion = suggestion },
                        parser->line.start, parser->line.length);
}

/* Arguments for "%.*s%s": a word that is cut off at QUOTED_MAX. */
#define QUOTED(piece)                                                                                                  \
        (int)((piece).length > QUOTED_MAX ? QUOTED_MAX : (piece).length), (piece).start,                               \
                (piece).length > QUOTED_MAX ? "..." : ""

static bool blank(char c) {
        return c == ' ' || c == '\t';
}

static struct piece trim(struct piece piece) {
        while (piece.length > 0 && blank(piece.start[0])) {
                piece.start++;
                piece.length--;
        }
        while (piece.length > 0 && blank(piece.start[piece.length - 1]))
                piece.length--;
        return piece;
}

/* Returns the first word of the trimmed PIECE, and the trimmed rest. */
static struct piece first_word(struct piece piece, struct piece *ret_rest) {
        struct piece word = { piece.start, 0 };

        while (word.length < piece.length && !blank(piece.start[word.length]))
                word.length++;
        *ret_rest = trim((struct piece){ piece.start + word.length, piece.length - word.length });
        return word;
}

static const char *near_action_or_kind(struct piece word) {
        const char *near = near_word(word.start, word.length, action_names);

        return near ? near : near_word(word.start, word.length, kind_names);
}

/* Reads PIECE, which must be a single action. Returns false after a problem was reported. */
static bool read_action(struct parser *parser, struct piece piece, enum auditfail_action *ret) {
        struct piece rest, word = first_word(piece, &rest);
        int action = action_from_name(word.start, word.length);

        if (action < 0) {
                report(parser, word, ACTION_LIST, near_action_or_kind(word), "unknown action \"%.*s%s\"", QUOTED(word));
                return false;
        }
        if (rest.length > 0) {
                report(parser, rest, "the end of the line, or # and a comment", NULL,
                       "\"%.*s%s\" after the action \"%s\"", QUOTED(rest), action_name(action));
                return false;
        }
        *ret = (enum auditfail_action)action;
        return true;
}

static bool is_wait(struct piece word) {
        return word.length == strlen(WAIT) && memcmp(word.start, WAIT, word.length) == 0;
}

/* Reads NUMBER of "wait = NUMBER". EQUALS is the '='. */
static void read_wait(struct parser *parser, struct piece word, struct piece equals, struct piece number) {
        unsigned seconds = 0;
        size_t digits = 0;

        if (parser->wait_line > 0)
                report(parser, word, "it once", NULL, "second \"" WAIT "\", the first is in line %u",
                       parser->wait_line);
        else
                parser->wait_line = parser->number;
        for (; digits < number.length && number.start[digits] >= '0' && number.start[digits] <= '9'; digits++)
                if (seconds <= POLICY_WAIT_MAX)
                        seconds = 10 * seconds + (unsigned)(number.start[digits] - '0');
        if (number.length == 0)
                report(parser, equals, WAIT_EXPECTED, NULL, "nothing after \"=\"");
        else if (digits < number.length || seconds == 0 || seconds > POLICY_WAIT_MAX)
                report(parser, number, WAIT_EXPECTED, NULL, "bad wait \"%.*s%s\"", QUOTED(number));
        else
                parser->rules.base.wait = seconds & 63; /* & 63: gcc does not see that it fits */
}

/* Reads KIND = ACTION, or "wait = SECONDS", with the '=' at offset EQUALS. */
static void read_exception(struct parser *parser, struct piece piece, size_t equals) {
        struct piece rest, left = trim((struct piece){ piece.start, equals });
        struct piece right = trim((struct piece){ piece.start + equals + 1, piece.length - equals - 1 });
        struct piece word = first_word(left, &rest);
        int kind = kind_from_name(word.start, word.length);
        enum auditfail_action action;

        if (parser->action_line == 0 && !parser->action_missed) {
                report(parser, piece, "the action (" ACTION_LIST ") on a line of its own before any exception", NULL,
                       "exception before the action");
                parser->action_missed = true;
        }
        if (is_wait(left)) {
                read_wait(parser, word, (struct piece){ piece.start + equals, 1 }, right);
                return;
        }
        if (word.length == 0)
                report(parser, (struct piece){ piece.start + equals, 1 }, KIND_LIST, NULL,
                       "no kind of failure before \"=\"");
        else if (kind < 0)
                report(parser, word, KIND_LIST, near_word(word.start, word.length, kind_names),
                       "unknown kind of failure \"%.*s%s\"", QUOTED(word));
        else if (parser->kind_lines[kind] > 0)
                report(parser, word, "each kind of failure once", NULL,
                       "second exception for \"%s\", the first is in line %u", kind_name((enum kind)kind),
                       parser->kind_lines[kind]);
        if (rest.length > 0)
                report(parser, rest, "\"=\"", NULL, "\"%.*s%s\" after the kind of failure", QUOTED(rest));

        bool valid = false;
        if (right.length == 0)
                report(parser, (struct piece){ piece.start + equals, 1 }, ACTION_LIST, NULL, "no action after \"=\"");
        else
                valid = read_action(parser, right, &action);

        if (kind >= 0 && parser->kind_lines[kind] == 0) {
                parser->kind_lines[kind] = parser->number;
                if (valid)
                        parser->rules.exceptions[kind] =
                                (struct policy_rule){ .action = action, .line = parser->number };
        }
}

/* Reads a line without '=': the action, or a malformed exception. */
static void read_base(struct parser *parser, struct piece piece) {
        struct piece rest, word = first_word(piece, &rest);
        enum auditfail_action action;

        if (kind_from_name(word.start, word.length) >= 0) {
                report(parser, word, "KIND = ACTION, such as \"unsupported = ignore\"", NULL,
                       "no \"=\" after the kind of failure \"%.*s%s\"", QUOTED(word));
                return;
        }
        if (parser->action_line == 0) {
                parser->action_line = parser->number;
                if (read_action(parser, piece, &action))
                        parser->rules.base = (struct policy_rule){ .action = action, .line = parser->number };
        } else if (action_from_name(word.start, word.length) >= 0)
                report(parser, word, "one action, and exceptions of the form KIND = ACTION", NULL,
                       "second action \"%.*s%s\", the first is in line %u", QUOTED(word), parser->action_line);
        else
                report(parser, word, "KIND = ACTION, such as \"unsupported = ignore\"", near_action_or_kind(word),
                       "unknown word \"%.*s%s\"", QUOTED(word));
}

/* Whether CODE (the line without its comment) has no control characters. Reports the first one. */
static bool check_characters(struct parser *parser, struct piece code) {
        const char *nul = memchr(parser->line.start, '\0', parser->line.length);

        if (nul)
                report(parser, (struct piece){ nul, 0 }, "text", NULL, "NUL byte");
        for (size_t i = 0; i < code.length; i++) {
                unsigned char c = (unsigned char)code.start[i];

                if ((c >= 0x20 && c != 0x7f) || c == '\t')
                        continue;
                if (c != '\0')
                        report(parser, (struct piece){ code.start + i, 1 }, "text", NULL, "control character 0x%02x",
                               c);
                return false;
        }
        return true;
}

static void read_line(struct parser *parser) {
        struct piece code = parser->line;
        const char *comment = memchr(code.start, '#', code.length);

        if (comment)
                code.length = (size_t)(comment - code.start);
        if (parser->number == 1 && code.length >= strlen(BYTE_ORDER_MARK) &&
            memcmp(code.start, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
                report(parser, (struct piece){ code.start, strlen(BYTE_ORDER_MARK) }, "plain text without it", NULL,
                       "byte order mark");
                code.start += strlen(BYTE_ORDER_MARK);
                code.length -= strlen(BYTE_ORDER_MARK);
        }
        code = trim(code);
        if (!check_characters(parser, code)) {
                if (parser->action_line == 0) /* the line may have been the action */
                        parser->action_line = parser->number;
                return;
        }
        if (code.length == 0)
                return;

        const char *equals = memchr(code.start, '=', code.length);
        if (equals)
                read_exception(parser, code, (size_t)(equals - code.start));
        else
                read_base(parser, code);
}

int policy_file_parse(const char *file, const char *text, size_t length, struct policy_file *ret,
                      struct diagnostics *problems) {
        struct parser parser = { .file = file, .problems = problems };
        size_t errors = problems->errors;

        while (length > 0) {
                const char *newline = memchr(text, '\n', length);
                size_t taken = newline ? (size_t)(newline - text) : length;

                parser.number++;
                parser.line = (struct piece){ text, taken };
                if (taken > 0 && text[taken - 1] == '\r')
                        parser.line.length--;
                read_line(&parser);
                taken += newline ? 1 : 0;
                text += taken;
                length -= taken;
        }
        if (parser.action_line == 0 && !parser.action_missed)
                diagnostics_error(problems, file, ACTION_LIST " on a line of its own", "no action");
        if (problems->errors > errors)
                return -EINVAL;
        *ret = parser.rules;
        return 0;
}
