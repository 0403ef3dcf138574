/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/guard_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/files/tree.h"
#include "client/auditfailctl/guard/auditctl_path.h"
#include "client/common/reader.h"
#include "client/common/text.h"

#define AUDITD    "auditd.service"
#define RULES     "audit-rules.service"
#define SOCKET    "auditfail-controld.socket"
#define NAME      "50-auditfail.conf"
#define TARGET(U) GUARD_FOLDER "/" U ".d/" NAME
#define UNITS     "/etc/systemd/system/"
#define FOLDER(U) UNITS U ".d"
#define POLKIT    "/etc/polkit-1/rules.d"
#define RULE_NAME "40-auditfail-guard.rules"
#define LOCAL     "/usr/local/sbin"

#define SYSTEMD "org.freedesktop.systemd1"

/* The last part puts our auditctl in front of the stock one. */
enum { PART_AUDITD, PART_RULES, PART_POLKIT, PART_AUDITCTL, PART_COUNT };

static const struct part {
        const char *unit;                   /* NULL: not a drop-in */
        const char *folder, *file, *target; /* the link FILE in FOLDER leads to TARGET */
} parts[PART_COUNT] = {
        [PART_AUDITD] = { AUDITD, FOLDER(AUDITD), FOLDER(AUDITD) "/" NAME, TARGET(AUDITD) },
        [PART_RULES] = { RULES, FOLDER(RULES), FOLDER(RULES) "/" NAME, TARGET(RULES) },
        [PART_POLKIT] = { NULL, POLKIT, POLKIT "/" RULE_NAME, GUARD_FOLDER "/polkit-1/" RULE_NAME },
        [PART_AUDITCTL] = { NULL, LOCAL, LOCAL "/auditctl", AUDITCTL_PATH },
};

enum link {
        LINK_ABSENT,
        LINK_OURS,
        LINK_OTHER,    /* another file has its name */
        LINK_NEEDLESS, /* polkit is not installed, or auditctl itself is in that place */
        LINK_UNKNOWN,  /* this user may not read polkit's folder */
};

struct guard {
        sd_bus *systemd; /* NULL: for another tree, or where systemd does not run */
        struct tree tree;
        enum link links[PART_COUNT];
        bool changed;
        bool hindered;      /* an error was reported, but the other parts were done */
        bool refuses;       /* systemd refuses to stop auditd */
        const char *masked; /* the first masked unit; NULL: none */
        struct auditctl_path auditctl;
};

static void guard_clear(struct guard *guard) {
        sd_bus_flush_close_unref(guard->systemd);
        tree_close(&guard->tree);
}

static int complain_of_file(const struct guard *guard, const char *what, const char *path, int error) {
        bool denied = error == EACCES || error == EPERM;

        return complain(denied ? STATUS_DENIED : STATUS_FAILED, "cannot %s %s%s: %s%s", what, guard->tree.path, path,
                        strerror(error), denied ? "; only root can turn the guard on and off" : "");
}

static int complain_of_systemd(const char *what, const sd_bus_error *error, int r) {
        cleanup(cleanup_free) char *reason = text_safe(error->message ?: strerror(-r));
        int status = r == -EACCES || r == -EPERM ? STATUS_DENIED : r == -ETIMEDOUT ? STATUS_TIMEOUT : STATUS_NO_DAEMON;

        return complain(status, "systemd %s: %s", what, reason);
}

static int connect_to_systemd(const struct settings *settings, struct guard *guard) {
        sd_bus_error none = SD_BUS_ERROR_NULL;

        if (settings->given[OPTION_ROOT] || sd_booted() <= 0)
                return STATUS_OK;

        int r = sd_bus_open_system(&guard->systemd);
        if (r < 0)
                return complain_of_systemd(guard->changed ? "cannot be told over D-Bus to read its files again (type: "
                                                            "systemctl daemon-reload)"
                                                          : "cannot be asked over D-Bus",
                                           &none, r);
        sd_bus_set_method_call_timeout(guard->systemd, (uint64_t)settings->timeout_ms * 1000);
        return STATUS_OK;
}

/* Opens the folder PATH of the tree, to use it in functions such as symlinkat(). */
static int open_folder(const struct guard *guard, const char *path) {
        return tree_open_file(&guard->tree, path, O_PATH | O_DIRECTORY);
}

