#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets each program of programs.py lose its audit records in each way, under each policy, reached in each way, and
writes down what it did: measure.py RESULTS [NAME...]

An entry in the journal and a record in the trail belong to a run by the pid that is in them: nothing else runs
meanwhile, pids rise, and the run's are those between the pids of two children of this program. What was there before
the first run, of processes that may have had the same pids, is left out.
"""
import base64
import contextlib
import glob
import http.client
import json
import os
import pathlib
import pty
import re
import select
import socket
import subprocess
import sys
import time
import uuid

import programs
from programs import EVERYWHERE, NONE, PAM, PRELOAD, PROGRAMS, UNIT

# By its whole name: one without a folder in /etc/ld.so.preload is not there for setuid programs.
LIBRARY = glob.glob('/usr/lib/*/auditfail/libauditfail-preload.so')[0]
FAILURES = ('EPERM', 'EAFNOSUPPORT', 'ECONNREFUSED')
ACTIONS = ('ignore', 'log', 'terminate')
LIMIT = 60  # s, for one program
DECISION = '6e5f56a498b34df28f26198f5fc86e41'


def run(program, route, failure, action):
    programs.reset()
    if program.shows == 'clock':
        programs.reset_clock()
    first = new_pid()
    if program.service:
        status, output, complaint = ask_service(program, route, failure)
    else:
        command = [programs.UNAUDITED, failure]
        command += ['-u', program.user] if program.user else []
        command += ['auditfailctl', 'run', '--'] if route == PRELOAD else []
        command += program.command
        execute = on_terminal if program.terminal else in_pipes
        status, output, complaint = execute(command, program.typed)
    row = {
        'program': program.name, 'title': program.title, 'user': program.user or 'root', 'route': route,
        'failure': failure, 'action': action, 'status': status, 'output': output, 'complaint': complaint,
        'did': programs.did(program, output), 'changed': programs.accounts_changed(), 'locks': programs.locks(),
        'service': program.service, 'terminal': program.terminal, 'pids': [first, new_pid()],
    }
    print(f"# {program.title}, {route}, {failure}, {action}: {status}, {'did it' if row['did'] else 'did not'}: "
          f"{complaint.strip()!r}", flush=True)
    return row


def new_pid():
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    return process


def in_pipes(command, typed):
    """COMMAND's status, output and complaint. In a session of its own: nobody is asked for a password on a terminal."""
    try:
        done = subprocess.run(command, input=typed, capture_output=True, text=True, errors='replace', timeout=LIMIT,
                              start_new_session=True)
    except subprocess.TimeoutExpired as expired:
        return 'hangs', str(expired.stdout), str(expired.stderr)
    return done.returncode, done.stdout, done.stderr


