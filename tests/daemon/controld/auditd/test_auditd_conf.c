/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditd.conf and auditd's command line are read as auditd reads them. */
#include "daemon/controld/auditd/auditd_conf.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/cleanup.h"

#define DEFAULT_LOG "/var/log/audit/audit.log"
#define STRANGER    65534
#define PID         42

/* auditd's folder, and a /proc with auditd in it. */
struct scene {
        char folder[32], file[64], process[64], command_line[80];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static void scene_start(struct scene *scene) {
        *scene = (struct scene){ .folder = "/tmp/test-conf-XXXXXX" };
        umask(022);
        cr_assert(mkdtemp(scene->folder));
        snprintf(scene->file, sizeof(scene->file), "%s/auditd.conf", scene->folder);
        snprintf(scene->process, sizeof(scene->process), "%s/%d", scene->folder, PID);
        snprintf(scene->command_line, sizeof(scene->command_line), "%s/cmdline", scene->process);
}

static void scene_end(struct scene *scene) {
        cr_assert_eq(nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#define SCENE                                                                                                          \
        cleanup(scene_end) struct scene scene;                                                                         \
        scene_start(&scene)

static void put(const char *path, const char *bytes, size_t length) {
        cleanup(cleanup_file) FILE *file = fopen(path, "we");

        cr_assert(file, "%s: %m", path);
        cr_assert_eq(fwrite(bytes, 1, length, file), length);
}

static int read_conf(const struct scene *scene, const char *text, struct auditd_conf *ret) {
        put(scene->file, text, strlen(text));
        return auditd_conf_read(scene->folder, ret);
}

static void expect_conf(const char *text, const char *log_file, bool writes) {
        SCENE;
        struct auditd_conf conf;
        int r = read_conf(&scene, text, &conf);

        cr_assert_eq(r, 0, "%s: %d", text, r);
        cr_expect_str_eq(conf.log_file, log_file, "%s: %s", text, conf.log_file);
        cr_expect_eq(conf.writes, writes, "%s", text);
}

static void expect_refused(const char *text) {
        SCENE;
        struct auditd_conf conf;
        int r = read_conf(&scene, text, &conf);

        cr_expect_eq(r, -EBADMSG, "%s: %d", text, r);
}

Test(auditd_conf, a_file_as_debian_ships_it) {
        expect_conf("#\n# This file controls the configuration of the audit daemon\n#\n\n"
                    "local_events = yes\nwrite_logs = yes\nlog_file = /var/log/audit/audit.log\nlog_group = adm\n"
                    "log_format = ENRICHED\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 8\nnum_logs = 5\n"
                    "name_format = NONE\n##name = mydomain\nspace_left_action = SYSLOG\n",
                    DEFAULT_LOG, true);
}

Test(auditd_conf, without_a_file_or_a_line_all_is_at_its_default) {
        SCENE;
        struct auditd_conf conf = { .writes = false };

        cr_assert_eq(auditd_conf_read(scene.folder, &conf), 0);
        cr_assert_str_eq(conf.log_file, DEFAULT_LOG);
        cr_assert(conf.writes);
        cr_assert_eq(auditd_conf_read(scene.file, &conf), 0, "nor a folder");
        expect_conf("", DEFAULT_LOG, true);
        expect_conf("freq = 50\n", DEFAULT_LOG, true);
}

Test(auditd_conf, log_file_says_where_the_log_is) {
        expect_conf("log_file = /srv/log/a.log\n", "/srv/log/a.log", true);
        expect_conf("LOG_File = /srv/log/A.log\n", "/srv/log/A.log", true);
        expect_conf("   log_file   =    /srv/log/a.log   \n", "/srv/log/a.log", true);
        expect_conf("log_file = /srv/log/a.log\nlog_file = /srv/log/b.log\n", "/srv/log/b.log", true);
        expect_conf("log_file = /srv/log/#a\"b'\n", "/srv/log/#a\"b'", true);
}

Test(auditd_conf, write_logs_says_whether_there_is_one) {
        expect_conf("write_logs = no\n", DEFAULT_LOG, false);
        expect_conf("WRITE_LOGS = No\nlog_file = /srv/log/a.log\n", "/srv/log/a.log", false);
        expect_conf("write_logs = no\nwrite_logs = YES\n", DEFAULT_LOG, true);
        expect_refused("write_logs = 0\n");
        expect_refused("write_logs = off\n");
}

Test(auditd_conf, log_format_says_so_too) {
        expect_conf("log_format = RAW\n", DEFAULT_LOG, true);
        expect_conf("log_format = enriched\n", DEFAULT_LOG, true);
        expect_conf("log_format = NOLOG\n", DEFAULT_LOG, false);
        expect_conf("Log_Format = nolog\nlog_format = raw\n", DEFAULT_LOG, false);
        expect_conf("log_format = nolog\nlog_format = raw\nwrite_logs = yes\n", DEFAULT_LOG, true);
        expect_conf("log_format = nolog\nwrite_logs = yes\n", DEFAULT_LOG, false);
        expect_refused("log_format = json\n");
}

Test(auditd_conf, what_auditd_does_not_understand_is_refused) {
        expect_refused("log_file=/srv/log/a.log\n");
        expect_refused("log_file /srv/log/a.log\n");
        expect_refused("log_file : /srv/log/a.log\n");
        expect_refused("log_file =\n");
        expect_refused("log_file = \n");
        expect_refused("log_file\n");
        expect_refused("freq=50\n");
        expect_refused("log_file = /srv/log/a.log # where it is\n");
        expect_refused("log_file = /srv/log/a.log extra\n");
        expect_refused("write_logs = no extra\n");
        expect_refused("log_format = raw\r\n");
        expect_refused("log_format = nolog\nlog_format = raw\nwrite_logs = nein\n");
}

Test(auditd_conf, a_log_in_too_short_a_folder_is_refused) {
        expect_refused("log_file = /a.log\n");
        expect_refused("log_file = /ab/a.log\n");
        expect_refused("log_file = a.log\n");
        expect_refused("log_file = /var/log/\nlog_file = /ab/\n");
        expect_conf("log_file = /abc/a.log\n", "/abc/a.log", true);
}

Test(auditd_conf, tabs_part_no_words) {
        expect_refused("log_file\t= /srv/log/a.log\n");
        expect_refused("log_file =\t/srv/log/a.log\n");
        expect_conf("\tlog_file = /srv/log/a.log\n", DEFAULT_LOG, true); /* a key that is none of ours */
        expect_conf("log_file = /srv/log/a\tb\n", "/srv/log/a\tb", true);
}

Test(auditd_conf, lines_that_do_not_fit_are_left_out) {
        char line[256];

        /* 158 characters fit. */
        snprintf(line, sizeof(line), "write_logs = %145s\n", "no");
        expect_conf(line, DEFAULT_LOG, false);
        snprintf(line, sizeof(line), "write_logs = %146s\n", "no");
        expect_conf(line, DEFAULT_LOG, true);
        snprintf(line, sizeof(line), "write_logs = %230s\n", "no");
        expect_conf(line, DEFAULT_LOG, true);
        snprintf(line, sizeof(line), "%200s\nwrite_logs = no\n", "x");
        expect_conf(line, DEFAULT_LOG, false);
        snprintf(line, sizeof(line), "%159swrite_logs = no\nfreq = 1\n", "#");
        expect_conf(line, DEFAULT_LOG, true);
}

Test(auditd_conf, a_last_line_without_its_end_is_left_out) {
        expect_conf("log_file = /srv/log/a.log\nwrite_logs = no", "/srv/log/a.log", true);
        expect_conf("garbage", DEFAULT_LOG, true);
}

Test(auditd_conf, a_nul_costs_its_line_and_the_next) {
        SCENE;
        const char text[] = "write_logs = no\0\nwrite_logs = no\nlog_file = /srv/log/a.log\n";
        struct auditd_conf conf;

        put(scene.file, text, sizeof(text) - 1);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), 0);
        cr_assert(conf.writes);
        cr_assert_str_eq(conf.log_file, "/srv/log/a.log");
}

Test(auditd_conf, a_file_that_others_can_write_is_refused) {
        SCENE;
        struct auditd_conf conf;

        cr_assert_eq(read_conf(&scene, "write_logs = no\n", &conf), 0);
        cr_assert_eq(chmod(scene.file, 0660), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), 0);
        cr_assert_eq(chmod(scene.file, 0602), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), -EBADMSG);
}

