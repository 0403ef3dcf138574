/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/peer_varlink.h"

#include <err.h>

#if __has_include(<systemd/sd-varlink.h>)
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>
#include <unistd.h>

#define METHOD "io.auditfail.Policy.Query"

struct query {
        const char *application;
        const char *operation;
        int error;
};

static sd_json_variant *arguments, *answer; /* of the conversation */
static const char *action;
static sd_varlink *kept;

static void check(int r, const char *what) {
        if (r < 0)
                errx(1, "sd-varlink: %s: %s", what, strerror(-r));
}

static int serve_query(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata) {
        static const sd_json_dispatch_field table[] = {
                { "application", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
                  offsetof(struct query, application), SD_JSON_MANDATORY },
                { "errno", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int, offsetof(struct query, error), 0 },
                { "close", SD_JSON_VARIANT_BOOLEAN, NULL, 0, 0 }, /* the client of sd-varlink closes */
                { "operation", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, offsetof(struct query, operation),
                  0 },
                {},
        };
        struct query query = { 0 };

        (void)flags;
        (void)userdata;
        int r = sd_varlink_dispatch(link, parameters, table, &query);
        return r != 0 ? r : sd_varlink_reply(link, answer);
}

static void serve(int listener) {
        sd_varlink_server *server;
        sd_event *event;

        check(sd_varlink_server_new(&server, 0), "cannot make a server");
        check(sd_varlink_server_bind_method(server, METHOD, serve_query), "cannot bind " METHOD);
        check(sd_varlink_server_listen_fd(server, listener), "cannot listen");
        check(sd_event_new(&event), "cannot make an event loop");
        check(sd_varlink_server_attach_event(server, event, 0), "cannot attach the server");
        check(sd_event_loop(event), "the server failed");
        _exit(0);
}

static sd_json_variant *parameters_of(const struct message *message) {
        sd_json_variant *whole;

        check(sd_json_parse(message->bytes, 0, &whole, NULL, NULL), "cannot parse the recorded message");
        return sd_json_variant_ref(sd_json_variant_by_key(whole, "parameters"));
}

void peer_varlink_start(struct side *side) {
        arguments = parameters_of(&side->conversation->request);
        answer = parameters_of(&side->conversation->reply);
        action = sd_json_variant_string(sd_json_variant_by_key(answer, "action"));
        side->address = socket_address(side->conversation->folder, "varlink");
        unlink(side->address.sun_path);
        int listener = socket_listen(&side->address);

        side->server = fork_bound();
        if (side->server == 0)
                serve(listener);
        close(listener);
}

static void call(sd_varlink *link) {
        sd_json_variant *reply;
        const char *error;

        check(sd_varlink_call(link, METHOD, arguments, &reply, &error), "cannot call");
        const char *seen = error ? NULL : sd_json_variant_string(sd_json_variant_by_key(reply, "action"));
        if (!seen || strcmp(seen, action) != 0)
                errx(1, "sd-varlink: not the expected reply: %s", error ? error : "another action");
}

void peer_varlink_connected(struct side *side) {
        sd_varlink *link;

        check(sd_varlink_connect_address(&link, side->address.sun_path), "cannot connect");
        call(link);
        sd_varlink_close_unref(link);
}

void peer_varlink_connect(struct side *side) {
        peer_varlink_start(side);
        check(sd_varlink_connect_address(&kept, side->address.sun_path), "cannot connect");
}

void peer_varlink_kept(struct side *side) {
        (void)side;
        call(kept);
}

#else

static void missing(void) {
        errx(EXIT_MISSING, "sd-varlink needs libsystemd 257");
}

void peer_varlink_start(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_connected(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_connect(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_kept(struct side *side) {
        (void)side;
        missing();
}

#endif
