/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon writes is read by the stub's own reader here: the two must never disagree. */
#include "daemon/policy/snapshot_write.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "client/libauditfail/snapshot_read.h"
#include "protocol/cleanup.h"
#include "protocol/snapshot.h"
#include "tests/harness/released_snapshot.h"

#define STRANGER   65534
#define GENERATION 7

/* A folder for the snapshot, and a policy to write. */
struct scene {
        char folder[32], path[64];
        struct policy *policy;
};

static void scene_start(struct scene *scene, const char *root) {
        *scene = (struct scene){ .folder = "/tmp/test-snapshot-XXXXXX" };
        cr_assert(mkdtemp(scene->folder));
        snprintf(scene->path, sizeof(scene->path), "%s/" SNAPSHOT_NAME, scene->folder);
        cr_assert_eq(policy_new(root, &scene->policy), 0);
}

static void scene_end(struct scene *scene) {
        policy_free(scene->policy);
        unlink(scene->path);
        cr_assert_eq(rmdir(scene->folder), 0, "something was left behind");
}

#define SCENE(root)                                                                                                    \
        cleanup(scene_end) struct scene scene;                                                                         \
        scene_start(&scene, root)

static void add(struct policy *policy, const char *application, enum auditfail_action action, enum finding etc,
                enum finding flat, enum finding lib) {
        struct policy_file rules = { .base = { .action = action, .line = 12345 } };
        uint8_t findings[PLACE_COUNT] = { (uint8_t)etc, (uint8_t)flat, (uint8_t)lib };

        for (unsigned kind = 0; kind < KIND_COUNT; kind += 2)
                rules.exceptions[kind] =
                        (struct policy_rule){ .action = (action + kind) % ACTION_COUNT, .line = kind + 1 };
        cr_assert_eq(policy_append(policy, application, &rules, findings), 0, "%s", application);
}

static void write_good(const struct scene *scene) {
        int r = snapshot_write(scene->folder, policy_root(scene->policy), scene->policy, GENERATION);

        cr_assert_eq(r, 0, "%d", r);
}

/* That the stub says of APPLICATION what the daemon says, for each kind of failure. */
static void expect_same_answers(const struct scene *scene, const char *application) {
        for (enum kind kind = KIND_NONE; kind < KIND_COUNT; kind++) {
                struct policy_decision decision;
                struct auditfail_answer answer;

                policy_decide(scene->policy, application, kind, &decision);
                int r = snapshot_read(scene->folder, application, strlen(application), kind, &answer);
                cr_assert_eq(r, 0, "%s: %d", application, r);
                cr_expect_eq(answer.action, decision.action, "%s", application);
                cr_expect_str_eq(answer.file, decision.file ? decision.file : "");
                cr_expect_eq(answer.line, decision.line);
                cr_expect_eq(answer.generation, GENERATION);
        }
}

static struct snapshot_header header_of(const struct scene *scene) {
        cleanup(cleanup_fd) int fd = open(scene->path, O_RDONLY | O_CLOEXEC);
        struct snapshot_header header;

        cr_assert_eq(read(fd, &header, sizeof(header)), sizeof(header));
        return header;
}

