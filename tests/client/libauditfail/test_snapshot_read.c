/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/snapshot_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"
#include "tests/harness/snapshot_maker.h"

#define STRANGER 65534 /* a uid and gid that is not the test's */

/* A folder with a snapshot in it, which every test then spoils in its own way. */
struct scene {
        char folder[32], path[64];
        struct snapshot_image image;
};

static void scene_start(struct scene *scene) {
        *scene = (struct scene){ .folder = "/tmp/test-snapshot-XXXXXX" };
        cr_assert(mkdtemp(scene->folder));
        cr_assert_eq(chmod(scene->folder, 0755), 0);
        snprintf(scene->path, sizeof(scene->path), "%s/" SNAPSHOT_NAME, scene->folder);

        image_start(&scene->image, 4);
        image_add(&scene->image, "passwd", AUDITFAIL_IGNORE)->exceptions[KIND_DENIED] =
                (struct snapshot_rule){ .line = 9, .action = AUDITFAIL_TERMINATE };
        image_add(&scene->image, "default", AUDITFAIL_LOG);
        image_write(&scene->image, scene->folder);
}

static void scene_end(struct scene *scene) {
        if (unlink(scene->path) < 0)
                rmdir(scene->path);
        rmdir(scene->folder);
}

#define SCENE                                                                                                          \
        cleanup(scene_end) struct scene scene;                                                                         \
        scene_start(&scene)

static int look_up(const struct scene *scene, const char *application, enum kind kind,
                   struct auditfail_answer *answer) {
        return snapshot_read(scene->folder, application, strlen(application), kind, answer);
}

static struct auditfail_answer answer_for(const struct scene *scene, const char *application, enum kind kind) {
        struct auditfail_answer answer = { 0 };

        cr_assert_eq(look_up(scene, application, kind, &answer), 0);
        cr_assert_eq(answer.via, AUDITFAIL_VIA_SNAPSHOT);
        return answer;
}

static void assert_refused(const struct scene *scene, int error) {
        struct auditfail_answer answer = { .line = 77 };
        int r = look_up(scene, "passwd", KIND_NONE, &answer);

        cr_assert_eq(r, error, "%d instead of %d", r, error);
        cr_assert_eq(answer.line, 77, "the answer was touched");
}

static void write_again(struct scene *scene) {
        image_write(&scene->image, scene->folder);
}

static struct snapshot_record *record_of(struct scene *scene, const char *application) {
        struct snapshot_record *record = scene->image.records;

        while (strncmp(record->application, application, APPLICATION_NAME_MAX) != 0)
                cr_assert_lt(++record - scene->image.records, (ptrdiff_t)scene->image.header.slots);
        return record;
}

Test(snapshot_read, an_application_has_the_answer_of_its_own_file) {
        SCENE;
        struct auditfail_answer answer = answer_for(&scene, "passwd", KIND_NONE);

        cr_assert_eq(answer.action, AUDITFAIL_IGNORE);
        cr_assert_str_eq(answer.file, "/etc/auditfail/passwd.conf");
        cr_assert_eq(answer.line, IMAGE_LINE);
        cr_assert_eq(answer.generation, IMAGE_GENERATION);
}

Test(snapshot_read, an_exception_counts_for_its_own_kind_of_failure) {
        SCENE;

        cr_assert_eq(answer_for(&scene, "passwd", KIND_DENIED).action, AUDITFAIL_TERMINATE);
        cr_assert_eq(answer_for(&scene, "passwd", KIND_DENIED).line, 9);
        cr_assert_eq(answer_for(&scene, "passwd", KIND_OVERLOAD).action, AUDITFAIL_IGNORE);
        cr_assert_eq(answer_for(&scene, "passwd", KIND_OVERLOAD).line, IMAGE_LINE);
}

