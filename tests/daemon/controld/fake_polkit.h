/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A system bus with a polkit on it, in the test's own event loop. The test gives the answers. */
#ifndef AUDITFAIL_FAKE_POLKIT_H
#define AUDITFAIL_FAKE_POLKIT_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* Listens on PATH, and sets DBUS_SYSTEM_BUS_ADDRESS. */
void fake_polkit_start(sd_event *event, const char *path);
void fake_polkit_end(void);

/* The action that polkit was asked about and has not answered; NULL: none. *RET_UID (may be NULL): for which user. */
const char *fake_polkit_action(int32_t *ret_uid);

void fake_polkit_answer(bool allowed);

#endif
