/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a call to the method that answers it; org.varlink.service, which every service has, is answered here. */
#ifndef AUDITFAIL_DISPATCH_H
#define AUDITFAIL_DISPATCH_H

#include <stdbool.h>

#include "daemon/server/connection.h"

struct service;

struct method {
        const char *name; /* "Query" */

        /*
         * Answers CALL with connection_reply(), connection_error() or a stream, and returns 0; or answers nothing and
         * returns -EINVAL, with call->invalid set.
         */
        int (*serve)(struct connection *connection, struct call *call, const struct service *service);
        bool streams; /* must be called with "more" */
};

struct interface {
        const char *name;             /* "io.auditfail.Policy" */
        const char *description;      /* the text of the interface file */
        const struct method *methods; /* up to one without a name */
};

/* For a service that must know who sent what. Each may end a connection with connection_refuse(). */
struct gate {
        void (*admit)(struct connection *connection, const struct service *service); /* before anything is read */
        /* In place of recv(2). */
        ssize_t (*receive)(struct connection *connection, const struct service *service, void *buffer, size_t size);
        void (*release)(struct connection *connection); /* when it is over */
};

struct service {
        const char *product;
        const struct interface *interface; /* the one beside org.varlink.service */
        void *context;                     /* for its methods */
        const struct gate *gate;           /* NULL: whatever comes over a connection is its user's */
};

/* Answers CALL, which came over CONNECTION. */
void dispatch(const struct service *service, struct connection *connection, struct call *call);

#endif
