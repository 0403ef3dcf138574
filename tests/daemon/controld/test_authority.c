/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit's answers, from a polkit and on a bus of the test's own. */
#include "daemon/controld/caller/authority.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define SECOND   1000000ULL
#define PATIENCE (20 * SECOND)

static const char configuration[] =
        "<busconfig><type>custom</type><auth>EXTERNAL</auth><listen>unix:path=%s/bus</listen><policy context='default'>"
        "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>";

static const struct authority_limits limits = { .answer_usec = SECOND / 4, .password_usec = SECOND };

static const struct caller alice = {
        .peer.pid = 4142, .peer.uid = 1000, .peer.gid = 1000, .peer.auid = 1000, .start_time = 1ULL << 40
};

/* What polkit does when it is asked. */
enum manner { ALLOWS, DENIES, CHALLENGES, FAILS, MAKES_NO_SENSE, KEEPS_SILENT };

/* What it was asked. */
struct asked {
        char kind[32], action[64], cancellation[8];
        uint32_t pid, flags;
        uint64_t start_time;
        int32_t uid;
        bool details;
};

/* A bus, a polkit on it, and who asks. */
static struct town {
        char folder[32];
        pid_t bus, polkit;
        int asked; /* struct asked for each question */
        sd_event *event;
        struct authority *authority;
} town;

/* An answer that was waited for. */
struct answer {
        unsigned count;
        bool allowed;
        char why[256];
};

static void on_answer(bool allowed, const char *why, void *data) {
        struct answer *answer = data;

        answer->count++;
        answer->allowed = allowed;
        snprintf(answer->why, sizeof(answer->why), "%s", why);
}

/* Each value of the subject has a name, and its own type. */
static int read_subject(sd_bus_message *message, struct asked *ret) {
        const char *kind, *name;
        int r;

        if ((r = sd_bus_message_enter_container(message, 'r', "sa{sv}")) < 0 ||
            (r = sd_bus_message_read(message, "s", &kind)) < 0 ||
            (r = sd_bus_message_enter_container(message, 'a', "{sv}")) < 0)
                return r;
        snprintf(ret->kind, sizeof(ret->kind), "%s", kind);
        while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                if ((r = sd_bus_message_read(message, "s", &name)) < 0)
                        return r;
                if (strcmp(name, "pid") == 0)
                        r = sd_bus_message_read(message, "v", "u", &ret->pid);
                else if (strcmp(name, "start-time") == 0)
                        r = sd_bus_message_read(message, "v", "t", &ret->start_time);
                else if (strcmp(name, "uid") == 0)
                        r = sd_bus_message_read(message, "v", "i", &ret->uid);
                else
                        r = -EBADMSG;
                if (r < 0 || (r = sd_bus_message_exit_container(message)) < 0)
                        return r;
        }
        if (r < 0 || (r = sd_bus_message_exit_container(message)) < 0)
                return r;
        return sd_bus_message_exit_container(message);
}

static int read_question(sd_bus_message *message, struct asked *ret) {
        const char *action, *cancellation;
        int r = read_subject(message, ret);

        if (r < 0 || (r = sd_bus_message_read(message, "s", &action)) < 0 ||
            (r = sd_bus_message_enter_container(message, 'a', "{ss}")) < 0)
                return r;
        ret->details = sd_bus_message_at_end(message, false) == 0;
        if ((r = sd_bus_message_exit_container(message)) < 0 ||
            (r = sd_bus_message_read(message, "us", &ret->flags, &cancellation)) < 0)
                return r;
        snprintf(ret->action, sizeof(ret->action), "%s", action);
        snprintf(ret->cancellation, sizeof(ret->cancellation), "%s", cancellation);
        return 0;
}

static int on_question(sd_bus_message *message, void *data, sd_bus_error *error) {
        enum manner manner = *(enum manner *)data;
        struct asked asked = { 0 };
        int r;

        if (!sd_bus_message_is_method_call(message, "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization") ||
            !sd_bus_message_has_signature(message, "(sa{sv})sa{ss}us"))
                return 0;
        if ((r = read_question(message, &asked)) < 0)
                return r;
        if (write(town.asked, &asked, sizeof(asked)) != (ssize_t)sizeof(asked))
                return -EIO;
        switch (manner) {
        case FAILS:
                return sd_bus_error_set(error, "org.freedesktop.PolicyKit1.Error.Failed", "it failed");
        case MAKES_NO_SENSE:
                return sd_bus_reply_method_return(message, "s", "yes");
        case KEEPS_SILENT:
                return 1;
        default:
                return sd_bus_reply_method_return(message, "(bba{ss})", manner == ALLOWS, manner == CHALLENGES, 0);
        }
}

static _Noreturn void live_as_polkit(enum manner manner, int ready) {
        sd_bus *bus;

        if (sd_bus_open_system(&bus) < 0 ||
            sd_bus_add_object(bus, NULL, "/org/freedesktop/PolicyKit1/Authority", on_question, &manner) < 0 ||
            sd_bus_request_name(bus, "org.freedesktop.PolicyKit1", 0) < 0)
                _exit(EXIT_FAILURE);
        close(ready);
        for (int r; (r = sd_bus_process(bus, NULL)) >= 0;)
                if (r == 0)
                        sd_bus_wait(bus, UINT64_MAX);
        _exit(EXIT_SUCCESS);
}

