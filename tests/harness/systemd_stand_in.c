/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd, as auditfailctl doctor and auditfail-controld ask it: the properties of one loaded service, on the bus of
 * DBUS_SYSTEM_BUS_ADDRESS. What is not given on the command line is as systemd has it for a service that says nothing.
 *
 *      systemd_stand_in cups.service User=lp RestrictAddressFamilies=~AF_NETLINK Environment="A=b C=d"
 *
 * Other units have the properties UNIT/PROPERTY=VALUE, and are not found without any. Job=7 gives the service a job,
 * with State=. StartUnit ends with StartResult= ("done"; "": never), or at once with StartError=. After Reload, the
 * settings new:PROPERTY=VALUE count instead. ReloadError= names the D-Bus error that Reload returns. Refused=
 * names a property that may not be read.
 *
 * Prints "ready", "reset UNIT" for each ResetFailedUnit, and "reload", and stays until it is killed; another one takes
 * its place on the bus.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "protocol/cleanup.h"

static const struct {
        const char *name, *type, *value;
} properties[] = {
        { "LoadState", "s", "loaded" },
        { "Id", "s", "" },
        { "ActiveState", "s", "inactive" },
        { "Restart", "s", "no" },
        { "RestartUSec", "t", "100000" },
        { "TimeoutStopUSec", "t", "90000000" },
        { "StateChangeTimestampMonotonic", "t", "5" },
        { "CanStart", "b", "1" },
        { "RefuseManualStop", "b", "0" },
        { "Requires", "as", "" },
        { "BindsTo", "as", "" },
        { "Job", "(uo)", "0" },
        { "State", "s", "running" },
        { "SystemState", "s", "running" },
        { "User", "s", "" },
        { "Group", "s", "" },
        { "NoNewPrivileges", "b", "0" },
        { "PAMName", "s", "" },
        { "CapabilityBoundingSet", "t", "0xffffffffffffffff" },
        { "AmbientCapabilities", "t", "0" },
        { "PrivateUsers", "b", "0" },
        { "DynamicUser", "b", "0" },
        { "MainPID", "u", "0" },
        { "RestrictAddressFamilies", "(bas)", "~" },
        { "SystemCallErrorNumber", "i", "2147483646" }, /* none, as systemd has it inside */
        { "SystemCallFilter", "(bas)", "~" },
        { "Environment", "as", "" },
        { "ExecStart", "a(sasbttttuii)", "" },
        { "ExecStartPost", "a(sasbttttuii)", "" },
};

#define MANAGER "/org/freedesktop/systemd1"
#define UNITS   MANAGER "/unit"
#define JOB     MANAGER "/job/7"

static char **settings; /* the service's name, then PROPERTY=VALUE */

static bool reloaded;

static const char *value_of(const char *name, const char *otherwise) {
        static const char new[] = "new:";
        const char *found = NULL;

        for (char **setting = settings + 1; *setting; setting++) {
                bool is_new = strncmp(*setting, new, strlen(new)) == 0;
                const char *at = is_new ? *setting + strlen(new) : *setting;
                if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '=' && (is_new ? reloaded : !found))
                        found = at + strlen(name) + 1;
        }
        if (found)
                return found;
        return *otherwise || strcmp(name, "Id") != 0 ? otherwise : settings[0];
}

/* The same for a property of any UNIT. */
static const char *value_for(const char *unit, const char *name, const char *otherwise) {
        char setting[256];

        if (strcmp(unit, settings[0]) == 0)
                return value_of(name, otherwise);
        snprintf(setting, sizeof(setting), "%s/%s", unit, name);
        /* As systemd answers for a unit that it has no file of. */
        return value_of(setting, strcmp(name, "LoadState") == 0 ? "not-found" : otherwise);
}