Test(snapshot_read, the_default_policy_answers_for_all_others) {
        SCENE;
        struct auditfail_answer answer = answer_for(&scene, "passw", KIND_NONE);

        cr_assert_eq(answer.action, AUDITFAIL_LOG);
        cr_assert_str_eq(answer.file, "/etc/auditfail/default.conf");
        cr_assert_eq(answer_for(&scene, "passwd2", KIND_OTHER).action, AUDITFAIL_LOG);
}

Test(snapshot_read, a_snapshot_that_knows_neither_says_terminate) {
        SCENE;
        image_start(&scene.image, 1);
        write_again(&scene);
        struct auditfail_answer answer = answer_for(&scene, "passwd", KIND_NONE);

        cr_assert_eq(answer.action, AUDITFAIL_TERMINATE);
        cr_assert_str_eq(answer.file, "");
        cr_assert_eq(answer.line, 0);
        cr_assert_eq(answer.generation, IMAGE_GENERATION);
}

Test(snapshot_read, a_file_that_the_daemon_could_not_use_means_terminate) {
        SCENE;
        *record_of(&scene, "passwd") = (struct snapshot_record){ .application = "passwd", .broken = 1 };
        write_again(&scene);
        struct auditfail_answer answer = answer_for(&scene, "passwd", KIND_DENIED);

        cr_assert_eq(answer.action, AUDITFAIL_TERMINATE);
        cr_assert_str_eq(answer.file, "/etc/auditfail/passwd.conf");
        cr_assert_eq(answer.line, 0);
}

Test(snapshot_read, the_file_is_named_by_its_place_and_root) {
        SCENE;
        record_of(&scene, "passwd")->place = 1;
        write_again(&scene);
        cr_assert_str_eq(answer_for(&scene, "passwd", KIND_NONE).file, "/etc/auditfail.passwd");
        record_of(&scene, "passwd")->place = 2;
        strcpy(scene.image.header.root, "/srv/tree");
        write_again(&scene);
        cr_assert_str_eq(answer_for(&scene, "passwd", KIND_NONE).file, "/srv/tree/usr/lib/auditfail/passwd.conf");
}

Test(snapshot_read, the_longest_name_below_the_longest_root_fits) {
        SCENE;
        char name[APPLICATION_NAME_MAX + 1] = "", file[256];

        memset(name, 'n', APPLICATION_NAME_MAX);
        memset(scene.image.header.root, 'r', POLICY_ROOT_MAX - 1);
        image_add(&scene.image, name, AUDITFAIL_IGNORE)->place = 2;
        write_again(&scene);
        snprintf(file, sizeof(file), "%s/usr/lib/auditfail/%s.conf", scene.image.header.root, name);
        cr_assert_str_eq(answer_for(&scene, name, KIND_NONE).file, file);
        name[APPLICATION_NAME_MAX - 1] = '\0';
        cr_assert_eq(answer_for(&scene, name, KIND_NONE).action, AUDITFAIL_LOG);
}

Test(snapshot_read, names_that_fall_into_the_same_slot_are_all_found) {
        SCENE;
        static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "default" };

        image_start(&scene.image, IMAGE_SLOTS_MAX);
        for (int i = 0; i < IMAGE_SLOTS_MAX; i++)
                image_add(&scene.image, names[i], AUDITFAIL_LOG)->base.line = 100 + (unsigned)i;
        write_again(&scene);
        for (int i = 0; i < IMAGE_SLOTS_MAX; i++)
                cr_assert_eq(answer_for(&scene, names[i], KIND_NONE).line, 100 + (unsigned)i);
        cr_assert_eq(answer_for(&scene, "h", KIND_NONE).line, 107, "the table is full, and the search must end");
}

Test(snapshot_read, a_snapshot_cut_off_anywhere_is_not_believed) {
        SCENE;

        for (size_t size = 0; size < image_size(&scene.image); size++) {
                image_write_part(&scene.image, scene.folder, size);
                assert_refused(&scene, -EBADMSG);
        }
        image_write_part(&scene.image, scene.folder, image_size(&scene.image) + 1);
        assert_refused(&scene, -EBADMSG);
}