def on_terminal(command, typed):
    """The same on a terminal, where output and complaint are one."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(command[0], command)
    os.write(terminal, typed.encode())
    said = b''
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        ended, status = os.waitpid(process, os.WNOHANG)
        while select.select([terminal], [], [], 0.05)[0]:
            # It fails while nobody has the other end open: login opens it anew.
            with contextlib.suppress(OSError):
                if part := os.read(terminal, 4096):
                    said += part
                    continue
            break
        if ended:
            os.close(terminal)
            return os.waitstatus_to_exitcode(status), '', said.decode(errors='replace').replace('\r', '')
        time.sleep(0.01)
    return 'hangs', '', said.decode(errors='replace')


def ask_service(program, route, failure):
    """Restarts the service where it loses its records, and somebody asks something of it."""
    settings = {'none': [], 'EPERM': ['CapabilityBoundingSet=~CAP_AUDIT_WRITE'],
                'EAFNOSUPPORT': ['RestrictAddressFamilies=~AF_NETLINK']}.get(failure)
    if settings is None:  # no setting of systemd 252 maps all users
        settings = ['ExecStart=', f'ExecStart={programs.UNAUDITED} {failure} {started_by(program.service)}']
    if route == UNIT:
        settings += [f'Environment=LD_PRELOAD={LIBRARY}']
    drop_in = pathlib.Path(f'/run/systemd/system/{program.service}.{programs.DROP_IN}')
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text('\n'.join(['[Service]', *settings, '']))
    pathlib.Path('/run/crond.reboot').unlink(missing_ok=True)
    systemctl('daemon-reload')
    systemctl('restart', program.service)
    said = CLIENTS[program.service](program)
    systemctl('stop', program.service)
    drop_in.unlink()
    return said


def systemctl(*words):
    """A service that does not start is no mistake here: nobody gets an answer from it then."""
    subprocess.run(['systemctl', '--quiet', *words], check=False)


def started_by(service):
    """The command of its ExecStart=, as Debian has it."""
    unit = subprocess.run(['systemctl', 'show', '--property', 'FragmentPath', '--value', service], check=True,
                          capture_output=True, text=True).stdout.strip()
    text = pathlib.Path(unit).read_text()
    return re.findall('^ExecStart=(.+)$', text, re.MULTILINE)[0]


def ask_sshd(program):
    return in_pipes(program.command, '')


def ask_cron(_):
    """A job is done, or it is not done within so many seconds that a busy emulated machine would have done it."""
    deadline = time.monotonic() + 15
    while not programs.DID.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return 0 if programs.DID.exists() else 'no job', '', ''


def ask_cupsd(_):
    """alice asks for what only administrators may see."""
    password = base64.b64encode(f'alice:{programs.ALICE}'.encode()).decode()
    connection = http.client.HTTPConnection('localhost', 631, timeout=LIMIT)
    try:
        connection.request('GET', '/admin/conf/cupsd.conf', headers={'Authorization': f'Basic {password}'})
        answer = connection.getresponse()
        return answer.status, answer.read().decode() if answer.status == 200 else '', ''
    except (OSError, http.client.HTTPException) as error:
        return 'hangs up', '', f'{error}\n'


CLIENTS = {'ssh': ask_sshd, 'cron': ask_cron, 'cups': ask_cupsd}


def set_policy(action):
    names = {name for program in PROGRAMS for name in program.applications()} | {'default'}
    for name in names:
        pathlib.Path('/etc/auditfail', name + '.conf').write_text(action + '\n')
    subprocess.run(['auditfailctl', 'reload'], check=True)


@contextlib.contextmanager
def reached(route):
    if route == EVERYWHERE:
        pathlib.Path('/etc/ld.so.preload').write_text(LIBRARY + '\n')
    elif route == PAM:
        update_pam('--enable')
    try:
        yield
    finally:
        if route == EVERYWHERE:
            pathlib.Path('/etc/ld.so.preload').unlink()
        elif route == PAM:
            update_pam('--disable')


def update_pam(change):
    subprocess.run(['pam-auth-update', change, 'auditfail'], check=True,
                   env=os.environ | {'DEBIAN_FRONTEND': 'noninteractive'})


def measure(wanted):
    """As long as nothing of ours is in the way, then under each policy; under terminate also where audit works.
    Programs change faster than failures, so that the daemon does not find that one program asks too often."""
    for failure in ('none', *FAILURES):
        for program in wanted:
            yield run(program, NONE, failure, 'none')
    for action in ACTIONS:
        set_policy(action)
        for route in (PRELOAD, EVERYWHERE, UNIT, PAM):
            with reached(route):
                for failure in (*FAILURES, 'none') if action == 'terminate' else FAILURES:
                    for program in wanted:
                        if route in program.routes:
                            yield run(program, route, failure, action)


def restore():
    """For the cases that follow: accounts, the policy as it was installed, and the services that always run."""
    programs.reset()
    programs.reset_clock()
    subprocess.run(['loginctl', 'disable-linger', *programs.PEOPLE], check=True)
    for file in pathlib.Path('/etc/auditfail').glob('*.conf'):
        installed = pathlib.Path(programs.CHECKOUT, 'etc/auditfail', file.name)
        if installed.exists():
            file.write_bytes(installed.read_bytes())
        else:
            file.unlink()
    subprocess.run(['auditfailctl', 'reload'], check=True)
    pathlib.Path('/etc/cron.d/table').unlink()
    systemctl('daemon-reload')
    systemctl('start', 'ssh', 'cron')


def keep_daemon():
    """A connection, so that the daemon does not end meanwhile: starting it takes an emulated machine as long as a
    program waits."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect('/run/auditfail/io.auditfail.Policy')
    connection.sendall(b'{"method":"io.auditfail.Policy.Status"}\0')
    connection.recv(65536)
    return connection


