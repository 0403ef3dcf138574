/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The peer is this process. The kernel refuses a system call that its daemon needs to know it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/common/peer.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/parameterized.h"

#define PEERPIDFD   77 /* SO_PEERPIDFD */
#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define OPEN_FILE   (O_RDONLY | O_CLOEXEC | O_NOFOLLOW)

enum refused { PIDFD, OLD_KERNEL, FOLDER, FILES, FILES_OF_OLD_KERNEL };

struct row {
        enum refused what;
        int error, result;
};

ParameterizedTestParameters(peer_refused, a_peer_that_cannot_be_known_is_an_error) {
        static struct row rows[] = {
                { PIDFD, EMFILE, -EMFILE },
                { PIDFD, ENFILE, -ENFILE },
                { PIDFD, ENOMEM, -ENOMEM },
                { PIDFD, EINVAL, -ESRCH },
                { OLD_KERNEL, EMFILE, -EMFILE },
                { OLD_KERNEL, ENFILE, -ENFILE },
                { OLD_KERNEL, ENOMEM, -ENOMEM },
                { OLD_KERNEL, ESRCH, -ESRCH },
                { FOLDER, ENOENT, -ESRCH },
                { FOLDER, EMFILE, -EMFILE },
                { FILES, EACCES, 0 },
                { FILES, EMFILE, 0 },
                { FILES, ENOENT, 0 }, /* a kernel without auditing: no process has a login */
                { FILES_OF_OLD_KERNEL, EACCES, -ESRCH },
        };

        return cr_make_param_array(struct row, rows, sizeof(rows) / sizeof(*rows));
}

static void refuse(const struct row *row) {
        switch (row->what) {
        case PIDFD:
                refuse_call(SYS_getsockopt, 2, PEERPIDFD, row->error);
                break;
        case OLD_KERNEL:
                refuse_call(SYS_getsockopt, 2, PEERPIDFD, ENOPROTOOPT);
                refuse_call(SYS_pidfd_open, ANY_ARGUMENT, 0, row->error);
                break;
        case FOLDER:
                refuse_call(SYS_openat, 2, OPEN_FOLDER, row->error);
                break;
        case FILES_OF_OLD_KERNEL:
                refuse_call(SYS_getsockopt, 2, PEERPIDFD, ENOPROTOOPT);
                refuse_call(SYS_openat, 2, OPEN_FILE, row->error);
                break;
        case FILES:
                refuse_call(SYS_openat, 2, OPEN_FILE, row->error);
        }
}

ParameterizedTest(struct row *row, peer_refused, a_peer_that_cannot_be_known_is_an_error) {
        struct peer_origin origin = { .unit = "untouched" };
        struct peer peer;
        int ends[2], r;

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(peer_credentials(ends[0], &peer), 0);
        refuse(row);
        r = peer_learn(ends[0], &peer, &origin);
        cr_expect_eq(r, row->result, "%d, not %d", r, row->result);
        cr_expect_eq(peer.pid, getpid());
        cr_expect_eq(peer.auid, PEER_UNSET);
        cr_expect_eq(peer.session, PEER_UNSET);
        cr_expect_eq(peer.login_known, row->what == FILES && row->error == ENOENT, "error %d", row->error);
        cr_expect_str_empty(peer.program);
        cr_expect_str_eq(origin.unit, r < 0 ? "untouched" : "");
        close(ends[0]);
        close(ends[1]);
}

Test(peer_refused, a_peer_of_another_pid_namespace_has_no_process) {
        struct peer peer = { .pid = 0 };
        struct peer_origin origin;

        cr_expect_eq(peer_learn(-1, &peer, &origin), -ESRCH);
        cr_expect_eq(peer_has_capability(0, 1), -ESRCH);
}

Test(peer_refused, without_its_status_a_process_has_no_known_capability) {
        refuse_call(SYS_openat, 2, OPEN_FILE, EACCES);
        cr_expect_eq(peer_has_capability(getpid(), 1), -EACCES);
}