/* No checksum finds a bit that flips. But every result is an answer that the policy could give, or an error. */
Test(snapshot_read, a_bit_that_flips_leaves_every_value_in_its_bounds) {
        SCENE;
        cleanup(cleanup_fd) int fd = memfd_create("snapshot", MFD_CLOEXEC);
        size_t size = image_size(&scene.image);

        for (size_t bit = 0; bit < 8 * size; bit++) {
                struct auditfail_answer answer = { 0 };

                ((unsigned char *)&scene.image)[bit / 8] ^= 1 << bit % 8;
                cr_assert_eq(pwrite(fd, &scene.image, size, 0), (ssize_t)size);
                ((unsigned char *)&scene.image)[bit / 8] ^= 1 << bit % 8;

                int r = snapshot_look_up(fd, size, "passwd", strlen("passwd"), KIND_DENIED, &answer);
                cr_assert(r == 0 || r == -EBADMSG, "bit %zu: %d", bit, r);
                cr_assert(r < 0 || answer.action < ACTION_COUNT, "bit %zu", bit);
                cr_assert(r < 0 || answer.line > 0 || answer.action == AUDITFAIL_TERMINATE, "bit %zu", bit);
                cr_assert_lt(strnlen(answer.file, sizeof(answer.file)), sizeof(answer.file), "bit %zu", bit);
        }
}

Test(snapshot_read, a_value_out_of_its_bounds_is_refused) {
        SCENE;
        const struct snapshot_image good = scene.image;
        struct snapshot_header *header = &scene.image.header;
        struct snapshot_record *record = record_of(&scene, "passwd");

#define EXPECT_REFUSED(change)                                                                                         \
        ({                                                                                                             \
                change;                                                                                                \
                image_write_part(&scene.image, scene.folder, image_size(&good));                                       \
                assert_refused(&scene, -EBADMSG);                                                                      \
                scene.image = good;                                                                                    \
        })

        EXPECT_REFUSED(record->base.action = ACTION_COUNT);
        EXPECT_REFUSED(record->base.line = 0);
        EXPECT_REFUSED(record->place = PLACE_COUNT);
        EXPECT_REFUSED(header->magic ^= 1);
        EXPECT_REFUSED(header->slots = 0);
        EXPECT_REFUSED(header->slots = 3);
        EXPECT_REFUSED(header->slots = 8);
        EXPECT_REFUSED(header->slots = (UINT64_MAX / sizeof(*record) + 1) | 4);
        EXPECT_REFUSED(memset(header->root, 'r', POLICY_ROOT_MAX));
}

Test(snapshot_read, no_snapshot_is_told_from_a_bad_one) {
        SCENE;
        struct auditfail_answer answer;

        cr_assert_eq(unlink(scene.path), 0);
        assert_refused(&scene, -ENOENT);
        cr_assert_eq(snapshot_read("/nowhere/at/all", "passwd", 6, KIND_NONE, &answer), -ENOENT);
}

Test(snapshot_read, what_others_may_write_is_not_believed_sticky_or_not) {
        static const struct {
                mode_t folder, file;
        } modes[] = { { 0755, 0664 }, { 0755, 0646 }, { 0757, 0644 }, { 01777, 0644 } };
        SCENE;

        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                cr_assert_eq(chmod(scene.path, modes[i].file), 0);
                cr_assert_eq(chmod(scene.folder, modes[i].folder), 0);
                assert_refused(&scene, -EPERM);
        }
}

Test(snapshot_read, a_foreign_file_is_not_believed_unless_the_folder_is_open_to_its_group) {
        SCENE;
        if (geteuid() != 0)
                cr_skip_test("needs root, to give a file away");

        cr_assert_eq(chown(scene.path, STRANGER, STRANGER), 0);
        assert_refused(&scene, -EPERM);
        cr_assert_eq(chown(scene.folder, 0, STRANGER), 0);
        assert_refused(&scene, -EPERM); /* the group is the same, but may not write in the folder */
        cr_assert_eq(chmod(scene.folder, 01775), 0);
        answer_for(&scene, "passwd", KIND_NONE);
        cr_assert_eq(chown(scene.path, STRANGER, STRANGER - 1), 0);
        assert_refused(&scene, -EPERM);
}

