/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/unit.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define MANAGER_NAME      "org.freedesktop.systemd1"
#define MANAGER_PATH      "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define UNIT_PATH         "/org/freedesktop/systemd1/unit"
#define UNIT_INTERFACE    "org.freedesktop.systemd1.Unit"
#define JOB_INTERFACE     "org.freedesktop.systemd1.Job"
#define SERVICE_INTERFACE "org.freedesktop.systemd1.Service"

struct job {
        char path[256];   /* "": not known yet */
        unit_word result; /* "done", "failed" ...; "": not over */
};

/* Every job that ends is told. StartUnit's reply, which has the path of ours, comes before its signal. */
static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error) {
        struct job *job = data;
        const char *path, *unit, *result;
        uint32_t id;

        (void)error;
        if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 && strcmp(path, job->path) == 0)
                snprintf(job->result, sizeof(job->result), "%s", result);
        return 0;
}

static int open_bus(sd_bus **ret, uint64_t deadline_usec) {
        uint64_t now = monotonic_usec();
        int r = sd_bus_open_system(ret);

        if (r >= 0)
                sd_bus_set_method_call_timeout(*ret, deadline_usec > now ? deadline_usec - now : 1);
        return r;
}

/* systemd sends the signals about jobs only to clients that have subscribed. */
static int subscribe(sd_bus *bus, struct job *job) {
        int r = sd_bus_match_signal(bus, NULL, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "JobRemoved",
                                    on_job_removed, job);

        return r < 0 ? r
                     : sd_bus_call_method(bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "Subscribe", NULL, NULL,
                                          NULL);
}

/* Returns 0 or a negative errno, with ERROR. */
static int request_start(sd_bus *bus, const char *name, struct job *job, sd_bus_error *error) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;
        int r = sd_bus_call_method(bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "StartUnit", error, &reply, "ss",
                                   name, "replace");

        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                snprintf(job->path, sizeof(job->path), "%s", path);
        return r;
}

static int await_job(sd_bus *bus, const struct job *job, uint64_t deadline_usec) {
        while (!*job->result) {
                int r = sd_bus_process(bus, NULL);
                uint64_t now = monotonic_usec();

                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                if (now >= deadline_usec)
                        return -ETIMEDOUT;
                if ((r = sd_bus_wait(bus, deadline_usec - now)) < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

/* Reads the highest exit status of ExecStartPost=, which is the last field of each command. */
static int read_after_start(sd_bus *bus, const char *path, int *ret) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_get_property(bus, MANAGER_NAME, path, SERVICE_INTERFACE, "ExecStartPost", NULL, &reply,
                                    "a(sasbttttuii)");

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "sasbttttuii")) > 0) {
                int32_t code, status;

                if ((r = sd_bus_message_skip(reply, "sasbttttu")) < 0 ||
                    (r = sd_bus_message_read(reply, "ii", &code, &status)) < 0)
                        break;
                if (code == CLD_EXITED && status > *ret)
                        *ret = status;
                r = sd_bus_message_exit_container(reply);
        }
        return r;
}

static int read_word(sd_bus *bus, const char *path, const char *interface, const char *name, unit_word ret) {
        cleanup(cleanup_free) char *word = NULL;
        int r = sd_bus_get_property_string(bus, MANAGER_NAME, path, interface, name, NULL, &word);

        if (r >= 0)
                snprintf(ret, sizeof(unit_word), "%s", word);
        return r;
}

/* "Job" is (number, object path). A job that ends meanwhile counts as none. */
static int read_job(sd_bus *bus, const char *path, struct unit *ret) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        unit_word state = "";
        const char *job;
        int r = sd_bus_get_property(bus, MANAGER_NAME, path, UNIT_INTERFACE, "Job", NULL, &reply, "(uo)");

        if (r < 0 || (r = sd_bus_message_read(reply, "(uo)", &ret->job, &job)) < 0 || ret->job == 0)
                return r;
        if (read_word(bus, job, JOB_INTERFACE, "State", state) < 0)
                ret->job = 0;
        ret->job_waits = strcmp(state, "waiting") == 0;
        return 0;
}

