/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A snapshot of any bytes: as it is, and with a valid header. The search ends, and its result is a valid answer.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/libauditfail/snapshot_read.h"
#include "protocol/cleanup.h"
#include "protocol/snapshot.h"
#include "tests/fuzz/fuzz.h"

static void look_up(int fd, size_t size, const char *application) {
        for (int kind = KIND_NONE; kind < KIND_COUNT; kind++) {
                struct auditfail_answer answer;
                int r = snapshot_look_up(fd, size, application, strlen(application), (enum kind)kind, &answer);

                CHECK(r == 0 || r == -EBADMSG);
                if (r < 0)
                        continue;
                CHECK(answer.action <= AUDITFAIL_TERMINATE);
                CHECK(answer.via == AUDITFAIL_VIA_SNAPSHOT);
                CHECK(answer.cause == 0);
                CHECK(strnlen(answer.file, sizeof(answer.file)) < sizeof(answer.file));
                CHECK(answer.line == 0 || answer.file[0] != '\0');
                CHECK(answer.line > 0 || answer.action == AUDITFAIL_TERMINATE);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup(cleanup_fd) int fd = memfd_create("snapshot", MFD_CLOEXEC);
        struct snapshot_header header;

        CHECK(fd >= 0);
        CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
        look_up(fd, size, "passwd");
        if (size < sizeof(header))
                return 0;

        memcpy(&header, data, sizeof(header));
        header.magic = SNAPSHOT_MAGIC;
        header.slots = (size - sizeof(header)) / sizeof(struct snapshot_record);
        header.root[sizeof(header.root) - 1] = '\0';
        CHECK(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
        look_up(fd, size, "passwd");
        look_up(fd, size, "useradd");
        return 0;
}
