/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service is played by the test itself: the kernel queues a connection before anyone accepts it, and what is sent
 * on a socket waits there, so one thread can be both ends.
 */
#include "protocol/varlink/client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "protocol/cleanup.h"

struct ends {
        char folder[64], path[96];
        int listener, service;
        struct client *client;
};

static void start_listening(struct ends *ends, int backlog) {
        *ends = (struct ends){ .folder = "/tmp/test-client-XXXXXX", .service = -1 };
        cr_assert(mkdtemp(ends->folder));
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        snprintf(ends->path, sizeof(ends->path), "%s/socket", ends->folder);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", ends->folder);
        ends->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert(bind(ends->listener, (struct sockaddr *)&address, sizeof(address)) == 0);
        cr_assert(listen(ends->listener, backlog) == 0);
}

static void start(struct ends *ends) {
        start_listening(ends, 5);
        cr_assert_eq(client_connect(ends->path, 5000, &ends->client), 0);
        ends->service = accept(ends->listener, NULL, NULL);
        cr_assert_geq(ends->service, 0);
}

static void finish(struct ends *ends) {
        client_free(ends->client);
        cleanup_fd(&ends->service);
        cleanup_fd(&ends->listener);
        unlink(ends->path);
        rmdir(ends->folder);
}

#define ENDS cleanup(finish) struct ends ends

/* BYTES without the NUL that the compiler adds; write one where the message shall end. */
#define SERVICE_SENDS(bytes) cr_assert_eq(send(ends.service, bytes, sizeof(bytes) - 1, 0), (ssize_t)sizeof(bytes) - 1)

static int reply_status(struct client *client, int timeout_ms) {
        struct json_object *parameters = NULL;
        const char *error;
        bool continues;
        int r = client_reply(client, timeout_ms, &parameters, &error, &continues);
        json_object_put(parameters);
        return r;
}

static void assert_service_received(int fd, const char *expected) {
        char call[512] = "";
        cr_assert_eq(recv(fd, call, sizeof(call), 0), (ssize_t)strlen(expected) + 1);
        cr_assert_str_eq(call, expected);
}

Test(client, finds_the_socket_of_a_service_where_libauditfail_looks) {
        static const struct {
                const char *folder, *socket;
        } cases[] = { { NULL, "/run/auditfail/a.b" },
                      { "", "/run/auditfail/a.b" },
                      { "here", "/run/auditfail/a.b" },
                      { "/tmp/x", "/tmp/x/a.b" } };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                unsetenv("AUDITFAIL_RUNTIME_DIR");
                if (cases[i].folder)
                        setenv("AUDITFAIL_RUNTIME_DIR", cases[i].folder, true);
                cleanup(cleanup_free) char *path = client_socket("a.b");
                cr_assert_str_eq(path, cases[i].socket);
        }
}

Test(client, sends_a_call_that_ends_with_a_nul) {
        ENDS;
        start(&ends);
        struct json_object *parameters = json_tokener_parse("{\"application\":\"pass\\u0000wd\",\"errno\":1}");

        cr_assert_eq(client_call(ends.client, "io.auditfail.Policy.Query", parameters, false), 0);
        assert_service_received(ends.service, "{\"method\":\"io.auditfail.Policy.Query\",\"parameters\":"
                                              "{\"application\":\"pass\\u0000wd\",\"errno\":1}}");
        json_object_put(parameters);
}

Test(client, leaves_absent_parameters_away_and_asks_for_more) {
        ENDS;
        start(&ends);

        cr_assert_eq(client_call(ends.client, "a.b.C", NULL, true), 0);
        assert_service_received(ends.service, "{\"method\":\"a.b.C\",\"more\":true}");
}

Test(client, hands_out_a_reply) {
        ENDS;
        start(&ends);
        struct json_object *parameters;
        const char *error;
        bool continues;

        SERVICE_SENDS("{\"parameters\":{\"line\":3},\"continues\":true}\0");
        cr_assert_eq(client_reply(ends.client, 1000, &parameters, &error, &continues), 0);
        cr_assert_null(error);
        cr_assert(continues);
        cr_assert_eq(json_object_get_int(json_object_object_get(parameters, "line")), 3);
        json_object_put(parameters);
}

Test(client, hands_out_an_error_with_its_parameters) {
        ENDS;
        start(&ends);
        struct json_object *parameters;
        const char *error;
        bool continues;

        SERVICE_SENDS("{\"error\":\"a.b.Bad\",\"parameters\":{\"why\":\"no\"}}\0");
        cr_assert_eq(client_reply(ends.client, 1000, &parameters, &error, &continues), 0);
        cr_assert_str_eq(error, "a.b.Bad");
        cr_assert_not(continues);
        cr_assert_str_eq(json_object_get_string(json_object_object_get(parameters, "why")), "no");
        json_object_put(parameters);
}

