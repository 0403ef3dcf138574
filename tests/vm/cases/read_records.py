#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""read_records.py FILE: the TRUSTED_APP records in FILE as auparse reads them, an object of JSON for each.

In it are the fields, in their order, each with what auparse interprets it as. Where a name comes twice there is a list.
"""
import ctypes
import json
import sys

AUSOURCE_FILE = 1
AUPARSE_ESC_RAW = 0

auparse = ctypes.CDLL('libauparse.so.0')
auparse.auparse_init.restype = ctypes.c_void_p
for function in 'get_type_name', 'get_field_name', 'interpret_field':
    getattr(auparse, 'auparse_' + function).restype = ctypes.c_char_p


def read(records):
    """The fields of the record that auparse is at."""
    fields = {}
    auparse.auparse_first_field(records)
    while True:
        name = auparse.auparse_get_field_name(records).decode()
        value = auparse.auparse_interpret_field(records).decode(errors='surrogateescape')
        fields[name] = [fields[name], value] if name in fields else value
        if auparse.auparse_next_field(records) <= 0:
            return fields


def main():
    records = ctypes.c_void_p(auparse.auparse_init(AUSOURCE_FILE, sys.argv[1].encode()))
    auparse.auparse_set_escape_mode(records, AUPARSE_ESC_RAW)
    while auparse.auparse_next_event(records) > 0:
        if auparse.auparse_get_type_name(records) == b'TRUSTED_APP':
            print(json.dumps(read(records)))


if __name__ == '__main__':
    main()
