/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/common/text.h"

#define CANNOT_RUN 126
#define NOT_FOUND  127

int handover(char **arguments) {
        static const char *const places[] = { STOCK_PLACES };
        struct stat self, stock;

        /* If this program is installed in the place of the stock auditctl, it must not execute itself for ever. */
        if (stat("/proc/self/exe", &self) < 0)
                return complain(CANNOT_RUN,
                                "cannot tell the stock auditctl from this one: /proc/self/exe: %s; is /proc mounted?",
                                strerror(errno));

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                if (stat(places[i], &stock) < 0 || (stock.st_dev == self.st_dev && stock.st_ino == self.st_ino))
                        continue;
                execv(places[i], arguments);
                return complain(CANNOT_RUN, "cannot run the stock auditctl, %s: %s", places[i], strerror(errno));
        }
        return complain(NOT_FOUND,
                        "there is no stock auditctl, which this command line is for: nothing but this "
                        "program in %s; is the package auditd (or audit) installed?",
                        places[0]);
}
