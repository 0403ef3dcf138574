/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sandbox-probe [PID [LOGIN]]: tries what a captured daemon would try, and prints "yes NAME" or "no NAME: ERROR" for
 * each attempt. PID is another user's process. With LOGIN, the process takes on this login first, as a worker does.
 * Each attempt is a child of its own, and changes nothing that stays.
 *
 * It runs in place of a daemon, in the daemon's sandbox. As root outside, it shows that the sandbox causes each "no".
 * Where a success would do harm, the arguments are such that the kernel checks the permission, and refuses them then.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libaudit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define NOBODY 65534
#define TRUE   "/usr/bin/true"

/* What an attempt's child tells its parent: 0 or an errno. EINPROGRESS: it has ended as another program. */
static volatile int *report;

/*
 * Starts an attempt. Returns true in its child, which ends with attempt_end(). The filter of auditfaild has no pipes,
 * and no call to wait for a child.
 */
static bool attempt(const char *name) {
        fflush(stdout);
        *report = ECANCELED;
        pid_t pid = fork();

        if (pid == 0) {
                alarm(5);
                errno = 0;
                return true;
        }
        if (pid < 0)
                *report = errno;
        struct pollfd child = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
        if (child.fd >= 0) {
                poll(&child, 1, -1);
                close(child.fd);
        }
        if (*report == 0 || *report == EINPROGRESS)
                printf("yes %s\n", name);
        else
                printf("no %s: %s\n", name, strerrorname_np(*report) ?: "?");
        return false;
}

static _Noreturn void attempt_end(bool success) {
        *report = success ? 0 : errno ?: EIO;
        _exit(0);
}

#define TRY(name, expression)                                                                                          \
        do                                                                                                             \
                if (attempt(name))                                                                                     \
                        attempt_end(expression);                                                                       \
        while (0)

/* Whether a system call got past all checks of permissions, though the kernel may not like its arguments. */
static bool reaches(long result) {
        return result >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS);
}

static bool lists(const char *path) {
        DIR *folder = opendir(path);
        struct dirent *entry;

        while (folder && (entry = readdir(folder)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        return true;
        return false;
}

static void try_to_read(void) {
        static const char *const files[] = {
                "/etc/passwd",
                "/etc/shadow",
                "/etc/ssh/ssh_host_ed25519_key",
                "/var/log/audit/audit.log",
                "/tmp/probe-me",
                "/proc/1/status",
                "/proc/1/environ",
                "/proc/1/mem",
                "/proc/kcore",
                "/proc/kallsyms",
                "/proc/sys/kernel/osrelease",
                "/dev/vda",
                "/dev/mem",
                "/dev/kmsg",
                "/dev/ttyS0",
                "/dev/null",
                "/sys/kernel/notes",
        };
        static const char *const folders[] = { "/home", "/root", "/home/alice", "/proc/1/fd", "/sys/kernel/debug" };
        char name[PATH_MAX];

        for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
                snprintf(name, sizeof(name), "read %s", files[i]);
                TRY(name, open(files[i], O_RDONLY | O_NONBLOCK | O_NOCTTY) >= 0);
        }
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
                snprintf(name, sizeof(name), "list %s", folders[i]);
                TRY(name, lists(folders[i]));
        }
}

static bool writes(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);

        return fd >= 0 && (!text || write(fd, text, strlen(text)) > 0);
}

/* The path of NAME in FOLDER, until the next call. */
static const char *in(const char *folder, const char *name) {
        static char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return path;
}

