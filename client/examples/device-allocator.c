/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-allocator SOCKET NAME=DEVICE...
 *
 * Hands out devices to users, each to one user at a time, and records that.
 * A client connects to SOCKET (SOCK_SEQPACKET), sends a NAME, and receives one
 * message: "granted" with a descriptor of the device, or a reason. The user has
 * the device until the connection ends. use-device.c is a client.
 *
 * If a record cannot be written, the policy of "device-allocator" decides:
 *   terminate  The user does not get the device. If the record is about a
 *              return, nobody gets the device until that is recorded.
 *   log        The daemon reports the loss on stderr, and goes on.
 *   ignore     The daemon goes on.
 * While its queue of records is full, the kernel makes the daemon wait.
 *
 * Clients may keep a descriptor after the return. While they do, the kernel
 * refuses to open a block device again (O_EXCL). For other devices, add a call
 * that takes the device away, such as vhangup(2) or EVIOCREVOKE.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <auditfail.h>
#include <libaudit.h>

#define DEVICES_MAX  16
#define CLIENTS_MAX  64
#define PER_USER_MAX 8 /* so that one user cannot take all connections */
#define NAME_SIZE    65

struct device {
        const char *name, *path;
        char *field; /* of a record: device=NAME, encoded if necessary */
        enum { FREE, IN_USE, RETURN_UNRECORDED } state;
        uid_t user;
};

struct client {
        int connection; /* -1: no client */
        uid_t user;
        struct device *device; /* NULL: none yet */
};

static struct device devices[DEVICES_MAX];
static struct client clients[CLIENTS_MAX];
static volatile sig_atomic_t stopped;

/* Returns 0, or an errno value, with the name of the call that failed. */
static int write_record(unsigned type, const char *text, const char **failed) {
        uint64_t lost = AUDITFAIL_LOST_UNKNOWN;

        *failed = "auditfail_check";
        int error = auditfail_check(type, &lost);
        if (error != 0)
                return error;

        *failed = "audit_open";
        int fd = audit_open();
        if (fd < 0)
                return errno;

        *failed = "audit_log_user_message";
        errno = 0;
        int number = audit_log_user_message(fd, (int)type, text, NULL, NULL,
                                            NULL, 1);
        error = number < 0 ? -number : abs(errno);
        audit_close(fd);
        if (number > 0) /* the kernel has it, but may have dropped it */
                return auditfail_check(type, &lost);
        return error ? error : EIO;
}

/*
 * Records that DEVICE goes to its user, or comes back. Returns whether to go
 * on: there is a record, or the policy allows to go on without one.
 *
 * The user's uid comes from the kernel. The device's name comes from the
 * command line, and is encoded. So no user can forge a field.
 */
static bool record(unsigned type, const struct device *device) {
        bool grant = type == AUDIT_DEV_ALLOC;
        struct auditfail_question question = {
                .application = "device-allocator",
                .record = grant ? "DEV_ALLOC" : "DEV_DEALLOC",
        };
        char text[256];

        snprintf(text, sizeof(text), "op=%s %s id=%u",
                 grant ? "allocate" : "free", device->field, device->user);
        question.error = write_record(type, text, &question.operation);
        if (question.error == 0)
                return true;

        enum auditfail_action action = auditfail_ask(&question, NULL);
        if (action == AUDITFAIL_IGNORE)
                return true;
        bool go_on = action == AUDITFAIL_LOG;
        warnx("%s of %s, user %u, is not recorded: %s: %s%s",
              grant ? "grant" : "return", device->name, device->user,
              question.operation, strerror(question.error),
              go_on ? "" : "; refused");
        return go_on;
}

static void take_back(struct device *device) {
        device->state = RETURN_UNRECORDED;
        if (record(AUDIT_DEV_DEALLOC, device))
                device->state = FREE;
}

/* Sends TEXT, with DESCRIPTOR unless that is -1. Returns whether it is sent. */
static bool reply(int connection, const char *text, int descriptor) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
                                  .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS } };
        char copy[128];
        snprintf(copy, sizeof(copy), "%s", text);
        struct iovec part = { .iov_base = copy, .iov_len = strlen(copy) };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

        if (descriptor >= 0) {
                memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
        }
        return sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

static struct device *find_device(const char *name, size_t length) {
        for (struct device *device = devices; device < devices + DEVICES_MAX;
             device++)
                if (device->name && strlen(device->name) == length &&
                    memcmp(device->name, name, length) == 0)
                        return device;
        return NULL;
}

