dnl Audit records of the CUPS scheduler.
dnl
dnl SPDX-License-Identifier: LGPL-2.1-or-later

AC_CHECK_HEADER([libaudit.h], [
    AC_CHECK_LIB([audit], [auditfail_ask], [
	SERVERLIBS="$SERVERLIBS -laudit"
	AC_DEFINE([HAVE_LIBAUDIT], [1], [Have libaudit with auditfail_ask()?])
    ])
])
