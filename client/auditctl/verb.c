/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/verb.h"

#include <stddef.h>
#include <string.h>

const struct verb verbs[] = {
        { .name = "stop",
          .method = "Stop",
          .summary = "Stop the audit daemon",
          .done = "Stopped",
          .going_on = "is stopping" },
        { .name = "restart",
          .method = "Restart",
          .summary = "Stop the audit daemon, and make systemd start it again",
          .done = "Restarted",
          .going_on = "is stopping, and will be started again" },
        { .name = "reload",
          .method = "Signal",
          .signal = "reload",
          .summary = "Make the audit daemon read its configuration again, and load the rules",
          .done = "Reloaded",
          .going_on = "reads its configuration, and the rules will be loaded" },
        { .name = "rotate",
          .method = "Signal",
          .signal = "rotate",
          .summary = "Make the audit daemon rotate its log",
          .done = "Rotated",
          .going_on = "rotates its log" },
        { .name = "resume",
          .method = "Signal",
          .signal = "resume",
          .summary = "Make the audit daemon resume logging after it has suspended it",
          .done = "Resumed",
          .going_on = "resumes logging" },
        { .name = "state",
          .method = "Signal",
          .signal = "state",
          .summary = "Print a report of the audit daemon's state",
          .done = "Reported",
          .going_on = "writes its report" },
        { .name = "whoami", .summary = "Print the identity that would be recorded" },
        { 0 },
};

const struct verb *verb_find(const char *name) {
        for (const struct verb *verb = verbs; verb->name; verb++)
                if (strcmp(verb->name, name) == 0)
                        return verb;
        return NULL;
}
