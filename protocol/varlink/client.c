/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/varlink/client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/json/json_reader.h"
#include "protocol/well_known.h"

#define READ_SIZE   ((size_t)64 * 1024)
#define NESTING_MAX 32 /* our services need 5; limits the memory of json-c */

struct client {
        int fd;
        char *data;  /* received bytes: [start, end) */
        size_t size; /* of the memory at data */
        size_t start, end;
        size_t searched; /* no frame ends in [start, searched) */
        char *error;     /* of the last reply, or NULL */
};

static void cleanup_client(struct client **client) {
        *client = client_free(*client);
}

static void cleanup_json(struct json_object **object) {
        json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener) {
        if (*tokener)
                json_tokener_free(*tokener);
}

char *client_socket(const char *interface) {
        const char *folder = secure_getenv("AUDITFAIL_RUNTIME_DIR");
        char *path;

        if (asprintf(&path, "%s/%s", folder && *folder == '/' ? folder : RUNTIME_FOLDER, interface) < 0)
                return NULL;
        return path;
}

int client_connect(const char *path, int timeout_ms, struct client **ret) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);

        cleanup(cleanup_client) struct client *client = malloc(sizeof(*client));
        if (!client)
                return -ENOMEM;
        *client = (struct client){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
        if (client->fd < 0)
                return -errno;

        /* Limits connect() while the backlog is full. With O_NONBLOCK, it would fail at once. */
        struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000 };
        if (setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;
        if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;

        *ret = TAKE_PTR(client);
        return 0;
}

struct client *client_free(struct client *client) {
        if (client) {
                cleanup_fd(&client->fd);
                free(client->data);
                free(client->error);
                free(client);
        }
        return NULL;
}

int client_fd(const struct client *client) {
        return client->fd;
}

static int add(struct json_object *object, const char *name, struct json_object *value) {
        if (!value || json_object_object_add(object, name, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

static int send_all(int fd, const char *data, size_t length) {
        while (length > 0) {
                ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? -ETIMEDOUT : -errno;
                data += n;
                length -= (size_t)n;
        }
        return 0;
}

int client_call(struct client *client, const char *method, struct json_object *parameters, bool more) {
        cleanup(cleanup_json) struct json_object *call = json_object_new_object();
        if (!call || add(call, "method", json_object_new_string(method)) < 0)
                return -ENOMEM;
        if (parameters && add(call, "parameters", json_object_get(parameters)) < 0)
                return -ENOMEM;
        if (more && add(call, "more", json_object_new_boolean(true)) < 0)
                return -ENOMEM;

        size_t length;
        const char *text = json_object_to_json_string_length(
                call, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
        if (!text)
                return -ENOMEM;
        /* With the NUL, which ends the message. */
        return send_all(client->fd, text, length + 1);
}

/* Waits for input until DEADLINE; below 0: for ever. */
static int wait_readable(int fd, int64_t deadline) {
        for (;;) {
                int64_t left = deadline < 0 ? -1 : deadline - monotonic_ms();
                if (deadline >= 0 && left < 0)
                        left = 0;

                struct pollfd entry = { .fd = fd, .events = POLLIN };
                int n = poll(&entry, 1, (int)left);
                if (n > 0)
                        return 0;
                if (n == 0)
                        return -ETIMEDOUT;
                if (errno != EINTR)
                        return -errno;
        }
}

/* Makes room for READ_SIZE more bytes. */
static int make_room(struct client *client) {
        size_t used = client->end - client->start;

        if (client->start > 0) {
                memmove(client->data, client->data + client->start, used);
                client->searched -= client->start;
                client->start = 0;
                client->end = used;
        }
        if (used > CLIENT_REPLY_MAX)
                return -EMSGSIZE;
        if (client->size - used >= READ_SIZE)
                return 0;

        size_t size = 2 * used + READ_SIZE;
        char *data = realloc(client->data, size);
        if (!data)
                return -ENOMEM;
        client->data = data;
        client->size = size;
        return 0;
}

/* Sets *RET to the next frame, without its NUL, valid until the next call. */
static int next_frame(struct client *client, int64_t deadline, const char **ret, size_t *ret_length) {
        for (;;) {
                char *nul = client->end == client->searched
                                    ? NULL
                                    : memchr(client->data + client->searched, 0, client->end - client->searched);
                if (nul) {
                        *ret = client->data + client->start;
                        *ret_length = (size_t)(nul - *ret);
                        client->start = client->searched = (size_t)(nul + 1 - client->data);
                        return *ret_length > CLIENT_REPLY_MAX ? -EMSGSIZE : 0;
                }
                client->searched = client->end;

                int r = make_room(client);
                if (r < 0)
                        return r;
                r = wait_readable(client->fd, deadline);
                if (r < 0)
                        return r;
                ssize_t n = recv(client->fd, client->data + client->end, client->size - client->end, MSG_DONTWAIT);
                if (n == 0)
                        return -ECONNRESET;
                if (n < 0 && errno != EINTR && errno != EAGAIN)
                        return -errno;
                client->end += n > 0 ? (size_t)n : 0;
        }
}

static int parse_object(const char *text, size_t length, struct json_object **ret) {
        struct json_value value;

        /* json-c has no suitable mode: since 0.17, strict accepts only ASCII, and lenient accepts more than JSON. */
        if (!json_read(text, length, NESTING_MAX - 1, &value))
                return -EBADMSG;

        cleanup(cleanup_tokener) struct json_tokener *tokener = json_tokener_new_ex(NESTING_MAX);
        if (!tokener)
                return -ENOMEM;
        struct json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
        if (json_tokener_get_error(tokener) != json_tokener_success || !json_object_is_type(object, json_type_object)) {
                json_object_put(object);
                return -EBADMSG;
        }
        *ret = object;
        return 0;
}

/* Sets *RET to the member NAME; NULL if it is absent or null. Returns false if it has another type than TYPE. */
static bool member(struct json_object *object, const char *name, enum json_type type, struct json_object **ret) {
        *ret = json_object_object_get(object, name);
        return !*ret || json_object_is_type(*ret, type);
}

int client_reply(struct client *client, int timeout_ms, struct json_object **ret_parameters, const char **ret_error,
                 bool *ret_continues) {
        const char *frame = NULL;
        size_t length = 0;
        int r = next_frame(client, timeout_ms < 0 ? -1 : monotonic_ms() + timeout_ms, &frame, &length);
        if (r < 0)
                return r;

        cleanup(cleanup_json) struct json_object *reply = NULL;
        r = parse_object(frame, length, &reply);
        if (r < 0)
                return r;

        struct json_object *parameters, *error, *continues;
        if (!member(reply, "parameters", json_type_object, &parameters) ||
            !member(reply, "error", json_type_string, &error) ||
            !member(reply, "continues", json_type_boolean, &continues))
                return -EBADMSG;

        free(client->error);
        client->error = error ? strdup(json_object_get_string(error)) : NULL;
        if (error && !client->error)
                return -ENOMEM;
        parameters = parameters ? json_object_get(parameters) : json_object_new_object();
        if (!parameters)
                return -ENOMEM;

        *ret_parameters = parameters;
        *ret_error = client->error;
        *ret_continues = json_object_get_boolean(continues);
        return 0;
}
