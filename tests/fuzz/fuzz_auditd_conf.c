/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditd.conf, and the command line of auditd: the input is both. Nothing may come out that does not stand in it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/controld/auditd/auditd_conf.h"
#include "protocol/cleanup.h"
#include "tests/fuzz/fuzz.h"

#define PID         1
#define DEFAULT_LOG "/var/log/audit/audit.log"

static void put(const char *path, const uint8_t *data, size_t size) {
        cleanup(cleanup_fd) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

static bool stands_in(const uint8_t *data, size_t size, const char *text) {
        return memmem(data, size, text, strlen(text));
}

static bool has_word(const uint8_t *data, size_t size, const char *word) {
        for (size_t i = 0; i + strlen(word) <= size; i++)
                if (strncasecmp((const char *)data + i, word, strlen(word)) == 0)
                        return true;
        return false;
}

static void check_conf(const char *folder, const uint8_t *data, size_t size) {
        struct auditd_conf conf;
        int r = auditd_conf_read(folder, &conf);

        CHECK(r == 0 || r == -EBADMSG);
        if (r < 0)
                return;
        CHECK(strcmp(conf.log_file, DEFAULT_LOG) == 0 || stands_in(data, size, conf.log_file));
        CHECK(strlen(conf.log_file) > 4 && !strpbrk(conf.log_file, " \n"));
        CHECK(conf.writes || has_word(data, size, "write_logs ") || has_word(data, size, "log_format "));
}

static void check_folder(const char *proc, const uint8_t *data, size_t size) {
        char folder[PATH_MAX];
        int r = auditd_conf_folder(proc, PID, folder);

        CHECK(r == 0 || r == -ESRCH || r == -E2BIG || r == -EINVAL || r == -ENAMETOOLONG);
        CHECK((r == -ESRCH) == (size == 0));
        if (r == 0) {
                CHECK(folder[0] == '/');
                CHECK(strcmp(folder, AUDITD_CONF_FOLDER) == 0 || stands_in(data, size, folder));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char folder[] = "/dev/shm/fuzz-conf-XXXXXX", file[64], process[64], command_line[80];

        CHECK(mkdtemp(folder));
        snprintf(file, sizeof(file), "%s/auditd.conf", folder);
        snprintf(process, sizeof(process), "%s/%d", folder, PID);
        snprintf(command_line, sizeof(command_line), "%s/cmdline", process);
        CHECK(mkdir(process, 0700) == 0);
        put(file, data, size);
        put(command_line, data, size);
        check_conf(folder, data, size);
        check_folder(folder, data, size);
        CHECK(unlink(file) == 0 && unlink(command_line) == 0 && rmdir(process) == 0 && rmdir(folder) == 0);
        return 0;
}
