/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/caller/authority.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/cleanup.h"

#define POLKIT_NAME              "org.freedesktop.PolicyKit1"
#define POLKIT_PATH              "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE         "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_SERVICE_FILE      "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
#define POLKIT_ALLOW_INTERACTION 1U

struct authority {
        sd_event *event;
        sd_bus *bus; /* NULL: not needed so far, or lost */
        bool polkit;
        struct authority_limits limits;
};

const struct authority_limits authority_limits = { .answer_usec = 10000000, .password_usec = 120000000 };

struct authorization {
        sd_bus_slot *slot;
        authority_answer answer;
        void *data;
};

int authority_new(sd_event *event, const struct authority_limits *limits, struct authority **ret) {
        struct authority *authority = calloc(1, sizeof(*authority));

        if (!authority)
                return -ENOMEM;
        authority->event = sd_event_ref(event);
        authority->limits = *limits;
        authority->polkit = access(POLKIT_SERVICE_FILE, F_OK) == 0;
        *ret = authority;
        return 0;
}

static void drop_bus(struct authority *authority) {
        if (authority->bus)
                sd_bus_detach_event(authority->bus);
        authority->bus = sd_bus_close_unref(authority->bus);
}

struct authority *authority_free(struct authority *authority) {
        if (authority) {
                drop_bus(authority);
                sd_event_unref(authority->event);
                free(authority);
        }
        return NULL;
}

bool authority_has_polkit(const struct authority *authority) {
        return authority->polkit;
}

struct authorization *authorization_cancel(struct authorization *authorization) {
        if (authorization) {
                sd_bus_slot_unref(authorization->slot);
                free(authorization);
        }
        return NULL;
}

/* polkit answers (is_authorized, is_challenge, details). A challenge that was met is not reported as one. */
static int on_reply(sd_bus_message *message, void *data, sd_bus_error *ret_error) {
        struct authorization *authorization = data;
        const sd_bus_error *error = sd_bus_message_get_error(message);
        int allowed = false, challenge = false;
        char why[256] = "polkit does not allow it";

        (void)ret_error;
        if (error) {
                log_line(LOG_WARNING, "polkit does not answer: %s: %s", error->name, error->message);
                snprintf(why, sizeof(why), "polkit does not answer: %s", error->message);
        } else if (sd_bus_message_enter_container(message, 'r', "bba{ss}") < 0 ||
                   sd_bus_message_read(message, "bb", &allowed, &challenge) < 0)
                snprintf(why, sizeof(why), "polkit's answer cannot be read");
        else if (challenge)
                snprintf(why, sizeof(why), "polkit wants a password, and no agent asked the user for it");

        authority_answer answer = authorization->answer;
        void *asker = authorization->data;

        /* First, since the answer may lead to another call of authority_ask(). */
        authorization_cancel(authorization);
        answer(!error && allowed, why, asker);
        return 1;
}

static int connect_bus(struct authority *authority) {
        int r;

        if (authority->bus && sd_bus_is_open(authority->bus) > 0)
                return 0;
        /* A bus that was lost lives on until it has answered its calls, with errors. */
        authority->bus = sd_bus_unref(authority->bus);
        if ((r = sd_bus_open_system(&authority->bus)) < 0)
                return r;
        return sd_bus_attach_event(authority->bus, authority->event, SD_EVENT_PRIORITY_NORMAL);
}

int authority_ask(struct authority *authority, const struct caller *caller, const char *action, bool interactive,
                  authority_answer answer, void *data, struct authorization **ret) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        struct authorization *authorization;
        int r;

        if ((r = connect_bus(authority)) < 0 ||
            (r = sd_bus_message_new_method_call(authority->bus, &message, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                                "CheckAuthorization")) < 0)
                return r;
        /*
         * polkit knows a process by its pid and start time. Without the uid, polkit would look it up by itself, and the
         * process may be another program by then.
         */
        if ((r = sd_bus_message_append(message, "(sa{sv})sa{ss}us", "unix-process", 3, "pid", "u",
                                       (uint32_t)caller->peer.pid, "start-time", "t", caller->start_time, "uid", "i",
                                       (int32_t)caller->peer.uid, action, 0, interactive ? POLKIT_ALLOW_INTERACTION : 0,
                                       "")) < 0)
                return r;

        authorization = malloc(sizeof(*authorization));
        if (!authorization)
                return -ENOMEM;
        *authorization = (struct authorization){ .answer = answer, .data = data };
        r = sd_bus_call_async(authority->bus, &authorization->slot, message, on_reply, authorization,
                              interactive ? authority->limits.password_usec : authority->limits.answer_usec);
        if (r < 0) {
                authorization_cancel(authorization);
                return r;
        }
        *ret = authorization;
        return 0;
}
