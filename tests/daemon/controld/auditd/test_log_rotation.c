/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader of auditd's log misses no record and sees none twice while files are renamed. */
#include <dlfcn.h>

#include "tests/harness/log_scene.h"

static void (*between)(void); /* runs before each system call that reads a file or a name */

static void call_between(void) {
        if (between)
                between();
}

int fstatat(int folder, const char *restrict name, struct stat *restrict st, int flags) {
        int (*real)(int, const char *, struct stat *, int) = NULL;

        call_between();
        *(void **)&real = dlsym(RTLD_NEXT, "fstatat");
        return real(folder, name, st, flags);
}

int fstat(int fd, struct stat *st) {
        int (*real)(int, struct stat *) = NULL;

        call_between();
        *(void **)&real = dlsym(RTLD_NEXT, "fstat");
        return real(fd, st);
}

Test(log_rotation, a_first_file_can_be_rotated_before_it_is_read) {
        SCENE;
        begin(&scene);
        add_records(&scene, 1, 2);
        rotate(&scene);
        add_records(&scene, 3, 4);
        rotate(&scene);
        expect_just(&scene, 1, 4);
}

Test(log_rotation, begins_behind_older_files_while_the_log_is_missing) {
        SCENE;
        add_records(&scene, 1, 2);
        rotate(&scene);
        cr_assert_eq(unlink(scene.path), 0);
        begin(&scene);
        expect_end(&scene);
        add_records(&scene, 3, 4);
        rotate(&scene);
        add_records(&scene, 5, 5);
        expect_just(&scene, 3, 5);
}

Test(log_rotation, rotation_loses_nothing_that_was_not_read_yet) {
        SCENE;
        add_records(&scene, 1, 1);
        begin(&scene);
        add_records(&scene, 2, 3000);
        expect_records(&scene, 2, 2);
        rotate(&scene);
        add_records(&scene, 3001, 3002);
        expect_just(&scene, 3, 3002);
}

Test(log_rotation, rotation_while_all_is_read_goes_on_with_the_new_file) {
        SCENE;
        begin(&scene);
        for (unsigned serial = 1; serial < 4 * LOGS; serial++) {
                add_records(&scene, serial, serial);
                expect_just(&scene, serial, serial);
                rotate(&scene);
                if (serial % 3 == 0)
                        expect_end(&scene);
        }
}

Test(log_rotation, several_rotations_between_two_looks_lose_nothing) {
        SCENE;
        add_records(&scene, 1, 1);
        rotate(&scene);
        begin(&scene);
        add_records(&scene, 2, 3);
        expect_records(&scene, 2, 2);
        for (unsigned serial = 4; serial < 4 + LOGS - 1; serial++) {
                rotate(&scene);
                add_records(&scene, serial, serial);
        }
        expect_just(&scene, 3, 4 + LOGS - 2);
}

Test(log_rotation, between_two_names_it_waits_for_the_next_file) {
        SCENE;
        add(&scene, "");
        begin(&scene);
        for (unsigned step = 0; step < LOGS - 1; step++)
                rotate_step(&scene, step);
        expect_end(&scene);
        cr_assert(!is_readable(&scene));
        add_records(&scene, 1, 1);
        cr_assert(is_readable(&scene));
        expect_just(&scene, 1, 1);
}

Test(log_rotation, an_unfinished_line_at_the_end_of_a_rotated_file_is_no_beginning) {
        SCENE;
        begin(&scene);
        add(&scene, "type=DAEMON_END msg=audit(1700000000.123:1): op=term"); /* the disk was full */
        expect_end(&scene);
        rotate(&scene);
        add_records(&scene, 2, 2);
        expect_just(&scene, 2, 2);
}

Test(log_rotation, a_line_that_began_before_ends_with_its_file) {
        SCENE;
        add(&scene, "type=DAEMON_END msg=audit(1700000000.123:1): op=term");
        begin(&scene);
        rotate(&scene);
        add_records(&scene, 2, 2);
        expect_just(&scene, 2, 2);
}

