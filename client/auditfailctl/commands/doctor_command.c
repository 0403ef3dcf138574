/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/doctor_command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/doctor/diagnosis.h"
#include "client/auditfailctl/output/failure.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/common/message.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/audit/audit_subject.h"
#include "protocol/audit/probe.h"

/* This program: the preload library is of the same architecture. The caller clears *RET. */
static bool read_self(struct elf_file *ret) {
        cleanup(cleanup_fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

        return fd >= 0 && elf_file_read(fd, ret) == 0;
}

/* What the program's file gives to who else starts it than this user. What a process is, it is already. */
static void correct_privileges(const struct diagnosis *d, struct privileges *privileges) {
        if (d->type == SUBJECT_PROGRAM)
                return;
        if (d->type == SUBJECT_SERVICE)
                privileges->gained =
                        !d->unit.no_new_privileges && program_gains(&d->program, d->unit.user, d->unit.group);
        else
                privileges->gained = d->starter.path && program_gains(&d->program, d->process.user, d->process.group);
        privileges->joinable = false;
}

/* Of the preload library, which is as SELF: what keeps it out, and the lists from which it would be loaded. */
static void find_preload(struct diagnosis *d, const struct elf_file *self) {
        if (d->program.path)
                d->obstacle = program_obstacle(&d->program, self->class, self->machine);
        if (d->starter.privileges.gained)
                d->obstacle = OBSTACLE_PRIVILEGED; /* it passes no LD_PRELOAD on */
        if (d->process.elsewhere)
                return;
        d->everywhere = preload_everywhere(self);
        d->from_here = preload_from_list(getenv("LD_PRELOAD"), self);
}

/* The stack of PAM, by the files that this process sees; another root has others. */
static void look_at_pam(struct diagnosis *d) {
        const char *slash = d->executable ? strrchr(d->executable, '/') : NULL;
        const char *service = d->starter.path ? NULL : d->unit.pam;
        bool pam = d->linkage.pam || (d->process.pam && !d->starter.path);

        if (service || (pam && slash))
                pam_stack_find(NULL, service ?: pam_service_of(slash + 1), &d->pam);
}

/* What the kernel's rules do to the records of the program, as its subject runs it. */
static void look_at_rules(struct diagnosis *d) {
        struct audit_subject subject = { .auid = AUDIT_UID_UNSET, .auid_known = true };
        struct audit_state unwanted;
        char exe[PATH_MAX];

        dropping_clear(&d->dropping);
        if (d->type == SUBJECT_SERVICE) {
                subject.uid = d->unit.user;
                subject.gid = d->unit.group;
        } else if (audit_subject_read(d->process.pid > 0 ? d->process.pid : getpid(), exe, &subject) < 0) {
                return;
        }
        if (d->process.pid == 0)
                subject.pid = 0; /* not known yet */
        subject.exe = d->executable;
        dropping_find(&subject, &d->dropping, &unwanted);
}

static bool mentions(const struct diagnosis *d, const char *symbol) {
        return d->program.path && elf_file_mentions(&d->program.elf, (const char *[]){ symbol, NULL });
}

/* What follows from the program, once it is known. */
static void look_at_program(struct diagnosis *d) {
        cleanup(elf_file_clear) struct elf_file self = { 0 };

        d->obstacle = OBSTACLE_UNKNOWN;
        if (d->program.path)
                correct_privileges(d, &d->program.privileges);
        if (read_self(&self))
                find_preload(d, &self);
        if (d->process.exe && !d->starter.path)
                d->executable = text_format("%s", d->process.exe);
        else if (d->program.path)
                d->executable = realpath(program_file(&d->program), NULL);
        if (d->process.pid > 0 && !d->starter.path)
                d->secure = d->process.secure;
        else
                d->secure = d->obstacle == OBSTACLE_PRIVILEGED ? SIGHT_YES : SIGHT_NO;
        if (!d->process.elsewhere && d->program.path) {
                linkage_find(&d->program.elf, program_file(&d->program), &d->linkage);
                contents_read(d->program.path, &d->contents);
        }
        if (!d->process.elsewhere)
                look_at_pam(d);
        d->asks_itself = d->linkage.stub || mentions(d, "auditfail_ask");
        d->refuses = mentions(d, "auditfail_preload_leaves_alone");
        look_at_rules(d);
}

static int gather_program(struct diagnosis *d) {
        int r = program_find(d->subject, &d->program);

        if (r == -ENOENT && d->program.interpreter) {
                cleanup(cleanup_free) char *interpreter = text_safe(d->program.interpreter);
                return complain(STATUS_FAILED, "cannot look at %s: its interpreter %s is not there", d->subject,
                                interpreter);
        }
        if (r == -ENOENT)
                return complain(STATUS_FAILED,
                                "there is no program %s; a process is given by its number, a service by its full name "
                                "(%s.service)",
                                d->subject, d->subject);
        if (r < 0)
                return complain(r == -EACCES ? STATUS_DENIED : STATUS_FAILED, "cannot look at %s: %s", d->subject,
                                strerror(-r));
        return STATUS_OK;
}

static int gather_process(struct diagnosis *d, pid_t pid) {
        if (!d->proc)
                return complain(STATUS_FAILED,
                                "cannot look at process %lld: /proc is not mounted; try: mount -t proc proc /proc",
                                (long long)pid);
        int r = process_read(pid, &d->process);
        if (r < 0)
                return complain(STATUS_FAILED, "cannot look at process %lld: %s", (long long)pid, strerror(-r));
        /* In the file system of the process, the path may be another file's than in ours: the link leads to its own. */
        if (d->process.exe) {
                cleanup(cleanup_free) char *link = text_format("/proc/%lld/exe", (long long)pid);
                if (program_read(link, &d->program) == 0 && d->program.path) {
                        free(d->program.path);
                        d->program.path = text_format("%s", d->process.exe);
                } else {
                        program_clear(&d->program);
                }
        }
        return STATUS_OK;
}

static int complain_of_systemd(const char *unit, int error) {
        switch (error) {
        case EINVAL:
                return complain(STATUS_USAGE, "%s is no service; what else systemd has runs no program", unit);
        case ENOENT:
                return complain(STATUS_FAILED, "systemd knows no %s, or cannot load it; see: systemctl status %s", unit,
                                unit);
        case EHOSTDOWN:
                return complain(STATUS_NO_DAEMON, "cannot ask systemd about %s: there is no D-Bus; does systemd run?",
                                unit);
        case ETIMEDOUT:
                return complain(STATUS_TIMEOUT, "systemd did not tell about %s in time", unit);
        default:
                return complain(error == EACCES || error == EPERM ? STATUS_DENIED : STATUS_NO_DAEMON,
                                "systemd does not tell about %s: %s", unit, strerror(error));
        }
}

/* Whether the main process is still systemd's own, which executes the program next and is named after it: (agetty). */
static bool is_being_started(const struct process *process) {
        const char *slash = process->exe ? strrchr(process->exe, '/') : NULL;

        return *process->name == '(' && slash &&
               (strcmp(slash, "/systemd") == 0 || strcmp(slash, "/systemd-executor") == 0);
}

static int gather_service(const struct settings *settings, struct diagnosis *d) {
        int r = service_unit_read(d->subject, settings->timeout_ms, &d->unit);

        if (r < 0)
                return complain_of_systemd(d->subject, -r);
        d->systemd = true;
        if (d->unit.pid > 0 && gather_process(d, (pid_t)d->unit.pid) != STATUS_OK)
                return STATUS_FAILED;
        if (is_being_started(&d->process)) {
                process_clear(&d->process);
                program_clear(&d->program);
        }
        if (d->process.pid == 0)
                (void)process_read(1, &d->manager); /* nothing of it is known where /proc hides it */
        /* Also where another process's program cannot be seen. */
        if (!d->program.path && d->unit.program && program_read(d->unit.program, &d->program) < 0)
                program_clear(&d->program);
        return STATUS_OK;
}

/* The number that WORD is; 0: it is none, or none of a process. */
static pid_t parse_pid(const char *word) {
        char *end;
        long number = strtol(word, &end, 10);

        return *word >= '1' && *word <= '9' && !*end && number <= INT32_MAX ? (pid_t)number : 0;
}

/* A name with a slash is a file's, whatever it ends in. */
static bool is_unit(const char *word) {
        static const char *const suffixes[] = { ".service", ".socket", ".scope", ".timer", ".target", ".slice" };
        const char *dot = strrchr(word, '.');

        for (size_t i = 0; dot && !strchr(word, '/') && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
                if (strcmp(dot, suffixes[i]) == 0)
                        return true;
        return false;
}

static int gather(const struct settings *settings, struct diagnosis *d) {
        pid_t pid = parse_pid(d->subject);
        int status;

        if (pid > 0) {
                d->type = SUBJECT_PROCESS;
                status = gather_process(d, pid);
        } else if (is_unit(d->subject)) {
                d->type = SUBJECT_SERVICE;
                status = gather_service(settings, d);
        } else {
                status = gather_program(d);
        }
        if (status == STATUS_OK)
                look_at_program(d);
        return status;
}

/* From the daemon behind --socket, for which nothing stands in. */
static int ask_socket(const struct settings *settings, const char *application, enum kind kind,
                      struct auditfail_answer *answer) {
        cleanup(cleanup_json) struct json_object *parameters = object_new(), *object = NULL;

        object_add_string(parameters, "application", application);
        object_add_string(parameters, "kind", kind_name(kind));
        int status = service_ask(settings, "Explain", parameters, &object);
        if (status != STATUS_OK)
                return status;

        struct reader reply = { .object = object };
        const char *word = read_string(&reply, "action"), *file = read_string_maybe(&reply, "file");
        int action = action_from_name(word, strlen(word));
        answer->action = action < 0 ? AUDITFAIL_TERMINATE : (enum auditfail_action)action;
        answer->line = (unsigned)read_integer_or(&reply, "line", 0);
        snprintf(answer->file, sizeof(answer->file), "%s", file ?: "");
        return reply.fault || action < 0 ? service_misunderstood(settings, reply.fault ?: "action") : STATUS_OK;
}

/* The answers are those that the subject would get. */
static int ask_policy(const struct settings *settings, struct diagnosis *d) {
        int status = STATUS_OK;

        for (enum kind kind = 0; kind < KIND_COUNT && status == STATUS_OK; kind++) {
                struct auditfail_question question = { .application = d->application,
                                                       .error = kind_errno(kind),
                                                       .timeout_ms = (unsigned)settings->timeout_ms,
                                                       .flags = AUDITFAIL_AHEAD };
                if (d->process.socket == SIGHT_NO && d->process.pid > 0)
                        d->answers[kind] = (struct auditfail_answer){ .action = AUDITFAIL_TERMINATE,
                                                                      .via = AUDITFAIL_VIA_BUILTIN };
                else if (settings->given[OPTION_SOCKET])
                        status = ask_socket(settings, d->application, kind, &d->answers[kind]);
                else
                        auditfail_ask(&question, &d->answers[kind]);
        }
        return status;
}

static int judge(const struct settings *settings, struct diagnosis *d) {
        diagnosis_find(d);
        int status = ask_policy(settings, d);
        if (status == STATUS_OK)
                diagnosis_conclude(d);
        return status;
}

/* Judges the program PATH in place of the one that starts it. */
static int judge_helper(const struct settings *settings, struct diagnosis *d, const char *path) {
        if (d->starter.path)
                program_clear(&d->program);
        else
                d->starter = d->program;
        d->program = (struct program){ 0 };
        diagnosis_forget(d);
        contents_clear(&d->contents);
        linkage_clear(&d->linkage);
        pam_line_clear(&d->pam);
        free(TAKE_PTR(d->executable));
        if (program_read(path, &d->program) < 0)
                program_clear(&d->program);
        look_at_program(d);
        return judge(settings, d);
}

/* The file names of all of HELPERS but that of CHOSEN. The caller frees them; NULL: there are none. */
static char *name_others(const struct contents *helpers, size_t chosen) {
        char *names = NULL;

        for (size_t i = 0; i < helpers->helpers_count; i++)
                if (i != chosen)
                        text_append(&names, "%s%s", names ? ", " : "", strrchr(helpers->helpers[i], '/') + 1);
        return names;
}

/* Of a subject without records of its own, the program counts that it may start and that fares worst. */
static int judge_helpers(const struct settings *settings, struct diagnosis *d) {
        cleanup(contents_clear) struct contents helpers = d->contents;
        enum verdict worst = VERDICT_NOTHING;
        size_t chosen = 0;
        int status = STATUS_OK;

        d->contents = (struct contents){ 0 };
        for (size_t i = 0; i < helpers.helpers_count && status == STATUS_OK; i++) {
                status = judge_helper(settings, d, helpers.helpers[i]);
                if (d->verdict <= worst)
                        continue;
                worst = d->verdict;
                chosen = i;
        }
        d->others = name_others(&helpers, chosen);
        return status == STATUS_OK ? judge_helper(settings, d, helpers.helpers[chosen]) : status;
}

/* Adds the verdict on SUBJECT to *RET_WORST. PLACE has what is known of this process and machine. */
static int examine(const struct settings *settings, const char *subject, const struct diagnosis *place,
                   enum verdict *ret_worst) {
        cleanup(diagnosis_clear) struct diagnosis diagnosis = *place;

        diagnosis.subject = subject;
        int status = gather(settings, &diagnosis);
        if (status == STATUS_OK)
                status = judge(settings, &diagnosis);
        if (status == STATUS_OK && diagnosis_starts_helpers(&diagnosis))
                status = judge_helpers(settings, &diagnosis);
        if (status != STATUS_OK)
                return status;
        diagnosis_print(settings, &diagnosis);
        if (diagnosis.verdict > *ret_worst)
                *ret_worst = diagnosis.verdict;
        return STATUS_OK;
}

/* As audit_open() does it. Returns 0 or negative errno. */
static int open_audit(void) {
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

        return fd < 0 ? -errno : 0;
}

static bool has_audit_write(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        return syscall(SYS_capget, &header, data) == 0 &&
               (data[CAP_TO_INDEX(CAP_AUDIT_WRITE)].effective & CAP_TO_MASK(CAP_AUDIT_WRITE)) != 0;
}

static int doctor_run(const struct settings *settings, char **operands) {
        const struct diagnosis place = { .probed = audit_probe_new(),
                                         .opened = open_audit(),
                                         .capable = has_audit_write(),
                                         .proc = access("/proc/self/fd", F_OK) == 0,
                                         .systemd = access("/run/systemd/system", F_OK) == 0,
                                         .initial = process_initial_namespace(getpid()) == SIGHT_YES };
        enum verdict verdict = VERDICT_NOTHING;
        int worst = STATUS_OK;

        if (!*operands)
                return usage_error(settings, "doctor needs a program, the number of a process, or a service");
        /* One that cannot be looked at keeps nobody from looking at the others; the first trouble is the status. */
        for (; *operands; operands++) {
                int status = examine(settings, *operands, &place, &verdict);
                worst = worst == STATUS_OK ? status : worst;
        }
        if (worst == STATUS_OK && verdict >= VERDICT_UNKNOWN)
                worst = verdict == VERDICT_LOST ? STATUS_FAILED : STATUS_UNKNOWN;
        return worst;
}

const struct command doctor_command = {
        .name = "doctor",
        .operands = "PROGRAM|PID|UNIT...",
        .operands_max = -1,
        .timeout_ms = 10000,
        .run = doctor_run,
        .summary = "Tell what happens when a program, process or service loses audit",
        .details = "The exit status is 1 where a lost record would go unnoticed, or a policy be disobeyed; 7 where\n"
                   "records fail and the programs that it starts are not known.",
};