Test(auditd_conf, the_file_of_a_stranger_is_refused) {
        if (geteuid() != 0)
                cr_skip_test("only root can give a file away");
        SCENE;
        struct auditd_conf conf;

        cr_assert_eq(read_conf(&scene, "write_logs = no\n", &conf), 0);
        cr_assert_eq(chown(scene.file, STRANGER, STRANGER), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), -EBADMSG);
}

Test(auditd_conf, what_is_no_file_is_refused_at_once) {
        SCENE;
        struct auditd_conf conf;

        cr_assert_eq(mkfifo(scene.file, 0600), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), -EBADMSG);
        cr_assert_eq(unlink(scene.file), 0);
        cr_assert_eq(mkdir(scene.file, 0700), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), -EBADMSG);
}

Test(auditd_conf, a_link_is_followed) {
        SCENE;
        struct auditd_conf conf;
        char target[80];

        snprintf(target, sizeof(target), "%s/elsewhere", scene.folder);
        put(target, "write_logs = no\n", strlen("write_logs = no\n"));
        cr_assert_eq(symlink(target, scene.file), 0);
        cr_assert_eq(auditd_conf_read(scene.folder, &conf), 0);
        cr_assert(!conf.writes);
}

/* The folder of an auditd with this command line; each argument ends in a NUL. */
#define FOLDER(command_line) find_folder(command_line, sizeof(command_line) - 1)