Test(log_rotation, a_removed_number_does_not_end_the_search) {
        SCENE;
        begin(&scene);
        add_records(&scene, 1, 1);
        expect_just(&scene, 1, 1);
        rotate(&scene);
        rotate(&scene);
        cr_assert_eq(unlink(log_name(&scene, 1).path), 0);
        add_records(&scene, 2, 2);
        rotate(&scene); /* the one that was read is number 3, there is no number 2 */
        add_records(&scene, 3, 3);
        expect_just(&scene, 2, 3);
}

Test(log_rotation, where_the_file_was_rotated_out_of_existence_the_oldest_newer_one_follows) {
        SCENE;
        begin(&scene);
        add_records(&scene, 1, 1);
        expect_just(&scene, 1, 1);
        for (unsigned serial = 2; serial < 3 + LOGS; serial++) {
                make_older(scene.path, 60 - serial);
                rotate(&scene);
                add_records(&scene, serial, serial);
        }
        expect_just(&scene, 3, 2 + LOGS); /* 1 and 2 are gone */
}

Test(log_rotation, older_files_are_not_read_after_the_file_was_removed) {
        SCENE;
        add_records(&scene, 1, 1);
        make_older(scene.path, 60);
        rotate(&scene);
        begin(&scene);
        add_records(&scene, 2, 2);
        cr_assert_eq(unlink(scene.path), 0);
        expect_just(&scene, 2, 2); /* it is held, and auditd may still write to it */
        add_records(&scene, 3, 3);
        expect_just(&scene, 3, 3);
}

Test(log_rotation, a_file_that_was_put_in_its_place_is_read_from_its_beginning) {
        SCENE;
        add_records(&scene, 1, 1);
        begin(&scene);
        add_records(&scene, 2, 2);
        cr_assert_eq(rename(scene.path, log_name(&scene, 100000).path), 0); /* auditd counts to 999 */
        add_records(&scene, 3, 4);
        expect_just(&scene, 2, 4);
}

/* auditd writes a record, rotates and writes another during system calls of the reader: PACE steps in each, from number
 * FROM on. */
static struct {
        struct scene *scene;
        unsigned call, from, pace, step, serial;
} rotation;

static void rotate_between(void) {
        void (*self)(void) = between;

        between = NULL; /* not for what this itself calls */
        if (rotation.call++ >= rotation.from)
                for (unsigned i = 0; i < rotation.pace && rotation.step < LOGS; i++) {
                        if (rotation.step == 0)
                                add_records(rotation.scene, rotation.serial, rotation.serial);
                        rotate_step(rotation.scene, rotation.step++);
                        if (rotation.step == LOGS)
                                add_records(rotation.scene, rotation.serial + 1, rotation.serial + 1);
                }
        between = self;
}

/* Returns whether the reader made a call of number FROM. */
static bool rotate_meanwhile(unsigned rotations_before, unsigned from, unsigned pace) {
        SCENE;
        unsigned serial = 1, seen = 0;
        bool looked = true;

        rotate(&scene);
        begin(&scene);
        add_records(&scene, serial, serial);
        for (; rotations_before > 0; rotations_before--) {
                rotate(&scene);
                serial++;
                add_records(&scene, serial, serial);
        }
        rotation.scene = &scene;
        rotation.call = rotation.step = 0;
        rotation.from = from;
        rotation.pace = pace;
        rotation.serial = serial + 1;
        between = rotate_between;
        while (seen < serial + 2) {
                struct log_record record;
                int r = log_watch_next(scene.watch, &record);

                cr_assert_geq(r, 0, "call %u, pace %u: %d after record %u", from, pace, r, seen);
                if (r == 1)
                        cr_assert_eq(record.serial, ++seen, "call %u, pace %u: record %u instead of %u", from, pace,
                                     (unsigned)record.serial, seen);
                else if (rotation.step < LOGS) {
                        looked = looked && rotation.step > 0;
                        rotate_between();
                } else
                        cr_assert(is_readable(&scene), "call %u, pace %u: nothing after record %u", from, pace, seen);
        }
        between = NULL;
        expect_end(&scene);
        return looked;
}

Test(log_rotation, a_rotation_at_any_moment_loses_nothing) {
        const unsigned paces[] = { 1, LOGS - 1, LOGS };

        for (unsigned before = 0; before < LOGS - 1; before++)
                for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
                        unsigned from = 0;

                        while (rotate_meanwhile(before, from, paces[i]))
                                from++;
                        cr_assert_geq(from, 3);
                }
}
