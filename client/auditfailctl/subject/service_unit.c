/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/service_unit.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <systemd/sd-bus.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define UNIT    SYSTEMD ".Unit"
#define SERVICE SYSTEMD ".Service"
#define SUFFIX  ".service"

#define ERRNO_END   4096 /* the kernel's MAX_ERRNO, and one */
#define AUDIT_WRITE (UINT64_C(1) << CAP_AUDIT_WRITE)

/* The properties of one unit. The first error stays, and all reading after it does nothing. */
struct properties {
        sd_bus *bus;
        char *path;
        int error;
};

static void properties_clear(struct properties *properties) {
        sd_bus_flush_close_unref(properties->bus);
        free(properties->path);
}

static void note(struct properties *properties, int r) {
        if (r < 0 && properties->error == 0)
                properties->error = r;
}

/* The caller frees the string; NULL: it is empty. */
static char *read_text(struct properties *properties, const char *interface, const char *name) {
        char *text = NULL;

        if (properties->error < 0)
                return NULL;
        note(properties,
             sd_bus_get_property_string(properties->bus, SYSTEMD, properties->path, interface, name, NULL, &text));
        if (text && !*text) {
                free(text);
                text = NULL;
        }
        return text;
}

/* A number or a boolean, as sd-bus has it. */
static void read_trivial(struct properties *properties, const char *name, char type, void *ret) {
        if (properties->error == 0)
                note(properties, sd_bus_get_property_trivial(properties->bus, SYSTEMD, properties->path, SERVICE, name,
                                                             NULL, type, ret));
}

static sd_bus_message *read_message(struct properties *properties, const char *name, const char *type) {
        sd_bus_message *message = NULL;

        if (properties->error == 0)
                note(properties, sd_bus_get_property(properties->bus, SYSTEMD, properties->path, SERVICE, name, NULL,
                                                     &message, type));
        return properties->error == 0 ? message : NULL;
}

static void free_strings(char ***strings) {
        for (char **string = *strings; string && *string; string++)
                free(*string);
        free(*strings);
}

struct filter {
        int allows; /* LISTED are allowed, and all others are not; else the other way round */
        char **listed;
};

static void filter_clear(struct filter *filter) {
        free_strings(&filter->listed);
}

/* Returns whether the unit has the filter NAME. */
static bool read_filter(struct properties *properties, const char *name, struct filter *ret) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *message = read_message(properties, name, "(bas)");

        return message && sd_bus_message_enter_container(message, 'r', "bas") > 0 &&
               sd_bus_message_read(message, "b", &ret->allows) > 0 &&
               sd_bus_message_read_strv(message, &ret->listed) >= 0;
}

/* What follows WANTED in the list: "", or the action of this call alone, ":EPERM"; NULL: WANTED is not listed. */
static const char *find_listed(const struct filter *filter, const char *wanted) {
        size_t length = strlen(wanted);

        for (char **item = filter->listed; item && *item; item++)
                if (strncmp(*item, wanted, length) == 0 && ((*item)[length] == 0 || (*item)[length] == ':'))
                        return *item + length;
        return NULL;
}

static bool read_allowed_family(struct properties *properties, const char *family) {
        cleanup(filter_clear) struct filter filter = { 0 };

        return !read_filter(properties, "RestrictAddressFamilies", &filter) ||
               (find_listed(&filter, family) != NULL) == (filter.allows != 0);
}

/* "EPERM", "1", or "kill" (systemd.exec(5)). */
static int parse_action(const char *word) {
        int number = atoi(word);

        for (int error = 1; number == 0 && error < ERRNO_END; error++) {
                const char *name = strerrorname_np(error);
                if (name && strcmp(name, word) == 0)
                        return error;
        }
        return number > 0 && number < ERRNO_END ? number : CALL_KILLS;
}

/* How the filter makes the first of the calls WANTED (ended by NULL) fail that it does not allow; 0: it allows all. */
static int read_calls(struct properties *properties, const char *const *wanted) {
        cleanup(filter_clear) struct filter filter = { 0 };
        int otherwise = 0;

        read_trivial(properties, "SystemCallErrorNumber", 'i', &otherwise);
        if (otherwise <= 0 || otherwise >= ERRNO_END)
                otherwise = CALL_KILLS;
        if (!read_filter(properties, "SystemCallFilter", &filter))
                return 0;
        for (; *wanted; wanted++) {
                const char *found = find_listed(&filter, *wanted);
                if (found && *found)
                        return parse_action(found + 1);
                if ((found != NULL) != (filter.allows != 0))
                        return otherwise;
        }
        return 0;
}

static void read_environment(struct properties *properties, struct service_unit *unit) {
        cleanup(free_strings) char **assignments = NULL;

        if (properties->error == 0)
                note(properties, sd_bus_get_property_strv(properties->bus, SYSTEMD, properties->path, SERVICE,
                                                          "Environment", NULL, &assignments));
        for (char **assignment = assignments; assignment && *assignment; assignment++)
                variables_note(&unit->variables, *assignment);
}