Test(snapshot_read, a_folder_of_an_ordinary_user_may_have_a_file_of_that_user) {
        SCENE;
        if (geteuid() != 0)
                cr_skip_test("needs root, to give a file away");

        cr_assert_eq(chown(scene.path, STRANGER, STRANGER), 0);
        cr_assert_eq(chown(scene.folder, STRANGER, STRANGER), 0);
        answer_for(&scene, "passwd", KIND_NONE);
        cr_assert_eq(chown(scene.path, STRANGER - 1, STRANGER), 0);
        assert_refused(&scene, -EPERM);
}

/* No process opens the other end of the FIFO: without O_NONBLOCK, this test would hang. */
Test(snapshot_read, only_a_regular_file_is_believed, .timeout = 20) {
        SCENE;
        char elsewhere[80];

        snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", scene.folder);
        cr_assert_eq(rename(scene.path, elsewhere), 0);
        cr_assert_eq(symlink("elsewhere", scene.path), 0);
        assert_refused(&scene, -ELOOP);
        unlink(elsewhere);
        unlink(scene.path);

        cr_assert_eq(mkfifo(scene.path, 0644), 0);
        assert_refused(&scene, -EPERM);
        unlink(scene.path);

        cr_assert_eq(mkdir(scene.path, 0755), 0);
        assert_refused(&scene, -EPERM);
}

Test(snapshot_read, no_descriptor_stays_open) {
        SCENE;
        int before = dup(0);

        close(before);
        answer_for(&scene, "passwd", KIND_NONE);
        chmod(scene.path, 0664);
        assert_refused(&scene, -EPERM);
        unlink(scene.path);
        assert_refused(&scene, -ENOENT);

        int after = dup(0);
        close(after);
        cr_assert_eq(after, before);
}

Test(snapshot_read, a_folder_with_too_long_a_path_has_none) {
        char folder[300];
        uint64_t size;

        memset(folder, '/', sizeof(folder) - 1); /* a name of the root, which exists */
        folder[sizeof(folder) - 1] = '\0';
        cr_expect_eq(snapshot_open(folder, &size), -ENAMETOOLONG);
}

Test(snapshot_read, a_file_that_cannot_be_read_gives_no_answer) {
        struct auditfail_answer answer = { .line = 77 };
        cleanup(cleanup_fd) int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        cr_expect_eq(snapshot_look_up(folder, 4096, "passwd", 6, KIND_NONE, &answer), -EISDIR);
        cr_expect_eq(answer.line, 77);
}

/* The file has become shorter since its size was taken: the header is whole, the table is not. */
Test(snapshot_read, a_table_that_ends_early_gives_no_answer) {
        SCENE;
        struct auditfail_answer answer = { .line = 77 };
        cleanup(cleanup_fd) int fd = open(scene.path, O_RDWR | O_CLOEXEC);

        cr_assert_eq(ftruncate(fd, sizeof(scene.image.header)), 0);
        cr_expect_eq(snapshot_look_up(fd, image_size(&scene.image), "passwd", 6, KIND_NONE, &answer), -EBADMSG);
        cr_expect_eq(answer.line, 77);
}

Test(snapshot_read, a_full_table_is_searched_once) {
        SCENE;
        image_start(&scene.image, 2);
        image_add(&scene.image, "a", AUDITFAIL_IGNORE);
        image_add(&scene.image, "b", AUDITFAIL_IGNORE);
        write_again(&scene);
        struct auditfail_answer answer = answer_for(&scene, "c", KIND_NONE);

        cr_expect_eq(answer.action, AUDITFAIL_TERMINATE);
        cr_expect_str_eq(answer.file, "");
}
