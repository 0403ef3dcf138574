/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/peer_dbus.h"

#include <err.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME      "io.auditfail.Policy"
#define OBJECT    "/io/auditfail/Policy"
#define ARGUMENTS "sis"     /* application, errno, operation */
#define ANSWER    "sssssxx" /* application, action, kind, source, file, line, generation */

static const char configuration[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
        "<busconfig><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context=\"default\">"
        "<allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
        "</policy></busconfig>\n";

/* The conversation's. */
static struct {
        const char *application, *operation;
        int error;
} asked;
static struct {
        const char *application, *action, *kind, *source, *file;
        int64_t line, generation;
} answer;

static char configuration_path[256];
static char bus_address[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 16];
static sd_bus *kept;

static void check(int r, const char *what) {
        if (r < 0)
                errx(1, "sd-bus: %s: %s", what, strerror(-r));
}

static sd_bus *bus_connect(void) {
        sd_bus *bus;

        check(sd_bus_new(&bus), "cannot make a connection");
        check(sd_bus_set_address(bus, bus_address), "cannot set the address");
        check(sd_bus_set_bus_client(bus, true), "cannot be a client of a bus");
        check(sd_bus_start(bus), "cannot connect");
        return bus;
}

static int serve_query(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        const char *application, *operation;
        int number;

        (void)userdata;
        (void)error;
        int r = sd_bus_message_read(call, ARGUMENTS, &application, &number, &operation);
        if (r < 0)
                return r;
        return sd_bus_reply_method_return(call, ANSWER, answer.application, answer.action, answer.kind, answer.source,
                                          answer.file, answer.line, answer.generation);
}

static void serve(int ready) {
        static const sd_bus_vtable vtable[] = {
                SD_BUS_VTABLE_START(0),
                SD_BUS_METHOD("Query", ARGUMENTS, ANSWER, serve_query, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_VTABLE_END,
        };
        sd_bus *bus = bus_connect();

        check(sd_bus_add_object_vtable(bus, NULL, OBJECT, NAME, vtable, NULL), "cannot add the object");
        check(sd_bus_request_name(bus, NAME, 0), "cannot get the name");
        if (write(ready, "\n", 1) != 1)
                err(1, "write");
        for (;;) {
                int r = sd_bus_process(bus, NULL);

                check(r, "cannot process");
                if (r == 0)
                        check(sd_bus_wait(bus, UINT64_MAX), "cannot wait");
        }
}

/* Runs the bus, which prints its address when it is ready. */
static void run_bus(int ready) {
        char option[sizeof(configuration_path) + 32];

        snprintf(option, sizeof(option), "--config-file=%s", configuration_path);
        dup2(ready, STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO); /* it complains about limits that it cannot raise */
        execlp("dbus-daemon", "dbus-daemon", option, "--nofork", "--nopidfile", "--print-address", (char *)NULL);
        _exit(EXIT_MISSING);
}

/* Starts a server, and waits until it has written a line to its pipe. */
static pid_t start(void (*run)(int ready), const char *what) {
        int ready[2], status;
        char byte = 0;

        if (pipe(ready) < 0)
                err(1, "pipe");
        pid_t server = fork_bound();
        if (server == 0) {
                close(ready[0]);
                run(ready[1]);
        }
        close(ready[1]);
        while (byte != '\n')
                if (read(ready[0], &byte, 1) != 1) {
                        bool missing = waitpid(server, &status, 0) == server && WIFEXITED(status) &&
                                       WEXITSTATUS(status) == EXIT_MISSING;
                        errx(missing ? EXIT_MISSING : 1, missing ? "%s is not installed" : "%s does not start", what);
                }
        close(ready[0]);
        return server;
}

static const char *text(json_object *from, const char *name) {
        const char *found = json_object_get_string(json_object_object_get(from, name));

        return found ? found : "";
}

static void learn(const struct conversation *conversation) {
        json_object *request = json_tokener_parse(conversation->request.bytes);
        json_object *reply = json_tokener_parse(conversation->reply.bytes);
        json_object *from = json_object_object_get(request, "parameters");

        asked.application = text(from, "application");
        asked.operation = text(from, "operation");
        asked.error = json_object_get_int(json_object_object_get(from, "errno"));
        from = json_object_object_get(reply, "parameters");
        answer.application = text(from, "application");
        answer.action = text(from, "action");
        answer.kind = text(from, "kind");
        answer.source = text(from, "source");
        answer.file = text(from, "file");
        answer.line = json_object_get_int64(json_object_object_get(from, "line"));
        answer.generation = json_object_get_int64(json_object_object_get(from, "generation"));
}

void peer_dbus_start(struct side *side) {
        const char *folder = side->conversation->folder;

        learn(side->conversation);
        side->address = socket_address(folder, "dbus");
        unlink(side->address.sun_path);
        snprintf(bus_address, sizeof(bus_address), "unix:path=%s", side->address.sun_path);
        snprintf(configuration_path, sizeof(configuration_path), "%s/dbus.conf", folder);
        FILE *file = fopen(configuration_path, "we");
        if (!file || fprintf(file, configuration, side->address.sun_path) < 0 || fclose(file) != 0)
                err(1, "cannot write %s", configuration_path);
        start(run_bus, "dbus-daemon");
        side->server = start(serve, "the service on D-Bus");
}

static void call(sd_bus *bus) {
        sd_bus_message *reply;
        const char *application, *action;

        check(sd_bus_call_method(bus, NAME, OBJECT, NAME, "Query", NULL, &reply, ARGUMENTS, asked.application,
                                 asked.error, asked.operation),
              "cannot call");
        check(sd_bus_message_read(reply, "ss", &application, &action), "cannot read the reply");
        if (strcmp(action, answer.action) != 0)
                errx(1, "sd-bus: not the expected reply");
        sd_bus_message_unref(reply);
}

void peer_dbus_connected(struct side *side) {
        sd_bus *bus = bus_connect();

        (void)side;
        call(bus);
        sd_bus_close_unref(bus);
}

void peer_dbus_connect(struct side *side) {
        peer_dbus_start(side);
        kept = bus_connect();
}

void peer_dbus_kept(struct side *side) {
        (void)side;
        call(kept);
}
