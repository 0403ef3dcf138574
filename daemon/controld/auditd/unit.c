/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/unit.h"

#include <errno.h>
#include <signal.h>
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
        char path[256];  /* "": not known yet */
        char result[32]; /* "done", "failed" ...; "": not over */
};

static void cleanup_bus(sd_bus **bus) {
        sd_bus_close_unref(*bus);
}

static void cleanup_message(sd_bus_message **message) {
        sd_bus_message_unref(*message);
}

/* Jobs of others end meanwhile, too. Ours has been told to us before its end is: StartUnit's reply comes first. */
static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error) {
        struct job *job = data;
        const char *path, *unit, *result;
        uint32_t id;

        (void)error;
        if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 || strcmp(path, job->path) != 0)
                return 0;
        snprintf(job->result, sizeof(job->result), "%s", result);
        return 0;
}

static int connect_bus(sd_bus **ret, struct job *job) {
        int r;

        if ((r = sd_bus_open_system(ret)) < 0)
                return r;
        /* systemd sends signals about jobs to those who have subscribed. */
        if ((r = sd_bus_match_signal(*ret, NULL, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "JobRemoved",
                                     on_job_removed, job)) < 0)
                return r;
        return sd_bus_call_method(*ret, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "Subscribe", NULL, NULL, NULL);
}

/* Has systemd start the unit. Returns 0 or a negative errno, with ERROR. */
static int request_start(sd_bus *bus, const char *name, struct job *job, sd_bus_error *error) {
        cleanup(cleanup_message) sd_bus_message *reply = NULL;
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

/* A message that systemd's properties come in is read in the order of its type. */
static int read_after_start(sd_bus *bus, const char *path, sd_bus_error *error, int *ret) {
        cleanup(cleanup_message) sd_bus_message *reply = NULL;
        int r = sd_bus_get_property(bus, MANAGER_NAME, path, SERVICE_INTERFACE, "ExecStartPost", error, &reply,
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

static int read_word(sd_bus *bus, const char *path, const char *interface, const char *name, char *ret, size_t size) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        cleanup(cleanup_free) char *word = NULL;
        int r = sd_bus_get_property_string(bus, MANAGER_NAME, path, interface, name, &error, &word);

        if (r >= 0)
                snprintf(ret, size, "%s", word);
        return r;
}

/* "Job" is (number, object path). A job that ends before it is looked at is none. */
static int read_job(sd_bus *bus, const char *path, sd_bus_error *error, struct unit *ret) {
        cleanup(cleanup_message) sd_bus_message *reply = NULL;
        char state[32] = "";
        const char *job;
        int r = sd_bus_get_property(bus, MANAGER_NAME, path, UNIT_INTERFACE, "Job", error, &reply, "(uo)");

        if (r < 0 || (r = sd_bus_message_read(reply, "(uo)", &ret->job, &job)) < 0 || ret->job == 0)
                return r;
        if (read_word(bus, job, JOB_INTERFACE, "State", state, sizeof(state)) < 0)
                ret->job = 0;
        ret->job_waits = strcmp(state, "waiting") == 0;
        return 0;
}

static int read_unit(sd_bus *bus, const char *path, struct unit *ret) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        uint32_t main_pid = 0;
        int can_start = 0, r;

        if ((r = read_word(bus, path, UNIT_INTERFACE, "LoadState", ret->load, sizeof(ret->load))) < 0 ||
            (r = read_word(bus, path, UNIT_INTERFACE, "ActiveState", ret->active, sizeof(ret->active))) < 0 ||
            (r = sd_bus_get_property_trivial(bus, MANAGER_NAME, path, UNIT_INTERFACE, "CanStart", &error, 'b',
                                             &can_start)) < 0 ||
            (r = read_job(bus, path, &error, ret)) < 0)
                return r;
        ret->can_start = can_start;
        if ((r = read_word(bus, path, SERVICE_INTERFACE, "Restart", ret->restart, sizeof(ret->restart))) < 0 ||
            (r = sd_bus_get_property_trivial(bus, MANAGER_NAME, path, SERVICE_INTERFACE, "RestartUSec", &error, 't',
                                             &ret->restart_usec)) < 0 ||
            (r = sd_bus_get_property_trivial(bus, MANAGER_NAME, path, SERVICE_INTERFACE, "MainPID", &error, 'u',
                                             &main_pid)) < 0 ||
            (r = read_after_start(bus, path, &error, &ret->after_start)) < 0)
                return r;
        ret->main_pid = (pid_t)main_pid;
        return 0;
}

static void cleanup_words(char ***words) {
        for (char **word = *words; word && *word; word++)
                free(*word);
        free(*words);
}

static int open_bus(sd_bus **ret, uint64_t deadline_usec) {
        uint64_t now = monotonic_usec();
        int r = sd_bus_open_system(ret);

        if (r >= 0)
                sd_bus_set_method_call_timeout(*ret, deadline_usec > now ? deadline_usec - now : 1);
        return r;
}

/* Those of one PROPERTY. Returns their number or a negative errno. */
static int read_requirements(sd_bus *bus, const char *path, const char *property, struct required_unit *ret,
                             size_t max) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        cleanup(cleanup_words) char **words = NULL;
        int r = sd_bus_get_property_strv(bus, MANAGER_NAME, path, UNIT_INTERFACE, property, &error, &words), count = 0;

        for (char **word = words; r >= 0 && word && *word && (size_t)count < max; word++) {
                cleanup(cleanup_free) char *required = NULL;

                snprintf(ret[count].name, sizeof(ret[count].name), "%s", *word);
                if ((r = sd_bus_path_encode(UNIT_PATH, *word, &required)) >= 0)
                        r = read_word(bus, required, UNIT_INTERFACE, "LoadState", ret[count].load,
                                      sizeof(ret[count].load));
                count++;
        }
        return r < 0 ? r : count;
}

int unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        cleanup(cleanup_bus) sd_bus *bus = NULL;
        cleanup(cleanup_free) char *path = NULL;
        int r, more;

        if ((r = open_bus(&bus, deadline_usec)) < 0 || (r = sd_bus_path_encode(UNIT_PATH, name, &path)) < 0 ||
            (r = read_requirements(bus, path, "Requires", ret, max)) < 0)
                return r;
        more = read_requirements(bus, path, "BindsTo", ret + r, max - (size_t)r);
        return more < 0 ? more : r + more;
}

int unit_look(const char *name, uint64_t deadline_usec, struct unit *ret) {
        cleanup(cleanup_bus) sd_bus *bus = NULL;
        cleanup(cleanup_free) char *path = NULL;
        int r;

        *ret = (struct unit){ 0 };
        if ((r = open_bus(&bus, deadline_usec)) < 0 || (r = sd_bus_path_encode(UNIT_PATH, name, &path)) < 0)
                return r;
        return read_unit(bus, path, ret);
}

bool unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size) {
        cleanup(cleanup_bus) sd_bus *bus = NULL;
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        struct job job = { 0 };
        uint64_t now = monotonic_usec();
        int r;

        if ((r = connect_bus(&bus, &job)) < 0) {
                snprintf(why, size, "systemd cannot be reached over D-Bus: %s", strerror(-r));
                return false;
        }
        sd_bus_set_method_call_timeout(bus, deadline_usec > now ? deadline_usec - now : 1);
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

void unit_forget_starts(const char *name, uint64_t deadline_usec) {
        cleanup(cleanup_bus) sd_bus *bus = NULL;

        if (open_bus(&bus, deadline_usec) >= 0)
                sd_bus_call_method(bus, MANAGER_NAME, MANAGER_PATH, MANAGER_INTERFACE, "ResetFailedUnit", NULL, NULL,
                                   "s", name);
}
