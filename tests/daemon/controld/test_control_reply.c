/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replies of io.auditfail.Control, byte by byte. */
#include "daemon/controld/control_reply.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/interfaces.h"

static struct shared shared;
static struct connection connection;
static struct controld controld;
static int peer;
static char reply[8192];

static void begin(void) {
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        connection = (struct connection){ .shared = &shared, .fd = ends[0] };
        peer = ends[1];
        cr_assert_geq(sd_event_new(&controld.event), 0);
        cr_assert_eq(authority_new(controld.event, &authority_limits, &controld.authority), 0);
}

static void end(void) {
        authority_free(controld.authority);
        sd_event_unref(controld.event);
        close(connection.fd);
        close(peer);
}

TestSuite(control_reply, .init = begin, .fini = end);

static void expect_reply(const char *expected) {
        ssize_t length = recv(peer, reply, sizeof(reply) - 1, MSG_DONTWAIT);

        reply[length < 0 ? 0 : length] = 0;
        cr_expect_str_eq(reply, expected);
}

#define RECORD(event) "\"record\":{" event "\"request\":\"0123456789abcdef\"}"

static const struct task stop = { .operation = OPERATION_STOP,
                                  .caller = { .peer = { 1, 2, 3, PEER_UNSET, 5, "auditctl" }, .terminal = "pts/0" },
                                  .id = "0123456789abcdef" };

Test(control_reply, each_step_has_the_fields_of_its_own) {
        static const struct {
                struct worker_message message;
                const char *fields; /* after the step */
        } table[] = {
                { { .step = STEP_IDENTIFIED },
                  "identified\",\"caller\":{\"pid\":1,\"uid\":2,\"gid\":3,\"session\":5,\"terminal\":\"pts/0\","
                  "\"program\":\"auditctl\"}" },
                { { .step = STEP_IDENTIFIED, .detail = "before" },
                  "identified\",\"caller\":{\"pid\":1,\"uid\":2,\"gid\":3,\"session\":5,\"terminal\":\"pts/0\","
                  "\"program\":\"auditctl\"},\"detail\":\"before\"" },
                { { .step = STEP_WAITING }, "waiting\"" },
                { { .step = STEP_RECORDED, .auditd = 7, .event = "1.2:3" },
                  "recorded\"," RECORD("\"event\":\"1.2:3\",") ",\"auditd\":7" },
                { { .step = STEP_UNCONFIRMED, .detail = "why" }, "unconfirmed\"," RECORD("") ",\"detail\":\"why\"" },
                { { .step = STEP_SIGNALLED, .auditd = 7 }, "signalled\",\"auditd\":7" },
                { { .step = STEP_DRAINING, .kernel.backlog = 9 }, "draining\",\"backlog\":9" },
                { { .step = STEP_DONE, .trail = "one\ntwo\n", .state = "report" },
                  "done\"," RECORD("") ",\"trail\":[\"one\",\"two\"],\"state\":\"report\"" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct worker_message message = table[i].message;
                char expected[512];

                message.trail = message.trail ? message.trail : "";
                control_reply_message(&connection, &controld, &stop, &message);
                snprintf(expected, sizeof(expected), "{\"parameters\":{\"progress\":{\"step\":\"%s}}%s}",
                         table[i].fields, message.step == STEP_DONE ? "" : ",\"continues\":true");
                expect_reply(expected);
        }
}

Test(control_reply, each_failure_is_an_error_with_the_parameters_of_its_own) {
        static const struct {
                struct worker_message message;
                const char *name, *parameters;
        } table[] = {
                { { .failure = FAILURE_NO_AUDIT_DAEMON }, "NoAuditDaemon", "" },
                { { .failure = FAILURE_NO_AUDIT_DAEMON, .detail = "soon" }, "NoAuditDaemon", "\"detail\":\"soon\"" },
                { { .failure = FAILURE_OTHER_AUDIT_DAEMON, .auditd = 7, .program = "other" },
                  "OtherAuditDaemon",
                  "\"pid\":7,\"program\":\"other\"" },
                { { .failure = FAILURE_NOT_RECORDED,
                    .cause = CAUSE_EXCLUDED,
                    .detail = "a rule",
                    .rule = "never,user" },
                  "NotRecorded",
                  "\"cause\":\"excluded\",\"detail\":\"a rule\",\"rule\":\"never,user\"" },
                { { .failure = FAILURE_NOT_CONFIRMED, .detail = "why" }, "NotConfirmed", "\"detail\":\"why\"" },
                { { .failure = FAILURE_ENDED_BY_ITSELF, .event = "1.2:3" },
                  "EndedByItself",
                  RECORD("\"event\":\"1.2:3\",") },
                { { .failure = FAILURE_NO_EFFECT, .signalled = true, .detail = "hung" },
                  "NoEffect",
                  "\"signalled\":true,\"detail\":\"hung\"" },
                { { .failure = FAILURE_NOT_STARTED, .detail = "why" }, "NotStarted", "\"detail\":\"why\"" },
                { { .failure = FAILURE_RULES_NOT_LOADED, .detail = "why" }, "RulesNotLoaded", "\"detail\":\"why\"" },
                { { .failure = FAILURE_CANCELLED, .detail = "cancelled" }, "Cancelled", "" },
                { { .failure = FAILURE_FAILED, .detail = "why" }, "Failed", "\"signalled\":false,\"detail\":\"why\"" },
                { { .failure = FAILURE_FAILED, .unsure = true, .detail = "why" }, "Failed", "\"detail\":\"why\"" },
        };

        bool seen[FAILURE_COUNT] = { [FAILURE_NONE] = true };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                char expected[512];

                seen[table[i].message.failure] = true;
                snprintf(expected, sizeof(expected), "\nerror %s (", table[i].name);
                cr_expect_not_null(strstr(interface_io_auditfail_control, expected), "%s", table[i].name);
                control_reply_message(&connection, &controld, &stop, &table[i].message);
                snprintf(expected, sizeof(expected), "{\"error\":\"io.auditfail.Control.%s\",\"parameters\":{%s}}",
                         table[i].name, table[i].parameters);
                expect_reply(expected);
        }
        for (enum request_failure failure = FAILURE_NONE; failure < FAILURE_COUNT; failure++)
                cr_expect(seen[failure], "the table lacks failure %d", failure);
}

