#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libauditfail.so brings into a program: two symbols, no library but libc, and no function but those listed here."""
import re
import subprocess
import sys

LIBRARY = sys.argv[1]

# What POSIX lets a signal handler call, and memory and string functions that touch nothing else.
MAY_BE_CALLED = set("""
    access clock_gettime close connect fcntl fcntl64 fstat fstat64 getgid getpid getuid open open64 openat openat64 poll pread pread64
    pthread_setcancelstate read readlink recv recvfrom send sendto setsockopt socket stat stat64 syscall
    bcmp memchr memcmp memcpy memmove mempcpy memrchr memset stpcpy strchr strcmp strcpy strlen strncmp strnlen strspn strstr
    __memcpy_chk __memset_chk __stpcpy_chk __strcpy_chk __stack_chk_fail __errno_location
    __progname program_invocation_short_name
    __cxa_finalize __gmon_start__ _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable
    """.split())

# Called by the constructor alone, before main().
MAY_BE_CALLED |= {"getauxval", "secure_getenv", "__libc_enable_secure"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(which):
    lines = output("nm", "--dynamic", "--with-symbol-versions", which, LIBRARY).splitlines()
    return {line.split()[-1] for line in lines}


needed = set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", LIBRARY)))
exported = symbols("--defined-only")
imported = {symbol.split("@")[0] for symbol in symbols("--undefined-only")}
flags = output("readelf", "-d", "-W", LIBRARY)

promises = {
    "it needs libc alone": len(needed) == 1 and re.fullmatch(r"libc\.(so\.6|so|musl-\w+\.so\.1)", *needed) is not None,
    "it exports its functions, with the version that brought them":
        exported == {"AUDITFAIL_1.0", "audit_failure_action@@AUDITFAIL_1.0", "auditfail_ask@@AUDITFAIL_1.0",
                     "AUDITFAIL_1.1", "auditfail_check@@AUDITFAIL_1.1"},
    "it calls nothing that a signal handler must not": imported <= MAY_BE_CALLED,
    "its calls are bound when it is loaded, not when a signal handler makes the first one": "BIND_NOW" in flags,
    "its name says which interface it has": "libauditfail.so.1]" in flags,
}

print(f"1..{len(promises)}")
for number, (promise, kept) in enumerate(promises.items(), 1):
    print("ok" if kept else "not ok", number, "-", promise)
if not all(promises.values()):
    print("# needed:", *sorted(needed))
    print("# exported:", *sorted(exported))
    print("# called:", *sorted(imported - MAY_BE_CALLED))
    sys.exit(1)