Test(client, takes_absent_and_null_members_for_nothing_said) {
        ENDS;
        start(&ends);

        SERVICE_SENDS("{}\0{\"error\":null,\"parameters\":null,\"continues\":null,\"unheard-of\":1}\0");
        for (int i = 0; i < 2; i++) {
                struct json_object *parameters = NULL;
                const char *error = "";
                bool continues = true;
                cr_assert_eq(client_reply(ends.client, 1000, &parameters, &error, &continues), 0);
                cr_assert(json_object_is_type(parameters, json_type_object));
                cr_assert_null(error);
                cr_assert_not(continues);
                json_object_put(parameters);
        }
}

Test(client, keeps_replies_that_come_together_apart) {
        ENDS;
        start(&ends);

        SERVICE_SENDS("{\"parameters\":{\"n\":0},\"continues\":true}\0{\"parameters\":{\"n\":1}}\0{\"parameters\":");
        for (int i = 0; i < 3; i++) {
                struct json_object *parameters;
                const char *error;
                bool continues;
                if (i == 2)
                        SERVICE_SENDS("{\"n\":2}}\0");
                cr_assert_eq(client_reply(ends.client, 1000, &parameters, &error, &continues), 0);
                cr_assert_eq(json_object_get_int(json_object_object_get(parameters, "n")), i);
                json_object_put(parameters);
        }
}

Test(client, refuses_what_is_no_reply) {
        static const struct {
                const char *bytes;
                size_t length;
        } cases[] = {
#define BYTES(bytes) { bytes "\0", sizeof(bytes) }
                BYTES(""),
                BYTES("hello"),
                BYTES("[]"),
                BYTES("null"),
                BYTES("{"),
                BYTES("{} {}"),
                BYTES("{}}"),
                BYTES("{\"parameters\":[]}"),
                BYTES("{\"parameters\":7}"),
                BYTES("{\"error\":{}}"),
                BYTES("{\"error\":false}"),
                BYTES("{\"continues\":\"yes\"}"),
                BYTES("{parameters:{}}"),
                BYTES("{\"parameters\":{\"a\":\"\xff\"}}"),
                BYTES("{\"parameters\":{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
                      "]]]]]]]}}"),
#undef BYTES
        };
        ENDS;
        start(&ends);

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                cr_assert_eq(send(ends.service, cases[i].bytes, cases[i].length, 0), (ssize_t)cases[i].length);
                cr_assert_eq(reply_status(ends.client, 1000), -EBADMSG, "%s", cases[i].bytes);
        }
}

Test(client, reads_a_reply_that_is_larger_than_any_buffer) {
        ENDS;
        start(&ends);
        size_t size = (size_t)3 * 1024 * 1024;
        cleanup(cleanup_free) char *letters = malloc(size + 1);
        memset(letters, 'x', size);
        letters[size] = 0;

        pid_t child = fork();
        if (child == 0) {
                dprintf(ends.service, "{\"parameters\":{\"a\":\"%s\"}}", letters);
                _exit(write(ends.service, "", 1) != 1);
        }
        struct json_object *parameters;
        const char *error;
        bool continues;
        cr_assert_eq(client_reply(ends.client, 10000, &parameters, &error, &continues), 0);
        cr_assert_eq((size_t)json_object_get_string_len(json_object_object_get(parameters, "a")), size);
        json_object_put(parameters);
}

Test(client, refuses_a_reply_without_end) {
        ENDS;
        start(&ends);
        int service = ends.service;

        pid_t child = fork();
        if (child == 0) {
                static char spaces[65536];
                close(client_fd(ends.client)); /* else send() never learns that the reader is gone */
                memset(spaces, ' ', sizeof(spaces));
                while (send(service, spaces, sizeof(spaces), MSG_NOSIGNAL) > 0)
                        ;
                _exit(0);
        }
        cr_assert_eq(reply_status(ends.client, 20000), -EMSGSIZE);
}

Test(client, says_when_the_service_has_hung_up) {
        ENDS;
        start(&ends);

        SERVICE_SENDS("{}\0{\"parameters\":");
        close(ends.service);
        ends.service = -1;
        cr_assert_eq(reply_status(ends.client, 1000), 0, "what came before the end counts");
        cr_assert_eq(reply_status(ends.client, 1000), -ECONNRESET);
}

Test(client, raises_no_signal_when_the_service_has_hung_up_and_still_reads_its_last_words) {
        ENDS;
        start(&ends);

        SERVICE_SENDS("{\"error\":\"a.b.TooMany\"}\0");
        close(ends.service);
        ends.service = -1;
        cr_assert_eq(client_call(ends.client, "a.b.C", NULL, false), -EPIPE);
        cr_assert_eq(reply_status(ends.client, 1000), 0);
}