class Marks:
    """Where trail and journal were before the first run."""

    def __init__(self):
        self.name = uuid.uuid4()
        self.set('start')
        subprocess.run(['journalctl', '--sync'], check=True)
        self.usec = time.monotonic_ns() // 1000

    def set(self, word):
        subprocess.run(['auditctl', '-m', f'{word} of table {self.name}'], check=True)

    def trail(self):
        """What has come since, to the end."""
        self.set('end')
        deadline = time.monotonic() + 60
        while f'end of table {self.name}' not in (text := trail()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return text.partition(f'start of table {self.name}')[2]

    def journal(self, match):
        return [entry for line in journal(match)
                if int((entry := json.loads(line))['__MONOTONIC_TIMESTAMP']) > self.usec]


def add_records(rows, marks):
    """What the rows left in journal and trail, once all of it has arrived there."""
    records = [found for line in marks.trail().splitlines() if (found := read_record(line))]
    entries = [read_entry(entry) for entry in marks.journal(f'MESSAGE_ID={DECISION}')]
    lines = [(int(entry.get('_PID', 0)), entry['MESSAGE']) for unit in ('ssh', 'cron', 'cups')
             for entry in marks.journal(f'_SYSTEMD_UNIT={unit}.service')]
    for row in rows:
        first, last = row['pids']
        row['journal'] = [entry for entry in entries if first < entry['pid'] < last]
        mine = [record for record in records if first < record['pid'] < last]
        row['trail'] = [record for record in mine if record['ours']]
        row['own'] = [record['type'] for record in mine if not record['ours']]
        if row['service']:
            row['complaint'] += ''.join(f'{text}\n' for pid, text in lines
                                        if first < pid < last and 'audit' in str(text))


def trail():
    files = sorted(glob.glob('/var/log/audit/audit.log*'), key=lambda name: (len(name), name), reverse=True)
    return ''.join(pathlib.Path(name).read_text(errors='replace') for name in files)


def read_record(line):
    """A record of user space: of a program itself, or auditfaild's of what a program lost. A login has systemd start
    a session, which is no program's doing."""
    found = re.match(r"type=(\w+) msg=audit\([^)]*\): pid=(\d+) .*msg='(.*)", line)
    if not found or 'exe="/usr/lib/systemd/systemd' in line:
        return None
    kind, pid, text = found.groups()
    if 'op=audit-failure ' not in text:
        return {'type': kind, 'pid': int(pid), 'ours': False}
    fields = dict(re.findall(r'(\w+)="?([^" ]*)"?', text))
    return {'type': kind, 'pid': int(fields['opid']), 'ours': True} | {
        name: fields.get(name, '') for name in ('application', 'operation', 'lost', 'exit', 'answer', 'ocomm', 'suppressed')}


def journal(match):
    subprocess.run(['journalctl', '--sync'], check=True)
    return subprocess.run(['journalctl', '--boot', '--output', 'json', '--no-pager', '--quiet', match], check=True,
                          capture_output=True, text=True).stdout.splitlines()


def read_entry(entry):
    return {'pid': int(entry.get('AUDITFAIL_PID', 0)), 'by': entry.get('SYSLOG_IDENTIFIER', '')} | {
        name.lower(): entry.get('AUDITFAIL_' + name, '')
        for name in ('APPLICATION', 'ACTION', 'ERRNO', 'OPERATION', 'RECORD', 'PROGRAM', 'UID', 'AUID', 'SUPPRESSED')}


def main():
    results, *names = sys.argv[1:]
    programs.set_up()
    wanted = [program for program in PROGRAMS if not names or program.name in names]
    marks = Marks()
    with keep_daemon():
        rows = list(measure(wanted))
        restore()
        add_records(rows, marks)
    pathlib.Path(results).write_text(''.join(json.dumps(row) + '\n' for row in rows))


if __name__ == '__main__':
    main()