/* Makes a file in FOLDER, and removes it. */
static bool makes_file(const char *folder) {
        return open(in(folder, "probe"), O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 && unlink(in(folder, "probe")) == 0;
}

static void try_to_write(void) {
        static const char *const folders[] = {
                "/",
                "/boot",
                "/dev",
                "/dev/shm",
                "/etc",
                "/etc/audit",
                "/etc/auditfail",
                "/home",
                "/opt",
                "/root",
                "/run",
                "/run/auditfail",
                "/run/auditfail-controld",
                "/run/systemd",
                "/srv",
                "/tmp",
                "/usr",
                "/var",
                "/var/lib",
                "/var/log",
                "/var/log/audit",
                "/var/tmp",
        };
        static const struct {
                const char *path, *text; /* NULL: the file is only opened */
        } files[] = {
                { "/proc/self/loginuid", "1000" },
                { "/proc/self/oom_score_adj", "1" },
                { "/proc/1/oom_score_adj", NULL },
                { "/proc/1/mem", NULL },
                { "/proc/sysrq-trigger", NULL },
                { "/proc/sys/kernel/core_pattern", NULL },
                { "/sys/module/kernel/parameters/panic", NULL },
                { "/sys/fs/cgroup/cgroup.procs", NULL },
                { "/dev/vda", NULL },
                { "/dev/kmsg", NULL },
                { "/etc/audit/auditd.conf", NULL },
                { "/var/log/audit/audit.log", NULL },
                { "/run/auditfail/policy.snapshot", NULL },
        };
        char name[PATH_MAX];

        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
                snprintf(name, sizeof(name), "make a file in %s", folders[i]);
                TRY(name, makes_file(folders[i]));
        }
        for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
                snprintf(name, sizeof(name), "write %s", files[i].path);
                TRY(name, writes(files[i].path, files[i].text));
        }
}

static bool executes(const char *path) {
        char name[] = "true", *const arguments[] = { name, NULL };

        *report = EINPROGRESS;
        execv(path, arguments);
        return false;
}

/* Executes a program of its own. */
static bool executes_copy(int fd) {
        char buffer[65536], path[64];
        int program = open(TRUE, O_RDONLY);
        ssize_t length;

        while ((length = read(program, buffer, sizeof(buffer))) > 0)
                if (write(fd, buffer, (size_t)length) != length)
                        return false;
        if (length < 0 || fchmod(fd, 0700) < 0)
                return false;
        /* A file that is open for writing cannot be executed. */
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int copy = open(path, O_RDONLY);

        close(fd);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
        return copy >= 0 && executes(path);
}

/* Changes to a file of its own. */
static void try_to_change_files(void) {
        static const char *const made[] = { "probe", "setuid", "link", "symlink", "fifo", "device" };
        /* What the daemon may write to: its own /tmp, or the folder of the snapshot. */
        const char *folder = access("/tmp", W_OK) == 0 ? "/tmp" : "/run/auditfail";
        char path[PATH_MAX];
        int fd = open(strcpy(path, in(folder, "probe")), O_CREAT | O_RDWR, 0600);

        TRY("change the mode of a file", chmod(path, 0640) == 0);
        TRY("make a file setuid", chmod(path, 04755) == 0);
        TRY("make a file setuid by its descriptor", fchmod(fd, 04755) == 0);
        TRY("make a file setuid by fchmodat2", syscall(SYS_fchmodat2, AT_FDCWD, path, 04755, 0) == 0);
        TRY("make a setuid file", open(in(folder, "setuid"), O_CREAT | O_WRONLY, 04755) >= 0);
        TRY("give a file away", chown(path, NOBODY, NOBODY) == 0);
        TRY("make a link", link(path, in(folder, "link")) == 0);
        TRY("make a symbolic link", symlink("/", in(folder, "symlink")) == 0);
        TRY("make a FIFO", mknod(in(folder, "fifo"), S_IFIFO | 0600, 0) == 0);
        TRY("make a device", mknod(in(folder, "device"), S_IFBLK | 0600, (dev_t)254 << 8) == 0);
        TRY("make a folder", mkdir(in(folder, "folder"), 0700) == 0 && rmdir(in(folder, "folder")) == 0);
        TRY("set an attribute", setxattr(path, "user.probe", "", 0, 0) == 0);
        TRY("set a time", utimensat(AT_FDCWD, path, NULL, 0) == 0);
        TRY("open a file by its handle", reaches(syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0)));
        TRY("execute its own program", executes_copy(open(folder, O_TMPFILE | O_RDWR, 0700)));
        for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
                unlink(in(folder, made[i]));
}

