/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/doctor/steps.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define DROP_IN "50-auditfail-preload.conf"

__attribute__((format(printf, 2, 3))) static void add_step(struct diagnosis *d, const char *format, ...) {
        cleanup(cleanup_free) char *step = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&step, format, arguments) < 0)
                out_of_memory();
        va_end(arguments);
        string_list_add(&d->steps, step);
}

/* WORD quoted for a shell, since any user may have named the file. The caller frees it. */
static char *quote(const char *word) {
        static const char plain[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%+,-./:=@_";
        char *quoted = NULL;

        if (*word && !word[strspn(word, plain)])
                return text_format("%s", word);
        for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1)
                text_append(&quoted, "'%.*s'\\'", (int)(quote - word), word);
        text_append(&quoted, "'%s'", word);
        return quoted;
}

/* The folder of the drop-ins of UNIT; an instance has the one of its template. The caller frees it. */
static char *drop_in_folder(const char *unit) {
        const char *instance = strchr(unit, '@'), *dot = strrchr(unit, '.') ?: unit + strlen(unit);
        int length = instance && dot > instance ? (int)(instance + 1 - unit) : (int)(dot - unit);
        cleanup(cleanup_free) char *folder = text_format("/etc/systemd/system/%.*s%s.d", length, unit, dot);

        return quote(folder);
}

static void add_pam_steps(struct diagnosis *d) {
        if (d->pam.file)
                add_step(d, "in %s:%zu make the control \"required\"", d->pam.file, d->pam.line);
        else
                add_step(d, "pam-auth-update --enable auditfail, or a line in /etc/pam.d/%s: pam_auditfail(8)",
                         d->pam.stack);
}

/* Whether the unit keeps the service from audit or auditfaild. */
static bool is_restricted(const struct service_unit *unit) {
        return !unit->unix_sockets || unit->record_error != 0 || unit->ask_error != 0;
}

static void add_access_steps(struct diagnosis *d, const char *unit) {
        if (!d->unit.unix_sockets)
                add_step(d, "systemctl edit %s: [Service] RestrictAddressFamilies=AF_UNIX, to reach auditfaild", unit);
        if (d->unit.record_error != 0)
                add_step(d, "systemctl edit %s: [Service] SystemCallFilter=@network-io, to reach audit", unit);
        else if (d->unit.ask_error != 0)
                add_step(d, "systemctl edit %s: [Service] SystemCallFilter=@network-io, to reach auditfaild", unit);
}

/* The drop-in is linked, so that it goes when auditfail is removed. */
static void add_service_steps(struct diagnosis *d) {
        cleanup(cleanup_free) char *unit = quote(d->unit.name), *folder = drop_in_folder(d->unit.name);

        if (!preload_is_listed(d->unit.variables.preload)) {
                add_step(d, "mkdir -p %s", folder);
                add_step(d, "ln -s " GUARD_FOLDER "/auditfail-preload.conf %s/" DROP_IN, folder);
        }
        add_access_steps(d, unit);
        add_step(d, "systemctl daemon-reload && systemctl restart %s", unit);
}

static void add_program_steps(struct diagnosis *d) {
        cleanup(cleanup_free) char *subject = quote(d->subject), *library = quote(preload_library()),
                                   *program = quote(diagnosis_own_program(d)->path ?: d->process.name);
        bool privileged = d->obstacle == OBSTACLE_PRIVILEGED && !d->program.privileges.joinable;

        if (d->asker == ASKER_UNKNOWN && d->process.other_etc)
                add_step(d, "where it runs: auditfailctl doctor %s", program);
        else if (d->asker == ASKER_UNKNOWN && geteuid() == 0)
                add_step(d, "with CAP_SYS_PTRACE, in the initial user namespace: auditfailctl doctor %s", subject);
        else if (d->asker == ASKER_UNKNOWN)
                add_step(d, "sudo auditfailctl doctor %s", subject);
        else if (d->obstacle == OBSTACLE_STATIC || d->obstacle == OBSTACLE_FOREIGN)
                add_step(d, "build it with libauditfail: auditfail_ask(3)");
        else if (privileged)
                add_step(d, "for every program: echo %s >>" PRELOAD_FILE, library);
        else if (d->type == SUBJECT_PROCESS)
                add_step(d, "start it again: auditfailctl run %s", program);
        else
                add_step(d, "auditfailctl run %s", subject);
}

