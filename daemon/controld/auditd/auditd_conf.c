/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/auditd_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"

#define DEFAULT_LOG_FILE  "/var/log/audit/audit.log"
#define LINE_SIZE         160 /* of auditd's buffer: it skips a line that does not fit, with newline and NUL */
#define LOG_FOLDER_MIN    4   /* auditd rejects shorter names, since it changes the folder's mode */
#define COMMAND_LINE_SIZE 8192
#define ARGUMENTS_MAX     64

struct settings {
        char log_file[LINE_SIZE];
        bool write_logs, no_log;
        struct timespec changed;
};

static bool set_write_logs(const char *value, struct settings *settings) {
        settings->write_logs = strcasecmp(value, "yes") == 0;
        return settings->write_logs || strcasecmp(value, "no") == 0;
}

static bool set_log_format(const char *value, struct settings *settings) {
        settings->no_log = strcasecmp(value, "nolog") == 0;
        if (settings->no_log)
                settings->write_logs = false; /* another log_format does not change that, write_logs does */
        return settings->no_log || strcasecmp(value, "raw") == 0 || strcasecmp(value, "enriched") == 0;
}

static bool set_log_file(const char *value, struct settings *settings) {
        char folder[LINE_SIZE];

        strcpy(folder, value);
        strcpy(settings->log_file, value);
        return strlen(dirname(folder)) >= LOG_FOLDER_MIN;
}

/* Returns false if auditd rejects a file with this line. */
static bool take_line(char line[LINE_SIZE], struct settings *settings) {
        static const struct {
                const char *name;
                bool (*set)(const char *value, struct settings *settings);
        } keys[] = {
                { "write_logs", set_write_logs },
                { "log_format", set_log_format },
                { "log_file", set_log_file },
        };
        /* Words end at a blank only. auditd knows no tabs, quotes, or comments after a value. */
        char *rest = NULL, *name = strtok_r(line, " ", &rest);

        if (!name || name[0] == '#')
                return true;
        const char *equals = strtok_r(NULL, " ", &rest), *value = strtok_r(NULL, " ", &rest);
        if (!equals || strcmp(equals, "=") != 0 || !value)
                return false;
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                if (strcasecmp(name, keys[i].name) == 0)
                        return !strtok_r(NULL, " ", &rest) && keys[i].set(value, settings);
        return true;
}

/* Returns 0, -EBADMSG or another negative errno. */
static int read_lines(FILE *file, struct settings *settings) {
        char line[LINE_SIZE];
        bool too_long = false;

        while (fgets(line, sizeof(line), file)) {
                char *newline = strchr(line, '\n');

                /* auditd takes a last line without a newline for one that is too long. */
                if (newline && !too_long) {
                        *newline = '\0';
                        if (!take_line(line, settings))
                                return -EBADMSG;
                }
                too_long = !newline;
        }
        return ferror(file) ? -EIO : 0;
}

/* Whether auditd would read a file of this owner, mode and type. */
static bool is_trusted(const struct stat *st) {
        bool owned = st->st_uid == 0 || st->st_uid == geteuid(); /* not root in a test */

        return owned && (st->st_mode & S_IWOTH) == 0 && S_ISREG(st->st_mode);
}

/* Returns 0 (without a file: SETTINGS as they were) or a negative errno. */
static int read_file(const char *path, struct settings *settings) {
        /* Follows a link: auditd does not run with one unless it has the option -l. */
        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        cleanup(cleanup_file) FILE *file = NULL;
        struct stat st;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!is_trusted(&st))
                return -EBADMSG;
        settings->changed = st.st_ctim;
        if (!(file = fdopen(fd, "re")))
                return -errno;
        TAKE_FD(fd);
        return read_lines(file, settings);
}

int auditd_conf_read(const char *folder, struct auditd_conf *ret) {
        struct settings settings = { .log_file = DEFAULT_LOG_FILE, .write_logs = true };
        cleanup(cleanup_free) char *path = NULL;
        int r;

        if (asprintf(&path, "%s/auditd.conf", folder) < 0)
                return -ENOMEM;
        snprintf(ret->folder, sizeof(ret->folder), "%s", folder);
        if ((r = read_file(path, &settings)) < 0)
                return r;
        strcpy(ret->log_file, settings.log_file);
        ret->changed = settings.changed;
        /* With log_format = NOLOG before write_logs = yes, auditd writes, but not records. */
        ret->writes = settings.write_logs && !settings.no_log;
        return 0;
}

/* Reads PROC/PID/cmdline. Returns the length, at least 1, or a negative errno; *RET_TEXT is the caller's to free. */
static ssize_t read_command_line(const char *proc, int pid, char **ret_text) {
        cleanup(cleanup_free) char *path = NULL, *text = calloc(1, COMMAND_LINE_SIZE);

        if (!text || asprintf(&path, "%s/%d/cmdline", proc, pid) < 0)
                return -ENOMEM;
        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? -ESRCH : -errno;
        ssize_t length = TEMP_FAILURE_RETRY(read(fd, text, COMMAND_LINE_SIZE));
        if (length < 0)
                return -errno;
        if (length == 0) /* a zombie */
                return -ESRCH;
        if (length == COMMAND_LINE_SIZE)
                return -E2BIG;
        *ret_text = TAKE_PTR(text);
        return length;
}

/* The argument of the last -c, parsed as auditd does; NULL: none. */
static const char *option_folder(int count, char **arguments) {
        static const struct option options[] = {
                { "foreground", no_argument, NULL, 'f' },        { "allow_links", no_argument, NULL, 'l' },
                { "disable_fork", no_argument, NULL, 'n' },      { "enable_state", required_argument, NULL, 's' },
                { "config_file", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
        };
        const char *folder = NULL;
        int option;

        optind = 0; /* glibc's way to start over: the daemon has parsed its own options */
        opterr = 0;
        while ((option = getopt_long(count, arguments, "flns:c:", options, NULL)) != -1)
                if (option == 'c')
                        folder = optarg;
        return folder;
}

int auditd_conf_folder(const char *proc, int pid, char ret[static PATH_MAX]) {
        cleanup(cleanup_free) char *text = NULL;
        char *arguments[ARGUMENTS_MAX + 1];
        int count = 0;
        ssize_t length = read_command_line(proc, pid, &text);

        if (length < 0)
                return (int)length;
        for (char *argument = text; argument < text + length; argument += strlen(argument) + 1) {
                if (count == ARGUMENTS_MAX)
                        return -E2BIG;
                arguments[count++] = argument;
        }
        arguments[count] = NULL;

        const char *folder = option_folder(count, arguments);
        if (!folder)
                folder = AUDITD_CONF_FOLDER;
        if (folder[0] != '/')
                return -EINVAL;
        if (strlen(folder) >= PATH_MAX)
                return -ENAMETOOLONG;
        strcpy(ret, folder);
        return 0;
}

int auditd_conf_find(const char *proc, int pid, struct auditd_conf *ret) {
        char folder[PATH_MAX] = AUDITD_CONF_FOLDER;
        int r = pid > 0 ? auditd_conf_folder(proc, pid, folder) : 0;

        return r < 0 ? r : auditd_conf_read(folder, ret);
}