static bool connects(const char *path, int type) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, type, 0);
        socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

        memcpy(address.sun_path, path, strlen(path));
        if (*path == '@')
                address.sun_path[0] = 0;
        return connect(fd, (struct sockaddr *)&address, length) == 0;
}

static bool connects_to_sshd(void) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons(22),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

        return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)) == 0;
}

static void try_to_communicate(void) {
        static const struct {
                const char *path;
                int type;
        } sockets[] = {
                { "/run/auditfail/io.auditfail.Policy", SOCK_STREAM },
                { "/run/auditfail/io.auditfail.Control", SOCK_STREAM },
                { "/run/dbus/system_bus_socket", SOCK_STREAM },
                { "/run/systemd/private", SOCK_STREAM },
                { "/run/systemd/notify", SOCK_DGRAM },
                { "/run/systemd/journal/dev-log", SOCK_DGRAM },
                { "/run/systemd/journal/stdout", SOCK_STREAM },
                { "/run/udev/control", SOCK_SEQPACKET },
                { "@probe-me", SOCK_STREAM },
        };
        static const struct {
                const char *name;
                int family, type, protocol;
        } families[] = {
                { "AF_INET", AF_INET, SOCK_DGRAM, 0 },
                { "AF_INET6", AF_INET6, SOCK_DGRAM, 0 },
                { "AF_PACKET", AF_PACKET, SOCK_RAW, 0 },
                { "AF_NETLINK, audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT },
                { "AF_NETLINK, route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
        };
        char name[128];

        for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++) {
                snprintf(name, sizeof(name), "connect to %s", sockets[i].path);
                TRY(name, connects(sockets[i].path, sockets[i].type));
        }
        for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
                snprintf(name, sizeof(name), "make a socket of %s", families[i].name);
                TRY(name, socket(families[i].family, families[i].type, families[i].protocol) >= 0);
        }
        TRY("connect to 127.0.0.1", connects_to_sshd());
}

/* Whether systemd starts a unit with the program of the sender's choice. */
static bool starts_unit(void) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *call = NULL;
        sd_bus *bus = NULL;
        int r = sd_bus_open_system(&bus);

        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &call, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                                   "org.freedesktop.systemd1.Manager", "StartTransientUnit");
        if (r >= 0)
                r = sd_bus_message_append(call, "ssa(sv)a(sa(sv))", "sandbox-probe-child.service", "replace", 1,
                                          "ExecStart", "a(sasb)", 1, "/bin/true", 1, "/bin/true", 0, 0);
        if (r >= 0)
                r = sd_bus_call(bus, call, 0, &error, NULL);
        errno = -r;
        return r >= 0;
}

static void try_audit(void) {
        int audit = audit_open();

        TRY("write an audit record",
            audit_log_user_message(audit, AUDIT_TRUSTED_APP, "op=probe", NULL, NULL, NULL, 1) > 0);
        TRY("ask for the state of auditing", audit_request_status(audit) > 0);
        TRY("change the state of auditing", audit_set_enabled(audit, 1) > 0);
        close(audit);
}