static int read_unit(sd_bus *bus, const char *path, struct unit *ret) {
        static const struct {
                const char *interface, *name;
                char type; /* of D-Bus */
                size_t offset;
        } properties[] = {
                { UNIT_INTERFACE, "LoadState", 's', offsetof(struct unit, load) },
                { UNIT_INTERFACE, "ActiveState", 's', offsetof(struct unit, active) },
                { UNIT_INTERFACE, "CanStart", 'b', offsetof(struct unit, can_start) },
                { SERVICE_INTERFACE, "Restart", 's', offsetof(struct unit, restart) },
                { SERVICE_INTERFACE, "RestartUSec", 't', offsetof(struct unit, restart_usec) },
                { SERVICE_INTERFACE, "TimeoutStopUSec", 't', offsetof(struct unit, stop_usec) },
                { UNIT_INTERFACE, "StateChangeTimestampMonotonic", 't', offsetof(struct unit, since_usec) },
                { SERVICE_INTERFACE, "MainPID", 'u', offsetof(struct unit, main_pid) },
        };
        int r = read_job(bus, path, ret);

        for (size_t i = 0; r >= 0 && i < sizeof(properties) / sizeof(*properties); i++) {
                char *field = (char *)ret + properties[i].offset;

                r = properties[i].type == 's'
                            ? read_word(bus, path, properties[i].interface, properties[i].name, field)
                            : sd_bus_get_property_trivial(bus, MANAGER_NAME, path, properties[i].interface,
                                                          properties[i].name, NULL, properties[i].type, field);
        }
        return r < 0 ? r : read_after_start(bus, path, &ret->after_start);
}

static void cleanup_words(char ***words) {
        for (char **word = *words; word && *word; word++)
                free(*word);
        free(*words);
}

/* Reads the units of one PROPERTY. Returns their number or a negative errno. */
static int read_requirements(sd_bus *bus, const char *path, const char *property, struct required_unit *ret,
                             size_t max) {
        cleanup(cleanup_words) char **words = NULL;
        int r = sd_bus_get_property_strv(bus, MANAGER_NAME, path, UNIT_INTERFACE, property, NULL, &words), count = 0;

        for (char **word = words; r >= 0 && word && *word && (size_t)count < max; word++) {
                cleanup(cleanup_free) char *required = NULL;

                snprintf(ret[count].name, sizeof(ret[count].name), "%s", *word);
                if ((r = sd_bus_path_encode(UNIT_PATH, *word, &required)) >= 0)
                        r = read_word(bus, required, UNIT_INTERFACE, "LoadState", ret[count].load);
                count++;
        }
        return r < 0 ? r : count;
}

int unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        cleanup(sd_bus_close_unrefp) sd_bus *bus = NULL;
        cleanup(cleanup_free) char *path = NULL;
        int r, more;

        if ((r = open_bus(&bus, deadline_usec)) < 0 || (r = sd_bus_path_encode(UNIT_PATH, name, &path)) < 0 ||
            (r = read_requirements(bus, path, "Requires", ret, max)) < 0)
                return r;
        more = read_requirements(bus, path, "BindsTo", ret + r, max - (size_t)r);
        return more < 0 ? more : r + more;
}

int unit_read(const char *name, uint64_t deadline_usec, struct unit *ret) {
        cleanup(sd_bus_close_unrefp) sd_bus *bus = NULL;
        cleanup(cleanup_free) char *path = NULL;
        int r;

        *ret = (struct unit){ 0 };
        if ((r = open_bus(&bus, deadline_usec)) < 0 || (r = sd_bus_path_encode(UNIT_PATH, name, &path)) < 0)
                return r;
        return read_unit(bus, path, ret);
}

bool unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size) {
        cleanup(sd_bus_close_unrefp) sd_bus *bus = NULL;
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        struct job job = { 0 };
        int r;

        if ((r = open_bus(&bus, deadline_usec)) < 0 || (r = subscribe(bus, &job)) < 0) {
                snprintf(why, size, "systemd cannot be reached over D-Bus: %s", strerror(-r));
                return false;
        }
        if ((r = request_start(bus, name, &job, &error)) < 0) {
                snprintf(why, size, "systemd does not start %s: %s", name,
                         error.message ? error.message : strerror(-r));
                return false;
        }
        if ((r = await_job(bus, &job, deadline_usec)) < 0) {
                snprintf(why, size, "systemd has not started %s in time: %s", name, strerror(-r));
                return false;
        }
        if (strcmp(job.result, "done") != 0) {
                snprintf(why, size, "systemd could not start %s: its job ended with \"%s\" (journalctl -u %s)", name,
                         job.result, name);
                return false;
        }
        return true;
}

void unit_reset_starts(const char *name, uint64_t deadline_usec) {
        cleanup(sd_bus_close_unrefp) sd_bus *bus = NULL;

        if (open_bus(&bus, deadline_usec) >= 0)
                sd_bus_call_method(bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "ResetFailedUnit", NULL, NULL,
                                   "s", name);
}
