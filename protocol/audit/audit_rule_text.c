/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_rule_text.h"

#include <libaudit.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/audit/audit_filter.h"

#define CUT_OFF "..."

/* Characters that need no quotes in a shell. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=!./,:@%+-"

struct text {
        char *bytes;
        bool exact; /* not cut off, and without "?" for a character */
};

static void add(struct text *text, const char *string) {
        size_t length = strlen(text->bytes), room = AUDIT_RULE_TEXT_MAX - length;

        if (snprintf(text->bytes + length, room, "%s", string) < (int)room)
                return;
        strcpy(text->bytes + AUDIT_RULE_TEXT_MAX - sizeof(CUT_OFF), CUT_OFF);
        text->exact = false;
}

/* Makes WORD safe for terminals, and quotes it for shells. */
static void add_word(struct text *text, const char *option, char *word) {
        const char *quote = word[strspn(word, PLAIN)] ? "'" : "";

        for (char *c = word; *c; c++)
                if (*c < ' ' || *c > '~' || *c == '\'') {
                        *c = '?';
                        text->exact = false;
                }
        add(text, option);
        add(text, quote);
        add(text, word);
        add(text, quote);
}

#define NUMBER_MAX 16

/* A newer kernel may have numbers that libaudit has no names for. */
static const char *name_of(const char *name, unsigned number, char text[static NUMBER_MAX]) {
        if (!name)
                snprintf(text, NUMBER_MAX, "%u", number);
        return name ?: text;
}

static const char *value_of(unsigned field, unsigned value, char text[static NUMBER_MAX]) {
        if (field == AUDIT_MSGTYPE)
                return name_of(audit_msg_type_to_name((int)value), value, text);
        snprintf(text, NUMBER_MAX, "%d", (int)value); /* signed, as in auditctl: -1 means no login */
        return text;
}

/* Adds field number I. STRING (LENGTH bytes) is its string, if it has one. */
static void add_field(struct text *text, const struct audit_rule_data *rule, size_t i, const char *string,
                      size_t length) {
        unsigned field = rule->fields[i];
        const char *symbol = audit_operator_to_symbol((int)(rule->fieldflags[i] & AUDIT_OPERATORS)) ?: "?";
        char name[NUMBER_MAX], number[NUMBER_MAX], word[AUDIT_RULE_TEXT_MAX]; /* a longer word is cut off anyway */

        if (!audit_filter_has_string(field)) {
                string = value_of(field, rule->values[i], number);
                length = strlen(string);
        }
        if (field == AUDIT_FILTERKEY)
                snprintf(word, sizeof(word), "%.*s", (int)length, string);
        else
                snprintf(word, sizeof(word), "%s%s%.*s", name_of(audit_field_to_name((int)field), field, name), symbol,
                         (int)length, string);
        add_word(text, field == AUDIT_FILTERKEY ? " -k " : " -F ", word);
}

bool audit_rule_text(const struct audit_rule_data *rule, size_t size, char ret[static AUDIT_RULE_TEXT_MAX]) {
        struct text text = { .bytes = ret, .exact = true };
        char number[NUMBER_MAX];
        size_t room, used = 0;

        *ret = 0;
        if (size < sizeof(*rule) || rule->field_count > AUDIT_MAX_FIELDS)
                return false;
        room = size - sizeof(*rule);
        add(&text, name_of(audit_action_to_name((int)rule->action), rule->action, number));
        add(&text, ",");
        add(&text,
            name_of(audit_flag_to_name((int)(rule->flags & ~(unsigned)AUDIT_FILTER_PREPEND)), rule->flags, number));
        for (size_t i = 0; i < rule->field_count; i++) {
                size_t length = audit_filter_has_string(rule->fields[i]) ? rule->values[i] : 0;

                if (length > room - used)
                        return false;
                add_field(&text, rule, i, rule->buf + used, length);
                used += length;
        }
        return text.exact;
}
