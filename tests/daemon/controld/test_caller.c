/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The test is the service; callers, and who pretends to be one, are puppets. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/caller/caller.h"
#include "tests/daemon/controld/puppet.h"
#include "tests/harness/listening.h"

#define OTHER 65533 /* a user, and a group, that no test runs as */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static char folder[] = "/tmp/auditfail-caller-XXXXXX";
static int listener = -1, connection = -1;
static struct identity identity = { .process = -1 };

/* What was received last. */
static char heard[64];
static ssize_t count;
static pid_t sender;

static void setup(void) {
        listener = listen_in(folder, &address);
}

static void hang_up(void) {
        identity_end(&identity);
        if (connection >= 0)
                close(connection);
        connection = -1;
}

static void teardown(void) {
        hang_up();
        close(listener);
        remove_folder(folder);
}

TestSuite(caller, .init = setup, .fini = teardown);

static void skip(const char *why) {
        teardown(); /* a test that is skipped has none */
        cr_skip("%s", why);
}

/* Makes PUPPET another user, or group: real, effective, saved. */
static void become(struct puppet puppet, enum verb what, unsigned real, unsigned effective, unsigned saved) {
        if (puppet_tell(puppet, what, .ids = { real, effective, saved }) < 0)
                skip("needs the right to become another user (CAP_SETUID, CAP_SETGID)");
}

/* Says "hello", and who says it, whether that is so or not. */
static void claim(struct puppet puppet, pid_t pid, uid_t uid, gid_t gid) {
        if (puppet_tell(puppet, SAY, .text = "hello", .claims = true, .claim = { pid, uid, gid }) < 0)
                skip("needs the right to claim what is not so (CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID)");
}

static int connects(struct puppet puppet) {
        struct order order = { .verb = CONNECT };

        memcpy(order.text, address.sun_path, sizeof(address.sun_path));
        return puppet_order(puppet, order, -1, &(int){ -1 });
}

static enum mismatch begin(void) {
        connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_geq(connection, 0);
        return identity_begin(connection, &identity);
}

/* A puppet that has connected, and was accepted. */
static struct puppet new_caller(void) {
        struct puppet puppet = puppet_new(0);

        cr_assert_eq(connects(puppet), 0);
        cr_assert_eq(begin(), MISMATCH_NONE);
        return puppet;
}

static enum mismatch hear(void) {
        enum mismatch mismatch = identity_receive(&identity, connection, heard, sizeof(heard) - 1, &count, &sender);

        heard[count < 0 ? 0 : count] = 0;
        return mismatch;
}

/* Says TEXT, and does not listen. */
static enum mismatch hear_from(struct puppet puppet, const char *text) {
        cr_assert_eq(puppet_say(puppet, text), 0);
        return hear();
}

Test(caller, bytes_of_the_process_that_connected_are_accepted) {
        struct puppet puppet = new_caller();

        cr_expect_eq(hear_from(puppet, "hello"), MISMATCH_NONE);
        cr_expect_str_eq(heard, "hello");
        cr_expect_eq(sender, puppet.pid);
        cr_expect_eq(identity.caller.peer.pid, puppet.pid);
        cr_expect_eq(identity.caller.peer.uid, getuid());
        cr_expect_eq(identity.caller.peer.gid, getgid());
}

Test(caller, nothing_to_receive_and_the_end_are_no_mismatch) {
        struct puppet puppet = new_caller();

        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_eq(count, -EAGAIN);
        puppet_end(puppet, true);
        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_eq(count, 0);
}

Test(caller, what_was_sent_before_the_connection_was_accepted_has_a_sender_too) {
        struct puppet puppet = puppet_new(0);

        connects(puppet);
        puppet_say(puppet, "early");
        puppet_say(puppet_second(puppet, false), "early, too");
        cr_expect_eq(begin(), MISMATCH_NONE);
        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_str_eq(heard, "early");
        cr_expect_eq(hear(), MISMATCH_PID);
}

/* What is sent between accept() and identity_begin(). */
static enum mismatch hear_at_once(int listener_has_passcred) {
        struct puppet puppet = puppet_new(0);

        setsockopt(listener, SOL_SOCKET, SO_PASSCRED, &listener_has_passcred, sizeof(int));
        connects(puppet);
        connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        puppet_say(puppet, "at once");
        cr_expect_eq(identity_begin(connection, &identity), MISMATCH_NONE);
        return hear();
}

