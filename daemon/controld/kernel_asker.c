/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/kernel_asker.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/common/log.h"
#include "daemon/controld/child.h"
#include "protocol/audit/audit_state.h"
#include "protocol/cleanup.h"

struct query {
        unsigned type;
        struct audit_subject subject; /* without its exe */
        char exe[PATH_MAX];           /* "": not known */
};

struct waiting {
        kernel_asker_done *done; /* NULL: forgotten */
        void *userdata;
};

struct kernel_asker {
        sd_event *event;
        sd_event_source *channel_source, *exit_source; /* NULL: there is no child */
        int channel, process;
        struct waiting waiting[KERNEL_QUERIES_MAX]; /* a ring, in the order of the queries */
        size_t first, count;
};

/* Runs in the child. */
static void answer(const struct query *query, struct kernel_state *ret) {
        struct audit_subject subject = query->subject;
        struct audit_rules_question rules = { .subject = &subject };
        struct audit_state state;

        subject.exe = query->exe[0] ? query->exe : NULL;
        *ret = (struct kernel_state){ .error = audit_state_ask(&state, &rules) };
        if (ret->error < 0)
                return;
        ret->enabled = state.enabled;
        ret->excluded = audit_filter_drops(&rules.dropped, query->type);
        ret->pressed = audit_state_is_pressed(&state);
        ret->lost = state.lost;
}

static void answer_all(const void *data, int channel) {
        struct query query;
        struct kernel_state state;

        (void)data;
        while (recv(channel, &query, sizeof(query), 0) == sizeof(query)) {
                answer(&query, &state);
                if (send(channel, &state, sizeof(state), MSG_NOSIGNAL) != sizeof(state))
                        return;
        }
}

static void tell_next(struct kernel_asker *asker, const struct kernel_state *state) {
        struct waiting waiting = asker->waiting[asker->first];

        asker->first = (asker->first + 1) % KERNEL_QUERIES_MAX;
        asker->count--;
        if (waiting.done)
                waiting.done(state, waiting.userdata);
}

static void drop_child(struct kernel_asker *asker) {
        asker->channel_source = sd_event_source_disable_unref(asker->channel_source);
        asker->exit_source = sd_event_source_disable_unref(asker->exit_source);
        cleanup_fd(&asker->channel);
        cleanup_fd(&asker->process);
        asker->channel = asker->process = -1;
}

static int on_channel(sd_event_source *source, int fd, uint32_t revents, void *data) {
        struct kernel_asker *asker = data;
        struct kernel_state state;

        while (asker->count > 0 && recv(fd, &state, sizeof(state), MSG_DONTWAIT) == sizeof(state))
                tell_next(asker, &state);
        if (revents & (EPOLLHUP | EPOLLERR))
                sd_event_source_set_enabled(source, SD_EVENT_OFF); /* on_child_end() does the rest */
        return 0;
}

static int on_child_end(sd_event_source *source, const siginfo_t *info, void *data) {
        struct kernel_asker *asker = data;
        const struct kernel_state unknown = { .error = -ECHILD };

        (void)source;
        log_line(LOG_ERR, "The process that asks the kernel (pid %d) ended with %s %d", info->si_pid,
                 info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
        drop_child(asker);
        while (asker->count > 0)
                tell_next(asker, &unknown);
        return 0;
}

static int start_child(struct kernel_asker *asker) {
        int r = child_start(answer_all, NULL, &asker->channel, &asker->process);

        if (r < 0 ||
            (r = sd_event_add_io(asker->event, &asker->channel_source, asker->channel, EPOLLIN, on_channel, asker)) <
                    0 ||
            (r = sd_event_add_child_pidfd(asker->event, &asker->exit_source, asker->process, WEXITED, on_child_end,
                                          asker)) < 0) {
                drop_child(asker);
                return r;
        }
        return 0;
}

int kernel_asker_new(sd_event *event, struct kernel_asker **ret) {
        struct kernel_asker *asker = calloc(1, sizeof(*asker));

        if (!asker)
                return -ENOMEM;
        *asker = (struct kernel_asker){ .event = event, .channel = -1, .process = -1 };
        *ret = asker;
        return 0;
}

struct kernel_asker *kernel_asker_free(struct kernel_asker *asker) {
        if (asker)
                drop_child(asker);
        free(asker);
        return NULL;
}

int kernel_asker_ask(struct kernel_asker *asker, unsigned type, const struct audit_subject *subject,
                     kernel_asker_done *done, void *userdata) {
        struct query query = { .type = type, .subject = *subject };
        int r;

        if (asker->count == KERNEL_QUERIES_MAX)
                return -EBUSY;
        if (subject->exe)
                strncpy(query.exe, subject->exe, sizeof(query.exe) - 1);
        query.subject.exe = NULL;
        if (!asker->exit_source && (r = start_child(asker)) < 0)
                return r;
        if (send(asker->channel, &query, sizeof(query), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                return errno == EAGAIN ? -EBUSY : -errno;
        asker->waiting[(asker->first + asker->count++) % KERNEL_QUERIES_MAX] =
                (struct waiting){ .done = done, .userdata = userdata };
        return 0;
}

void kernel_asker_forget(struct kernel_asker *asker, const void *userdata) {
        for (size_t i = 0; i < asker->count; i++) {
                struct waiting *waiting = &asker->waiting[(asker->first + i) % KERNEL_QUERIES_MAX];

                if (waiting->userdata == userdata)
                        *waiting = (struct waiting){ 0 };
        }
}
