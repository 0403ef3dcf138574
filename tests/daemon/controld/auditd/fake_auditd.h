/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The auditd of the tests' machine: a child that gets real signals, and acts on the log of a scene. */
#ifndef AUDITFAIL_FAKE_AUDITD_H
#define AUDITFAIL_FAKE_AUDITD_H

#include <sys/types.h>

#include "tests/harness/log_scene.h"

/* What auditd does with a signal. */
enum manner {
        MANNER_GOOD,    /* logs what it did and who sent the signal; ends on SIGTERM */
        MANNER_DEAF,    /* nothing */
        MANNER_STOPPED, /* nothing: it has SIGSTOP */
        MANNER_LATE,    /* ends on SIGTERM, after many seconds of the machine's time, and logs nothing */
        MANNER_SILENT,  /* ends on any signal, and logs nothing */
        MANNER_BUSY,    /* as good, after two signals whose sender it could not learn, and which it logs */
        MANNER_BUSIER,  /* never learns a sender */
        MANNER_FRAMED,  /* as good, but another process of another login has put itself in the place of the sender */
        MANNER_DROWNED, /* as good, after two signals whose sender it waits for in vain */
};

/* What auditd does with its log on SIGUSR1. */
enum rotation {
        ROTATION_NONE,    /* keeps it */
        ROTATION_FIRST,   /* rotates, then writes its record */
        ROTATION_QUIET,   /* rotates, and writes no record */
        ROTATION_LATE,    /* writes its record, and rotates later */
        ROTATION_REMOVES, /* twice removes the file and makes a new one, so that its inode number may come back */
};

struct fake_auditd {
        enum manner manner;
        enum rotation rotation;
        struct scene *scene;
        const char *state_file; /* what it reports on SIGCONT goes here */
};

/* Starts the child, which ends with the test. Returns its pid; the caller reaps it. */
pid_t fake_auditd_start(const struct fake_auditd *auditd);

#endif