Test(caller, what_is_sent_as_soon_as_it_is_accepted_has_one_where_the_listener_has_passcred) {
        cr_expect_eq(hear_at_once(true), MISMATCH_NONE);
        cr_expect_str_eq(heard, "at once");
        hang_up();
        cr_expect_eq(hear_at_once(false), MISMATCH_FOREIGN);
}

/* However it came to the connection, and whatever was said before. */
Test(caller, another_process_does_not_speak) {
        for (int by_fork = 0; by_fork < 2; by_fork++)
                for (int said = 0; said < 3; said++) {
                        struct puppet puppet = new_caller(), second;

                        if (said > 0) {
                                cr_expect_eq(hear_from(puppet, "identify"), MISMATCH_NONE);
                                cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
                        }
                        if (said > 1)
                                cr_expect_eq(hear_from(puppet, "half a requ"), MISMATCH_NONE);
                        second = puppet_second(puppet, by_fork);
                        cr_expect_eq(hear_from(second, "stop"), MISMATCH_PID);
                        cr_expect_eq(count, 0);
                        cr_expect_eq(sender, second.pid);
                        hang_up();
                }
}

Test(caller, bytes_of_two_senders_are_never_received_together) {
        struct puppet puppet = new_caller(), second = puppet_second(puppet, true);

        puppet_say(puppet, "{\"method\":");
        puppet_say(second, "\"stop\"}");
        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_str_eq(heard, "{\"method\":");
        cr_expect_eq(hear(), MISMATCH_PID);
        cr_expect_eq(sender, second.pid);

        puppet_say(second, "{\"method\":");
        puppet_say(puppet, "\"stop\"}");
        cr_expect_eq(hear(), MISMATCH_PID);
        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_str_eq(heard, "\"stop\"}");
}

Test(caller, credentials_that_root_forges_must_name_the_process_that_connected) {
        struct puppet puppet = new_caller();

        claim(puppet, puppet.pid, getuid(), getgid());
        cr_expect_eq(hear(), MISMATCH_NONE);
        claim(puppet, getpid(), getuid(), getgid());
        cr_expect_eq(hear(), MISMATCH_PID);
        cr_expect_eq(sender, getpid());
        claim(puppet, puppet.pid, OTHER, getgid());
        cr_expect_eq(hear(), MISMATCH_UID);
        claim(puppet, puppet.pid, getuid(), OTHER);
        cr_expect_eq(hear(), MISMATCH_UID);
}

Test(caller, a_process_that_was_root_when_it_connected_does_not_speak_for_root_later) {
        struct puppet puppet = new_caller();

        become(puppet, GROUPS, OTHER, OTHER, getgid());
        cr_expect_eq(hear_from(puppet, "another group"), MISMATCH_UID);
        become(puppet, GROUPS, getgid(), getgid(), getgid());
        become(puppet, USERS, OTHER, OTHER, getuid());
        cr_expect_eq(hear_from(puppet, "another user"), MISMATCH_UID);
        cr_expect_eq(sender, puppet.pid);
}

Test(caller, a_setuid_program_must_send_credentials) {
        struct puppet puppet = puppet_new(0);

        become(puppet, USERS, OTHER, getuid(), getuid());
        connects(puppet);
        cr_expect_eq(begin(), MISMATCH_NONE);
        cr_expect_eq(identity.caller.peer.uid, getuid());
        cr_expect_eq(hear_from(puppet, "for the user who runs me"), MISMATCH_UID);
        claim(puppet, puppet.pid, getuid(), getgid());
        cr_expect_eq(hear(), MISMATCH_NONE);
}

Test(caller, a_caller_that_runs_a_setuid_program_later_stays_the_same) {
        struct puppet puppet = puppet_new(0);

        become(puppet, USERS, OTHER, OTHER, getuid());
        connects(puppet);
        cr_expect_eq(begin(), MISMATCH_NONE);
        become(puppet, USERS, OTHER, getuid(), getuid()); /* what starting one does */
        cr_expect_eq(hear_from(puppet, "identify"), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        cr_expect_eq(identity.caller.peer.uid, OTHER);
}

Test(caller, descriptors_are_not_taken_and_not_kept) {
        struct puppet puppet = new_caller();
        int ends[2], lowest = dup(0);
        char byte;

        close(lowest);
        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        setsockopt(connection, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 1 }, sizeof(int));
        cr_assert_eq(puppet_order(puppet, (struct order){ .verb = SAY, .text = "stop" }, ends[1], &(int){ -1 }), 0);
        close(ends[1]);
        cr_expect_eq(hear(), MISMATCH_DESCRIPTORS);
        cr_expect_eq(count, 0);
        cr_expect_eq(sender, puppet.pid);
        cr_expect_eq(read(ends[0], &byte, 1), 0, "the descriptor is still open in another process");
        close(ends[0]);
        ends[0] = dup(0);
        close(ends[0]);
        cr_expect_eq(ends[0], lowest);
        cr_expect_eq(hear_from(puppet, "without"), MISMATCH_NONE);
}