static bool maps_written_code(void) {
        void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        memset(memory, 0xc3, 1);
        return mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool gains_capabilities(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[2] = { { .effective = 1U << CAP_SYS_ADMIN,
                                                    .permitted = 1U << CAP_SYS_ADMIN } };

        return syscall(SYS_capset, &header, sets) == 0;
}

static void try_processes(pid_t other) {
        int init = (int)syscall(SYS_pidfd_open, 1, 0);

        TRY("fork", true);
        TRY("execute a program", executes(TRUE));
        TRY("execute its own program from memory", executes_copy(memfd_create("probe", 0)));
        TRY("map memory for writing and executing",
            mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
        TRY("execute memory that it wrote", maps_written_code());
        TRY("trace a process of its own", ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0);
        TRY("trace process 1", ptrace(PTRACE_SEIZE, 1, 0, 0) == 0);
        TRY("read memory of process 1", reaches(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)));
        TRY("open a descriptor for process 1", init >= 0);
        TRY("take a descriptor of process 1", syscall(SYS_pidfd_getfd, init, 0, 0) >= 0);
        TRY("signal process 1 by its descriptor", syscall(SYS_pidfd_send_signal, init, 0, NULL, 0) == 0);
        TRY("signal process 1", kill(1, 0) == 0);
        TRY("signal a process of its own", kill(getppid(), 0) == 0);
        TRY("signal a process of another user", other && kill(other, 0) == 0);
        TRY("signal a process of another user by its descriptor",
            other && syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, other, 0), 0, NULL, 0) == 0);
        TRY("become another user", setresuid(NOBODY, NOBODY, NOBODY) == 0);
        TRY("become another group", setresgid(NOBODY, NOBODY, NOBODY) == 0);
        TRY("change its groups", setgroups(0, NULL) == 0);
        TRY("gain capabilities", gains_capabilities());
        TRY("change its personality", personality(ADDR_NO_RANDOMIZE) >= 0);
        TRY("raise its priority", setpriority(PRIO_PROCESS, 0, -20) == 0);
        TRY("run in real time", sched_setscheduler(0, SCHED_RR, &(struct sched_param){ .sched_priority = 1 }) == 0);
        TRY("raise a limit", setrlimit(RLIMIT_NICE, &(struct rlimit){ 40, 40 }) == 0);
        TRY("leave its session", reaches(setsid()));
        TRY("lock memory", mlockall(MCL_CURRENT) == 0);
}

