/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/daemon/controld/auditd/fake_auditd.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNKNOWN (-1) /* pid of a sender */
#define FRAMER  1    /* that of a process that has put itself in the place of the sender */

/* SENDER is UNKNOWN if the kernel did not tell it. */
static void say(const struct fake_auditd *auditd, const char *type, const char *what, pid_t sender,
                const char *result) {
        char line[256], ids[64] = "auid=-1 uid=-1 ses=-1 pid=-1 subj=?";

        if (sender != UNKNOWN)
                snprintf(ids, sizeof(ids), "auid=%d uid=0 ses=1 pid=%d", sender == FRAMER ? 1001 : 1000, sender);
        snprintf(line, sizeof(line), "type=%s msg=audit(1700000001.456:4242): %s %s res=%s\n", type, what, ids, result);
        add(auditd->scene, line);
}

/* auditd rotates its log also if it does not know the sender. */
static void rotate_log(const struct fake_auditd *auditd, pid_t sender) {
        enum rotation rotation = auditd->rotation;

        if (rotation == ROTATION_FIRST || rotation == ROTATION_QUIET)
                rotate(auditd->scene);
        if (rotation == ROTATION_QUIET)
                return;
        for (int i = 0; i < 2 && rotation == ROTATION_REMOVES; i++) {
                unlink(auditd->scene->path);
                add_records(auditd->scene, 1, 1);
                usleep(100000); /* until the worker reads the new file, and has closed the old one */
        }
        say(auditd, "DAEMON_ROTATE", "op=rotate-logs", sender, sender == UNKNOWN ? "failed" : "success");
        if (rotation == ROTATION_LATE) {
                usleep(100000);
                rotate(auditd->scene);
        }
}

static void act_on(const struct fake_auditd *auditd, int signal, pid_t sender) {
        if (signal == SIGHUP && sender == UNKNOWN)
                say(auditd, "DAEMON_CONFIG", "op=reconfigure state=no-change", sender, "failed");
        else if (signal == SIGHUP)
                say(auditd, "DAEMON_CONFIG", "op=reconfigure state=changed", sender, "success");
        else if (signal == SIGUSR1)
                rotate_log(auditd, sender);
        else if (signal == SIGUSR2)
                say(auditd, "DAEMON_RESUME", "op=resume-logging", sender, "success");
        else if (signal == SIGCONT)
                add_bytes(auditd->state_file, "state", 5);
        else if (signal == SIGTERM)
                say(auditd, "DAEMON_END", "op=terminate", sender, "success");
}

static _Noreturn void live(const struct fake_auditd *auditd, const sigset_t *signals) {
        enum manner manner = auditd->manner;
        siginfo_t info;

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        for (unsigned lost = 0;;) {
                if (sigwaitinfo(signals, &info) < 0 || manner == MANNER_DEAF ||
                    (manner == MANNER_DROWNED && lost++ < 2))
                        continue;
                if (manner == MANNER_BUSIER || (manner == MANNER_BUSY && lost++ < 2))
                        act_on(auditd, info.si_signo, UNKNOWN);
                else if (manner == MANNER_LATE)
                        usleep(1000000);
                else if (manner != MANNER_SILENT)
                        act_on(auditd, info.si_signo, manner == MANNER_FRAMED ? FRAMER : info.si_pid);
                if (info.si_signo == SIGTERM || manner == MANNER_SILENT)
                        _exit(0);
        }
}

pid_t fake_auditd_start(const struct fake_auditd *auditd) {
        static const int wanted[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT };
        sigset_t signals, before;
        pid_t pid;

        sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
                sigaddset(&signals, wanted[i]);
        sigprocmask(SIG_BLOCK, &signals, &before);
        pid = fork();
        if (pid == 0)
                live(auditd, &signals);
        sigprocmask(SIG_SETMASK, &before, NULL);
        cr_assert_gt(pid, 0);
        if (auditd->manner == MANNER_STOPPED) {
                kill(pid, SIGSTOP);
                cr_assert_eq(waitpid(pid, NULL, WUNTRACED), pid);
        }
        return pid;
}
