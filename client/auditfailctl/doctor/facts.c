/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/doctor/facts.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/common/text.h"
#include "protocol/audit/audit_subject.h"
#include "protocol/audit/probe.h"
#include "protocol/cleanup.h"

/* As audit_open() does it. Returns 0 or negative errno. */
static int open_audit(void) {
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

        return fd < 0 ? -errno : 0;
}

/* program_read() found what this user gains from the file. Another user may start a service or a helper. */
static void correct_privileges(const struct diagnosis *d, struct privileges *privileges) {
        if (d->type == SUBJECT_PROGRAM)
                return;
        if (d->type == SUBJECT_SERVICE)
                privileges->gained =
                        !d->unit.no_new_privileges && privileges_gain(privileges, d->unit.user, d->unit.group);
        else /* a process has the rights of its program already */
                privileges->gained = d->launcher.path && privileges_gain(privileges, d->process.user, d->process.group);
        privileges->joinable = false;
}

/* What keeps the preload library out of the program, and what loads it. */
static void look_at_preload(struct diagnosis *d) {
        const char *unit = d->unit.variables.preload, *own = d->process.variables.preload;
        cleanup(elf_file_clear) struct elf_file self = { 0 }; /* of the library's architecture */
        cleanup(cleanup_fd) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

        d->obstacle = OBSTACLE_UNKNOWN;
        d->library.in_ld_preload = preload_is_listed(d->process.environment ? own : unit);
        if (fd < 0 || elf_file_read(fd, &self) < 0)
                return;
        if (d->program.path)
                d->obstacle = program_obstacle(&d->program, self.class, self.machine);
        if (d->launcher.privileges.gained)
                d->obstacle = OBSTACLE_PRIVILEGED; /* the launcher passes no LD_PRELOAD on */
        if (!d->process.other_etc)
                d->everywhere = preload_everywhere(&self);
        if (d->type == SUBJECT_PROGRAM)
                d->library.in_ld_preload = preload_is_loaded(getenv("LD_PRELOAD"), &self, false);
}

static void look_at_pam(struct diagnosis *d) {
        if (d->unit.pam)
                pam_stack_find(NULL, d->unit.pam, &d->pam);
        else if (d->executable && (d->linkage.pam || d->process.linkage.pam))
                pam_stack_find(NULL, pam_service_of(basename(d->executable)), &d->pam);
}

