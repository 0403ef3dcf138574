/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/verdict.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/subject/preload.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define DROP_IN "50-auditfail-preload.conf"

/* The answer to the failure that is known, else to any failure. */
static const struct auditfail_answer *known_answer(const struct diagnosis *d) {
        enum kind kind = diagnosis_kind(d);

        return &d->answers[kind == KIND_NONE ? 0 : kind];
}

static bool is_told_to_stop(const struct diagnosis *d) {
        return known_answer(d)->action == AUDITFAIL_TERMINATE;
}

/* Whether PROGRAM runs as an ordinary user where the user of this process starts it. */
static bool will_be_common(const struct program *program) {
        const struct privileges *privileges = &program->privileges;
        bool root = privileges->setuid ? privileges->audit_write : geteuid() == 0;

        return getuid() != 0 && !root;
}

/* Whether is_common_user() will be true in the process that loses records. */
static bool is_common(const struct diagnosis *d) {
        if (d->writing != WRITING_FAILS || d->error != EPERM)
                return false;
        if (d->process.pid > 0)
                return d->process.common;
        return d->type == SUBJECT_SERVICE ? d->unit.user != 0 && !d->unit.audit_write : will_be_common(&d->program);
}

static enum skip find_skip(const struct diagnosis *d) {
        static const enum skip of_preload[] = { [PRELOAD_COMMON_OBEYS] = SKIP_NONE,
                                                [PRELOAD_COMMON_SECURE] = SKIP_SECURE,
                                                [PRELOAD_COMMON_DEFAULT] = SKIP_DEFAULT,
                                                [PRELOAD_COMMON_REPORTS] = SKIP_UNANSWERED };

        if (d->asker == ASKER_PAM && d->unit.pam && diagnosis_kind(d) != KIND_NONE && !d->machine)
                return SKIP_MANAGER;
        if (!is_common(d))
                return SKIP_NONE;
        if (d->asker == ASKER_PRELOAD)
                return of_preload[preload_common(&d->library, d->application, known_answer(d))];
        return d->asker == ASKER_PAM ? SKIP_PAM : SKIP_NONE;
}

static void set_verdict(struct diagnosis *d, enum verdict verdict, const char *outcome) {
        d->verdict = verdict;
        d->outcome = text_format("%s", outcome);
}

/* Whether the program can neither start another one nor send to the kernel's audit by itself. */
static bool is_closed(const struct diagnosis *d) {
        /* Functions that start programs, load plugins, run scripts, and open sockets. */
        static const char *const functions[] = { "*exec*",   "*spawn*",  "*fork*", "*popen*",   "*rocess*",
                                                 "*dlopen*", "*socket*", "*_run*", "*syscall*", "*Py_*",
                                                 "*perl_*",  "*lua_*",   "system", NULL };
        const struct program *program = &d->program;

        return program->path && program->error == 0 && !program->interpreter && !d->contents.go &&
               !elf_file_mentions(&program->elf, functions);
}

static void judge_without_records(struct diagnosis *d) {
        if (is_closed(d))
                set_verdict(d, VERDICT_NOTHING, "It has no records to lose.");
        else
                set_verdict(d, d->writing == WRITING_WORKS ? VERDICT_WORKS : VERDICT_UNKNOWN,
                            "It writes no records through libaudit; programs that it starts are not known.");
}

/*
 * Whether the program reacts by itself, whatever the policy: the preload library acts before it does. pam_auditfail can
 * stop it, but cannot keep it going. A program that asks by itself may have a libpam that does not, and reacts.
 */
static bool reacts_by_itself(const struct diagnosis *d) {
        if (d->reaction == REACTION_NONE || d->inactive || d->skip == SKIP_MANAGER)
                return false;
        if (d->asker == ASKER_PAM)
                return d->reaction == REACTION_PAM_FAILS || pam_line_is_optional(&d->pam) || !is_told_to_stop(d);
        return d->asker == ASKER_NONE || d->asker == ASKER_STUB;
}

