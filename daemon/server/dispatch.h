/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a connection's calls to the methods that answer them. Answers org.varlink.service itself. */
#ifndef AUDITFAIL_DISPATCH_H
#define AUDITFAIL_DISPATCH_H

#include <stdbool.h>

#include "daemon/server/connection.h"

#define CALLS_AT_ONCE 16 /* calls of one connection that are answered before other connections have their turn */

struct varlink_service;

struct method {
        const char *name; /* "Query" */

        /*
         * Answers CALL with connection_reply(), connection_error() or a stream, and returns 0. Or answers nothing, and
         * returns call_invalid() with the name of the wrong parameter.
         */
        int (*serve)(struct connection *connection, struct call *call, const struct varlink_service *service);
        bool streams; /* the call must have "more" */
};

struct interface {
        const char *name;             /* "io.auditfail.Policy" */
        const char *description;      /* the text of the interface file */
        const struct method *methods; /* the last one has no name */

        /* Parameters that call->values has for every method, in this order, at most PARAMETERS_MAX; 0: none. */
        const struct json_name *parameters;
        size_t parameter_count;
};

struct varlink_service {
        const char *product;
        const struct interface *interface;    /* the one beside org.varlink.service */
        void *context;                        /* for methods and hooks */
        const struct connection_hooks *hooks; /* NULL: all bytes of a connection count as sent by its user */
        const char *no_connection;            /* the reply to a user whose connection limit is reached; NULL: none */
};

/*
 * One turn of CONNECTION: sends what was left to send, then the next reply of its stream, or the replies to up to
 * CALLS_AT_ONCE calls.
 */
enum after_turn dispatch(const struct varlink_service *service, struct connection *connection);

#endif
