/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A snapshot that may hold anything: as it is, and once more with its checksums made right, since no fuzzer guesses
 * those. Whatever the bytes are, the search ends, and what comes out is an answer.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/libauditfail/snapshot_read.h"
#include "protocol/cleanup.h"
#include "protocol/snapshot.h"
#include "tests/fuzz/fuzz.h"

static void look_up(int fd, const void *snapshot, size_t size, const char *application) {
        CHECK(ftruncate(fd, 0) == 0);
        CHECK(pwrite(fd, snapshot, size, 0) == (ssize_t)size);
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

static void make_right(uint8_t *snapshot, size_t size) {
        struct snapshot_header header;
        struct snapshot_record record;
        uint64_t slots = (size - sizeof(header)) / sizeof(record);

        memcpy(&header, snapshot, sizeof(header));
        header.magic = SNAPSHOT_MAGIC;
        header.size = size;
        header.slots = slots;
        header.root[sizeof(header.root) - 1] = '\0';
        header.checksum = snapshot_header_checksum(&header);
        memcpy(snapshot, &header, sizeof(header));

        for (uint64_t slot = 0; slot < slots; slot++) {
                uint8_t *place = snapshot + sizeof(header) + slot * sizeof(record);

                memcpy(&record, place, sizeof(record));
                record.checksum = snapshot_record_checksum(header.nonce, slot, &record);
                memcpy(place, &record, sizeof(record));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup(cleanup_fd) int fd = memfd_create("snapshot", MFD_CLOEXEC);

        CHECK(fd >= 0);
        look_up(fd, data, size, "passwd");
        if (size < sizeof(struct snapshot_header))
                return 0;

        cleanup(cleanup_free) uint8_t *snapshot = malloc(size);
        CHECK(snapshot);
        memcpy(snapshot, data, size);
        make_right(snapshot, size);
        look_up(fd, snapshot, size, "passwd");
        look_up(fd, snapshot, size, "useradd");
        return 0;
}
