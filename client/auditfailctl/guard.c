/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl guard: whether systemd refuses to stop auditd, for which nobody would be named. That takes a drop-in for
 * auditd's unit, and one for the rules' unit, which auditd's requires since audit 4: whoever stops or restarts that one
 * has auditd stopped.
 *
 * Users who manage units by polkit get a rule that refuses it, too: systemd's RefuseManualStop= is not for `systemctl
 * kill`.
 *
 * In force are links to drop-ins that come with auditfail. So they go when auditfail goes: systemd ignores a link that
 * leads nowhere, and auditd can be stopped as ever.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "diagnostic.h"
#include "message.h"
#include "options.h"
#include "reader.h"
#include "text.h"

#define AUDITD    "auditd.service"
#define RULES     "audit-rules.service"
#define SOCKET    "auditfail-controld.socket"
#define NAME      "50-auditfail.conf"
#define TARGET(U) GUARD_FOLDER "/" U ".d/" NAME
#define FOLDER(U) "/etc/systemd/system/" U ".d"

#define POLKIT  "/etc/polkit-1/rules.d"
#define RULE    "40-auditfail-guard.rules"
#define SYSTEMD "org.freedesktop.systemd1"

static const struct drop_in {
        const char *unit; /* NULL: it is polkit's rule, for which there is a place where polkit is installed */
        const char *folder, *file, *target; /* the link FILE in FOLDER leads to TARGET */
} drop_ins[] = {
        { AUDITD, FOLDER(AUDITD), FOLDER(AUDITD) "/" NAME, TARGET(AUDITD) },
        { RULES, FOLDER(RULES), FOLDER(RULES) "/" NAME, TARGET(RULES) },
        { NULL, POLKIT, POLKIT "/" RULE, GUARD_FOLDER "/polkit-1/" RULE },
};

#define DROP_IN_COUNT (sizeof(drop_ins) / sizeof(drop_ins[0]))

enum link {
        LINK_ABSENT,
        LINK_OURS,
        LINK_OTHER,    /* somebody else's file is in its place */
        LINK_NO_PLACE, /* of polkit's rule: polkit is not installed */
};

struct guard {
        sd_bus *systemd; /* NULL: nobody to ask, as for another tree, or where systemd does not run */
        char *root;      /* "": this machine */
        enum link links[DROP_IN_COUNT];
        bool changed;
        bool masked; /* auditd.service: systemd reads no drop-in of it */
};

static void guard_clear(struct guard *guard) {
        sd_bus_flush_close_unref(guard->systemd);
        free(guard->root);
}

static char *below_root(const struct guard *guard, const char *path) {
        return text_format("%s%s", guard->root, path);
}

static int complain_of_file(const char *what, const char *path, int error) {
        bool denied = error == EACCES || error == EPERM;

        return complain(denied ? STATUS_DENIED : STATUS_FAILED, "cannot %s %s: %s%s", what, path, strerror(error),
                        denied ? "; only root can turn the guard on and off" : "");
}

static int complain_of_systemd(const char *what, const sd_bus_error *error, int r) {
        cleanup(cleanup_free) char *reason = text_safe(error->message ?: strerror(-r));
        int status = r == -EACCES || r == -EPERM ? STATUS_DENIED : r == -ETIMEDOUT ? STATUS_TIMEOUT : STATUS_NO_DAEMON;

        return complain(status, "systemd %s: %s", what, reason);
}

static int open_guard(const struct settings *settings, struct guard *guard) {
        sd_bus_error none = SD_BUS_ERROR_NULL;
        const char *root = settings->given[OPTION_ROOT] ?: "";
        size_t length = strlen(root);

        while (length > 0 && root[length - 1] == '/')
                length--;
        guard->root = text_format("%.*s", (int)length, root);
        if (settings->given[OPTION_ROOT] || sd_booted() <= 0)
                return STATUS_OK;

        int r = sd_bus_open_system(&guard->systemd);
        if (r < 0)
                return complain_of_systemd("cannot be asked over D-Bus", &none, r);
        sd_bus_set_method_call_timeout(guard->systemd, (uint64_t)settings->timeout_ms * 1000);
        return STATUS_OK;
}

/* A unit's folder is made where it is missing; polkit's is polkit's. */
static bool has_place(const struct guard *guard, const struct drop_in *drop_in) {
        cleanup(cleanup_free) char *folder = below_root(guard, drop_in->folder);

        return access(folder, F_OK) == 0;
}

static int find_link(const struct guard *guard, const struct drop_in *drop_in, enum link *ret) {
        cleanup(cleanup_free) char *file = below_root(guard, drop_in->file);
        char target[PATH_MAX];
        ssize_t length = readlink(file, target, sizeof(target));

        if (length < 0 && errno == ENOENT && !drop_in->unit && !has_place(guard, drop_in)) {
                *ret = LINK_NO_PLACE;
                return STATUS_OK;
        }
        if (length < 0 && errno != ENOENT && errno != ENOTDIR && errno != EINVAL)
                return complain_of_file("look at", file, errno);
        if (length < 0)
                *ret = errno == EINVAL ? LINK_OTHER : LINK_ABSENT; /* EINVAL: it is no link */
        else if ((size_t)length == strlen(drop_in->target) && memcmp(target, drop_in->target, (size_t)length) == 0)
                *ret = LINK_OURS;
        else
                *ret = LINK_OTHER;
        return STATUS_OK;
}

static int find_links(struct guard *guard) {
        int status = STATUS_OK;

        for (size_t i = 0; i < DROP_IN_COUNT && status == STATUS_OK; i++)
                status = find_link(guard, &drop_ins[i], &guard->links[i]);
        return status;
}

static bool is_on(const struct guard *guard) {
        for (size_t i = 0; i < DROP_IN_COUNT; i++)
                if (guard->links[i] != LINK_OURS && guard->links[i] != LINK_NO_PLACE)
                        return false;
        return true;
}

static int put_link(const struct guard *guard, const struct drop_in *drop_in) {
        cleanup(cleanup_free) char *target = below_root(guard, drop_in->target);
        cleanup(cleanup_free) char *folder = below_root(guard, drop_in->folder);
        cleanup(cleanup_free) char *file = below_root(guard, drop_in->file);

        /* Everybody may see what keeps auditd from being stopped. */
        umask(022);
        if (access(target, F_OK) < 0)
                return complain_of_file("find", target, errno);
        if (drop_in->unit && mkdir(folder, 0755) < 0 && errno != EEXIST)
                return complain_of_file("make", folder, errno);
        if (symlink(drop_in->target, file) < 0)
                return complain_of_file("make", file, errno);
        return STATUS_OK;
}

static int remove_link(const struct guard *guard, const struct drop_in *drop_in) {
        cleanup(cleanup_free) char *folder = below_root(guard, drop_in->folder);
        cleanup(cleanup_free) char *file = below_root(guard, drop_in->file);

        if (unlink(file) < 0)
                return complain_of_file("remove", file, errno);
        if (drop_in->unit)
                rmdir(folder); /* stays where something else is in it */
        return STATUS_OK;
}

/* Nothing is done where a file of somebody else is in the way of any of them. */
static int set_links(struct guard *guard, bool on) {
        for (size_t i = 0; i < DROP_IN_COUNT; i++)
                if (guard->links[i] == LINK_OTHER)
                        return complain(STATUS_FAILED,
                                        "%s%s is not the guard that comes with auditfail: look at it, and remove it if "
                                        "it may go",
                                        guard->root, drop_ins[i].file);
        for (size_t i = 0; i < DROP_IN_COUNT; i++) {
                if (on == (guard->links[i] == LINK_OURS) || guard->links[i] == LINK_NO_PLACE)
                        continue;
                int status = on ? put_link(guard, &drop_ins[i]) : remove_link(guard, &drop_ins[i]);
                if (status != STATUS_OK)
                        return status;
                guard->links[i] = on ? LINK_OURS : LINK_ABSENT;
                guard->changed = true;
        }
        return STATUS_OK;
}

/* Where the properties of UNIT are. systemd loads the unit, if it must, when it is asked for them. */
static char *unit_path(const char *unit) {
        char *path;

        if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) < 0)
                out_of_memory();
        return path;
}

static int unit_refuses(struct guard *guard, const char *unit, bool *ret) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        cleanup(cleanup_free) char *path = unit_path(unit), *state = NULL;
        int value = 0; /* as sd-bus has a boolean */
        int r = sd_bus_get_property_trivial(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "RefuseManualStop", &error,
                                            'b', &value);

        if (r >= 0)
                r = sd_bus_get_property_string(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "LoadState", &error,
                                               &state);
        if (r < 0)
                return complain_of_systemd("does not say whether it refuses to stop " AUDITD, &error, r);
        if (strcmp(unit, AUDITD) == 0)
                guard->masked = strcmp(state, "masked") == 0;
        /* Before audit 4 there is no unit for the rules. */
        *ret = value || (strcmp(unit, RULES) == 0 && strcmp(state, "not-found") == 0);
        return STATUS_OK;
}

static int systemd_refuses(struct guard *guard, bool *ret) {
        int status = STATUS_OK;

        *ret = true;
        for (size_t i = 0; i < DROP_IN_COUNT && status == STATUS_OK && *ret; i++)
                if (drop_ins[i].unit)
                        status = unit_refuses(guard, drop_ins[i].unit, ret);
        return status;
}

static int reload_systemd(const struct guard *guard) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(guard->systemd, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "Reload",
                                   &error, NULL, NULL);

        return r < 0 ? complain_of_systemd("did not read its files again (try: systemctl daemon-reload)", &error, r)
                     : STATUS_OK;
}

/* Whoever turned the guard on has only one way left to stop auditd, and it should work. */
static void check_socket(const struct guard *guard) {
        cleanup(cleanup_free) char *path = unit_path(SOCKET), *state = NULL;
        int r = sd_bus_get_property_string(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "ActiveState", NULL, &state);

        if (r < 0 || strcmp(state, "active") != 0)
                complain(STATUS_OK, SOCKET " is not active, and auditctl stop needs it; try: systemctl enable --now %s",
                         SOCKET);
}

/* Has systemd take note of the file as it is now. */
static int bring_into_force(struct guard *guard, bool on) {
        bool refuses;
        int status = systemd_refuses(guard, &refuses);

        if (status == STATUS_OK && (guard->changed || refuses != on)) {
                status = reload_systemd(guard);
                if (status == STATUS_OK)
                        status = systemd_refuses(guard, &refuses);
        }
        if (status != STATUS_OK || !on)
                return status;
        if (guard->masked && !refuses)
                return complain(STATUS_FAILED,
                                AUDITD " is masked, so that systemd does not read the guard; type: systemctl "
                                       "unmask " AUDITD);
        if (!refuses)
                return complain(STATUS_FAILED,
                                "systemd lets " AUDITD " be stopped all the same; is there such a unit, and what else "
                                "sets RefuseManualStop=? See: systemctl cat %s %s",
                                AUDITD, RULES);
        check_socket(guard);
        return STATUS_OK;
}

/* What is true now, in a sentence: ON in the files, and whether systemd REFUSES, where it was asked. */
static const char *describe(const struct guard *guard, bool on, bool refuses) {
        if (!guard->systemd)
                return on ? "on, whenever systemd starts" : "off";
        if (on && guard->masked)
                return refuses ? "on: systemd refuses to stop auditd.service, and would not start it again, since it "
                                 "is "
                                 "masked; type: systemctl unmask auditd.service"
                               : "on, but not in force: auditd.service is masked, so that systemd lets it be stopped; "
                                 "type: systemctl unmask auditd.service";
        if (on)
                return refuses ? "on: systemd refuses to stop auditd.service; auditctl stop does it"
                               : "on, but not in force; try: systemctl daemon-reload";
        return refuses ? "off, but something else has systemd refuse to stop auditd.service; see: systemctl cat "
                         "auditd.service"
                       : "off: systemctl stop auditd.service works, and the audit trail does not say who did it";
}

static struct json_object *files_json(const struct guard *guard) {
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < DROP_IN_COUNT; i++) {
                cleanup(cleanup_free) char *file = below_root(guard, drop_ins[i].file);
                if (guard->links[i] == LINK_NO_PLACE)
                        continue;
                if (!array || json_object_array_add(array, json_object_new_string(file)) < 0)
                        out_of_memory();
        }
        return array;
}

/* Prints how things are. *RET is whether auditd cannot be stopped without a name. */
static int report(const struct settings *settings, struct guard *guard, bool *ret) {
        bool on = is_on(guard), refuses = false;
        int status = guard->systemd ? systemd_refuses(guard, &refuses) : STATUS_OK;

        if (status != STATUS_OK)
                return status;
        *ret = guard->systemd ? refuses : on;
        if (settings->json) {
                cleanup(cleanup_json) struct json_object *object = object_new();
                object_add(object, "on", json_object_new_boolean(on));
                if (guard->systemd)
                        object_add(object, "inForce", json_object_new_boolean(refuses));
                if (guard->systemd)
                        object_add(object, "masked", json_object_new_boolean(guard->masked));
                object_add(object, "changed", json_object_new_boolean(guard->changed));
                object_add(object, "files", files_json(guard));
                json_print(object);
        } else if (!settings->quiet) {
                printf("%s\n", describe(guard, on, refuses));
        }
        return STATUS_OK;
}

int guard_run(const struct settings *settings, char **operands) {
        static const char *const words[] = { "on", "off", "status", NULL };
        cleanup(guard_clear) struct guard guard = { 0 };
        const char *word = *operands ?: "status";
        bool on = strcmp(word, "on") == 0, look = strcmp(word, "status") == 0, closed = false;

        if (!on && !look && strcmp(word, "off") != 0) {
                const char *near = diagnostic_near(word, strlen(word), words);
                return usage_error(settings, "guard is on, off or status, not \"%s\"%s%s%s", word,
                                   near ? "; did you mean " : "", near ?: "", near ? "?" : "");
        }

        int status = open_guard(settings, &guard);
        if (status == STATUS_OK)
                status = find_links(&guard);
        if (status == STATUS_OK && !look)
                status = set_links(&guard, on);
        if (status == STATUS_OK && !look && guard.systemd)
                status = bring_into_force(&guard, on);
        if (status == STATUS_OK)
                status = report(settings, &guard, &closed);
        return status == STATUS_OK && look && !closed ? STATUS_FAILED : status;
}