static void expect_status(const struct worker_message *message, const char *auditd, const char *rule,
                          const char *log_file) {
        const struct task status = { .operation = OPERATION_STATUS };
        char expected[512];

        control_reply_message(&connection, &controld, &status, message);
        snprintf(expected, sizeof(expected),
                 "{\"parameters\":{%s\"enabled\":1,\"backlog\":2,\"backlogLimit\":3,\"lost\":4,\"rateLimit\":5,"
                 "\"excluding\":[%s],\"busy\":false,\"polkit\":%s%s,\"version\":\"" AUDITFAIL_VERSION "\"}}",
                 auditd, rule, authority_has_polkit(controld.authority) ? "true" : "false", log_file);
        expect_reply(expected);
}

Test(control_reply, a_status_leaves_out_what_there_is_not) {
        struct worker_message message = {
                .step = STEP_DONE,
                .kernel = { .enabled = true, .backlog = 2, .backlog_limit = 3, .lost = 4, .rate_limit = 5 },
                .rule = ""
        };

        expect_status(&message, "", "", "");
        message.kernel.auditd = 7;
        message.program = "auditd";
        message.rule = "never,user";
        message.log_file = "/var/log/audit/audit.log";
        expect_status(&message, "\"auditd\":7,\"program\":\"auditd\",", "\"never,user\"",
                      ",\"logFile\":\"/var/log/audit/audit.log\"");
}

Test(control_reply, refusals_say_why) {
        control_reply_failed(&connection, "why");
        expect_reply(
                "{\"error\":\"io.auditfail.Control.Failed\",\"parameters\":{\"signalled\":false,\"detail\":\"why\"}}");
        control_reply_denied(&connection, "why");
        expect_reply("{\"error\":\"io.auditfail.Control.PermissionDenied\",\"parameters\":{\"reason\":\"why\"}}");
}