static int append_words(sd_bus_message *reply, const char *words) {
        cleanup(cleanup_free) char *copy = strdup(words);
        char *rest = copy, *word;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        while (r >= 0 && (word = strsep(&rest, " ")))
                if (*word)
                        r = sd_bus_message_append(reply, "s", word);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/*
 * The path, and the argv where it does not begin with the path: "/usr/bin/sh -sh -c true". ExecStatus= is the exit
 * status of the last run.
 */
static int append_command(sd_bus_message *reply, const char *command) {
        int32_t status = (int32_t)strtol(value_of("ExecStatus", "0"), NULL, 10);
        cleanup(cleanup_free) char *path = strndup(command, strcspn(command, " "));
        const char *arguments = *command && command[strlen(path)] ? command + strlen(path) : command;
        int r = sd_bus_message_open_container(reply, 'a', "(sasbttttuii)");

        if (r >= 0 && *command &&
            ((r = sd_bus_message_open_container(reply, 'r', "sasbttttuii")) < 0 ||
             (r = sd_bus_message_append(reply, "s", path)) < 0 || (r = append_words(reply, arguments)) < 0 ||
             (r = sd_bus_message_append(reply, "bttttuii", 0, (uint64_t)0, (uint64_t)0, (uint64_t)0, (uint64_t)0,
                                        (uint32_t)0, (int32_t)CLD_EXITED, status)) < 0 ||
             (r = sd_bus_message_close_container(reply)) < 0))
                return r;
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_value(sd_bus_message *reply, const char *type, const char *value) {
        uint64_t number = strtoull(value, NULL, 0);
        int r;

        switch (*type) {
        case 's':
                return sd_bus_message_append(reply, "s", value);
        case 't':
                return sd_bus_message_append(reply, "t", number);
        case 'b':
                return sd_bus_message_append(reply, "b", (int)number);
        case 'i':
                return sd_bus_message_append(reply, "i", (int32_t)number);
        case 'u':
                return sd_bus_message_append(reply, "u", (uint32_t)number);
        case '(':
                if (strcmp(type, "(uo)") == 0)
                        return sd_bus_message_append(reply, "(uo)", (uint32_t)number, number > 0 ? JOB : "/");
                if ((r = sd_bus_message_open_container(reply, 'r', "bas")) < 0 ||
                    (r = sd_bus_message_append(reply, "b", *value != '~')) < 0 ||
                    (r = append_words(reply, value + (*value == '~'))) < 0)
                        return r;
                return sd_bus_message_close_container(reply);
        default:
                if (strcmp(type, "as") == 0)
                        return append_words(reply, value);
                return append_command(reply, value);
        }
}

static int reply_with(sd_bus_message *call, const char *type, const char *value) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(call, &reply);

        if (r < 0 || (r = sd_bus_message_open_container(reply, 'v', type)) < 0 ||
            (r = append_value(reply, type, value)) < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

/* The job of StartUnit is over as soon as it is told of. */
static int start_unit(sd_bus_message *call, sd_bus_error *error) {
        const char *why = value_of("StartError", ""), *result = value_of("StartResult", "done"), *unit, *mode;
        int r = sd_bus_message_read(call, "ss", &unit, &mode);

        if (r < 0)
                return r;
        if (*why)
                return sd_bus_error_setf(error, "org.freedesktop.systemd1.Error", "%s", why);
        r = sd_bus_reply_method_return(call, "o", JOB);
        if (r < 0 || !*result)
                return r;
        return sd_bus_emit_signal(sd_bus_message_get_bus(call), MANAGER, "org.freedesktop.systemd1.Manager",
                                  "JobRemoved", "uoss", (uint32_t)7, JOB, unit, result);
}

static int reload(sd_bus_message *call, sd_bus_error *error) {
        const char *name = value_of("ReloadError", "");

        puts("reload");
        fflush(stdout);
        reloaded = true;
        return *name ? sd_bus_error_set(error, name, "no reload today") : sd_bus_reply_method_return(call, "");
}

static int on_call(sd_bus_message *call, void *data, sd_bus_error *error) {
        cleanup(cleanup_free) char *unit = NULL;
        const char *interface, *name;
        int r;

        (void)data;
        if (sd_bus_message_is_method_call(call, NULL, "Subscribe"))
                return sd_bus_reply_method_return(call, "");
        if (sd_bus_message_is_method_call(call, NULL, "Reload"))
                return reload(call, error);
        if (sd_bus_message_is_method_call(call, NULL, "ResetFailedUnit")) {
                if ((r = sd_bus_message_read(call, "s", &name)) < 0)
                        return r;
                printf("reset %s\n", name);
                fflush(stdout);
                return sd_bus_reply_method_return(call, "");
        }
        if (sd_bus_message_is_method_call(call, NULL, "StartUnit"))
                return start_unit(call, error);
        if (!sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"))
                return 0;
        if ((r = sd_bus_message_read(call, "ss", &interface, &name)) < 0 ||
            (r = sd_bus_path_decode(sd_bus_message_get_path(call), UNITS, &unit)) < 0)
                return r;
        if (strcmp(name, value_of("Refused", "")) == 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "not allowed");
        for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
                if (strcmp(name, properties[i].name) == 0)
                        return reply_with(call, properties[i].type,
                                          value_for(unit ? unit : settings[0], name, properties[i].value));
        return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_PROPERTY, "no such property: %s", name);
}

int main(int argc, char **argv) {
        sd_bus *bus;
        int r;

        if (argc < 2)
                return EXIT_FAILURE;
        settings = argv + 1;
        if ((r = sd_bus_open_system(&bus)) < 0 || (r = sd_bus_add_filter(bus, NULL, on_call, NULL)) < 0 ||
            (r = sd_bus_request_name(bus, "org.freedesktop.systemd1",
                                     SD_BUS_NAME_ALLOW_REPLACEMENT | SD_BUS_NAME_REPLACE_EXISTING)) < 0) {
                fprintf(stderr, "systemd_stand_in: %s\n", strerror(-r));
                return EXIT_FAILURE;
        }
        puts("ready");
        fflush(stdout);
        while ((r = sd_bus_process(bus, NULL)) >= 0)
                if (r == 0 && (r = sd_bus_wait(bus, UINT64_MAX)) < 0 && r != -EINTR)
                        break;
        return EXIT_FAILURE;
}
