/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that polkit decides. Meanwhile the caller may hang up or end, and another request may begin. */
#include <errno.h>
#include <stdlib.h>

#include "protocol/cleanup.h"
#include "tests/daemon/common/shortage.h"
#include "tests/daemon/controld/fake_polkit.h"
#include "tests/daemon/controld/request_scene.h"

TestSuite(request_polkit, .init = scene_start, .fini = scene_end);

/* That nothing comes of a yes for a request that is no more. */
static void expect_answer_unheard(void) {
        fake_polkit_answer(true);
        for (int i = 0; i < 20; i++)
                round_of_server();
        cr_expect_eq(worker_count(), 0);
        cr_expect_null(scene.controld.active);
}

Test(request_polkit, a_user_authorised_by_polkit_is_served) {
        bring_to("Alice", 2);
        cr_expect(heard("\"waiting\""));
        go_on();
        until(heard("\"done\""));
        expect_nothing_left();
}

Test(request_polkit, closing_the_connection_while_polkit_is_asked_forgets_the_call) {
        say("Alice");
        await_polkit();
        hang_up();
        until(connections() == 0);
        expect_answer_unheard();
        expect_nothing_left();
}

Test(request_polkit, closing_the_sending_side_while_polkit_is_asked_cancels) {
        say("Alice");
        await_polkit();
        send_no_more();
        until(heard("io.auditfail.Control.Cancelled"));
        until(connections() == 0);
        expect_answer_unheard();
        hang_up();
        expect_nothing_left();
}

Test(request_polkit, a_refusal_of_polkit_is_told) {
        say("Alice");
        await_polkit();
        fake_polkit_answer(false);
        until(heard("io.auditfail.Control.PermissionDenied"));
        cr_expect(heard("polkit does not allow it"));
        cr_expect_eq(replies(), 3); /* identified, waiting */
        expect_nothing_left();
}

Test(request_polkit, an_authorisation_of_a_process_that_has_ended_is_refused) {
        say("Alice");
        await_polkit();
        end_caller();
        fake_polkit_answer(true);
        until(heard("io.auditfail.Control.PermissionDenied"));
        cr_expect(heard(mismatch_text(MISMATCH_ENDED)));
        until(worker_count() == 0);
        cr_expect_eq(strncmp(refused(), "stop ended ", 11), 0);
        expect_nothing_left();
}

#ifdef SYS_poll /* the time of ppoll() is behind a pointer, where no filter can look */
Test(request_polkit, an_authorisation_of_a_process_that_cannot_be_polled_is_refused_as_unknown) {
        say("Alice");
        await_polkit();
        refuse_call(SYS_poll, 2, 0, ENOMEM); /* those that do not wait */
        fake_polkit_answer(true);
        until(heard("io.auditfail.Control.PermissionDenied"));
        cr_expect(heard(mismatch_text(MISMATCH_UNKNOWN)));
        until(worker_count() == 0);
        cr_expect_eq(strncmp(refused(), "stop unknown ", 13), 0);
}
#endif

Test(request_polkit, an_authorisation_that_comes_after_another_request_began_is_busy) {
        int patient;

        say("Alice");
        await_polkit();
        patient = scene.connection;
        connect_caller();
        bring_to("Root", 1);
        fake_polkit_answer(true);
        hang_up(); /* root */
        scene.connection = patient;
        until(heard("io.auditfail.Control.Busy"));
        expect_nothing_left();
}

Test(request_polkit, an_authorisation_that_comes_while_the_daemon_ends_starts_nothing) {
        say("Alice");
        await_polkit();
        scene.controld.ending = true;
        fake_polkit_answer(true);
        until(heard("io.auditfail.Control.Cancelled"));
        cr_expect_eq(worker_count(), 0);
        scene.controld.ending = false;
        expect_nothing_left();
}

Test(request_polkit, without_a_bus_to_ask_polkit_a_request_is_refused) {
        setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
        say("Alice");
        until(heard("polkit cannot be asked"));
        expect_nothing_left();
}