/* Finds the kernel's rules that drop records of the program, as its subject runs it. */
static void look_at_rules(struct diagnosis *d) {
        struct audit_subject subject = { .auid = AUDIT_UID_UNSET, .auid_known = true };
        struct audit_state unwanted;
        char exe[PATH_MAX];

        if (d->queue.full)
                return;
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

/* What the library finds in the program. The argv[0] of a script is its interpreter. */
static void look_as_library(struct diagnosis *d) {
        struct preload_facts *library = &d->library;
        const char *called = d->process.pid > 0       ? d->process.argv0
                             : d->program.interpreter ? d->program.interpreter
                                                      : d->unit.argv0 ?: d->program.path;

        library->executable = basename(d->executable ?: d->unit.program ?: d->process.name);
        library->called = called ? basename(called) : library->executable;
        library->process_1 = d->process.inner_pid == 1;
        library->refuses = mentions(d, "auditfail_preload_leaves_alone");
        if (d->process.pid > 0 && !d->launcher.path)
                library->secure = d->process.secure;
        else
                library->secure = d->obstacle == OBSTACLE_PRIVILEGED;
}

/* What follows from the program, once it is known. Files count as this process sees them. */
static void look_at_program(struct diagnosis *d) {
        correct_privileges(d, &d->program.privileges);
        look_at_preload(d);
        if (d->process.exe)
                d->executable = text_format("%s", d->process.exe);
        else if (d->program.path)
                d->executable = realpath(program_file(&d->program), NULL);
        if (!d->process.other_etc && d->program.path) {
                linkage_find(&d->program.elf, program_file(&d->program), &d->linkage);
                contents_read(d->program.path, &d->contents);
        }
        if (!d->process.other_etc)
                look_at_pam(d);
        look_as_library(d);
        look_at_rules(d);
}

static int gather_program(struct diagnosis *d) {
        int r = program_find(d->subject, &d->program);

        if (r == -ENOENT && d->program.interpreter) {
                cleanup(cleanup_free) char *interpreter = text_safe(d->program.interpreter);
                return complain(STATUS_FAILED, "cannot look at %s: its interpreter %s is not there", d->subject,
                                interpreter);
        }
        if (r == -ENOENT && strchr(d->subject, '/'))
                return complain(STATUS_FAILED, "there is no program %s; check its path", d->subject);
        if (r == -ENOENT)
                return complain(STATUS_FAILED,
                                "there is no program %s in your PATH; name a program by its path, a process by its "
                                "number, a service by its full name (%s.service)",
                                d->subject, d->subject);
        if (r < 0)
                return complain(r == -EACCES ? STATUS_DENIED : STATUS_FAILED, "cannot look at %s: %s%s", d->subject,
                                strerror(-r), r == -EACCES ? "; is it executable, and may you enter its folder?" : "");
        return STATUS_OK;
}

static void read_program(struct diagnosis *d, const char *path) {
        if (program_read(path, &d->program) < 0)
                program_clear(&d->program);
}

static int gather_process(struct diagnosis *d, pid_t pid) {
        if (!d->proc)
                return complain(STATUS_FAILED,
                                "cannot look at process %lld: /proc is not mounted; try: mount -t proc proc /proc",
                                (long long)pid);
        int r = process_read(pid, &d->process);
        if (r < 0)
                return complain(STATUS_FAILED, "cannot look at process %lld: %s", (long long)pid, strerror(-r));
        if (!d->process.exe)
                return STATUS_OK;
        /* In our file system, the path may be another file's: the link leads to the right one. */
        cleanup(cleanup_free) char *link = text_format("/proc/%lld/exe", (long long)pid);
        read_program(d, link);
        if (d->program.path) {
                free(d->program.path);
                d->program.path = text_format("%s", d->process.exe);
        }
        return STATUS_OK;
}

static int complain_of_systemd(const char *unit, int error) {
        switch (error) {
        case EINVAL:
                return complain(STATUS_USAGE, "%s is no service; other units run no program", unit);
        case ENOENT:
                return complain(STATUS_FAILED, "systemd knows no %s, or cannot load it; see: systemctl status %s", unit,
                                unit);
        case EHOSTDOWN:
                return complain(STATUS_NO_DAEMON, "cannot ask systemd about %s: there is no D-Bus; does systemd run?",
                                unit);
        case ETIMEDOUT:
                return complain(STATUS_TIMEOUT,
                                "cannot ask systemd about %s: no answer in time; try again, or with a longer --timeout",
                                unit);
        default:
                return complain(error == EACCES || error == EPERM ? STATUS_DENIED : STATUS_NO_DAEMON,
                                "cannot ask systemd about %s: %s", unit, strerror(error));
        }
}

/* Whether the main process is still systemd's own, which executes the program next and has its name: (agetty). */
static bool is_being_started(const struct process *process) {
        const char *exe = basename(process->exe ?: "");

        return *process->name == '(' && (strcmp(exe, "systemd") == 0 || strcmp(exe, "systemd-executor") == 0);
}

static int gather_service(struct diagnosis *d, int timeout_ms) {
        int r = service_unit_read(d->subject, timeout_ms, &d->unit);

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
                (void)process_read(1, &d->manager); /* stays empty where /proc hides process 1 */
        if (!d->program.path && d->unit.program)
                read_program(d, d->unit.program);
        return STATUS_OK;
}

/* The number of a process that WORD is, else 0. */
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

int facts_gather(const char *subject, int timeout_ms, struct diagnosis *ret) {
        pid_t pid = parse_pid(subject);
        int status;

        *ret = (struct diagnosis){ .subject = subject,
                                   .type = pid > 0            ? SUBJECT_PROCESS
                                           : is_unit(subject) ? SUBJECT_SERVICE
                                                              : SUBJECT_PROGRAM,
                                   .opened = open_audit(),
                                   .capable = capng_have_capability(CAPNG_EFFECTIVE, CAP_AUDIT_WRITE),
                                   .proc = access("/proc/self/fd", F_OK) == 0,
                                   .systemd = access("/run/systemd/system", F_OK) == 0,
                                   .initial = process_initial_namespace(getpid()) == TRISTATE_YES };
        queue_find(&ret->queue);
        ret->probed = ret->queue.full ? 0 : audit_probe_new();
        if (ret->type == SUBJECT_PROCESS)
                status = gather_process(ret, pid);
        else if (ret->type == SUBJECT_SERVICE)
                status = gather_service(ret, timeout_ms);
        else
                status = gather_program(ret);
        if (status == STATUS_OK)
                look_at_program(ret);
        return status;
}

void facts_use_helper(struct diagnosis *d, const char *path) {
        if (!d->launcher.path) {
                d->launcher = d->program;
                d->program = (struct program){ 0 };
                process_forget_program(&d->process);
                free(TAKE_PTR(d->unit.argv0));
                free(TAKE_PTR(d->unit.pam));
        }
        diagnosis_forget_program(d);
        read_program(d, path);
        look_at_program(d);
}
