/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_filter.h"

#include <string.h>

/* The state of a type. Later rules of a filter that has decided do not apply. */
enum { DECIDED_BY_EXCLUDE = 1, DECIDED_BY_USER = 2, DROPPED = 4 };

/* Whether a field, or a whole rule, matches a record. MATCH_END: the kernel skips the rest of the filter. */
enum match { MATCH_NO, MATCH_YES, MATCH_UNKNOWN, MATCH_END };

static bool is_of_user_space(unsigned type) {
        return type == AUDIT_USER || (type >= AUDIT_FIRST_USER_MSG && type <= AUDIT_LAST_USER_MSG) ||
               (type >= AUDIT_FIRST_USER_MSG2 && type <= AUDIT_LAST_USER_MSG2);
}

/* As audit_comparator() in the kernel. */
static enum match compare(uint32_t left, uint32_t operation, uint32_t right) {
        switch (operation & AUDIT_OPERATORS) {
        case AUDIT_EQUAL:
                return left == right;
        case AUDIT_NOT_EQUAL:
                return left != right;
        case AUDIT_LESS_THAN:
                return left < right;
        case AUDIT_LESS_THAN_OR_EQUAL:
                return left <= right;
        case AUDIT_GREATER_THAN:
                return left > right;
        case AUDIT_GREATER_THAN_OR_EQUAL:
                return left >= right;
        case AUDIT_BIT_MASK:
                return (left & right) != 0;
        case AUDIT_BIT_TEST:
                return (left & right) == right;
        default:
                return MATCH_UNKNOWN;
        }
}

bool audit_filter_has_string(uint32_t field) {
        switch (field) {
        case AUDIT_SUBJ_USER:
        case AUDIT_SUBJ_ROLE:
        case AUDIT_SUBJ_TYPE:
        case AUDIT_SUBJ_SEN:
        case AUDIT_SUBJ_CLR:
        case AUDIT_OBJ_USER:
        case AUDIT_OBJ_ROLE:
        case AUDIT_OBJ_TYPE:
        case AUDIT_OBJ_LEV_LOW:
        case AUDIT_OBJ_LEV_HIGH:
        case AUDIT_WATCH:
        case AUDIT_DIR:
        case AUDIT_FILTERKEY:
        case AUDIT_EXE:
                return true;
        default:
                return false;
        }
}

/* Compares paths, although the kernel compares inodes: a path with links counts as another program. */
static enum match compare_program(const char *exe, uint32_t operation, const char *path, size_t length) {
        if (!exe)
                return MATCH_UNKNOWN;

        bool same = strlen(exe) == length && memcmp(exe, path, length) == 0;

        return same == ((operation & AUDIT_OPERATORS) == AUDIT_EQUAL);
}

/* Whether field number I of RULE matches SUBJECT. STRING is the field's string. Fields about the type always match. */
static enum match match_field(const struct audit_rule_data *rule, size_t i, const char *string,
                              const struct audit_subject *subject) {
        uint32_t value = rule->values[i], operation = rule->fieldflags[i];

        switch (rule->fields[i]) {
        case AUDIT_PID:
                return compare((uint32_t)subject->pid, operation, value);
        case AUDIT_UID:
                return compare(subject->uid, operation, value);
        case AUDIT_GID:
                return compare(subject->gid, operation, value);
        case AUDIT_LOGINUID:
                return subject->auid_known ? compare(subject->auid, operation, value) : MATCH_UNKNOWN;
        case AUDIT_LOGINUID_SET:
                return subject->auid_known ? compare(subject->auid != AUDIT_UID_UNSET, operation, value)
                                           : MATCH_UNKNOWN;
        case AUDIT_MSGTYPE:
                return MATCH_YES;
        case AUDIT_EXE:
                return compare_program(subject->exe, operation, string, value);
        case AUDIT_SUBJ_USER:
        case AUDIT_SUBJ_ROLE:
        case AUDIT_SUBJ_TYPE:
        case AUDIT_SUBJ_SEN:
        case AUDIT_SUBJ_CLR:
                return MATCH_UNKNOWN;
        default: /* euid, a key, or another field that the kernel accepts in these filters and does not evaluate */
                return MATCH_END;
        }
}

/*
 * Whether RULE matches SUBJECT, whatever the type of the record. *RET_FIELDS is the number of fields that the kernel
 * evaluates. A rule without fields matches nothing.
 */
static enum match match_subject(const struct audit_rule_data *rule, size_t size, const struct audit_subject *subject,
                                size_t *ret_fields) {
        size_t room = size - sizeof(*rule), used = 0;
        enum match all = rule->field_count > 0 ? MATCH_YES : MATCH_NO;

        *ret_fields = rule->field_count;
        for (size_t i = 0; i < rule->field_count; i++) {
                size_t length = audit_filter_has_string(rule->fields[i]) ? rule->values[i] : 0;

                if (length > room - used)
                        return MATCH_UNKNOWN; /* cut off */

                enum match match = match_field(rule, i, rule->buf + used, subject);

                used += length;
                if (match == MATCH_END)
                        *ret_fields = i;
                if (match == MATCH_NO || match == MATCH_END)
                        return match;
                if (match == MATCH_UNKNOWN)
                        all = MATCH_UNKNOWN;
        }
        return all;
}

/* Whether the first FIELDS fields of RULE match TYPE. */
static bool matches_type(const struct audit_rule_data *rule, size_t fields, unsigned type) {
        for (size_t i = 0; i < fields; i++)
                if (rule->fields[i] == AUDIT_MSGTYPE &&
                    compare(type, rule->fieldflags[i], rule->values[i]) != MATCH_YES)
                        return false;
        return true;
}

bool audit_filter_rule(const struct audit_rule_data *rule, size_t size, const struct audit_subject *subject,
                       struct audit_dropped *dropped) {
        if (size < sizeof(*rule) || rule->field_count > AUDIT_MAX_FIELDS)
                return false;

        uint32_t list = rule->flags & ~(uint32_t)AUDIT_FILTER_PREPEND;

        if (list != AUDIT_FILTER_EXCLUDE && list != AUDIT_FILTER_USER)
                return false;

        uint8_t decided = list == AUDIT_FILTER_EXCLUDE ? DECIDED_BY_EXCLUDE : DECIDED_BY_USER;
        size_t fields;
        enum match match = match_subject(rule, size, subject, &fields);
        bool drops = match != MATCH_END && (list == AUDIT_FILTER_EXCLUDE || rule->action == AUDIT_NEVER), more = false;

        /* If a match is unknown, the rule may keep records, but it drops none. */
        if (match == MATCH_NO || (match == MATCH_UNKNOWN && drops))
                return false;
        for (unsigned type = AUDIT_USER; type <= AUDIT_LAST_USER_MSG2; type++) {
                uint8_t *state = &dropped->states[type - AUDIT_USER];

                if (!is_of_user_space(type) || (*state & decided) || !matches_type(rule, fields, type))
                        continue;
                more |= drops && !(*state & DROPPED);
                *state |= drops ? decided | DROPPED : decided;
        }
        return more;
}

bool audit_filter_drops(const struct audit_dropped *dropped, unsigned type) {
        if (type != 0)
                return type >= AUDIT_USER && type <= AUDIT_LAST_USER_MSG2 &&
                       (dropped->states[type - AUDIT_USER] & DROPPED);
        for (type = AUDIT_USER; type <= AUDIT_LAST_USER_MSG2; type++)
                if (is_of_user_space(type) && !(dropped->states[type - AUDIT_USER] & DROPPED))
                        return false;
        return true;
}
