#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What callers of auditfail-controld may say that auditctl does not. Prints each reply.

call.py METHOD [PARAMETERS]   one call
call.py --stop TIMES          Identify and Stop, so often, over one connection
call.py --garbage             bytes that are no call
"""
import json
import socket
import sys

SOCKET = '/run/auditfail/io.auditfail.Control'
INTERFACE = 'io.auditfail.Control.'


def main():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(SOCKET)
        if sys.argv[1] == '--garbage':
            send(connection, b'garbage {]\xff' * 500)
            print(reply(connection))
        elif sys.argv[1] == '--stop':
            for _ in range(int(sys.argv[2])):
                token = json.loads(call(connection, INTERFACE + 'Identify'))['parameters']['token']
                print(call(connection, INTERFACE + 'Stop', json.dumps({'token': token})))
        else:
            print(call(connection, *sys.argv[1:]))


def call(connection, method, parameters='{}'):
    send(connection, f'{{"method":"{method}","parameters":{parameters}}}\0'.encode())
    return reply(connection)


def reply(connection):
    data = b''
    while not data.endswith(b'\0') and (part := receive(connection)):
        data += part
    return data.rstrip(b'\0').decode()


def send(connection, data):
    """The service may have answered and hung up before."""
    try:
        connection.sendall(data)
    except BrokenPipeError:
        pass


def receive(connection):
    """What is there, or nothing at the end, as which the kernel also says that bytes were left unread."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b''


if __name__ == '__main__':
    main()
