/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program as a file: what the kernel would start, and whether a library can be preloaded into it. */
#ifndef AUDITFAILCTL_PROGRAM_H
#define AUDITFAILCTL_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/elf_file.h"

/* Why a library that stands in LD_PRELOAD would not get into it. */
enum obstacle {
        OBSTACLE_NONE,
        OBSTACLE_STATIC,     /* there is no dynamic loader in it that could do so */
        OBSTACLE_PRIVILEGED, /* the dynamic loader forgets LD_PRELOAD: the program has more rights than its caller */
        OBSTACLE_FOREIGN,    /* it is of another architecture than the library */
        OBSTACLE_UNKNOWN,    /* its file may be executed and not read, or is nothing that the kernel executes */
};

/* Rights that the file gives. Where it is a script, the kernel looks at those of its interpreter. */
struct privileges {
        bool setuid, setgid;
        bool capabilities; /* security.capability is set */
        bool audit_write;  /* CAP_AUDIT_WRITE comes with it: setuid root, or among the capabilities */
        bool gained;       /* some of this is news for who runs auditfailctl, so that AT_SECURE would be set */
        bool joinable;     /* that is the group alone, and root runs auditfailctl, who may belong to every group */
        bool inert;        /* it lies where the kernel gives nothing of this: nosuid */
        uid_t user;        /* of setuid */
        gid_t group;       /* of setgid */
};

struct program {
        char *path;        /* of the file that was asked for */
        char *interpreter; /* of the file that runs it, where it is a script; else NULL */
        struct privileges privileges;
        int error; /* negative errno with which the file could not be read as an ELF file; 0: ELF is what it says */
        struct elf_file elf;
};

/*
 * Finds NAME as execvp(3) does, and reads it. Returns 0; -ENOENT where there is none, or (path and interpreter are set
 * then) its interpreter is missing; -EACCES where there is none that may be executed; or another negative errno. The
 * caller clears *RET. Without memory auditfailctl ends.
 */
int program_find(const char *name, struct program *ret);

/* The same for the file PATH, whether or not it may be executed. */
int program_read(const char *path, struct program *ret);

void program_clear(struct program *program);

/* The file that the kernel runs in the end. */
const char *program_file(const struct program *program);

/* Whether what the real user USER and group GROUP execute as PROGRAM has more rights than they have (AT_SECURE). */
bool program_gains(const struct program *program, uid_t user, gid_t group);

/* What keeps a library of CLASS for MACHINE from being preloaded when this process executes PROGRAM. */
enum obstacle program_obstacle(const struct program *program, unsigned char class, unsigned machine);

#endif
