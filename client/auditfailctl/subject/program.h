/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a program: what the kernel executes, and whether a library can be preloaded into it. */
#ifndef AUDITFAILCTL_PROGRAM_H
#define AUDITFAILCTL_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/elf_file.h"

/* Why the dynamic loader does not load a library of LD_PRELOAD into a program. */
enum obstacle {
        OBSTACLE_NONE,
        OBSTACLE_STATIC,     /* it has no dynamic loader */
        OBSTACLE_PRIVILEGED, /* the program has more rights than its caller, so that LD_PRELOAD is ignored */
        OBSTACLE_FOREIGN,    /* the library is of another architecture */
        OBSTACLE_UNKNOWN,    /* its file cannot be read, or is no ELF file */
};

/* Rights that a file gives. For a script, the file is its interpreter. */
struct privileges {
        bool setuid, setgid;
        bool capabilities; /* security.capability is set */
        bool audit_write;  /* CAP_AUDIT_WRITE comes with it: setuid root, or among the capabilities */
        bool gained;       /* this process does not have all of them, so that AT_SECURE would be set */
        bool joinable;     /* only the group is gained, and this process is root and can join it */
        bool inert;        /* its file system is mounted nosuid: the kernel gives none of them */
        uid_t user;        /* the owner */
        gid_t group;
};

struct program {
        char *path;
        char *interpreter; /* the file that runs the script; NULL: the program is no script */
        struct privileges privileges;
        int error; /* negative errno: the file could not be read as an ELF file; 0: ELF is valid */
        struct elf_file elf;
};

/*
 * Finds NAME as execvp(3) does, and reads it. Returns 0, or negative errno: -ENOENT if there is no such program, or if
 * its interpreter is missing (then path and interpreter are set); -EACCES if this user may not execute it. The
 * caller clears *RET. Without memory the program ends.
 */
int program_find(const char *name, struct program *ret);

/* The same for the file PATH, which need not be executable. */
int program_read(const char *path, struct program *ret);

void program_clear(struct program *program);

/* The file that the kernel executes: the interpreter of a script, else the program. */
const char *program_file(const struct program *program);

/* Whether a program with PRIVILEGES has more rights than its caller with the real USER and GROUP: AT_SECURE is set. */
bool privileges_gain(const struct privileges *privileges, uid_t user, gid_t group);

/* What keeps a library of CLASS and MACHINE out of PROGRAM when this process executes it. */
enum obstacle program_obstacle(const struct program *program, unsigned char class, unsigned machine);

#endif