static void read_program(struct properties *properties, struct service_unit *unit) {
        cleanup(sd_bus_message_unrefp) sd_bus_message *message =
                read_message(properties, "ExecStart", "a(sasbttttuii)");
        const char *path, *argv0;

        if (!message || sd_bus_message_enter_container(message, 'a', "(sasbttttuii)") <= 0 ||
            sd_bus_message_enter_container(message, 'r', "sasbttttuii") <= 0 ||
            sd_bus_message_read(message, "s", &path) <= 0)
                return;
        unit->program = text_format("%s", path);
        if (sd_bus_message_enter_container(message, 'a', "s") > 0 && sd_bus_message_read(message, "s", &argv0) > 0)
                unit->argv0 = text_format("%s", argv0);
}

static bool is_number(const char *word) {
        return *word && !word[strspn(word, "0123456789")];
}

/* An account that is not known gets -1. */
static void read_identity(struct properties *properties, struct service_unit *unit) {
        cleanup(cleanup_free) char *user = read_text(properties, SERVICE, "User");
        cleanup(cleanup_free) char *group = read_text(properties, SERVICE, "Group");
        int dynamic = 0;

        read_trivial(properties, "DynamicUser", 'b', &dynamic);
        if (user || dynamic) {
                const char *name = user ?: "";
                struct passwd *found = is_number(name) ? getpwuid((uid_t)strtoul(name, NULL, 10)) : getpwnam(name);
                unit->user = found ? found->pw_uid : (uid_t)-1;
                unit->group = found ? found->pw_gid : (gid_t)-1;
        }
        if (group) {
                struct group *found = is_number(group) ? getgrgid((gid_t)strtoul(group, NULL, 10)) : getgrnam(group);
                unit->group = found ? found->gr_gid : (gid_t)-1;
        }
}

static void read_service(struct properties *properties, struct service_unit *unit) {
        static const char *const of_open[] = { "socket", NULL };
        static const char *const of_record[] = { "socket", "sendto", "recvfrom", NULL };
#ifdef SYS_poll
        static const char *const of_ask[] = { "socket", "connect", "sendto", "poll", "recvfrom", NULL };
#else /* libc's poll() makes this call */
        static const char *const of_ask[] = { "socket", "connect", "sendto", "ppoll", "recvfrom", NULL };
#endif
        uint64_t bounding = 0, ambient = 0;

        read_trivial(properties, "CapabilityBoundingSet", 't', &bounding);
        read_trivial(properties, "AmbientCapabilities", 't', &ambient);
        read_trivial(properties, "PrivateUsers", 'b', &unit->private_users);
        read_trivial(properties, "NoNewPrivileges", 'b', &unit->no_new_privileges);
        read_trivial(properties, "MainPID", 'u', &unit->pid);
        read_identity(properties, unit);
        unit->audit_write = (bounding & AUDIT_WRITE) && (unit->user == 0 || (ambient & AUDIT_WRITE));
        unit->netlink = read_allowed_family(properties, "AF_NETLINK");
        unit->unix_sockets = read_allowed_family(properties, "AF_UNIX");
        unit->open_error = read_calls(properties, of_open);
        unit->record_error = read_calls(properties, of_record);
        unit->ask_error = read_calls(properties, of_ask);
        unit->pam = read_text(properties, SERVICE, "PAMName");
        read_environment(properties, unit);
        read_program(properties, unit);
}

int service_unit_read(const char *name, int timeout_ms, struct service_unit *ret) {
        cleanup(properties_clear) struct properties properties = { 0 };
        size_t length = strlen(name), suffix = strlen(SUFFIX);

        *ret = (struct service_unit){ 0 };
        if (length <= suffix || strcmp(name + length - suffix, SUFFIX) != 0)
                return -EINVAL;
        int r = sd_bus_open_system(&properties.bus);
        if (r < 0)
                return r == -ENOENT ? -EHOSTDOWN : r; /* there is no bus, which says nothing of the unit */
        sd_bus_set_method_call_timeout(properties.bus, (uint64_t)timeout_ms * 1000);
        r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", name, &properties.path);
        if (r < 0)
                return r;

        cleanup(cleanup_free) char *state = read_text(&properties, UNIT, "LoadState");
        if (properties.error == 0 && (!state || strcmp(state, "loaded") != 0))
                return -ENOENT;
        ret->name = read_text(&properties, UNIT, "Id");
        cleanup(cleanup_free) char *active = read_text(&properties, UNIT, "ActiveState");
        ret->active = active && strcmp(active, "active") == 0;
        read_service(&properties, ret);
        return properties.error;
}

void service_unit_clear(struct service_unit *unit) {
        free(unit->name);
        free(unit->program);
        free(unit->argv0);
        variables_clear(&unit->variables);
        free(unit->pam);
        *unit = (struct service_unit){ 0 };
}
