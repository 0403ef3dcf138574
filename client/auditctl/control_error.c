/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/control_error.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/auditctl/caller_view.h"
#include "client/auditctl/outcome.h"
#include "client/common/reader.h"
#include "client/common/text.h"

#define INTERFACE "io.auditfail.Control."
#define VARLINK   "org.varlink.service."

#define NOT_TOLD            "auditd was not told anything"
#define TOLD                "auditd has the signal"
#define OR_FORCE            "; root can use --force, and the trail records that as well"
#define OR_FORCE_UNRECORDED "; root can use --force, but the trail then has no record of the request"

/* These format parameters of an error, safe to print. The caller frees the text. */
static char *tell_reason(struct reader *parameters) {
        return text_line(read_string(parameters, "reason"));
}

static char *tell_detail(struct reader *parameters) {
        return text_line(read_string(parameters, "detail"));
}

static char *tell_rule(struct reader *parameters) {
        cleanup(cleanup_free) char *detail = tell_detail(parameters);
        cleanup(cleanup_free) char *rule = text_line(read_string_maybe(parameters, "rule") ?: "");

        return *rule ? text_format("%s; to delete it: auditctl -d %s", detail, rule)
                     : text_format("%s; see: auditctl -l, and /etc/audit/rules.d", detail);
}

static char *tell_retry(struct reader *parameters) {
        return text_format("the next one is allowed in %.1f s", (double)read_integer(parameters, "retryAfter") / 1e3);
}

static char *tell_caller(struct reader *parameters) {
        struct reader caller = { .object = read_object(parameters, "caller") };
        cleanup(cleanup_free) char *caller_words = caller_text(&caller);

        return text_format("that of %s", caller_words);
}

static char *tell_program(struct reader *parameters) {
        cleanup(cleanup_free) char *program = text_safe(read_string(parameters, "program"));

        return text_format("%s (pid %" PRId64 ")", program, read_integer(parameters, "pid"));
}

static char *tell_record(struct reader *parameters) {
        struct reader record = { .object = read_object(parameters, "record") };
        const char *event = read_string_maybe(&record, "event");
        cleanup(cleanup_free) char *safe = text_safe(event ?: "");

        return event ? text_format("the request is event %s", safe) : text_safe("");
}