Test(snapshot_write, the_stub_reads_what_the_daemon_says) {
        static const char longest[] = "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
        SCENE("/srv/tree");

        cr_assert_eq(strlen(longest), APPLICATION_NAME_MAX);
        add(scene.policy, "a", AUDITFAIL_IGNORE, FINDING_USED, FINDING_ABSENT, FINDING_SHADOWED);
        add(scene.policy, "b", AUDITFAIL_LOG, FINDING_ABSENT, FINDING_USED, FINDING_SHADOWED);
        add(scene.policy, "broken", AUDITFAIL_IGNORE, FINDING_ABSENT, FINDING_BROKEN, FINDING_ABSENT);
        add(scene.policy, "c", AUDITFAIL_TERMINATE, FINDING_ABSENT, FINDING_ABSENT, FINDING_USED);
        add(scene.policy, "default", AUDITFAIL_LOG, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
        add(scene.policy, "masked", AUDITFAIL_IGNORE, FINDING_MASK, FINDING_ABSENT, FINDING_MASKED);
        add(scene.policy, longest, AUDITFAIL_IGNORE, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
        write_good(&scene);
        for (size_t i = 0; i < 7; i++)
                expect_same_answers(&scene, policy_entries(scene.policy, &(size_t){ 0 })[i].application);
        expect_same_answers(&scene, "unknown");
}

static void append(struct policy *policy, const char *application, const struct policy_file *rules, enum place place,
                   enum finding finding) {
        uint8_t findings[PLACE_COUNT] = { FINDING_ABSENT, FINDING_ABSENT, FINDING_ABSENT };

        findings[place] = (uint8_t)finding;
        cr_assert_eq(policy_append(policy, application, rules, findings), 0, "%s", application);
}

/* An older stub reads these bytes, and stub_snapshot.c shows that this one does. */
Test(snapshot_write, a_released_stub_can_read_the_snapshot) {
        SCENE("");
        unsigned char expected[RELEASED_SNAPSHOT_SIZE], written[RELEASED_SNAPSHOT_SIZE + 1];

        append(scene.policy, "cron", &(struct policy_file){ 0 }, PLACE_FLAT, FINDING_BROKEN);
        append(scene.policy, "cupsd",
               &(struct policy_file){ .base = { AUDITFAIL_TERMINATE, 1 },
                                      .exceptions[KIND_OTHER] = { AUDITFAIL_IGNORE, 2 } },
               PLACE_LIB, FINDING_USED);
        append(scene.policy, "default", &(struct policy_file){ .base = { AUDITFAIL_LOG, 3 } }, PLACE_ETC, FINDING_USED);
        append(scene.policy, "passwd",
               &(struct policy_file){ .base = { AUDITFAIL_IGNORE, 2 },
                                      .exceptions[KIND_DENIED] = { AUDITFAIL_TERMINATE, 3 },
                                      .exceptions[KIND_UNSUPPORTED] = { AUDITFAIL_LOG, 4 } },
               PLACE_ETC, FINDING_USED);
        cr_assert_eq(GENERATION, RELEASED_GENERATION);
        write_good(&scene);

        released_snapshot(expected);
        cleanup(cleanup_fd) int fd = open(scene.path, O_RDONLY | O_CLOEXEC);
        cr_assert_eq(read(fd, written, sizeof(written)), RELEASED_SNAPSHOT_SIZE);
        memset(written + RELEASED_FINGERPRINT_AT, 0, RELEASED_FINGERPRINT_SIZE);
        for (size_t i = 0; i < RELEASED_SNAPSHOT_SIZE; i++)
                cr_assert_eq(written[i], expected[i], "byte %zu is %d instead of %d", i, written[i], expected[i]);
}

Test(snapshot_write, an_empty_policy_says_terminate) {
        SCENE("");

        write_good(&scene);
        expect_same_answers(&scene, "passwd");
        cr_expect_eq(header_of(&scene).slots, 1);
}

Test(snapshot_write, every_one_of_many_is_found) {
        SCENE("");
        char name[16];

        for (int i = 0; i < 6000; i++) {
                snprintf(name, sizeof(name), "app%05d", i);
                add(scene.policy, name, (enum auditfail_action)(i % ACTION_COUNT), FINDING_USED, FINDING_ABSENT,
                    FINDING_ABSENT);
        }
        write_good(&scene);
        cr_expect_eq(header_of(&scene).slots, 16384, "half full or less, and no larger");
        for (int i = 0; i < 6000; i += 7) {
                snprintf(name, sizeof(name), "app%05d", i);
                expect_same_answers(&scene, name);
        }
        expect_same_answers(&scene, "app99999");
}

Test(snapshot_write, the_table_grows_until_all_is_within_reach) {
        SCENE("");
        int wanted = SNAPSHOT_PROBES_MAX + 6;
        char name[16];

        /* Names that all belong in the same one of 256 slots. */
        for (int i = 0, found = 0; found < wanted; i++) {
                snprintf(name, sizeof(name), "n%07d", i);
                if (snapshot_slot(256, name, strlen(name)) != 5)
                        continue;
                add(scene.policy, name, AUDITFAIL_LOG, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
                found++;
        }
        write_good(&scene);
        cr_expect_gt(header_of(&scene).slots, 256);
        for (int i = 0; i < wanted; i++)
                expect_same_answers(&scene, policy_entries(scene.policy, &(size_t){ 0 })[i].application);
}

Test(snapshot_write, everybody_may_read_it_and_nobody_else_may_write_it) {
        SCENE("");
        struct stat st;

        umask(0077);
        write_good(&scene);
        umask(0);
        write_good(&scene);
        cr_assert_eq(stat(scene.path, &st), 0);
        cr_expect_eq(st.st_mode & 07777, 0644);
}

Test(snapshot_write, what_a_killed_daemon_left_is_replaced) {
        SCENE("");
        char leftover[96];

        snprintf(leftover, sizeof(leftover), "%s/.policy.snapshot.new", scene.folder);
        cr_assert_eq(symlink("/nowhere/at/all", leftover), 0);
        write_good(&scene);
        expect_same_answers(&scene, "passwd");
}

Test(snapshot_write, when_it_fails_the_old_file_is_as_it_was) {
        SCENE("");
        struct rlimit limit = { .rlim_cur = 100, .rlim_max = RLIM_INFINITY };

        add(scene.policy, "default", AUDITFAIL_LOG, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
        write_good(&scene);
        struct snapshot_header before = header_of(&scene);

        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = 100;
        setrlimit(RLIMIT_FSIZE, &limit);
        cr_expect_eq(snapshot_write(scene.folder, "", scene.policy, 8), -EFBIG);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_FSIZE, &limit);

        struct snapshot_header after = header_of(&scene);
        cr_expect_eq(memcmp(&before, &after, sizeof(before)), 0);
        cr_expect_eq(snapshot_write("/nowhere/at/all", "", scene.policy, 8), -ENOENT);
}

/* Two policies of different sizes, each with its own answer for "passwd", which lies in the middle of the larger. */
static struct policy *policy_of(int applications, enum auditfail_action action) {
        struct policy *policy = NULL;

        cr_assert_eq(policy_new("", &policy), 0);
        for (int i = 0; i < applications; i++) {
                char name[16];

                snprintf(name, sizeof(name), i < applications / 2 ? "a%05d" : "z%05d", i);
                if (i == applications / 2)
                        add(policy, "passwd", action, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
                add(policy, name, AUDITFAIL_TERMINATE, FINDING_USED, FINDING_ABSENT, FINDING_ABSENT);
        }
        return policy;
}

/* Replaces the snapshot by turns with SMALL, of generation 1, and LARGE, of generation 2. */
static void replace_by_turns(const struct scene *scene, int times) {
        struct policy *small = policy_of(1, AUDITFAIL_IGNORE), *large = policy_of(2000, AUDITFAIL_LOG);

        for (int i = 0; i < times; i++)
                cr_assert_eq(snapshot_write(scene->folder, "", i % 2 ? large : small, i % 2 ? 2 : 1), 0);
        policy_free(small);
        policy_free(large);
}

/* The answer for "passwd" is wholly that of one file. */
static void expect_whole(const struct scene *scene) {
        struct auditfail_answer answer = { 0 };
        int r = snapshot_read(scene->folder, "passwd", strlen("passwd"), KIND_NONE, &answer);

        cr_assert_eq(r, 0, "%d", r);
        cr_assert_eq(answer.action, answer.generation == 1 ? AUDITFAIL_IGNORE : AUDITFAIL_LOG);
        cr_assert_str_eq(answer.file, "/etc/auditfail/passwd.conf");
}

struct writer {
        const struct scene *scene;
        atomic_bool done;
};

static void *write_often(void *argument) {
        struct writer *writer = argument;

        replace_by_turns(writer->scene, 300);
        writer->done = true;
        return NULL;
}

Test(snapshot_write, a_reader_always_finds_a_whole_file) {
        SCENE("");
        struct writer writer = { .scene = &scene };
        pthread_t thread;

        replace_by_turns(&scene, 1);
        cr_assert_eq(pthread_create(&thread, NULL, write_often, &writer), 0);
        while (!writer.done)
                expect_whole(&scene);
        pthread_join(thread, NULL);
}

/* The rename alone must be enough: the format has no checksums. */
Test(snapshot_write, a_writer_killed_at_any_moment_leaves_a_whole_file) {
        SCENE("");
        char leftover[96];

        replace_by_turns(&scene, 1);
        for (useconds_t usec = 0; usec < 50000; usec += 500) {
                pid_t writer = fork();

                cr_assert_geq(writer, 0);
                if (writer == 0) {
                        replace_by_turns(&scene, INT_MAX);
                        _exit(1);
                }
                usleep(usec);
                kill(writer, SIGKILL);
                waitpid(writer, NULL, 0);
                expect_whole(&scene);
        }
        snprintf(leftover, sizeof(leftover), "%s/.policy.snapshot.new", scene.folder);
        unlink(leftover);
}

Test(snapshot_write, the_next_start_finds_generation_and_fingerprint) {
        SCENE("");
        uint64_t generation = 0, fingerprint = 0;

        cr_expect_eq(snapshot_read_header(scene.folder, &generation, &fingerprint), -ENOENT);
        cr_expect_eq(snapshot_read_header("/nowhere/at/all", &generation, &fingerprint), -ENOENT);
        write_good(&scene);
        cr_expect_eq(snapshot_read_header(scene.folder, &generation, &fingerprint), 0);
        cr_expect_eq(generation, GENERATION);
        cr_expect_eq(fingerprint, policy_fingerprint(scene.policy));
}

static void expect_disbelief(const struct scene *scene) {
        uint64_t generation = 77, fingerprint = 77;

        cr_expect_eq(snapshot_read_header(scene->folder, &generation, &fingerprint), -EBADMSG);
        cr_expect(generation == 77 && fingerprint == 77);
}

Test(snapshot_write, a_header_of_another_format_is_not_believed) {
        SCENE("");
        struct snapshot_header header;

        write_good(&scene);
        header = header_of(&scene);
        header.magic ^= 1;
        cleanup(cleanup_fd) int fd = open(scene.path, O_RDWR | O_CLOEXEC);
        cr_assert_eq(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
        expect_disbelief(&scene);
}

Test(snapshot_write, a_truncated_file_is_not_believed) {
        SCENE("");

        write_good(&scene);
        cr_assert_eq(truncate(scene.path, sizeof(struct snapshot_header)), 0);
        expect_disbelief(&scene);
        cr_assert_eq(truncate(scene.path, 10), 0);
        expect_disbelief(&scene);
}

Test(snapshot_write, what_others_could_have_written_is_not_believed) {
        SCENE("");
        char elsewhere[96];

        write_good(&scene);
        chmod(scene.path, 0664);
        expect_disbelief(&scene);
        chmod(scene.path, 0644);

        snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", scene.folder);
        cr_assert_eq(rename(scene.path, elsewhere), 0);
        cr_assert_eq(symlink("elsewhere", scene.path), 0);
        expect_disbelief(&scene);
        unlink(elsewhere);
        unlink(scene.path);

        cr_assert_eq(mkfifo(scene.path, 0644), 0);
        expect_disbelief(&scene);
}

Test(snapshot_write, a_strangers_file_is_not_believed) {
        if (geteuid() != 0)
                cr_skip_test("only root can give a file away");
        SCENE("");
        uint64_t generation, fingerprint;

        write_good(&scene);
        cr_assert_eq(chown(scene.path, STRANGER, STRANGER), 0);
        expect_disbelief(&scene);
        chmod(scene.folder, 0777);
        cr_assert_eq(seteuid(STRANGER), 0);
        cr_expect_eq(snapshot_read_header(scene.folder, &generation, &fingerprint), 0, "it is that user's own now");
        cr_assert_eq(seteuid(0), 0);
}

Test(snapshot_write, a_folder_in_the_place_of_either_file_makes_it_fail_and_leaves_nothing_behind) {
        static const struct {
                const char *name;
                int error;
        } table[] = { { ".policy.snapshot.new", EISDIR }, { SNAPSHOT_NAME, EISDIR } };
        SCENE("");

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char obstacle[96];

                snprintf(obstacle, sizeof(obstacle), "%s/%s", scene.folder, table[i].name);
                cr_assert_eq(mkdir(obstacle, 0755), 0);
                cr_expect_eq(snapshot_write(scene.folder, "", scene.policy, GENERATION), -table[i].error, "row %zu", i);
                cr_assert_eq(rmdir(obstacle), 0);
        }
}

static void add_wait(struct policy *policy, const char *application, unsigned wait) {
        struct policy_file rules = { .base = { .action = AUDITFAIL_LOG, .line = 1, .wait = wait & 63 } };
        uint8_t findings[PLACE_COUNT] = { FINDING_USED };

        cr_assert_eq(policy_append(policy, application, &rules, findings), 0, "%s", application);
}

Test(snapshot_write, the_longest_wait_is_that_of_the_file_that_applies) {
        SCENE("");

        cr_expect_eq(snapshot_wait(scene.folder, "su", 2), 0, "without a snapshot");
        add_wait(scene.policy, "default", 60);
        add_wait(scene.policy, "passwd", 0);
        add_wait(scene.policy, "su", 5);
        write_good(&scene);
        cr_expect_eq(snapshot_wait(scene.folder, "su", 2), 5);
        cr_expect_eq(snapshot_wait(scene.folder, "passwd", 6), 0);
        cr_expect_eq(snapshot_wait(scene.folder, "cron", 4), 60);
}

Test(snapshot_write, too_long_a_root_makes_it_fail) {
        char root[POLICY_ROOT_MAX + 1];
        SCENE("");

        memset(root, '/', sizeof(root) - 1);
        root[sizeof(root) - 1] = '\0';
        cr_expect_eq(snapshot_write(scene.folder, root, scene.policy, GENERATION), -ENAMETOOLONG);
}

Test(snapshot_write, without_a_free_descriptor_it_fails_and_the_old_file_stays) {
        struct rlimit before;
        uint64_t generation, fingerprint;
        int written[3], read[3];
        SCENE("");

        write_good(&scene);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        int next = dup(STDERR_FILENO); /* the lowest free number */
        cr_assert_gt(next, STDERR_FILENO);
        close(next);
        for (int i = 0; i < 3; i++) {
                cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ (rlim_t)(next + i), before.rlim_max }), 0);
                written[i] = snapshot_write(scene.folder, "", scene.policy, GENERATION + 1);
                read[i] = snapshot_read_header(scene.folder, &generation, &fingerprint);
                setrlimit(RLIMIT_NOFILE, &before);
                if (i < 2)
                        cr_expect_eq(header_of(&scene).generation, GENERATION);
        }
        cr_expect(written[0] == -EMFILE && written[1] == -EMFILE && written[2] == 0);
        cr_expect(read[0] == -EMFILE && read[1] == -EMFILE && read[2] == 0);
        cr_expect_eq(generation, GENERATION + 1);
}
