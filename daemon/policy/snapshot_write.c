/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/snapshot_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"
#include "protocol/snapshot.h"

#define TEMPORARY_NAME  ".policy.snapshot.new"
#define RECORDS_AT_ONCE 256 /* 32 KiB for each write() */
#define SLOTS_MAX       ((size_t)1 << 28)

/* For each slot, the number of its entry, from 1; 0 if the slot is empty. */
struct table {
        const struct policy_entry *entries;
        size_t count; /* of entries, those without a file included */
        size_t slots;
        uint32_t *numbers;
};

/* Adds an entry. Returns false if it would lie farther from its slot than readers search. */
static bool table_put(struct table *table, uint32_t number) {
        const char *name = table->entries[number - 1].application;
        size_t slot = snapshot_slot(table->slots, name, strlen(name));

        for (int probe = 0; probe < SNAPSHOT_PROBES_MAX; probe++) {
                if (table->numbers[slot] == 0) {
                        table->numbers[slot] = number;
                        return true;
                }
                slot = (slot + 1) & (table->slots - 1);
        }
        return false;
}

static bool table_fill(struct table *table) {
        for (size_t i = 0; i < table->count; i++)
                if (table->entries[i].file && !table_put(table, (uint32_t)i + 1))
                        return false;
        return true;
}

/*
 * Makes the smallest table that is at most half full, and in which readers find all entries. Most programs have no
 * policy file, and their search ends at an empty slot.
 */
static int table_make(struct table *table, const struct policy *policy) {
        table->entries = policy_entries(policy, &table->count);
        table->slots = 1;
        while (table->slots / 2 < policy_count(policy))
                table->slots *= 2;
        for (; table->slots <= SLOTS_MAX; table->slots *= 2) {
                table->numbers = calloc(table->slots, sizeof(*table->numbers));
                if (!table->numbers)
                        return -ENOMEM;
                if (table_fill(table))
                        return 0;
                free(table->numbers);
                table->numbers = NULL;
        }
        return -EOVERFLOW;
}

static struct snapshot_rule snapshot_rule(struct policy_rule rule) {
        return (struct snapshot_rule){ .line = rule.line, .action = (uint8_t)rule.action };
}

static void fill_record(struct snapshot_record *record, const struct policy_entry *entry) {
        memcpy(record->application, entry->application, strlen(entry->application));
        record->base = snapshot_rule(entry->rules.base);
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
                record->exceptions[kind] = snapshot_rule(entry->rules.exceptions[kind]);
        for (enum place place = 0; place < PLACE_COUNT; place++)
                if (entry->findings[place] == FINDING_USED || entry->findings[place] == FINDING_BROKEN)
                        record->place = (uint8_t)place;
        record->broken = entry->source == SOURCE_BROKEN;
        record->wait = entry->rules.base.wait;
}

static int write_all(int fd, const void *data, size_t length) {
        while (length > 0) {
                ssize_t written = TEMP_FAILURE_RETRY(write(fd, data, length));

                if (written < 0)
                        return -errno;
                data = (const char *)data + written;
                length -= (size_t)written;
        }
        return 0;
}

static int write_records(int fd, const struct table *table) {
        struct snapshot_record records[RECORDS_AT_ONCE];
        size_t filled = 0;

        for (size_t slot = 0; slot < table->slots; slot++) {
                struct snapshot_record *record = &records[filled++];

                memset(record, 0, sizeof(*record));
                if (table->numbers[slot] != 0)
                        fill_record(record, &table->entries[table->numbers[slot] - 1]);
                if (filled == RECORDS_AT_ONCE || slot + 1 == table->slots) {
                        int r = write_all(fd, records, filled * sizeof(records[0]));

                        if (r < 0)
                                return r;
                        filled = 0;
                }
        }
        return 0;
}

static int write_snapshot(int fd, const char *root, const struct policy *policy, uint64_t generation,
                          const struct table *table) {
        struct snapshot_header header = {
                .magic = SNAPSHOT_MAGIC,
                .generation = generation,
                .fingerprint = policy_fingerprint(policy),
                .slots = table->slots,
        };

        memcpy(header.root, root, strlen(root));
        int r = write_all(fd, &header, sizeof(header));
        return r < 0 ? r : write_records(fd, table);
}

static void cleanup_table(struct table *table) {
        free(table->numbers);
}

int snapshot_write(const char *folder, const char *root, const struct policy *policy, uint64_t generation) {
        cleanup(cleanup_table) struct table table = { 0 };
        cleanup(cleanup_fd) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (folder_fd < 0)
                return -errno;
        if (strlen(root) >= POLICY_ROOT_MAX)
                return -ENAMETOOLONG;
        int r = table_make(&table, policy);
        if (r < 0)
                return r;

        /* A daemon that was killed may have left the file. */
        if (unlinkat(folder_fd, TEMPORARY_NAME, 0) < 0 && errno != ENOENT)
                return -errno;
        cleanup(cleanup_fd) int fd =
                openat(folder_fd, TEMPORARY_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = write_snapshot(fd, root, policy, generation, &table);
        if (r == 0 && fchmod(fd, 0644) < 0)
                r = -errno;
        /* No fsync(): /run is in memory, and the next start of the daemon writes a new file. */
        if (r == 0 && renameat(folder_fd, TEMPORARY_NAME, folder_fd, SNAPSHOT_NAME) < 0)
                r = -errno;
        if (r < 0)
                unlinkat(folder_fd, TEMPORARY_NAME, 0);
        return r;
}

int snapshot_read_header(const char *folder, uint64_t *ret_generation, uint64_t *ret_fingerprint) {
        cleanup(cleanup_fd) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct snapshot_header header;
        struct stat st;

        if (folder_fd < 0)
                return -errno;
        cleanup(cleanup_fd) int fd =
                openat(folder_fd, SNAPSHOT_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return errno == ELOOP ? -EBADMSG : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)))
                return -EBADMSG;

        ssize_t bytes = TEMP_FAILURE_RETRY(read(fd, &header, sizeof(header)));
        if (bytes < 0)
                return -errno;
        if (bytes != sizeof(header) || !snapshot_header_valid(&header, (uint64_t)st.st_size))
                return -EBADMSG;
        *ret_generation = header.generation;
        *ret_fingerprint = header.fingerprint;
        return 0;
}