static const struct control_error {
        const char *name;                         /* without INTERFACE */
        const char *variant;                      /* see variant_of() */
        const char *told;                         /* whether auditd received the signal */
        const char *what;                         /* what happened */
        char *(*tell)(struct reader *parameters); /* NULL: no details */
        const char *next;                         /* what to do next, or "" */
        enum outcome outcome;
} errors[] = {
        { "PermissionDenied", NULL, NOT_TOLD, "permission denied", tell_reason, "", OUTCOME_PERMISSION_DENIED },
        { "NotIdentified", NULL, NOT_TOLD, "the caller cannot be identified", tell_reason,
          "; run the command again, and see: journalctl -u auditfail-controld", OUTCOME_NOT_IDENTIFIED },
        { "NoLogin", NULL, NOT_TOLD, "this process has no login (auid), so the record would name no person", NULL,
          OR_FORCE, OUTCOME_NO_LOGIN },
        { "RateLimited", NULL, NOT_TOLD, "too many requests of this user", tell_retry, "", OUTCOME_RATE_LIMITED },
        { "Busy", NULL, NOT_TOLD, "another request is being carried out", tell_caller,
          "; try again when that request has ended", OUTCOME_BUSY },
        { "NoAuditDaemon", "none", NOT_TOLD, "there is no audit daemon", NULL, "; to start it: systemctl start auditd",
          OUTCOME_NO_AUDIT_DAEMON },
        { "NoAuditDaemon", "pending", NOT_TOLD, "there is no audit daemon yet", tell_detail, "",
          OUTCOME_NO_AUDIT_DAEMON },
        { "OtherAuditDaemon", NULL, NOT_TOLD, "the audit daemon is not auditd", tell_program,
          "; use that program's own commands", OUTCOME_OTHER_AUDIT_DAEMON },
        { "NotRecorded", "stopped", NOT_TOLD, "the request is not in the audit trail, because auditd is stopped",
          tell_detail, "; try: pkill -CONT -x auditd" OR_FORCE, OUTCOME_DAEMON_STOPPED },
        { "NotRecorded", "disk_full", NOT_TOLD, "the request is not in the audit trail, because the disk is full",
          tell_detail, "; free some space (df /var/log/audit)" OR_FORCE, OUTCOME_DISK_FULL },
        { "NotRecorded", "read_only", NOT_TOLD,
          "the request is not in the audit trail, because its file system is read-only", tell_detail,
          "; try: mount -o remount,rw, and see dmesg" OR_FORCE, OUTCOME_READ_ONLY },
        { "NotRecorded", "suspended", NOT_TOLD,
          "the request is not in the audit trail, because auditd has suspended logging", tell_detail,
          "; find the cause (journalctl -t auditd), repair it, then: auditctl resume" OR_FORCE, OUTCOME_SUSPENDED },
        { "NotRecorded", "hung", NOT_TOLD, "the request is not in the audit trail, because auditd does not write it",
          tell_detail, "; see: journalctl -t auditd, auditctl -s" OR_FORCE, OUTCOME_HUNG },
        { "NotRecorded", "disabled", NOT_TOLD,
          "the request would not be in the audit trail, because auditing is switched off", tell_detail,
          "; to switch it on: auditctl -e 1" OR_FORCE_UNRECORDED, OUTCOME_DISABLED },
        { "NotRecorded", "excluded", NOT_TOLD,
          "the request would not be in the audit trail, because an audit rule drops its record", tell_rule,
          OR_FORCE_UNRECORDED, OUTCOME_EXCLUDED },
        { "NotRecorded", "lost", NOT_TOLD, "the request is not in the audit trail, because the kernel lost records",
          tell_detail, "; lift the rate limit (auditctl -r 0), or raise the backlog limit (auditctl -b)" OR_FORCE,
          OUTCOME_LOST },
        { "NotConfirmed", NULL, NOT_TOLD, "it is not known whether the request is in the audit trail", tell_detail,
          "; see: auditfailctl explain auditctl" OR_FORCE, OUTCOME_NOT_CONFIRMED },
        { "EndedByItself", NULL, NOT_TOLD, "auditd ended by itself meanwhile", tell_record,
          "; see: ausearch -ts recent -m DAEMON_END,DAEMON_ABORT, journalctl -u auditd", OUTCOME_ENDED_BY_ITSELF },
        { "Cancelled", NULL, NOT_TOLD, "cancelled", NULL, "", OUTCOME_CANCELLED },
        { "Failed", "false", NOT_TOLD, "the request failed", tell_detail, "; see: journalctl -u auditfail-controld",
          OUTCOME_FAILED },
        { "NoEffect", "false", NOT_TOLD, "it had no effect", tell_detail, "; see: journalctl -u auditfail-controld",
          OUTCOME_FAILED },
        { "NoEffect", "true", TOLD, "it had no effect so far", tell_detail, "; see: auditctl -s, journalctl -u auditd",
          OUTCOME_NO_EFFECT },
        { "NotStarted", NULL, "auditd is stopped", "auditd has not started again so far", tell_detail,
          "; see: systemctl status auditd", OUTCOME_NOT_STARTED },
        { "RulesNotLoaded", NULL, TOLD, "the rules cannot be loaded", tell_detail,
          "; correct them in /etc/audit/rules.d, then: auditctl reload, or reboot if they are locked",
          OUTCOME_RULES_NOT_LOADED },
        { "Failed", "true", TOLD, "the service failed", tell_detail,
          "; see: auditctl -s, journalctl -u auditfail-controld", OUTCOME_FAILED_SIGNALLED },
        { "Failed", "unknown", "whether auditd has the signal is not known", "the service failed", tell_detail,
          "; see: auditctl -s, journalctl -u auditfail-controld", OUTCOME_UNKNOWN },
};

