/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/varlink/call.h"

#include <errno.h>

int call_invalid(struct call *call, const char *name) {
        call->invalid = name;
        return -EINVAL;
}

/* A string of N bytes takes N + 2 bytes in the frame, so all strings of a call fit. */
static bool copy_string(struct call *call, struct json_value value, size_t max, const char **ret) {
        size_t length, size = call->strings_left < max + 1 ? call->strings_left : max + 1;

        if (!json_get_string(value, call->strings, size, &length))
                return false;
        *ret = call->strings;
        call->strings += length + 1;
        call->strings_left -= length + 1;
        return true;
}

enum member { PARAMETERS, METHOD, ONEWAY, MORE, UPGRADE, MEMBER_COUNT };

static const struct json_name member_names[MEMBER_COUNT] = {
        [METHOD] = JSON_NAME("method"), [PARAMETERS] = JSON_NAME("parameters"), [ONEWAY] = JSON_NAME("oneway"),
        [MORE] = JSON_NAME("more"),     [UPGRADE] = JSON_NAME("upgrade"),
};

static bool flag(struct call *call, const struct json_value members[static MEMBER_COUNT], enum member member) {
        bool set = false;

        if (!json_absent(members[member]) && !json_get_boolean(members[member], &set))
                call->invalid = member_names[member].text;
        return set;
}

int call_parse(const char *frame, size_t length, const struct json_wanted *parameters, char strings[static FRAME_MAX],
               struct call *ret) {
        struct json_value members[MEMBER_COUNT];
        const struct json_wanted wanted = { MEMBER_COUNT, member_names, members, parameters };

        if (!json_read_members(frame, length, CALL_DEPTH_MAX, &wanted))
                return -EBADMSG;
        *ret = (struct call){ .parameters = members[PARAMETERS],
                              .values = parameters ? parameters->values : NULL,
                              .strings = strings,
                              .strings_left = FRAME_MAX };
        ret->oneway = flag(ret, members, ONEWAY);
        ret->more = flag(ret, members, MORE);
        if (flag(ret, members, UPGRADE))
                ret->invalid = member_names[UPGRADE].text; /* no method here leaves Varlink */
        if (!json_absent(ret->parameters) && !json_is_object(ret->parameters))
                ret->invalid = member_names[PARAMETERS].text;
        if (!copy_string(ret, members[METHOD], FRAME_MAX, &ret->method))
                ret->invalid = member_names[METHOD].text;
        return 0;
}

int call_string_in(struct call *call, const char *name, struct json_value value, size_t max, const char **ret) {
        *ret = NULL;
        return json_absent(value) || copy_string(call, value, max, ret) ? 0 : call_invalid(call, name);
}

int call_integer_in(struct call *call, const char *name, struct json_value value, int64_t min, int64_t max,
                    int64_t *ret, bool *ret_present) {
        *ret_present = !json_absent(value);
        if (*ret_present && (!json_get_integer(value, ret) || *ret < min || *ret > max))
                return call_invalid(call, name);
        return 0;
}

int call_boolean_in(struct call *call, const char *name, struct json_value value, bool *ret) {
        *ret = false;
        return json_absent(value) || json_get_boolean(value, ret) ? 0 : call_invalid(call, name);
}

int call_string(struct call *call, const char *name, bool required, size_t max, const char **ret) {
        int r = call_string_in(call, name, json_member(call->parameters, name), max, ret);

        return r == 0 && required && !*ret ? call_invalid(call, name) : r;
}

int call_boolean(struct call *call, const char *name, bool *ret) {
        return call_boolean_in(call, name, json_member(call->parameters, name), ret);
}

void reply_begin(struct json_writer *w) {
        json_begin_with(w, "{\"parameters\":{");
}

void reply_end(struct json_writer *w, bool continues) {
        json_object_end(w);
        if (continues)
                json_boolean(w, "continues", true);
        json_object_end(w);
}

void reply_error_begin(struct json_writer *w, const char *name) {
        json_object_begin(w, NULL);
        json_string(w, "error", name);
        json_object_begin(w, "parameters");
}