/* Until the other end of FD is closed, or has said something. */
static void await(int fd) {
        char bytes[256];

        cr_assert_geq(read(fd, bytes, sizeof(bytes)), 0);
        close(fd);
}

static void start_polkit(enum manner manner) {
        int ready[2], asked[2];

        cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
        cr_assert_eq(pipe2(asked, O_CLOEXEC | O_NONBLOCK), 0);
        town.polkit = fork();
        if (town.polkit == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                town.asked = asked[1];
                live_as_polkit(manner, ready[1]);
        }
        close(ready[1]);
        close(asked[1]);
        town.asked = asked[0];
        await(ready[0]);
}

static void start_bus(void) {
        char path[64], argument[32];
        int address[2];
        FILE *file;

        snprintf(path, sizeof(path), "%s/configuration", town.folder);
        cr_assert(file = fopen(path, "we"));
        fprintf(file, configuration, town.folder);
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(pipe(address), 0);
        town.bus = fork();
        if (town.bus == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                snprintf(argument, sizeof(argument), "--print-address=%d", address[1]);
                execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nosyslog", "--config-file", path, argument, NULL);
                _exit(127);
        }
        close(address[1]);
        await(address[0]);
        cr_assert_eq(waitpid(town.bus, NULL, WNOHANG), 0, "dbus-daemon has ended");
        snprintf(path, sizeof(path), "unix:path=%s/bus", town.folder);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", path, 1);
}

static void end(pid_t *pid) {
        if (*pid <= 0)
                return;
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
        *pid = 0;
}

static void town_end(void) {
        char path[64];

        town.authority = authority_free(town.authority);
        sd_event_unref(town.event);
        end(&town.polkit);
        end(&town.bus);
        snprintf(path, sizeof(path), "%s/configuration", town.folder);
        unlink(path);
        snprintf(path, sizeof(path), "%s/bus", town.folder);
        unlink(path);
        rmdir(town.folder);
}

static void town_start(void) {
        if (system("command -v dbus-daemon >/dev/null 2>&1") != 0)
                cr_skip_test("needs dbus-daemon");
        town = (struct town){ .folder = "/tmp/test-bus-XXXXXX" };
        cr_assert(mkdtemp(town.folder));
        start_bus();
        cr_assert_geq(sd_event_new(&town.event), 0);
        cr_assert_eq(authority_new(town.event, &limits, &town.authority), 0);
}

TestSuite(authority, .init = town_start, .fini = town_end);

static struct authorization *ask(bool interactive, struct answer *answer) {
        struct authorization *authorization;
        int r = authority_ask(town.authority, &alice, AUTHORITY_STOP, interactive, on_answer, answer, &authorization);

        cr_assert_eq(r, 0, "%s", strerror(-r));
        *answer = (struct answer){ 0 };
        return authorization;
}

/* Until ANSWER is there. */
static void await_answer(const struct answer *answer) {
        uint64_t until = monotonic_usec() + PATIENCE;

        while (answer->count == 0) {
                cr_assert_lt(monotonic_usec(), until, "polkit's answer never came");
                cr_assert_geq(sd_event_run(town.event, SECOND), 0);
        }
}

/* What there is to do, for a while in which an answer too many would come. */
static void look_around(void) {
        while (sd_event_run(town.event, SECOND / 10) > 0)
                ;
}

static struct answer ask_and_hear(enum manner manner) {
        struct answer answer;

        start_polkit(manner);
        ask(false, &answer);
        await_answer(&answer);
        look_around();
        cr_expect_eq(answer.count, 1);
        end(&town.polkit);
        return answer;
}

static struct asked question_at_polkit(void) {
        struct asked asked = { 0 };

        cr_assert_eq(read(town.asked, &asked, sizeof(asked)), (ssize_t)sizeof(asked));
        return asked;
}

Test(authority, polkit_is_asked_about_the_caller_and_the_action) {
        ask_and_hear(ALLOWS);

        struct asked asked = question_at_polkit();

        cr_expect_str_eq(asked.kind, "unix-process");
        cr_expect_eq(asked.pid, 4142);
        cr_expect_eq(asked.start_time, 1ULL << 40);
        cr_expect_eq(asked.uid, 1000);
        cr_expect_str_eq(asked.action, "io.auditfail.control.stop");
        cr_expect_not(asked.details);
        cr_expect_str_eq(asked.cancellation, "");
}

Test(authority, a_person_is_asked_where_the_caller_said_so) {
        struct answer answer;

        start_polkit(ALLOWS);
        ask(false, &answer);
        await_answer(&answer);
        cr_expect_eq(question_at_polkit().flags, 0);
        ask(true, &answer);
        await_answer(&answer);
        cr_expect_eq(question_at_polkit().flags, 1);
}