/* Each family of system calls that is not in another function. The kernel refuses most of these arguments. */
static void try_system_calls(void) {
        static const struct timespec bad_time = { .tv_nsec = -1 };
        static struct timex bad_clock = { .modes = ADJ_SETOFFSET | ADJ_NANO, .time.tv_usec = -1 };
        static union bpf_attr program = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
        static struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };
        static char ring[256], text[64];
        const struct {
                const char *name;
                long number;
                uintptr_t arguments[5];
        } calls[] = {
                { "make a user namespace", SYS_unshare, { CLONE_NEWUSER } },
                { "make a mount namespace", SYS_unshare, { CLONE_NEWNS } },
                { "make a network namespace", SYS_unshare, { CLONE_NEWNET } },
                { "make a pid namespace", SYS_unshare, { CLONE_NEWPID } },
                { "make an ipc namespace", SYS_unshare, { CLONE_NEWIPC } },
                { "make a uts namespace", SYS_unshare, { CLONE_NEWUTS } },
                { "make a cgroup namespace", SYS_unshare, { CLONE_NEWCGROUP } },
                { "make a time namespace", SYS_unshare, { 0x80 } },
                { "enter a namespace", SYS_setns, { (uintptr_t)-1, 0 } },
                { "mount", SYS_mount, { (uintptr_t) "none", (uintptr_t) "/nonexistent", (uintptr_t) "tmpfs", 0, 0 } },
                { "unmount", SYS_umount2, { (uintptr_t) "/nonexistent", 0 } },
                { "change mounts", SYS_mount_setattr, { (uintptr_t)-1, (uintptr_t) "", AT_EMPTY_PATH, 0, 0 } },
                { "move a mount", SYS_move_mount, { (uintptr_t)-1, (uintptr_t) "", (uintptr_t)-1, (uintptr_t) "", 4 } },
                { "copy a mount", SYS_open_tree, { (uintptr_t)-1, (uintptr_t) "/nonexistent", 1 } },
                { "open a file system", SYS_fsopen, { (uintptr_t) "nonexistent", 0 } },
                { "change its root", SYS_chroot, { (uintptr_t) "/nonexistent" } },
                { "change the root", SYS_pivot_root, { (uintptr_t) "/nonexistent", (uintptr_t) "/nonexistent" } },
                { "load a module", SYS_init_module, { 0, 0, (uintptr_t) "" } },
                { "load a module from a file", SYS_finit_module, { (uintptr_t)-1, (uintptr_t) "", 0 } },
                { "remove a module", SYS_delete_module, { (uintptr_t) "nonexistent", 0 } },
                { "load a kernel", SYS_kexec_load, { 0, 0, 0, (uintptr_t)-1 } },
                { "reboot", SYS_reboot, { 0, 0, 0, 0 } },
                { "load a BPF program", SYS_bpf, { BPF_PROG_LOAD, (uintptr_t)&program, sizeof(program) } },
                { "count events", SYS_perf_event_open, { (uintptr_t)&event, 0, (uintptr_t)-1, (uintptr_t)-1, 0 } },
                { "handle page faults", SYS_userfaultfd, { 0 } },
                { "make an io_uring", SYS_io_uring_setup, { 1, (uintptr_t)ring } },
                { "make an aio context", SYS_io_setup, { 1, (uintptr_t)ring } },
                { "add a key",
                  SYS_add_key,
                  { (uintptr_t) "user", (uintptr_t) "probe", (uintptr_t) "x", 1, 0xfffffffdU } },
                { "use a keyring", SYS_keyctl, { KEYCTL_GET_KEYRING_ID, 0xfffffffdU, 1 } },
                { "watch all files", SYS_fanotify_init, { 0, 0 } },
                { "watch a file", SYS_inotify_init1, { 0 } },
                { "read the kernel's log", SYS_syslog, { 3, (uintptr_t)text, sizeof(text) } },
                { "use ports", SYS_ioperm, { 0x80, 1, 1 } },
                { "use all ports", SYS_iopl, { 3 } },
                { "change its descriptor table", SYS_modify_ldt, { 0, (uintptr_t)ring, sizeof(ring) } },
                { "set the clock", SYS_clock_settime, { 0, (uintptr_t)&bad_time } },
                { "adjust the clock", SYS_adjtimex, { (uintptr_t)&bad_clock } },
                { "set the host's name", SYS_sethostname, { (uintptr_t)text, (uintptr_t)-1 } },
                { "swap", SYS_swapon, { (uintptr_t) "/nonexistent", 0 } },
                { "account for processes", SYS_acct, { (uintptr_t) "/nonexistent" } },
                { "set a quota", SYS_quotactl, { 0x80000800U, (uintptr_t) "/nonexistent", 0, 0 } },
                { "make anonymous memory a file", SYS_memfd_create, { (uintptr_t) "probe", 0 } },
                { "make a message queue", SYS_msgget, { 0, 0600 } },
                { "make a semaphore", SYS_semget, { 0, 1, 0600 } },
                { "share memory", SYS_shmget, { 0, 4096, 0600 } },
                { "make a POSIX message queue", SYS_mq_open, { (uintptr_t) "probe", O_RDWR | O_CREAT, 0600, 0 } },
                { "make a pipe", SYS_pipe2, { (uintptr_t)ring, 0 } },
                { "splice", SYS_splice, { (uintptr_t)-1, 0, (uintptr_t)-1, 0, 1 } },
                { "sync", SYS_sync, { 0 } },
                { "filter system calls", SYS_seccomp, { 2, 0, 0 } },
                { "restrict itself", SYS_landlock_create_ruleset, { 0, 0, 1 } },
                { "move memory", SYS_move_pages, { 0, 0, 0, 0, 0 } },
                { "set a policy for memory", SYS_set_mempolicy, { 0, 0, 0 } },
                { "advise on another process's memory", SYS_process_madvise, { (uintptr_t)-1, 0, 0, 0, 0 } },
                { "compare processes", SYS_kcmp, { 1, 1, (uintptr_t)-1, 0, 0 } },
        };

        for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
                TRY(calls[i].name,
                    reaches(syscall(calls[i].number, calls[i].arguments[0], calls[i].arguments[1],
                                    calls[i].arguments[2], calls[i].arguments[3], calls[i].arguments[4], 0)));
}

int main(int argc, char **argv) {
        signal(SIGCHLD, SIG_IGN); /* so that ended children do not count as tasks */
        report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (argc > 2 && !writes("/proc/self/loginuid", argv[2]))
                return 1;
        try_to_read();
        try_to_write();
        try_to_change_files();
        try_to_communicate();
        try_audit();
        TRY("start a program through systemd", starts_unit());
        try_processes(argc > 1 ? atoi(argv[1]) : 0);
        try_system_calls();
        return 0;
}