static void add_preload_steps(struct diagnosis *d) {
        if (d->type == SUBJECT_SERVICE && (d->obstacle == OBSTACLE_NONE || d->obstacle == OBSTACLE_UNKNOWN))
                add_service_steps(d);
        else
                add_program_steps(d);
}

/* pam_auditfail cannot apply the policy to records that the program writes itself: then the library comes first. */
static void add_steps_without_asker(struct diagnosis *d) {
        bool direct = linkage_is_direct(&d->linkage);

        if (d->pam.service && !direct && d->reaction != REACTION_PAM_FAILS)
                add_pam_steps(d);
        add_preload_steps(d);
        if (d->pam.service && direct && d->reaction != REACTION_PAM_FAILS)
                add_pam_steps(d);
}

/* Whether the library is missing beside pam_auditfail: where records are lost, and in a service where they may be. */
static bool wants_preload(const struct diagnosis *d) {
        if (d->skip == SKIP_MANAGER)
                return true;
        if (d->asker != ASKER_PAM || d->skip != SKIP_NONE)
                return false;
        if (d->reaction == REACTION_PAM_FAILS)
                return d->verdict == VERDICT_LOST;
        return linkage_is_direct(&d->linkage) && (d->verdict == VERDICT_LOST || d->type == SUBJECT_SERVICE);
}

static void add_steps_with_asker(struct diagnosis *d) {
        bool preload = wants_preload(d);

        if (preload)
                add_preload_steps(d);
        if (d->asker == ASKER_PAM && pam_line_is_optional(&d->pam) && d->verdict == VERDICT_LOST &&
            d->reaction != REACTION_PAM_FAILS)
                add_pam_steps(d);
        if (!preload && d->unit.name && is_restricted(&d->unit))
                add_service_steps(d);
        if (d->skip == SKIP_DEFAULT && strcmp(d->application, APPLICATION_DEFAULT) != 0)
                add_step(d, "a policy of its own: /etc/auditfail/%s.conf", d->application);
}

static void add_daemon_step(struct diagnosis *d) {
        if (d->process.socket_hidden)
                add_step(d, "bind /run/auditfail into its root, so that it reaches auditfaild");
        else if (d->answers[0].via != AUDITFAIL_VIA_DAEMON && d->systemd)
                add_step(d, "systemctl enable --now auditfaild.socket");
        else if (d->answers[0].via != AUDITFAIL_VIA_DAEMON)
                add_step(d, "auditfaild --listen /run/auditfail/io.auditfail.Policy &");
}

static void add_kernel_steps(struct diagnosis *d) {
        if (d->writing == WRITING_FAILS && d->error == ERROR_DISABLED)
                add_step(d, "auditctl -e 1");
        for (size_t i = 0; i < d->dropping.count; i++) {
                cleanup(cleanup_free) char *help = dropping_help(&d->dropping, i);
                add_step(d, "%s", help);
        }
}

void steps_find(struct diagnosis *d) {
        if (!d->proc)
                add_step(d, "mount -t proc proc /proc");
        if (d->verdict != VERDICT_NOTHING)
                add_kernel_steps(d);
        if (d->proc && d->verdict == VERDICT_UNKNOWN)
                add_step(d, "auditfailctl doctor PROGRAM, for each program that it starts");
        if (!d->proc || diagnosis_has_no_records(d))
                return;
        if (d->asker > ASKER_NONE)
                add_steps_with_asker(d);
        else if (!d->inactive)
                add_steps_without_asker(d);
        add_daemon_step(d);
}
