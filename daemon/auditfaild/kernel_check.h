/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel does with a process's audit records, asked of auditfail-controld: only a process with
 * CAP_AUDIT_CONTROL may ask the kernel, and this daemon has it not.
 */
#ifndef AUDITFAIL_KERNEL_CHECK_H
#define AUDITFAIL_KERNEL_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define KERNEL_CHECK_USEC 700000ULL /* less than the stub waits for us */

struct kernel_answer {
        bool enabled;  /* auditing is on */
        bool excluded; /* a rule drops records of that type of that process */
        bool pressed;  /* a record could be lost now */
        uint32_t lost; /* the kernel's counter of lost records */
};

struct kernel_check;

/* Called once, from the event loop. ANSWER is NULL where none came. */
typedef void kernel_check_done(const struct kernel_answer *answer, void *userdata);

/*
 * Asks the control daemon, whose socket is in FOLDER, about records of TYPE (0: any) of process PID. Returns 0, and
 * DONE comes later; or a negative errno, such as -ENOENT or -ECONNREFUSED where that daemon is not installed or not
 * listening. The caller frees *RET, in DONE or before.
 */
int kernel_check_start(sd_event *event, const char *folder, unsigned type, pid_t pid, kernel_check_done *done,
                       void *userdata, struct kernel_check **ret);
struct kernel_check *kernel_check_free(struct kernel_check *check); /* returns NULL; NULL is fine */

#endif
