/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/daemon/controld/fake_polkit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static struct {
        int listening;
        sd_event_source *source;
        sd_bus *bus;             /* the daemon's connection */
        sd_bus_message *message; /* not answered */
        char action[64];
        int32_t uid;
} polkit = { .listening = -1 };

/* "(sa{sv})sa{ss}us": the subject, the action, and what does not matter here. */
static void read_call(sd_bus_message *message) {
        const char *action;

        cr_assert_geq(sd_bus_message_enter_container(message, 'r', "sa{sv}"), 0);
        cr_assert_geq(sd_bus_message_skip(message, "s"), 0);
        cr_assert_geq(sd_bus_message_enter_container(message, 'a', "{sv}"), 0);
        while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
                const char *name;

                cr_assert_geq(sd_bus_message_read(message, "s", &name), 0);
                if (strcmp(name, "uid") == 0)
                        cr_assert_geq(sd_bus_message_read(message, "v", "i", &polkit.uid), 0);
                else
                        cr_assert_geq(sd_bus_message_skip(message, "v"), 0);
                cr_assert_geq(sd_bus_message_exit_container(message), 0);
        }
        cr_assert_geq(sd_bus_message_exit_container(message), 0);
        cr_assert_geq(sd_bus_message_exit_container(message), 0);
        cr_assert_geq(sd_bus_message_read(message, "s", &action), 0);
        snprintf(polkit.action, sizeof(polkit.action), "%s", action);
}

static int on_message(sd_bus_message *message, void *data, sd_bus_error *error) {
        (void)data, (void)error;
        if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello"))
                return sd_bus_reply_method_return(message, "s", ":1.1");
        if (!sd_bus_message_is_method_call(message, "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization"))
                return 0;
        read_call(message);
        sd_bus_message_unref(polkit.message);
        polkit.message = sd_bus_message_ref(message);
        return 1;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *data) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        (void)events, (void)data;
        cr_assert_geq(connection, 0);
        cr_assert_null(polkit.bus);
        cr_assert_geq(sd_bus_new(&polkit.bus), 0);
        cr_assert_geq(sd_bus_set_fd(polkit.bus, connection, connection), 0);
        cr_assert_geq(sd_bus_set_server(polkit.bus, true, (sd_id128_t){ .qwords = { 1, 2 } }), 0);
        cr_assert_geq(sd_bus_start(polkit.bus), 0);
        cr_assert_geq(sd_bus_add_filter(polkit.bus, NULL, on_message, NULL), 0);
        cr_assert_geq(sd_bus_attach_event(polkit.bus, sd_event_source_get_event(source), 0), 0);
        return 0;
}

void fake_polkit_start(sd_event *event, const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        char variable[128];

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        polkit.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(polkit.listening, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(listen(polkit.listening, 1), 0);
        cr_assert_geq(sd_event_add_io(event, &polkit.source, polkit.listening, EPOLLIN, on_connection, NULL), 0);
        snprintf(variable, sizeof(variable), "unix:path=%s", path);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1);
}

void fake_polkit_end(void) {
        sd_bus_message_unref(polkit.message);
        if (polkit.bus)
                sd_bus_detach_event(polkit.bus);
        sd_bus_close_unref(polkit.bus);
        sd_event_source_disable_unref(polkit.source);
        close(polkit.listening);
}

const char *fake_polkit_action(int32_t *ret_uid) {
        if (ret_uid)
                *ret_uid = polkit.uid;
        return polkit.message ? polkit.action : NULL;
}

void fake_polkit_answer(bool allowed) {
        cr_assert(polkit.message);
        cr_assert_geq(sd_bus_reply_method_return(polkit.message, "(bba{ss})", allowed, false, 0), 0);
        polkit.message = sd_bus_message_unref(polkit.message);
}