Test(authority, only_a_clear_yes_allows) {
        static const struct {
                enum manner manner;
                const char *why;
        } table[] = {
                { DENIES, "polkit does not allow it" },
                { CHALLENGES, "polkit wants a password, and no agent asked the user for it" },
                { FAILS, "polkit does not answer: it failed" },
                { MAKES_NO_SENSE, "polkit's answer cannot be read" },
        };

        cr_expect(ask_and_hear(ALLOWS).allowed);
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct answer answer = ask_and_hear(table[i].manner);

                cr_expect_not(answer.allowed, "%s", table[i].why);
                cr_expect_str_eq(answer.why, table[i].why);
        }
}

/* How long it takes until silence counts as no. */
static uint64_t endure_silence(bool interactive) {
        struct answer answer;
        uint64_t began = monotonic_usec();

        ask(interactive, &answer);
        await_answer(&answer);
        cr_expect_not(answer.allowed);
        return monotonic_usec() - began;
}

Test(authority, silence_is_no_and_typing_a_password_takes_longer) {
        start_polkit(KEEPS_SILENT);
        cr_expect_geq(endure_silence(false), limits.answer_usec);
        cr_expect_geq(endure_silence(true), limits.password_usec);
        cr_expect(authority_limits.answer_usec == 10 * SECOND && authority_limits.password_usec == 120 * SECOND);
}

Test(authority, without_polkit_on_the_bus_the_answer_is_no) {
        struct answer answer;

        ask(false, &answer);
        await_answer(&answer);
        cr_expect_not(answer.allowed);
        cr_expect_eq(strncmp(answer.why, "polkit does not answer: ", 24), 0, "%s", answer.why);
}

Test(authority, a_polkit_that_ends_over_a_question_says_no) {
        struct answer answer;

        start_polkit(KEEPS_SILENT);
        ask(true, &answer);
        while (read(town.asked, &(struct asked){ 0 }, sizeof(struct asked)) < 0)
                cr_assert_geq(sd_event_run(town.event, SECOND / 100), 0);
        end(&town.polkit);
        await_answer(&answer);
        cr_expect_not(answer.allowed);
}

Test(authority, a_bus_that_ends_over_questions_answers_all_of_them_with_no) {
        struct answer answers[3], late = { 0 };
        struct authorization *authorization;

        start_polkit(KEEPS_SILENT);
        for (size_t i = 0; i < 3; i++)
                ask(true, &answers[i]);
        end(&town.bus);
        /* The loss is noticed while questions are still waiting to be told of it. */
        while (answers[0].count + answers[1].count + answers[2].count == 0)
                cr_assert_geq(sd_event_run(town.event, SECOND), 0);
        cr_expect_lt(authority_ask(town.authority, &alice, AUTHORITY_STOP, false, on_answer, &late, &authorization), 0);
        for (size_t i = 0; i < 3; i++) {
                await_answer(&answers[i]);
                cr_expect_not(answers[i].allowed);
        }
        look_around();
        for (size_t i = 0; i < 3; i++)
                cr_expect_eq(answers[i].count, 1);
        cr_expect_eq(late.count, 0);
}

Test(authority, a_bus_that_is_back_is_used_again) {
        cr_expect(ask_and_hear(ALLOWS).allowed);
        end(&town.bus);
        look_around();
        start_bus();
        cr_expect(ask_and_hear(ALLOWS).allowed);
}

Test(authority, without_a_bus_polkit_cannot_be_asked) {
        struct answer answer = { 0 };
        struct authorization *authorization;

        end(&town.bus);
        cr_expect_lt(authority_ask(town.authority, &alice, AUTHORITY_STOP, false, on_answer, &answer, &authorization),
                     0);
        look_around();
        cr_expect_eq(answer.count, 0);
}

Test(authority, of_a_question_that_was_dropped_the_answer_is_not_heard) {
        struct answer dropped, answer;

        start_polkit(ALLOWS);
        cr_expect_null(authorization_cancel(ask(false, &dropped)));
        ask(false, &answer); /* polkit answers in the order of questions */
        await_answer(&answer);
        look_around();
        cr_expect_eq(dropped.count, 0);
        cr_expect_null(authorization_cancel(NULL));
}

/* A question whose answer leads to another. */
static void ask_again(bool allowed, const char *why, void *data) {
        (void)why;
        cr_expect(allowed);
        ask(false, data);
}

Test(authority, an_answer_may_lead_to_another_call) {
        struct answer answer = { 0 };
        struct authorization *authorization;

        start_polkit(ALLOWS);
        cr_assert_eq(authority_ask(town.authority, &alice, AUTHORITY_SIGNAL, false, ask_again, &answer, &authorization),
                     0);
        await_answer(&answer);
        cr_expect(answer.allowed);
        cr_expect_str_eq(question_at_polkit().action, "io.auditfail.control.signal");
        cr_expect_str_eq(question_at_polkit().action, "io.auditfail.control.stop");
}

Test(authority, a_daemon_that_ends_leaves_questions_unanswered) {
        struct answer answer;
        struct authorization *authorization;

        start_polkit(KEEPS_SILENT);
        authorization = ask(false, &answer);
        town.authority = authority_free(town.authority);
        authorization_cancel(authorization);
        look_around();
        cr_expect_eq(answer.count, 0);
}