static int find_link(const struct guard *guard, const struct part *part, enum link *ret) {
        cleanup(cleanup_fd) int folder = open_folder(guard, part->folder);
        char target[PATH_MAX];
        ssize_t length = tree_read_link(&guard->tree, part->folder, basename(part->file), target, sizeof(target));

        if (strcmp(part->file, part->target) == 0)
                *ret = LINK_NEEDLESS;
        else if (length == -EACCES && !part->unit)
                *ret = LINK_UNKNOWN;
        else if (length == -ENOENT && part == &parts[PART_POLKIT] && folder < 0)
                *ret = LINK_NEEDLESS;
        else if (length < 0 && length != -ENOENT && length != -ENOTDIR && length != -EINVAL)
                return complain_of_file(guard, "look at", part->file, (int)-length);
        else if (length < 0)
                *ret = length == -EINVAL ? LINK_OTHER : LINK_ABSENT; /* EINVAL: the file is no link */
        else if ((size_t)length == strlen(part->target) && memcmp(target, part->target, (size_t)length) == 0)
                *ret = LINK_OURS;
        else
                *ret = LINK_OTHER;
        return STATUS_OK;
}

static int find_links(struct guard *guard) {
        int status = STATUS_OK;

        for (size_t i = 0; i < PART_COUNT && status == STATUS_OK; i++)
                status = find_link(guard, &parts[i], &guard->links[i]);
        return status;
}

static bool is_on(const struct guard *guard) {
        for (size_t i = 0; i < PART_COUNT; i++)
                if (parts[i].unit && guard->links[i] != LINK_OURS)
                        return false;
        return true;
}

/*
 * Whether polkit may still let administrators who are not root signal auditd through systemd, because polkit was
 * installed after the guard was turned on.
 */
static bool lacks_rule(const struct guard *guard) {
        return guard->links[PART_POLKIT] == LINK_ABSENT || guard->links[PART_POLKIT] == LINK_OTHER;
}

/* Makes the folder PATH of the tree, and the folders above it. */
static int make_folder(const struct guard *guard, const char *path) {
        for (const char *start = path; *start;) {
                const char *end = strchrnul(start + 1, '/');
                cleanup(cleanup_free) char *above = text_format("%.*s/", (int)(start - path), path);
                cleanup(cleanup_free) char *name = text_format("%.*s", (int)(end - start - 1), start + 1);
                cleanup(cleanup_fd) int fd = open_folder(guard, above);
                if (fd < 0 || (mkdirat(fd, name, 0755) < 0 && errno != EEXIST))
                        return complain_of_file(guard, "make", path, errno);
                start = end;
        }
        return STATUS_OK;
}

/* Removes the folder of a drop-in, unless it holds other files. */
static void remove_folder(const struct guard *guard, const struct part *part) {
        cleanup(cleanup_fd) int units = part->unit ? open_folder(guard, UNITS) : -1;

        if (units >= 0)
                unlinkat(units, basename(part->folder), AT_REMOVEDIR);
}

static int put_link(const struct guard *guard, const struct part *part) {
        umask(022); /* every user may read what stops systemctl */
        int status = make_folder(guard, part->folder);
        if (status != STATUS_OK)
                return status;

        cleanup(cleanup_fd) int folder = open_folder(guard, part->folder);
        if (folder >= 0 && symlinkat(part->target, folder, basename(part->file)) == 0)
                return STATUS_OK;
        int error = errno;
        remove_folder(guard, part);
        return complain_of_file(guard, "make", part->file, error);
}

static int remove_link(const struct guard *guard, const struct part *part) {
        cleanup(cleanup_fd) int folder = open_folder(guard, part->folder);

        if (folder < 0 || unlinkat(folder, basename(part->file), 0) < 0)
                return complain_of_file(guard, "remove", part->file, errno);
        remove_folder(guard, part);
        return STATUS_OK;
}