struct answer {
        char text[PATH_MAX]; /* the folder, or the name of the error */
};

static struct answer find_folder(const char *command_line, size_t length) {
        SCENE;
        struct answer answer;

        cr_assert_eq(mkdir(scene.process, 0700), 0);
        put(scene.command_line, command_line, length);
        int r = auditd_conf_folder(scene.folder, PID, answer.text);
        if (r < 0)
                snprintf(answer.text, sizeof(answer.text), "%s", strerrorname_np(-r));
        return answer;
}

Test(auditd_conf, the_folder_is_that_of_the_option) {
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-c\0/srv/audit\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-c/srv/audit\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-nlc\0/srv/audit\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-nc/srv/audit\0-f\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0--config_file\0/srv/audit\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0--config_file=/srv/audit\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0--conf=/srv/audit\0-n\0").text, "/srv/audit");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-c\0/srv/a\0-c\0/srv/b\0").text, "/srv/b");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-s\0-c\0-c\0/srv/b").text, "/srv/b");
}

Test(auditd_conf, without_the_option_it_is_the_usual_folder) {
        cr_expect_str_eq(FOLDER("/sbin/auditd\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-n\0-s\0nochange\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-s\0-c/srv/audit\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-s-c/srv/audit\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd\0--\0-c/srv/audit\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-x\0--unknown\0-c\0").text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(FOLDER("-c\0-n\0/srv/audit\0").text, AUDITD_CONF_FOLDER);
}

Test(auditd_conf, a_folder_that_cannot_be_told_is_an_error) {
        cleanup(cleanup_free) char *line = calloc(1, 8192);
        char folder[PATH_MAX];

        cr_expect_str_eq(FOLDER("/sbin/auditd\0-c\0audit\0").text, "EINVAL");
        cr_expect_str_eq(FOLDER("/sbin/auditd\0-c\0\0").text, "EINVAL");
        cr_expect_str_eq(FOLDER("").text, "ESRCH");
        cr_expect_eq(auditd_conf_folder("/nonexistent", PID, folder), -ESRCH);
        memcpy(line, "auditd\0-c/", 10);
        memset(line + 10, 'x', PATH_MAX - 2);
        cr_expect_str_eq(find_folder(line, 8 + PATH_MAX).text + 1, line + 10, "the longest");
        line[8 + PATH_MAX] = 'x';
        cr_expect_str_eq(find_folder(line, 9 + PATH_MAX).text, "ENAMETOOLONG");
        memset(line + 10, 'x', 8192 - 10);
        cr_expect_str_eq(find_folder(line, 8191).text, "ENAMETOOLONG");
        cr_expect_str_eq(find_folder(line, 8192).text, "E2BIG");
        for (size_t i = 0; i < 65; i++)
                memcpy(line + 3 * i, "-n", 3);
        cr_expect_str_eq(find_folder(line, 3 * 64).text, AUDITD_CONF_FOLDER);
        cr_expect_str_eq(find_folder(line, 3 * 65).text, "E2BIG");
}

Test(auditd_conf, a_process_of_this_machine_has_a_command_line) {
        char folder[PATH_MAX];

        cr_expect_eq(auditd_conf_folder("/proc", getpid(), folder), 0);
}

Test(auditd_conf, the_configuration_of_a_process_is_that_of_its_folder) {
        SCENE;
        char line[64];
        struct auditd_conf conf;

        cr_expect_eq(auditd_conf_find(scene.folder, PID, &conf), -ESRCH);
        cr_assert_eq(mkdir(scene.process, 0700), 0);
        int length = snprintf(line, sizeof(line), "auditd%c-c%c%s", 0, 0, scene.folder) + 1;
        put(scene.command_line, line, (size_t)length);
        put(scene.file, "log_file = /var/log/a.log\n", 26);
        cr_assert_eq(auditd_conf_find(scene.folder, PID, &conf), 0);
        cr_expect_str_eq(conf.folder, scene.folder);
        cr_expect_str_eq(conf.log_file, "/var/log/a.log");
        if (auditd_conf_find(scene.folder, 0, &conf) == 0)
                cr_expect_str_eq(conf.folder, AUDITD_CONF_FOLDER);
}
