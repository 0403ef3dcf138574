/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading one file of auditd's log. Renamed files are in test_log_rotation.c. */
#include "daemon/controld/auditd/log_watch.h"

#include "tests/harness/log_scene.h"

/* Replaces the C library's functions, and notes what they were called for. */
static struct {
        ino_t files[8];
        size_t count;
        size_t failing; /* the call of this number, from 1, fails */
} syncs;

static int note_sync(int fd) {
        struct stat st;

        cr_assert_eq(fstat(fd, &st), 0);
        cr_assert_lt(syncs.count, sizeof(syncs.files) / sizeof(syncs.files[0]));
        syncs.files[syncs.count++] = st.st_ino;
        errno = EIO;
        return syncs.count == syncs.failing ? -1 : 0;
}

int fdatasync(int fd) {
        return note_sync(fd);
}

int fsync(int fd) {
        return note_sync(fd);
}

Test(log_watch, begins_at_the_end_of_the_file) {
        SCENE;
        add_records(&scene, 1, 3);
        begin(&scene);
        expect_end(&scene);
        add_records(&scene, 4, 5);
        expect_just(&scene, 4, 5);
}

Test(log_watch, what_was_written_between_two_looks_is_seen_in_order_and_once) {
        SCENE;
        add_records(&scene, 1, 1);
        begin(&scene);
        add_records(&scene, 2, 20000); /* many times the buffer */
        expect_just(&scene, 2, 20000);
        expect_end(&scene);
}

Test(log_watch, a_file_that_is_not_there_yet_is_read_from_its_beginning) {
        SCENE;
        begin(&scene);
        expect_end(&scene);
        add_records(&scene, 1, 2);
        expect_just(&scene, 1, 2);
}

Test(log_watch, without_the_folder_there_is_nothing_to_watch) {
        struct log_watch *watch;

        cr_assert_eq(log_watch_new("/nonexistent/audit.log", &watch), -ENOENT);
        cr_assert_eq(log_watch_new("/dev/null/audit.log", &watch), -ENOTDIR);
        cr_assert_eq(log_watch_new("audit.log", &watch), -EINVAL);
        cr_assert_eq(log_watch_new("/tmp/", &watch), -EINVAL);
}

Test(log_watch, what_is_no_regular_file_is_refused_at_once) {
        SCENE;
        struct log_record record;

        cr_assert_eq(mkfifo(scene.path, 0600), 0);
        cr_assert_eq(log_watch_new(scene.path, &scene.watch), -EINVAL);
        cr_assert_eq(unlink(scene.path), 0);
        cr_assert_eq(mkdir(scene.path, 0700), 0);
        cr_assert_eq(log_watch_new(scene.path, &scene.watch), -EINVAL);
        cr_assert_eq(rmdir(scene.path), 0);
        cr_assert_eq(symlink("elsewhere", scene.path), 0);
        cr_assert_eq(log_watch_new(scene.path, &scene.watch), -ELOOP);
        cr_assert_eq(unlink(scene.path), 0);

        begin(&scene);
        cr_assert_eq(mkfifo(scene.path, 0600), 0);
        cr_assert_eq(log_watch_next(scene.watch, &record), -EINVAL);
}

Test(log_watch, a_line_is_seen_when_its_last_byte_has_come) {
        SCENE;
        const char line[] = "type=TRUSTED_APP msg=audit(1700000000.123:7): pid=12 uid=0 auid=1000 ses=3 msg='x'";

        begin(&scene);
        for (const char *byte = line; *byte; byte++) {
                add_bytes(scene.path, byte, 1);
                expect_end(&scene);
        }
        add(&scene, "\ntype=");
        struct log_record record;
        cr_assert_eq(log_watch_next(scene.watch, &record), 1);
        cr_assert_str_eq(record.line, line);
        cr_assert_eq(record.length, strlen(line));
        expect_end(&scene);
        add(&scene, "USER_CMD msg=audit(1700000000.123:8): pid=1\n");
        expect_just(&scene, 8, 8);
}

/* A user may have written the second part of a line, which must not be taken for a record. */
Test(log_watch, the_rest_of_a_line_that_began_before_is_no_record) {
        SCENE;
        add(&scene, "type=USER_CMD msg=audit(1700000000.123:1): pid=1 msg='");
        begin(&scene);
        add(&scene, "type=DAEMON_END msg=audit(1700000000.123:2): op=terminate");
        expect_end(&scene);
        add(&scene, " auid=0'\n");
        expect_end(&scene);
        add_records(&scene, 3, 3);
        expect_just(&scene, 3, 3);
}

static void add_long(const struct scene *scene, unsigned serial, size_t length) {
        cleanup(cleanup_free) char *line = malloc(length + 2);
        int head = snprintf(line, length, "type=EXECVE msg=audit(1700000000.123:%u): ", serial);

        memset(line + head, 'x', length - (size_t)head);
        strcpy(line + length, "\n");
        add(scene, line);
}

Test(log_watch, lines_beyond_the_bound_are_left_out) {
        SCENE;
        begin(&scene);
        add_long(&scene, 1, LOG_LINE_MAX);
        add_long(&scene, 2, LOG_LINE_MAX + 1);
        add_records(&scene, 3, 3);
        add_long(&scene, 4, 1024 * 1024);
        add_records(&scene, 5, 5);
        expect_records(&scene, 1, 1);
        expect_records(&scene, 3, 3);
        expect_just(&scene, 5, 5);
}