static const char *variant_of(const char *name, struct reader *parameters) {
        if (strcmp(name, "NoAuditDaemon") == 0)
                return read_string_maybe(parameters, "detail") ? "pending" : "none";
        if (strcmp(name, "NotRecorded") == 0)
                return read_string(parameters, "cause");
        if (strcmp(name, "Failed") == 0 && !json_object_object_get(parameters->object, "signalled"))
                return "unknown";
        if (strcmp(name, "Failed") == 0 || strcmp(name, "NoEffect") == 0)
                return read_boolean(parameters, "signalled") ? "true" : "false";
        return NULL;
}

static const struct control_error *find_error(const char *name, struct reader *parameters) {
        const char *variant = variant_of(name, parameters);

        if (parameters->fault)
                return NULL;
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
                if (strcmp(errors[i].name, name) == 0 && (!variant || strcmp(errors[i].variant, variant) == 0))
                        return &errors[i];
        return NULL;
}

/* Returns what to do next. The caller frees it. */
static char *next_step(const struct settings *settings, const struct control_error *error) {
        const char *verb = settings->verb->name;

        if (error->outcome == OUTCOME_PERMISSION_DENIED && geteuid() != 0)
                return text_format("; try: sudo auditctl %s%s", verb, settings->force ? " --force" : "");
        if (error->outcome == OUTCOME_NO_LOGIN)
                return text_format("; run0, systemd-run and services have no login: in your own login session, type: "
                                   "sudo auditctl %s, or: auditctl %s (polkit asks for a password)%s",
                                   verb, verb, error->next);
        return text_format("%s", error->next);
}

static int complain_of(const struct settings *settings, const struct control_error *error, struct reader *parameters) {
        cleanup(cleanup_free) char *more = error->tell ? error->tell(parameters) : NULL;
        cleanup(cleanup_free) char *next = next_step(settings, error);

        return complain(error->outcome, "%s%s%s; %s%s", error->what, more && *more ? ": " : "", more ?: "", error->told,
                        next);
}

/* Prints an error of the Varlink protocol. After such an error the service has not carried out the call. */
static int varlink_error(const char *name, struct reader *parameters) {
        cleanup(cleanup_free) char *safe = text_safe(name);
        cleanup(cleanup_free) char *parameter = text_safe(read_string_maybe(parameters, "parameter") ?: "");

        if (strcmp(parameter, "reason") == 0)
                return command_line_reason_too_long();
        if (strcmp(parameter, "timeout") == 0)
                return complain(OUTCOME_USAGE, "the service does not accept this --timeout; " NOT_TOLD);
        return complain(OUTCOME_UNREACHABLE,
                        "the service cannot do this: %s%s%s; is it of this version (" AUDITFAIL_VERSION ")? " NOT_TOLD,
                        safe, *parameter ? " " : "", parameter);
}

int control_error_show(const struct settings *settings, const char *name, struct json_object *parameters) {
        struct reader reader = { .object = parameters };
        const struct control_error *error = NULL;

        if (settings->json) {
                cleanup(cleanup_json) struct json_object *reply = object_new();
                object_add_string(reply, "error", name);
                object_add(reply, "parameters", json_object_get(parameters));
                json_print(reply, settings->json);
                output_flush();
        }
        if (strcmp(name, VARLINK "PermissionDenied") == 0)
                error = find_error("PermissionDenied", &reader);
        else if (strncmp(name, VARLINK, strlen(VARLINK)) == 0)
                return varlink_error(name, &reader);
        else if (strncmp(name, INTERFACE, strlen(INTERFACE)) == 0)
                error = find_error(name + strlen(INTERFACE), &reader);
        if (error)
                return complain_of(settings, error, &reader);

        cleanup(cleanup_free) char *safe = text_safe(name);
        return complain(OUTCOME_UNKNOWN,
                        "the service answered with an error that this version (" AUDITFAIL_VERSION
                        ") does not know: %s; whether auditd has the signal is not known; see: auditctl -s, journalctl "
                        "-u auditfail-controld",
                        safe);
}