static void judge_reaction(struct diagnosis *d) {
        static const char *const reactions[] = {
                [REACTION_MAY_STOP] =
                        "Audit cannot be opened. Many programs then stop by themselves; others go on without records.",
                [REACTION_STOPS] = "It stops by itself where audit cannot be opened",
                [REACTION_PAM_FAILS] = "PAM fails without audit (\"System error\"), and it stops",
                [REACTION_ENDS_SESSIONS] = "It writes USER_LOGIN itself, and ends sessions with a terminal without "
                                           "that record, whatever the policy.",
        };
        bool stops = d->reaction == REACTION_STOPS || d->reaction == REACTION_PAM_FAILS, stop = is_told_to_stop(d);

        d->verdict = stops && stop ? VERDICT_COVERED : VERDICT_LOST;
        d->outcome = text_format("%s%s", reactions[d->reaction],
                                 !stops ? ""
                                 : stop ? ", as the policy says."
                                        : ", whatever the policy.");
}

static const char *const outcomes_of_skip[] = {
        [SKIP_MANAGER] = "Records are lost. PAM runs in systemd, whose own records are written, and it goes on.",
        [SKIP_PAM] = "Records are lost. An ordinary user can never write any, so pam_auditfail lets it go on.",
        [SKIP_SECURE] =
                "Records are lost. It has only an ordinary user's rights, so the preload library leaves it alone.",
        [SKIP_DEFAULT] = "Records are lost. An ordinary user can never write any. Only the default policy applies, so "
                         "it goes on.",
        [SKIP_UNANSWERED] = "Records are lost and reported. An ordinary user can never write any. No policy is known, "
                            "so it goes on.",
};

/* Whether the policy would stop it in the failure that is known, else in any, and PAM's module cannot. */
static bool disobeys(const struct diagnosis *d) {
        enum kind known = diagnosis_kind(d);
        bool stop = false;

        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                stop |= (known == KIND_NONE || kind == known) && d->answers[kind].action == AUDITFAIL_TERMINATE;
        return stop && d->asker == ASKER_PAM && pam_line_is_optional(&d->pam);
}

static const char *outcome_of_written(const struct diagnosis *d) {
        static const char *const with_gap[] = {
                [GAP_OWN] = "Records are written. If PAM loses one, the policy is applied. If the program itself loses "
                            "one, nothing reports it.",
                [GAP_PAM] = "Records are written. If the program itself loses one, the policy is applied. If PAM loses "
                            "one, nothing reports it.",
        };
        bool covered = d->asker > ASKER_NONE && !disobeys(d), drops = d->dropping.count > 0;

        if (covered && d->gap != GAP_NONE)
                return with_gap[d->gap];
        if (covered)
                return drops ? "Records are written, but an audit rule drops some. The policy is applied to these."
                             : "Records are written. If one is lost, the policy is applied.";
        return drops ? "Records are written, but an audit rule drops some, and nothing reports that."
                     : "Records are written. If one is lost, nothing reports it.";
}

/* An asker applies the policy to records that fail, or that may fail. */
static void judge_covered(struct diagnosis *d) {
        static const char *const outcomes[] = {
                [GAP_NONE] = "If a record is lost, the policy is applied.",
                [GAP_OWN] = "If PAM loses a record, the policy is applied. If the program itself loses one, nothing "
                            "reports it.",
                [GAP_PAM] = "If the program itself loses a record, the policy is applied. If PAM loses one, nothing "
                            "reports it.",
        };
        enum auditfail_action action = known_answer(d)->action;

        d->verdict = VERDICT_COVERED;
        if (d->writing == WRITING_UNKNOWN)
                d->outcome = text_format("%s", outcomes[d->gap]);
        else if (action == AUDITFAIL_IGNORE)
                d->outcome = text_format("Records are lost, as the policy allows. It goes on.");
        else if (action == AUDITFAIL_LOG)
                d->outcome = text_format("Records are lost. Each loss is reported, and it goes on.");
        else if (d->asker == ASKER_PAM)
                d->outcome = text_format("No record would be written. PAM stops it when it comes to %s:%zu.",
                                         d->pam.file, d->pam.line);
        else
                d->outcome = text_format("No record would be written. %s",
                                         d->asker == ASKER_STUB ? "It is told to stop."
                                                                : "It is stopped before it does anything.");
}