/* Opens a free DEVICE. Returns -1 with a reason. */
static int open_device(struct device *device, const char **reason) {
        if (device->state == RETURN_UNRECORDED)
                take_back(device);
        if (device->state != FREE) {
                *reason = device->state == IN_USE
                                  ? "another user has the device"
                                  : "the last return cannot be recorded";
                return -1;
        }

        /* O_NONBLOCK: the opening must not wait for a modem or a tape. */
        int fd = open(device->path,
                      O_RDWR | O_EXCL | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                *reason = strerror(errno);
        else
                fcntl(fd, F_SETFL, 0);
        return fd;
}

/* Grants DEVICE to USER, or replies why not. The record comes first. */
static bool grant(struct device *device, int connection, uid_t user) {
        const char *reason = NULL;
        int fd = open_device(device, &reason);
        if (fd < 0) {
                reply(connection, reason, -1);
                return false;
        }

        device->user = user;
        if (!record(AUDIT_DEV_ALLOC, device))
                reply(connection, "the grant cannot be recorded", -1);
        else if (!reply(connection, "granted", fd))
                take_back(device);
        else
                device->state = IN_USE;
        close(fd);
        return device->state == IN_USE;
}

static void disconnect(struct client *client) {
        if (client->device)
                take_back(client->device);
        close(client->connection);
        *client = (struct client){ .connection = -1 };
}

/* A client has one request. What comes after it ends the connection. */
static void serve(struct client *client) {
        char name[NAME_SIZE];

        if (client->device) {
                disconnect(client);
                return;
        }
        ssize_t length =
                recv(client->connection, name, sizeof(name), MSG_DONTWAIT);
        struct device *device =
                length > 0 ? find_device(name, (size_t)length) : NULL;
        if (!device)
                reply(client->connection, "there is no such device", -1);
        else if (grant(device, client->connection, client->user))
                client->device = device;
        if (!client->device)
                disconnect(client);
}

/* Finds room for a client of USER. NULL: the limits are reached. */
static struct client *find_room(uid_t user) {
        struct client *room = NULL;
        unsigned count = 0;

        for (struct client *client = clients; client < clients + CLIENTS_MAX;
             client++)
                if (client->connection < 0)
                        room = client;
                else if (client->user == user)
                        count++;
        return count < PER_USER_MAX ? room : NULL;
}

static void accept_client(int listener) {
        struct ucred peer;
        socklen_t size = sizeof(peer);
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (connection < 0)
                return;
        if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
                close(connection);
                return;
        }
        struct client *client = find_room(peer.uid);
        if (client) {
                *client = (struct client){ .connection = connection,
                                           .user = peer.uid };
                return;
        }
        reply(connection, "too many connections", -1);
        close(connection);
}

static void serve_until_stopped(int listener, const sigset_t *unblocked) {
        struct pollfd polled[1 + CLIENTS_MAX];

        for (size_t i = 0; i <= CLIENTS_MAX; i++)
                polled[i].events = POLLIN;
        polled[0].fd = listener;
        while (!stopped) {
                for (size_t i = 0; i < CLIENTS_MAX; i++)
                        polled[1 + i].fd = clients[i].connection;
                if (ppoll(polled, 1 + CLIENTS_MAX, NULL, unblocked) < 0)
                        continue;
                for (size_t i = 0; i < CLIENTS_MAX; i++)
                        if (polled[1 + i].revents)
                                serve(&clients[i]);
                if (polled[0].revents)
                        accept_client(listener);
        }
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (clients[i].connection >= 0)
                        disconnect(&clients[i]);
}

static void stop(int signal_number) {
        (void)signal_number;
        stopped = 1;
}

/* SIGTERM and SIGINT arrive only in ppoll(). Returns the mask for it. */
static sigset_t catch_signals(void) {
        sigset_t blocked, unblocked;

        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGINT);
        sigprocmask(SIG_BLOCK, &blocked, &unblocked);
        sigdelset(&unblocked, SIGTERM);
        sigdelset(&unblocked, SIGINT);
        signal(SIGTERM, stop);
        signal(SIGINT, stop);
        signal(SIGPIPE, SIG_IGN); /* stderr may be a journal that restarts */
        return unblocked;
}

/* Only the user and the group that run the daemon may connect. */
static int listen_on(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (strlen(path) >= sizeof(address.sun_path))
                errx(EXIT_FAILURE, "%s: the path is too long", path);
        strcpy(address.sun_path, path);
        umask(0117);
        if (listener < 0 ||
            bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, CLIENTS_MAX) < 0)
                err(EXIT_FAILURE, "cannot listen on %s", path);
        return listener;
}

/* Reads NAME=DEVICE, and overwrites the '='. */
static void add_device(struct device *device, char *text) {
        char *equals = strchr(text, '=');

        if (!equals || equals == text || equals - text >= NAME_SIZE)
                errx(EXIT_FAILURE, "%s: expected NAME=DEVICE", text);
        *equals = '\0';
        device->name = text;
        device->path = equals + 1;
        device->field = audit_encode_nv_string("device", text, 0);
        if (!device->field)
                err(EXIT_FAILURE, "%s", text);
}

int main(int argc, char **argv) {
        if (argc < 3 || argc > 2 + DEVICES_MAX)
                errx(EXIT_FAILURE, "usage: device-allocator SOCKET "
                                   "NAME=DEVICE... (at most 16)");
        for (int i = 2; i < argc; i++)
                add_device(&devices[i - 2], argv[i]);
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                clients[i].connection = -1;

        sigset_t unblocked = catch_signals();
        serve_until_stopped(listen_on(argv[1]), &unblocked);
        unlink(argv[1]);
        return EXIT_SUCCESS;
}