Test(log_watch, a_line_that_grows_beyond_the_bound_is_left_out_to_its_end) {
        SCENE;
        begin(&scene);
        for (int i = 0; i < 40; i++) {
                cleanup(cleanup_free) char *piece = malloc(10000);

                memset(piece, 'x', 10000);
                add_bytes(scene.path, piece, 10000);
                expect_end(&scene);
        }
        add(&scene, "type=DAEMON_END msg=audit(1700000000.123:1): op=terminate\n");
        add_records(&scene, 2, 2);
        expect_just(&scene, 2, 2);
}

Test(log_watch, lines_that_are_no_records_are_left_out) {
        SCENE;
        const char nul[] = "type=USER_CMD msg=audit(1700000000.123:1): \0 pid=1\n\0\0\0";

        begin(&scene);
        add(&scene, "\n\nnot a record\ntype=DAEMON_ERR op=format-raw msg=NULL res=failed\n");
        add_bytes(scene.path, nul, sizeof(nul) - 1);
        add_records(&scene, 2, 3); /* the first of them behind NULs */
        expect_just(&scene, 3, 3);
}

Test(log_watch, a_file_that_became_shorter_is_read_from_its_beginning) {
        SCENE;
        add_records(&scene, 1, 5);
        begin(&scene);
        add_records(&scene, 6, 6);
        add(&scene, "type=USER_C");
        expect_just(&scene, 6, 6);
        cr_assert_eq(truncate(scene.path, 0), 0);
        add_records(&scene, 7, 8);
        expect_just(&scene, 7, 8);
        cr_assert_eq(truncate(scene.path, 0), 0);
        expect_end(&scene);
        add_records(&scene, 9, 20);
        expect_just(&scene, 9, 20);
}

Test(log_watch, the_descriptor_tells_of_lines_files_and_names) {
        SCENE;
        begin(&scene);
        cr_assert(!is_readable(&scene));
        add_records(&scene, 1, 1);
        cr_assert(is_readable(&scene));
        expect_just(&scene, 1, 1);
        cr_assert(!is_readable(&scene));
        add_records(&scene, 2, 2);
        cr_assert(is_readable(&scene));
        expect_just(&scene, 2, 2);
        cr_assert_eq(truncate(scene.path, 0), 0);
        cr_assert(is_readable(&scene));
        expect_end(&scene);
        rotate(&scene);
        cr_assert(is_readable(&scene));
        expect_end(&scene);
        cr_assert(!is_readable(&scene));

        cr_assert_eq(rename(scene.path, log_name(&scene, 7).path), 0);
        add_records(&scene, 3, 3);
        cr_assert_eq(rename(scene.path, log_name(&scene, 8).path), 0);
        expect_end(&scene);
        cr_assert(!is_readable(&scene));
        cr_assert_eq(rename(log_name(&scene, 8).path, scene.path), 0);
        cr_assert(is_readable(&scene));
        expect_just(&scene, 3, 3);
}

Test(log_watch, more_events_than_the_kernel_keeps_lose_nothing) {
        SCENE;
        cleanup(cleanup_file) FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
        unsigned events;

        if (!limit || fscanf(limit, "%u", &events) != 1 || events > 65536)
                cr_skip_test("the kernel keeps too many events to fill its queue");
        begin(&scene);
        for (unsigned serial = 1; serial <= events / 2 + 2; serial++) {
                add_records(&scene, serial, serial);
                add_bytes(log_name(&scene, 7).path, "x", 1); /* so that two events are not made one */
        }
        expect_just(&scene, 1, events / 2 + 2);
        while (is_readable(&scene))
                expect_end(&scene);
        add_records(&scene, events, events);
        cr_assert(is_readable(&scene));
        expect_just(&scene, events, events);
}

static ino_t inode(const char *path) {
        struct stat st;

        cr_assert_eq(stat(path, &st), 0);
        return st.st_ino;
}

Test(log_watch, sync_is_for_the_file_of_the_last_record_and_once_for_the_folder) {
        SCENE;
        add(&scene, "");
        begin(&scene);
        cr_assert_eq(log_watch_sync(scene.watch), 0);
        cr_assert_eq(syncs.count, 0, "nothing was read");
        add_records(&scene, 1, 2);
        expect_records(&scene, 1, 1);
        cr_assert_eq(log_watch_sync(scene.watch), 0);
        expect_just(&scene, 2, 2);
        rotate(&scene);
        expect_end(&scene); /* it reads the new file from here on, but had nothing from it */
        cr_assert_eq(log_watch_sync(scene.watch), 0);
        rotate(&scene);
        expect_end(&scene);
        cr_assert_eq(log_watch_sync(scene.watch), 0);
        add_records(&scene, 3, 3);
        expect_just(&scene, 3, 3);
        cr_assert_eq(log_watch_sync(scene.watch), 0);

        ino_t old = inode(log_name(&scene, 2).path), new = inode(scene.path), folder = inode(scene.folder);
        const ino_t expected[] = { old, folder, old, old, new, folder };
        cr_assert_eq(syncs.count, sizeof(expected) / sizeof(expected[0]), "%zu", syncs.count);
        for (size_t i = 0; i < syncs.count; i++)
                cr_assert_eq(syncs.files[i], expected[i], "call %zu", i);
}

Test(log_watch, sync_says_what_the_disk_says) {
        SCENE;
        begin(&scene);
        add_records(&scene, 1, 1);
        expect_records(&scene, 1, 1);
        syncs.failing = 1;
        cr_assert_eq(log_watch_sync(scene.watch), -EIO, "of the file");
        syncs.failing = 3;
        cr_assert_eq(log_watch_sync(scene.watch), -EIO, "of the folder");
        cr_assert_eq(log_watch_sync(scene.watch), 0);
        cr_assert_eq(syncs.count, 5, "what failed is done again");
}
