/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_rule_text.h"

#include <libaudit.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/audit/audit_filter.h"

#define CUT_OFF "..."

/* Characters that need no quotes in a shell. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=!./,:@%+-"

struct text {
        char *bytes;
        size_t length;
        bool full, distorted;
};

static void cut_off(struct text *text) {
        strcpy(text->bytes + AUDIT_RULE_TEXT_MAX - sizeof(CUT_OFF), CUT_OFF);
        text->full = true;
}

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...) {
        size_t room = AUDIT_RULE_TEXT_MAX - text->length;
        va_list arguments;

        if (text->full)
                return;
        va_start(arguments, format);
        int length = vsnprintf(text->bytes + text->length, room, format, arguments);
        va_end(arguments);
        if (length < 0 || (size_t)length >= room)
                cut_off(text);
        else
                text->length += (size_t)length;
}

/* Makes the word from START on safe for terminals, and quotes it for shells. */
static void end_word(struct text *text, size_t start) {
        char *word = text->bytes + start;
        size_t length = strlen(word);

        for (char *c = word; *c; c++)
                if (*c < ' ' || *c > '~' || *c == '\'') {
                        *c = '?';
                        text->distorted = true;
                }
        if (text->full || strspn(word, PLAIN) == length)
                return;
        if (text->length + 2 >= AUDIT_RULE_TEXT_MAX) {
                cut_off(text);
                return;
        }
        memmove(word + 1, word, length);
        word[0] = word[length + 1] = '\'';
        word[length + 2] = 0;
        text->length += 2;
}

/* A newer kernel may have numbers that libaudit has no names for. */
static void add_name(struct text *text, const char *name, unsigned number) {
        if (name)
                add(text, "%s", name);
        else
                add(text, "%u", number);
}

static void add_value(struct text *text, unsigned field, unsigned value) {
        if (field == AUDIT_MSGTYPE)
                add_name(text, audit_msg_type_to_name((int)value), value);
        else
                add(text, "%d", (int)value); /* signed, as in auditctl: -1 means no login */
}

/* Adds field number I. STRING (LENGTH bytes) is its string, if it has one. */
static void add_field(struct text *text, const struct audit_rule_data *rule, size_t i, const char *string,
                      size_t length) {
        unsigned field = rule->fields[i];

        add(text, field == AUDIT_FILTERKEY ? " -k " : " -F ");

        size_t start = text->length;

        if (field == AUDIT_FILTERKEY) {
                add(text, "%.*s", (int)length, string);
                end_word(text, start);
                return;
        }
        add_name(text, audit_field_to_name((int)field), field);
        add(text, "%s", audit_operator_to_symbol((int)(rule->fieldflags[i] & AUDIT_OPERATORS)) ?: "?");
        if (audit_filter_has_string(field))
                add(text, "%.*s", (int)length, string);
        else
                add_value(text, field, rule->values[i]);
        end_word(text, start);
}

bool audit_rule_text(const struct audit_rule_data *rule, size_t size, char ret[static AUDIT_RULE_TEXT_MAX]) {
        struct text text = { .bytes = ret };
        size_t room, used = 0;

        *ret = 0;
        if (size < sizeof(*rule) || rule->field_count > AUDIT_MAX_FIELDS)
                return false;
        room = size - sizeof(*rule);
        add_name(&text, audit_action_to_name((int)rule->action), rule->action);
        add(&text, ",");
        add_name(&text, audit_flag_to_name((int)(rule->flags & ~(unsigned)AUDIT_FILTER_PREPEND)), rule->flags);
        for (size_t i = 0; i < rule->field_count; i++) {
                size_t length = audit_filter_has_string(rule->fields[i]) ? rule->values[i] : 0;

                if (length > room - used)
                        return false;
                add_field(&text, rule, i, rule->buf + used, length);
                used += length;
        }
        return !text.full && !text.distorted;
}