static void judge_lost(struct diagnosis *d) {
        if (d->asker == ASKER_PAM)
                d->outcome = text_format("The loss is reported, but \"%s\" in %s:%zu lets it go on against the policy.",
                                         d->pam.control, d->pam.file, d->pam.line);
        else if (d->asker == ASKER_UNKNOWN)
                d->outcome = text_format("Whether a lost record is reported is not known.");
        else if (d->writing == WRITING_FAILS)
                d->outcome = text_format("Records are lost, and %s",
                                         d->inactive ? "no policy is asked for." : "nothing reports it.");
        else
                d->outcome = text_format("If a record is lost, nothing reports it.");
        d->verdict = VERDICT_LOST;
}

/* Takes STEP. */
static void add_step(struct diagnosis *d, char *step) {
        string_list_add(&d->steps, step);
        free(step);
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
                add_step(d, text_format("in %s:%zu make the control \"required\"", d->pam.file, d->pam.line));
        else
                add_step(d,
                         text_format("pam-auth-update --enable auditfail, or a line in /etc/pam.d/%s: pam_auditfail(8)",
                                     d->pam.stack));
}

/* Whether the unit keeps the service from audit or auditfaild. */
static bool is_restricted(const struct service_unit *unit) {
        return !unit->unix_sockets || unit->ask_error != 0;
}

static void add_access_steps(struct diagnosis *d, const char *unit) {
        if (!d->unit.unix_sockets)
                add_step(d, text_format(
                                    "systemctl edit %s: [Service] RestrictAddressFamilies=AF_UNIX, to reach auditfaild",
                                    unit));
        if (d->unit.ask_error != 0)
                add_step(d, text_format("systemctl edit %s: [Service] SystemCallFilter=@network-io @io-event, to reach "
                                        "%s",
                                        unit, d->unit.record_error != 0 ? "audit and auditfaild" : "auditfaild"));
}

/* The drop-in is linked, so that it goes when auditfail is removed. */
static void add_service_steps(struct diagnosis *d) {
        cleanup(cleanup_free) char *unit = quote(d->unit.name), *folder = drop_in_folder(d->unit.name);

        if (!preload_is_listed(d->unit.variables.preload)) {
                add_step(d, text_format("mkdir -p %s", folder));
                add_step(d, text_format("ln -s " GUARD_FOLDER "/auditfail-preload.conf %s/" DROP_IN, folder));
        }
        add_access_steps(d, unit);
        add_step(d, text_format("systemctl daemon-reload && systemctl restart %s", unit));
}

