/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "daemon/server/user.h"

/* Takes connections for UID until the limit. Returns their number. */
static size_t take_all(struct users *users, uid_t uid, struct user **ret) {
        size_t count = 0;

        for (struct user *user; (user = user_connect(users, uid)); count++)
                *ret = user;
        cr_expect_eq(errno, EDQUOT);
        return count;
}

/* Closes all connections of USER, which frees it. */
static void give_all(struct users *users, struct user *user) {
        for (size_t count = user->connections; count > 0; count--)
                user_disconnect(users, user);
}

Test(user, a_user_that_takes_all_it_can_leaves_as_much_for_the_others) {
        struct users users;
        struct user *greedy = NULL, *second = NULL, *third = NULL;

        users_init(&users, 1000);
        cr_expect_eq(take_all(&users, 1, &greedy), 500);
        cr_expect_eq(take_all(&users, 2, &second), 250);
        cr_expect_eq(take_all(&users, 3, &third), 125);
        cr_expect_eq(users.count, 3);

        give_all(&users, greedy);
        cr_expect_eq(users.count, 2, "the user is gone with its last connection");
        cr_expect_not_null(user_connect(&users, 3), "another user may have a closed connection");
        give_all(&users, second);
        give_all(&users, third);
        cr_expect_eq(users.connections, 0);
}

Test(user, root_may_have_all_connections) {
        struct users users;
        struct user *root = NULL;

        users_init(&users, 10);
        cr_expect_eq(take_all(&users, 0, &root), 10);
        give_all(&users, root);
}

Test(user, uids_that_share_a_bucket_are_different_users) {
        struct users users;
        struct user *a, *b;

        users_init(&users, 10);
        a = user_connect(&users, 1);
        b = user_connect(&users, 257);
        cr_expect_neq(a, b);
        cr_expect_eq(user_connect(&users, 1), a);
        cr_expect_eq(user_connect(&users, 513)->connections, 1);
        give_all(&users, b);
        cr_expect_eq(user_connect(&users, 1), a, "the others are found after one is gone");
        cr_expect_eq(user_connect(&users, 513)->connections, 2);
        give_all(&users, a);
        give_all(&users, user_connect(&users, 513));
        cr_expect_eq(users.count, 0);
}

Test(user, bytes_and_monitors_have_a_limit_for_all_but_root) {
        struct user user = { .uid = 1 }, root = { .uid = 0 };

        cr_expect(user_has_room(&user));
        cr_expect(user_take_bytes(&user, USER_BYTES_MAX));
        cr_expect_not(user_has_room(&user));
        cr_expect_not(user_take_bytes(&user, 1));
        user_give_bytes(&user, 1);
        cr_expect(user_take_bytes(&user, 1));
        cr_expect(user_take_bytes(&root, USER_BYTES_MAX + 1));

        for (int i = 0; i < USER_MONITORS_MAX; i++)
                cr_expect(user_take_monitor(&user));
        cr_expect_not(user_take_monitor(&user));
        user_give_monitor(&user);
        cr_expect(user_take_monitor(&user));
        for (int i = 0; i <= USER_MONITORS_MAX; i++)
                cr_expect(user_take_monitor(&root));
}
