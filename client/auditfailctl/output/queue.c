/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/queue.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "client/common/text.h"
#include "protocol/audit/send_aside.h"
#include "protocol/cleanup.h"
#include "protocol/proc.h"

/* Whether PID is called auditd. Also reads whether it is stopped: "PID (NAME) STATE …". */
static bool read_auditd(pid_t pid, bool *ret_stopped) {
        char stat[128];
        cleanup(cleanup_fd) int folder = proc_open(pid);

        if (folder < 0 || proc_read(folder, "stat", stat, sizeof(stat)) < 0)
                return false;
        const char *name = strstr(stat, " (auditd) ");
        if (name)
                *ret_stopped = strchr("Tt", name[strlen(" (auditd) ")]) != NULL;
        return name;
}

/*
 * /proc/net/netlink has a line for each netlink socket: "ADDRESS PROTOCOL PORT GROUPS BYTES-TO-READ …". The kernel
 * chooses the pid as the port of a process's first socket. The kernel itself has port 0.
 */
static void find_auditd(struct queue *queue) {
        cleanup(cleanup_file) FILE *file = fopen("/proc/net/netlink", "re");
        char line[256];

        while (file && queue->auditd == 0 && fgets(line, sizeof(line), file)) {
                unsigned long unread;
                int protocol, port;

                if (sscanf(line, "%*s %d %d %*s %lu", &protocol, &port, &unread) == 3 && protocol == NETLINK_AUDIT &&
                    port > 0 && read_auditd(port, &queue->stopped)) {
                        queue->auditd = port;
                        queue->unread = unread;
                }
        }
}

void queue_find(struct queue *ret) {
        *ret = (struct queue){ .full = !audit_queue_has_room(QUEUE_TIMEOUT_MS) };
        find_auditd(ret);
}

char *queue_text(const struct queue *queue) {
        char *text = NULL;

        if (queue->full)
                text_append(&text, "full: every program that writes a record waits");
        if (queue->stopped)
                text_append(&text, "%sauditd (pid %d) is stopped; type: kill -CONT %d", text ? "; " : "", queue->auditd,
                            queue->auditd);
        else if (queue->unread >= QUEUE_UNREAD_MIN)
                text_append(&text, "%sauditd (pid %d) has not read %lu KiB of records", text ? "; " : "", queue->auditd,
                            queue->unread / 1024);
        if (text && !queue->stopped)
                text_append(&text, "; see BLOCKED PROGRAMS in auditfail(7)");
        return text;
}