Test(caller, without_credentials_nothing_is_taken) {
        struct puppet puppet = new_caller();

        setsockopt(connection, SOL_SOCKET, SO_PASSCRED, &(int){ 0 }, sizeof(int));
        cr_expect_eq(hear_from(puppet, "hello"), MISMATCH_NO_CREDENTIALS);
        cr_expect_eq(count, 0);
        cr_expect_eq(sender, 0);
        hang_up();
        cr_expect_eq(identity_begin(-1, &identity), MISMATCH_UNKNOWN);
}

#define NO_NAMESPACE 255

/* Runs TASK with PUPPET in a pid namespace in which that one is not, and expects that it finds it MISMATCH_FOREIGN. */
static void in_pid_namespace(enum mismatch (*task)(struct puppet puppet), struct puppet puppet) {
        pid_t maker = fork(), inside;
        int status;

        /* Of its own, since its children are in it, and since only a process without threads may do so as a user. */
        if (maker == 0) {
                if (unshare(getuid() == 0 ? CLONE_NEWPID : CLONE_NEWUSER | CLONE_NEWPID) < 0 || (inside = fork()) < 0)
                        _exit(NO_NAMESPACE);
                if (inside == 0)
                        _exit((int)task(puppet));
                waitpid(inside, &status, 0);
                _exit(WEXITSTATUS(status));
        }
        cr_assert_eq(waitpid(maker, &status, 0), maker);
        if (WEXITSTATUS(status) == NO_NAMESPACE)
                skip("needs a pid namespace");
        cr_expect_eq(WEXITSTATUS(status), MISMATCH_FOREIGN);
}

static enum mismatch accept_outsider(struct puppet puppet) {
        (void)puppet;
        return begin();
}

static enum mismatch hear_outsider(struct puppet puppet) {
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || identity_begin(ends[0], &identity) != MISMATCH_NONE)
                return MISMATCH_NONE;
        connection = ends[0];
        puppet_order(puppet, (struct order){ .verb = TAKE }, ends[1], &(int){ -1 });
        return hear_from(puppet, "hello");
}

Test(caller, a_process_without_a_pid_here_does_not_connect) {
        struct puppet puppet = puppet_new(0);

        connects(puppet);
        in_pid_namespace(accept_outsider, puppet);
}

Test(caller, a_process_without_a_pid_here_does_not_speak) {
        in_pid_namespace(hear_outsider, puppet_new(0));
}

Test(caller, a_token_is_good_once) {
        struct puppet puppet = new_caller();
        char token[TOKEN_LENGTH + 1];

        cr_expect_eq(hear_from(puppet, "identify"), MISMATCH_NONE);
        cr_expect_eq(identity_prove(&identity, ""), MISMATCH_TOKEN, "there is no token yet");
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        cr_expect_eq(strspn(identity.token, "0123456789abcdef"), TOKEN_LENGTH);
        memcpy(token, identity.token, sizeof(token));
        cr_expect_eq(identity_prove(&identity, token), MISMATCH_NONE);
        cr_expect_eq(identity_prove(&identity, token), MISMATCH_TOKEN);
        cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_TOKEN);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_NONE, "and one can have another");
}

Test(caller, identifying_again_makes_the_first_token_void) {
        char token[TOKEN_LENGTH + 1];

        new_caller();
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        memcpy(token, identity.token, sizeof(token));
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        cr_expect_str_neq(identity.token, token);
        cr_expect_eq(identity_prove(&identity, token), MISMATCH_TOKEN);
}

Test(caller, a_wrong_token_voids_the_right_one) {
        char token[TOKEN_LENGTH + 2];

        new_caller();
        for (size_t i = 0; i < TOKEN_LENGTH + 2; i++) {
                cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
                memcpy(token, identity.token, TOKEN_LENGTH + 1);
                if (i < TOKEN_LENGTH)
                        token[i] ^= 1;
                else if (i == TOKEN_LENGTH)
                        memcpy(token + TOKEN_LENGTH, "0", 2);
                else
                        token[TOKEN_LENGTH - 1] = 0;
                cr_expect_eq(identity_prove(&identity, token), MISMATCH_TOKEN, "%zu", i);
                cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_TOKEN);
        }
}