/* Reports files of others that have the name of a link. Returns whether such a file is a drop-in or a rule. */
static bool report_others(struct guard *guard) {
        for (size_t i = 0; i < PART_AUDITCTL; i++)
                if (guard->links[i] == LINK_OTHER) {
                        guard->hindered = true;
                        complain(0,
                                 "%s%s is not the guard that comes with auditfail; check it, and remove it if it is "
                                 "not needed",
                                 guard->tree.path, parts[i].file);
                }
        return guard->hindered;
}

/* Users trust what is in /usr/local, so the guard replaces no program there. */
static void report_other_auditctl(struct guard *guard) {
        guard->hindered = true;
        complain(0, "%s%s is not the auditctl that comes with auditfail; move it away, and type: auditfailctl guard on",
                 guard->tree.path, parts[PART_AUDITCTL].file);
}

static int find_targets(const struct guard *guard) {
        for (size_t i = 0; i < PART_COUNT; i++) {
                if (guard->links[i] != LINK_ABSENT)
                        continue;
                cleanup(cleanup_fd) int fd = tree_open_file(&guard->tree, parts[i].target, O_PATH);
                if (fd < 0)
                        return complain_of_file(guard, "find", parts[i].target, errno);
        }
        return STATUS_OK;
}

static int set_link(struct guard *guard, size_t i, bool on) {
        int status = on ? put_link(guard, &parts[i]) : remove_link(guard, &parts[i]);

        if (status == STATUS_OK) {
                guard->links[i] = on ? LINK_OURS : LINK_ABSENT;
                guard->changed = true;
        }
        return status;
}

/* Removes the links that were not there BEFORE. */
static int take_back(struct guard *guard, const enum link before[PART_COUNT], int status) {
        for (size_t i = 0; i < PART_COUNT; i++)
                if (guard->links[i] != before[i])
                        set_link(guard, i, false);
        return complain(status, "the guard is as it was before; correct the error above, then type: auditfailctl guard "
                                "on");
}

/*
 * ON changes nothing if a file is missing, if another file has the name of a drop-in or a rule, or if one of them
 * cannot be linked: with half of the guard, systemd stops auditd. Only the link to auditctl may fail, because another
 * auditctl is in its place or /usr/local is read-only. OFF removes each link that is ours.
 */
static int set_links(struct guard *guard, bool on) {
        enum link before[PART_COUNT];

        memcpy(before, guard->links, sizeof(before));
        if (report_others(guard) && on)
                return STATUS_FAILED;
        int found = on ? find_targets(guard) : STATUS_OK;
        if (found != STATUS_OK)
                return found;
        if (on && guard->links[PART_AUDITCTL] == LINK_OTHER && !auditctl_path_find(&guard->tree).ours)
                report_other_auditctl(guard);
        for (size_t i = 0; i < PART_COUNT; i++) {
                if (guard->links[i] != (on ? LINK_ABSENT : LINK_OURS))
                        continue;
                int status = set_link(guard, i, on);
                if (status != STATUS_OK && i != PART_AUDITCTL)
                        return on ? take_back(guard, before, status) : status;
                guard->hindered |= status != STATUS_OK;
        }
        return STATUS_OK;
}

/*
 * Returns the D-Bus path of UNIT, which the caller frees. systemd loads the unit when it is asked for its properties.
 */
static char *unit_path(const char *unit) {
        char *path;

        if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) < 0)
                out_of_memory();
        return path;
}

/* Asks systemd whether it refuses to stop UNIT. A masked unit has no settings, and so refuses nothing. */
static int look_at_unit(struct guard *guard, const char *unit) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        cleanup(cleanup_free) char *path = unit_path(unit), *state = NULL;
        int value = 0; /* the type that sd-bus uses for a boolean */
        int r = sd_bus_get_property_trivial(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "RefuseManualStop", &error,
                                            'b', &value);

        if (r >= 0)
                r = sd_bus_get_property_string(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "LoadState", &error,
                                               &state);
        if (r < 0)
                return complain_of_systemd("does not tell whether it refuses to stop " AUDITD, &error, r);
        if (strcmp(state, "masked") == 0)
                guard->masked = guard->masked ?: unit;
        /* Before audit 4 there is no unit for the rules. */
        guard->refuses &= value || (strcmp(unit, RULES) == 0 && strcmp(state, "not-found") == 0);
        return STATUS_OK;
}