static void add_program_steps(struct diagnosis *d) {
        cleanup(cleanup_free) char *subject = quote(d->subject), *library = quote(preload_library()),
                                   *program = quote(diagnosis_own_program(d)->path ?: d->process.name);
        bool privileged = d->obstacle == OBSTACLE_PRIVILEGED && !d->program.privileges.joinable;

        if (d->asker == ASKER_UNKNOWN && d->process.other_etc)
                add_step(d, text_format("where it runs: auditfailctl doctor %s", program));
        else if (d->asker == ASKER_UNKNOWN && geteuid() == 0)
                add_step(d, text_format("with CAP_SYS_PTRACE, in the initial user namespace: auditfailctl doctor %s",
                                        subject));
        else if (d->asker == ASKER_UNKNOWN)
                add_step(d, text_format("sudo auditfailctl doctor %s", subject));
        else if (d->obstacle == OBSTACLE_STATIC || d->obstacle == OBSTACLE_FOREIGN)
                add_step(d, text_format("build it with libauditfail: auditfail_ask(3)"));
        else if (privileged)
                add_step(d, text_format("for every program: echo %s >>" PRELOAD_FILE, library));
        else if (d->type == SUBJECT_PROCESS)
                add_step(d, text_format("start it again: auditfailctl run %s", program));
        else
                add_step(d, text_format("auditfailctl run %s", subject));
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

/* Whether the library is missing beside another asker: where records are lost, and in a service where they may be. */
static bool wants_preload(const struct diagnosis *d) {
        if (d->skip == SKIP_MANAGER)
                return true;
        if ((d->asker != ASKER_PAM && d->gap == GAP_NONE) || d->skip != SKIP_NONE)
                return false;
        if (d->reaction == REACTION_PAM_FAILS)
                return d->verdict == VERDICT_LOST;
        return d->gap != GAP_NONE && (d->verdict == VERDICT_LOST || d->type == SUBJECT_SERVICE);
}

static void add_steps_with_asker(struct diagnosis *d) {
        bool preload = wants_preload(d);

        if (preload && d->gap == GAP_PAM && d->pam.service)
                add_pam_steps(d);
        else if (preload)
                add_preload_steps(d);
        if (d->asker == ASKER_PAM && pam_line_is_optional(&d->pam) && d->verdict == VERDICT_LOST &&
            d->reaction != REACTION_PAM_FAILS)
                add_pam_steps(d);
        if (!preload && d->unit.name && is_restricted(&d->unit))
                add_service_steps(d);
        if (d->skip == SKIP_DEFAULT && strcmp(d->application, APPLICATION_DEFAULT) != 0)
                add_step(d, text_format("write a policy for it: /etc/auditfail/%s.conf", d->application));
}

static void add_daemon_step(struct diagnosis *d) {
        if (d->process.socket_hidden)
                add_step(d, text_format("bind /run/auditfail into its root, so that it reaches auditfaild"));
        else if (d->answers[0].via != AUDITFAIL_VIA_DAEMON && d->systemd)
                add_step(d, text_format("systemctl enable --now auditfaild"));
        else if (d->answers[0].via != AUDITFAIL_VIA_DAEMON)
                add_step(d, text_format("auditfaild --listen /run/auditfail/io.auditfail.Policy &"));
}

static void add_kernel_steps(struct diagnosis *d) {
        if (d->writing == WRITING_FAILS && d->error == ERROR_DISABLED)
                add_step(d, text_format("auditctl -e 1"));
        for (size_t i = 0; i < d->dropping.count; i++)
                add_step(d, text_format("%s", d->dropping.help[i]));
}

static void find_steps(struct diagnosis *d) {
        if (!d->proc)
                add_step(d, text_format("mount -t proc proc /proc"));
        if (d->verdict != VERDICT_NOTHING)
                add_kernel_steps(d);
        if (d->proc && d->verdict == VERDICT_UNKNOWN)
                add_step(d, text_format("auditfailctl doctor PROGRAM, for each program that it starts"));
        if (!d->proc || diagnosis_has_no_records(d))
                return;
        if (d->asker > ASKER_NONE)
                add_steps_with_asker(d);
        else if (!d->inactive)
                add_steps_without_asker(d);
        add_daemon_step(d);
}

void verdict_find(struct diagnosis *d) {
        enum auditfail_action action = known_answer(d)->action;

        d->skip = find_skip(d);
        if (!d->proc)
                set_verdict(d, VERDICT_UNKNOWN, "What it does is not known: /proc is not mounted.");
        else if (diagnosis_has_no_records(d))
                judge_without_records(d);
        else if (d->writing == WRITING_FAILS && d->error == 0)
                set_verdict(d, VERDICT_LOST, "It is killed when it opens audit, whatever the policy.");
        else if (reacts_by_itself(d))
                judge_reaction(d);
        else if (d->skip != SKIP_NONE && action != AUDITFAIL_IGNORE)
                set_verdict(d, VERDICT_LOST, outcomes_of_skip[d->skip]);
        else if (d->gap != GAP_NONE && d->writing == WRITING_FAILS && action == AUDITFAIL_LOG)
                set_verdict(
                        d, VERDICT_LOST,
                        d->gap == GAP_OWN
                                ? "Records that PAM loses are reported. Records that the program itself loses are not."
                                : "Records that the program itself loses are reported. Records that PAM loses are "
                                  "not.");
        else if (d->writing == WRITING_WORKS)
                set_verdict(d, VERDICT_WORKS, outcome_of_written(d));
        else if (d->asker > ASKER_NONE && !disobeys(d))
                judge_covered(d);
        else
                judge_lost(d);
        find_steps(d);
}