Test(client, waits_no_longer_than_it_should, .timeout = 60) {
        ENDS;
        start(&ends);

        cr_assert_eq(reply_status(ends.client, 20), -ETIMEDOUT);
        SERVICE_SENDS("{\"parameters\":");
        cr_assert_eq(reply_status(ends.client, 20), -ETIMEDOUT);
        SERVICE_SENDS("{}}\0");
        cr_assert_eq(reply_status(ends.client, 20), 0, "the beginning of a reply is kept");
}

static void nothing(int number) {
        (void)number;
}

Test(client, waits_on_when_a_signal_was_handled, .timeout = 60) {
        ENDS;
        start(&ends);
        struct sigaction action = { .sa_handler = nothing };
        struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } };
        sigaction(SIGALRM, &action, NULL);

        setitimer(ITIMER_REAL, &every_ms, NULL);
        cr_assert_eq(reply_status(ends.client, 50), -ETIMEDOUT);
}

Test(client, sends_the_rest_of_a_call_when_a_signal_was_handled, .timeout = 60) {
        ENDS;
        start(&ends);
        struct sigaction action = { .sa_handler = nothing };
        struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
        size_t size = (size_t)8 * 1024 * 1024;
        cleanup(cleanup_free) char *letters = malloc(size);
        memset(letters, 'x', size);
        struct json_object *parameters = json_object_new_object();
        json_object_object_add(parameters, "a", json_object_new_string_len(letters, (int)size));

        pid_t child = fork(); /* reads late, so that the sender is waiting when the signals come */
        if (child == 0) {
                close(client_fd(ends.client));
                size_t received = 0;
                ssize_t bytes;
                usleep(100000);
                while ((bytes = recv(ends.service, letters, size, 0)) > 0) {
                        received += (size_t)bytes;
                        usleep(1000);
                }
                _exit(received > size ? 0 : 1);
        }
        sigaction(SIGALRM, &action, NULL);
        setitimer(ITIMER_REAL, &every_ms, NULL);
        cr_expect_eq(client_call(ends.client, "a.b.C", parameters, false), 0);
        setitimer(ITIMER_REAL, &never, NULL);
        json_object_put(parameters);
        ends.client = client_free(ends.client);
        int status = -1;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "the service has received the whole call");
}

Test(client, says_when_the_service_has_hung_up_without_reading_the_call) {
        ENDS;
        start(&ends);

        cr_assert_eq(client_call(ends.client, "a.b.C", NULL, false), 0);
        close(ends.service);
        ends.service = -1;
        cr_expect_eq(reply_status(ends.client, 1000), -ECONNRESET);
}

Test(client, says_when_it_may_open_or_watch_no_socket) {
        ENDS;
        start(&ends);
        struct client *other = NULL;
        struct rlimit before, none;

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = (struct rlimit){ 0, before.rlim_max };
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        int connected = client_connect(ends.path, 1000, &other);
        int replied = reply_status(ends.client, 1000);
        setrlimit(RLIMIT_NOFILE, &before); /* for the report of the test */
        cr_expect_eq(connected, -EMFILE);
        cr_expect_null(other);
        cr_expect_eq(replied, -EINVAL, "poll() takes no more entries than the limit");
}

Test(client, is_not_held_up_by_a_service_that_accepts_nobody, .timeout = 60) {
        ENDS;
        start_listening(&ends, 0);
        struct client *first;

        cr_assert_eq(client_connect(ends.path, 20, &first), 0);
        cr_assert_eq(client_connect(ends.path, 20, &ends.client), -ETIMEDOUT);
        client_free(first);
}

Test(client, is_not_held_up_by_a_service_that_does_not_read, .timeout = 60) {
        ENDS;
        start_listening(&ends, 1);
        cr_assert_eq(client_connect(ends.path, 20, &ends.client), 0);
        size_t size = (size_t)4 * 1024 * 1024;
        cleanup(cleanup_free) char *letters = malloc(size);
        memset(letters, 'x', size);
        struct json_object *parameters = json_object_new_object();
        json_object_object_add(parameters, "a", json_object_new_string_len(letters, (int)size));

        cr_assert_eq(client_call(ends.client, "a.b.C", parameters, false), -ETIMEDOUT);
        json_object_put(parameters);
}

Test(client, says_why_it_could_not_connect) {
        ENDS;
        start_listening(&ends, 1);
        char too_long[200];
        memset(too_long, 'x', sizeof(too_long));
        too_long[sizeof(too_long) - 1] = 0;

        cr_assert_eq(client_connect("/tmp/test-client-XXXXXX/nothing-here", 1000, &ends.client), -ENOENT);
        cr_assert_eq(client_connect(too_long, 1000, &ends.client), -ENAMETOOLONG);
        cleanup_fd(&ends.listener);
        ends.listener = -1;
        cr_assert_eq(client_connect(ends.path, 1000, &ends.client), -ECONNREFUSED);
}