/* Whether UNIT is masked once systemd starts in this tree. */
static bool is_masked_in_tree(const struct guard *guard, const char *unit) {
        char target[PATH_MAX];
        ssize_t length = tree_read_link(&guard->tree, UNITS, unit, target, sizeof(target));

        return length == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", (size_t)length) == 0;
}

static int look_at_units(struct guard *guard) {
        int status = STATUS_OK;

        guard->refuses = true;
        guard->masked = NULL;
        for (size_t i = 0; i < PART_COUNT && status == STATUS_OK; i++)
                if (parts[i].unit && guard->systemd)
                        status = look_at_unit(guard, parts[i].unit);
                else if (parts[i].unit && is_masked_in_tree(guard, parts[i].unit))
                        guard->masked = guard->masked ?: parts[i].unit;
        return status;
}

static int reload_systemd(const struct guard *guard) {
        cleanup(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(guard->systemd, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "Reload",
                                   &error, NULL, NULL);

        return r < 0 ? complain_of_systemd("did not read its files again (try: systemctl daemon-reload)", &error, r)
                     : STATUS_OK;
}

/* With the guard on, auditctl is the only way to stop auditd. Warns if it does not work. */
static void check_socket(const struct guard *guard) {
        cleanup(cleanup_free) char *path = unit_path(SOCKET), *state = NULL;
        int r = sd_bus_get_property_string(guard->systemd, SYSTEMD, path, SYSTEMD ".Unit", "ActiveState", NULL, &state);

        if (r < 0 || strcmp(state, "active") != 0)
                complain(STATUS_OK, SOCKET " is not active, and auditctl stop needs it; try: systemctl enable --now %s",
                         SOCKET);
}

/* Makes systemd read the changed files. */
static int bring_into_force(struct guard *guard, bool on) {
        int status = look_at_units(guard);

        if (status == STATUS_OK && (guard->changed || guard->refuses != on)) {
                status = reload_systemd(guard);
                if (status == STATUS_OK)
                        status = look_at_units(guard);
        }
        if (status != STATUS_OK || !on)
                return status;
        if (!guard->refuses && !guard->masked)
                return complain(STATUS_FAILED,
                                "systemd still allows " AUDITD " to be stopped; does the unit exist, and what else "
                                "sets RefuseManualStop=? See: systemctl cat %s %s",
                                AUDITD, RULES);
        check_socket(guard);
        return STATUS_OK;
}

/* Whether the guard is complete and in force. */
static bool is_closed(const struct guard *guard) {
        return (guard->systemd ? guard->refuses : is_on(guard) && !guard->masked) && !lacks_rule(guard) &&
               (guard->auditctl.ours || !is_on(guard));
}

/* Returns the state of the guard as text, which the caller frees. */
static char *describe(const struct guard *guard) {
        bool on = is_on(guard);

        /* systemd 252 still refuses to stop a masked unit. Since 257, a masked unit has no drop-ins. */
        if (on && guard->masked && guard->systemd && guard->refuses)
                return text_format("on: systemd refuses to stop auditd.service, but does not start it again, because "
                                   "%s is masked; type: systemctl unmask %s",
                                   guard->masked, guard->masked);
        if (on && guard->masked)
                return text_format("on, but not in force: %s is masked, so systemd allows auditd to be stopped; type: "
                                   "systemctl unmask %s",
                                   guard->masked, guard->masked);
        if (on && guard->systemd && !guard->refuses)
                return text_format("on, but not in force; try: systemctl daemon-reload");
        if (on && lacks_rule(guard))
                return text_format(
                        "on, but polkit may let users kill auditd through systemd; type: auditfailctl guard on");
        if (!guard->systemd)
                return text_format(on ? "on, whenever systemd starts" : "off");
        if (on)
                return text_format("on: systemd refuses to stop auditd.service; %s stop does it",
                                   guard->auditctl.ours ? "auditctl" : AUDITCTL_PATH);
        return text_format(guard->refuses ? "off, but something else makes systemd refuse to stop auditd.service; see: "
                                            "systemctl cat auditd.service"
                                          : "off: systemctl stop auditd.service works, and the audit trail does not "
                                            "name the person who did it");
}

/* Returns a sentence about the auditctl that root gets, which the caller frees. */
static char *describe_auditctl(const struct guard *guard) {
        const struct auditctl_path *found = &guard->auditctl;
        char *sentence = found->file ? text_format("auditctl is %s, which %s with auditfail", found->file,
                                                   found->ours ? "comes" : "does not come")
                                     : text_format("there is no auditctl in the search path of root and sudo");

        if (!found->ours && guard->links[PART_AUDITCTL] == LINK_OURS)
                text_append(&sentence, "; %s is missing: install auditfail again", AUDITCTL_PATH);
        else if (!found->ours && guard->links[PART_AUDITCTL] == LINK_OTHER)
                text_append(&sentence, "; to use the one of auditfail, move %s away, and type: auditfailctl guard on",
                            parts[PART_AUDITCTL].file);
        else if (!found->ours)
                text_append(&sentence, "; to use the one of auditfail, type: auditfailctl guard on");
        return sentence;
}

static struct json_object *auditctl_json(const struct guard *guard) {
        struct json_object *object = object_new();

        object_add_string(object, "file", guard->auditctl.file);
        object_add_boolean(object, "ours", guard->auditctl.ours);
        return object;
}

static struct json_object *files_json(const struct guard *guard) {
        struct json_object *array = array_new();

        for (size_t i = 0; i < PART_COUNT; i++) {
                cleanup(cleanup_free) char *file = tree_path(&guard->tree, parts[i].file);
                if (guard->links[i] != LINK_NEEDLESS)
                        array_add_string(array, file);
        }
        return array;
}

/* Prints the state of the guard. What is on stderr already is not printed again. */
static void report(const struct settings *settings, const struct guard *guard, bool off) {
        if (settings->json) {
                cleanup(cleanup_json) struct json_object *object = object_new();
                object_add_boolean(object, "on", is_on(guard));
                if (guard->systemd)
                        object_add_boolean(object, "inForce", guard->refuses);
                object_add_string(object, "masked", guard->masked);
                object_add_boolean(object, "changed", guard->changed);
                object_add(object, "files", files_json(guard));
                object_add(object, "auditctl", auditctl_json(guard));
                json_print(object, settings->json);
        } else if (!settings->quiet) {
                cleanup(cleanup_free) char *sentence = describe(guard), *auditctl = describe_auditctl(guard);
                printf("%s\n", sentence);
                if (!off && !guard->hindered)
                        printf("%s\n", auditctl);
        }
}

static int guard_run(const struct settings *settings, char **operands) {
        static const char *const words[] = { "on", "off", "status", NULL };
        cleanup(guard_clear) struct guard guard = { .tree = TREE_NULL };
        const char *word = *operands ?: "status";
        bool on = strcmp(word, "on") == 0, look = strcmp(word, "status") == 0;

        if (!on && !look && strcmp(word, "off") != 0) {
                cleanup(cleanup_free) char *suggestion = text_suggestion(word, strlen(word), "", words);
                return usage_error(settings, "guard is on, off or status, not \"%s\"%s", word, suggestion);
        }

        int status = tree_open(settings, &guard.tree);
        if (status == STATUS_OK)
                status = find_links(&guard);
        if (status == STATUS_OK && !look)
                status = set_links(&guard, on);
        if (status == STATUS_OK)
                status = connect_to_systemd(settings, &guard);
        if (status == STATUS_OK && !look && guard.systemd)
                status = bring_into_force(&guard, on);
        else if (status == STATUS_OK)
                status = look_at_units(&guard);
        if (status != STATUS_OK)
                return status;
        guard.auditctl = auditctl_path_find(&guard.tree);
        report(settings, &guard, !look && !on);
        return guard.hindered || ((look || on) && !is_closed(&guard)) ? STATUS_FAILED : STATUS_OK;
}

const struct command guard_command = {
        .name = "guard",
        .operands = "[on|off|status]",
        .operands_max = 1,
        .timeout_ms = 90000,
        .run = guard_run,
        .summary = "Make systemd refuse to stop auditd; use auditctl stop instead",
        .options = OPTION_BIT(OPTION_ROOT),
        .details = "on also links /usr/local/sbin/auditctl to the auditctl of auditfail.\n"
                   "Without an argument: status. Its exit status is 0 if the guard works, else 1.",
};
