/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/subject/preload.h"
#include "client/auditfailctl/subject/program.h"
#include "client/common/text.h"
#include "client/shim/asks_itself.h"
#include "client/shim/exit_status.h"
#include "protocol/cleanup.h"
#include "protocol/vocabulary.h"

static int set_variable(const char *name, const char *value) {
        return setenv(name, value, true) == 0 ? STATUS_OK
                                              : complain(STATUS_RUN_FAILED, "cannot set %s: %s", name, strerror(errno));
}

static int set_application(const struct settings *settings, const char *word) {
        char name[APPLICATION_NAME_MAX + 1];
        int status = application_parse(settings, word, name);

        return status == STATUS_OK ? set_variable("AUDITFAIL_APPLICATION", name) : status;
}

static int set_exit_status(const struct settings *settings, const char *word) {
        if (exit_status_from_word(word) == 0)
                return usage_error(settings, "--exit-status is from 1 to %d, not \"%s\"", EXIT_STATUS_MAX, word);
        return set_variable("AUDITFAIL_EXIT_STATUS", word);
}

/* The dynamic loader would run the program without a library that it cannot load. The caller clears *RET. */
static int read_library(struct elf_file *ret) {
        const char *path = preload_library();
        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
        int r = fd < 0 ? -errno : elf_file_read(fd, ret);

        if (r < 0)
                return complain(STATUS_RUN_FAILED, "cannot preload %s: %s; is the package auditfail-preload installed?",
                                path, strerror(-r));
        if (strpbrk(path, " :\t\n"))
                return complain(STATUS_RUN_FAILED,
                                "cannot preload %s: LD_PRELOAD takes no path with a blank or colon; move the library",
                                path);
        return STATUS_OK;
}

/* The dynamic loader ignores LD_PRELOAD and the variables of the library. Only PRELOAD_FILE is left. */
static int check_privileged(const struct settings *settings, const char *file, const struct elf_file *library) {
        if (!preload_everywhere(library))
                return complain(STATUS_RUN_CANNOT,
                                "%s has more rights than you, and so ignores LD_PRELOAD: no policy would reach it; run "
                                "auditfailctl as the user that it becomes (sudo auditfailctl run ...), or use "
                                "pam_auditfail(8) or " PRELOAD_FILE " (auditfail-preload(8))",
                                file);
        if (settings->given[OPTION_AS] || settings->given[OPTION_EXIT_STATUS])
                return complain(STATUS_RUN_CANNOT,
                                "%s has more rights than you, and so ignores --as and --exit-status: " PRELOAD_FILE
                                " reaches it without them; run auditfailctl as the user that it becomes (sudo "
                                "auditfailctl run ...)",
                                file);
        return STATUS_OK;
}

/* The library leaves the records of such a program to it; but it may start others. */
static int check_asking(const struct settings *settings, const char *file, const struct elf_file *elf) {
        if (!elf_file_mentions(elf, asking_functions) ||
            !(settings->given[OPTION_AS] || settings->given[OPTION_EXIT_STATUS]))
                return STATUS_OK;
        return complain(STATUS_OK,
                        "warning: %s asks for its policy by itself: --as and --exit-status reach programs that it "
                        "starts, but not itself",
                        file);
}

/* Warns, or refuses to run PROGRAM, where an obstacle keeps the library out of it. */
static int check_obstacle(const struct settings *settings, const struct program *program,
                          const struct elf_file *library) {
        cleanup(cleanup_free) char *file = text_safe(program_file(program));

        switch (program_obstacle(program, library->class, library->machine)) {
        case OBSTACLE_PRIVILEGED:
                return check_privileged(settings, file, library);
        case OBSTACLE_STATIC:
                return complain(
                        STATUS_OK,
                        "warning: %s is statically linked: the policy reaches programs that it starts, but not itself",
                        file);
        case OBSTACLE_FOREIGN:
                return complain(STATUS_OK,
                                "warning: %s is built for another architecture than %s: the policy does not reach it",
                                file, preload_library());
        case OBSTACLE_UNKNOWN:
                return complain(STATUS_OK,
                                "warning: %s cannot be looked at (%s): whether the policy reaches it is not known",
                                file, strerror(-program->error));
        case OBSTACLE_NONE:
        default:
                return check_asking(settings, file, &program->elf);
        }
}

/*
 * Root joins the group of a setgid program, such as chage(1): then the program gains nothing, and the dynamic loader
 * does not ignore LD_PRELOAD. It does not gain a group either that the user namespace does not have (EINVAL).
 */
static int join_group(struct program *program) {
        gid_t group = program->privileges.group;

        if (!program->privileges.joinable)
                return STATUS_OK;
        if (setresgid(group, group, group) < 0 && errno != EINVAL)
                return complain(STATUS_RUN_FAILED, "cannot take the group %u of %s: %s", group, program->path,
                                strerror(errno));
        program->privileges.gained = false;
        return STATUS_OK;
}

static int check_program(const struct settings *settings, const char *name) {
        cleanup(elf_file_clear) struct elf_file library = { 0 };
        cleanup(program_clear) struct program program = { 0 };
        int status = read_library(&library);

        if (status != STATUS_OK)
                return status;
        int r = program_find(name, &program);
        if (r < 0)
                return complain(r == -ENOENT ? STATUS_RUN_NOT_FOUND : STATUS_RUN_CANNOT, "cannot run %s: %s", name,
                                strerror(-r));
        status = join_group(&program);
        return status == STATUS_OK ? check_obstacle(settings, &program, &library) : status;
}

static int run_run(const struct settings *settings, char **operands) {
        const char *application = settings->given[OPTION_AS], *exit_status = settings->given[OPTION_EXIT_STATUS];
        cleanup(cleanup_free) char *list = preload_add_to_list(getenv("LD_PRELOAD"));
        int status = STATUS_OK;

        if (!*operands)
                return usage_error(settings, "run needs a program");
        if (application)
                status = set_application(settings, application);
        if (status == STATUS_OK && exit_status)
                status = set_exit_status(settings, exit_status);
        if (status == STATUS_OK)
                status = check_program(settings, *operands);
        if (status == STATUS_OK)
                status = set_variable("LD_PRELOAD", list);
        if (status != STATUS_OK)
                return status;

        execvp(*operands, operands);
        return complain(errno == ENOENT ? STATUS_RUN_NOT_FOUND : STATUS_RUN_CANNOT, "cannot run %s: %s", *operands,
                        strerror(errno));
}

const struct command run_command = {
        .name = "run",
        .operands = "[--] PROGRAM [ARGUMENT...]",
        .operands_max = -1,
        .becomes = true,
        .run = run_run,
        .summary = "Run an unmodified program under its policy",
        .options = OPTION_BIT(OPTION_AS) | OPTION_BIT(OPTION_EXIT_STATUS),
        .details = "Options stand before PROGRAM, and its arguments after it. The exit status is\n"
                   "PROGRAM's, except 125 (auditfailctl failed), 126 (PROGRAM cannot or must not be\n"
                   "run) and 127 (it is not there).",
};