Test(caller, a_token_of_another_connection_is_none_here) {
        struct puppet puppet = new_caller();
        struct identity elsewhere = { .process = -1 };
        int second;

        connects(puppet);
        second = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_eq(identity_begin(second, &elsewhere), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&elsewhere, second), MISMATCH_NONE);
        cr_expect_eq(elsewhere.caller.peer.pid, identity.caller.peer.pid);
        cr_expect_eq(identity_prove(&elsewhere, identity.token), MISMATCH_TOKEN);
        cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_NONE);
        identity_end(&elsewhere);
        close(second);
}

/* Waited for, its pid is free; until then it is a zombie that has one. */
Test(caller, a_caller_that_has_ended_is_refused_whatever_it_has_sent) {
        for (int reaped = 0; reaped < 2; reaped++) {
                struct puppet puppet = new_caller();

                puppet_say(puppet, "identify");
                puppet_end(puppet, reaped);
                cr_expect_eq(hear(), MISMATCH_NONE);
                cr_expect_eq(identity_establish(&identity, connection), MISMATCH_ENDED);
                cr_expect_str_empty(identity.token);
                hang_up();

                puppet = new_caller();
                cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
                cr_expect_eq(identity_alive(&identity), MISMATCH_NONE);
                puppet_say(puppet, "stop");
                puppet_end(puppet, reaped);
                cr_expect_eq(hear(), MISMATCH_NONE);
                cr_expect_eq(identity_alive(&identity), MISMATCH_ENDED);
                cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_ENDED);
                cr_expect_eq(identity_establish(&identity, connection), MISMATCH_ENDED);
                hang_up();
        }
}

Test(caller, root_gains_nothing_by_claiming_to_be_a_zombie) {
        struct puppet puppet = new_caller(), second = puppet_second(puppet, false);

        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        puppet_end(puppet, false);
        claim(second, puppet.pid, getuid(), getgid());
        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_ENDED);
}

/* A process that gets the pid of PUPPET, which has ended, and the connection that SECOND has, too. */
static struct puppet heir_of(struct puppet puppet, struct puppet second) {
        struct puppet heir = puppet_new(puppet.pid);
        int passed;

        if (heir.pid < 0)
                skip("needs the right to choose the pid of a new process (CAP_CHECKPOINT_RESTORE)");
        puppet_order(second, (struct order){ .verb = GIVE }, -1, &passed);
        puppet_order(heir, (struct order){ .verb = TAKE }, passed, &(int){ -1 });
        close(passed);
        return heir;
}

Test(caller, a_process_with_the_pid_of_an_ended_caller_is_not_the_caller) {
        struct puppet puppet = new_caller(), second, heir;

        second = puppet_second(puppet, false);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        puppet_end(puppet, true);
        heir = heir_of(puppet, second);

        cr_expect_eq(hear_from(heir, "stop"), MISMATCH_NONE, "its credentials look right");
        cr_expect_eq(identity_prove(&identity, identity.token), MISMATCH_ENDED);
        cr_expect_eq(hear_from(heir, "identify"), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_ENDED, "the connection was another's");
}

static bool kernel_knows_who_connected(void) {
        int process = -1;
        socklen_t length = sizeof(process);
        bool knows = getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &process, &length) == 0;

        close(process);
        return knows;
}

Test(caller, a_process_that_got_the_pid_before_identify_is_not_the_caller) {
        struct puppet puppet = new_caller(), second = puppet_second(puppet, false);
        bool knows = kernel_knows_who_connected();

        puppet_say(puppet, "identify");
        puppet_end(puppet, true);
        heir_of(puppet, second);

        cr_expect_eq(hear(), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&identity, connection), knows ? MISMATCH_ENDED : MISMATCH_NONE);
        cr_expect_eq(strlen(identity.token), knows ? 0 : TOKEN_LENGTH, "before Linux 6.5 it is the heir's");
}

Test(caller, alive_is_said_of_a_process_that_is_known) {
        new_caller();
        cr_expect_eq(identity_alive(&identity), MISMATCH_ENDED);
}

Test(caller, each_mismatch_has_a_word_and_a_sentence_of_its_own) {
        for (int i = 0; i < MISMATCH_COUNT; i++)
                for (int j = 0; j < i; j++) {
                        cr_expect_str_neq(mismatch_word((enum mismatch)i), mismatch_word((enum mismatch)j));
                        cr_expect_str_neq(mismatch_text((enum mismatch)i), mismatch_text((enum mismatch)j));
                }
}
