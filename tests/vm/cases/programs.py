# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs of the table: what each is told to do, how it can be reached, and how one sees that it did it.

bob only uses the machine and administers the group club; alice is a member of sudo and of lpadmin; leaver has an
account to be deleted; visitor's shell does nothing but to show that visitor got in.
"""
import dataclasses
import pathlib
import subprocess

RUN = pathlib.Path('/run/table')
DID = RUN / 'did'  # made by what a program starts: people may write here
DROP_IN = 'service.d/table.conf'
ACCOUNTS = ('passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid')
CHECKOUT = '/root/auditfail'
UNAUDITED = CHECKOUT + '/build-install/tests/vm/tools/unaudited'
AMTU = CHECKOUT + '/build-install/tests/vm/tools/amtu'
RTC = pathlib.Path('/sys/class/rtc/rtc0/date')

PEOPLE = ('alice', 'bob', 'visitor')
ALICE, BOB, NEW = 'password of alice', 'password of bob', 'Xyzzy-4711-plugh'
TOUCH = f'touch {DID}'

# How a program is reached.
NONE = 'nothing'  # as it always was
PRELOAD = 'auditfailctl run'
EVERYWHERE = '/etc/ld.so.preload'
UNIT = 'unit'  # LD_PRELOAD in the unit's environment
PAM = 'pam_auditfail'

TERMINAL = ', on a terminal'  # the end of such a title


@dataclasses.dataclass
class Program:
    name: str
    command: list
    user: str = ''  # who starts it: root where empty
    routes: tuple = (PRELOAD,)
    typed: str = ''
    terminal: bool = False
    shows: str = 'accounts'  # how one sees that it did it: accounts, did, output, clock
    service: str = ''  # the unit that it runs in; COMMAND is then what a client asks of it
    policies: tuple = ()  # the applications whose policy may decide, beside its own

    @property
    def title(self):
        who = f'{self.user}: ' if self.user else ''
        where = TERMINAL if self.terminal else ''
        return who + (' '.join(self.command) if not self.service else f'{self.service}.service') + where

    def applications(self):
        return (self.name,) + self.policies


def by_root():
    yield Program('passwd', ['passwd', '-l', 'bob'])
    # It is setgid: root must belong to its group, as `auditfailctl run` sees to, or the loader takes no LD_PRELOAD.
    yield Program('chage', ['chage', '-M', '90', 'bob'], routes=(PRELOAD, EVERYWHERE))
    yield Program('chsh', ['chsh', '-s', '/bin/sh', 'bob'])
    yield Program('chfn', ['chfn', '-r', '7', 'bob'])
    yield Program('useradd', ['useradd', 'newcomer'])
    yield Program('usermod', ['usermod', '-c', 'Robert', 'bob'])
    yield Program('userdel', ['userdel', 'leaver'])
    yield Program('groupadd', ['groupadd', 'newgroup'])
    yield Program('gpasswd', ['gpasswd', '-a', 'alice', 'club'])
    yield Program('newgrp', ['newgrp', 'club'], typed=TOUCH + '\n', shows='did')
    yield Program('hwclock', ['hwclock', '--set', '--date', '2031-05-05 12:00:00', '--utc'], shows='clock')
    yield Program('login', ['login', '-f', 'visitor'], terminal=True, shows='did', routes=(PRELOAD, PAM))
    yield Program('su', ['su', 'bob', '-c', TOUCH], shows='did', routes=(PRELOAD, PAM))
    yield Program('su', ['su', 'bob', '-c', TOUCH], terminal=True, shows='did')
    yield Program('sudo', ['sudo', '-n', 'touch', str(DID)], shows='did', routes=(PRELOAD,))
    yield Program('sudo', ['sudo', '-n', 'touch', str(DID)], terminal=True, shows='did')
    yield Program('amtu', [AMTU], shows='output')


def by_users():
    yield Program('passwd', ['passwd'], 'bob', (EVERYWHERE, PAM), f'{BOB}\n{NEW}\n{NEW}\n')
    yield Program('chage', ['chage', '-l', 'bob'], 'bob', (EVERYWHERE,), shows='output')
    yield Program('chsh', ['chsh', '-s', '/bin/sh'], 'bob', (EVERYWHERE, PAM), BOB + '\n')
    yield Program('chfn', ['chfn', '-r', '7'], 'bob', (EVERYWHERE, PAM), BOB + '\n')
    yield Program('gpasswd', ['gpasswd', '-a', 'alice', 'club'], 'bob', (EVERYWHERE,))
    yield Program('newgrp', ['newgrp', 'club'], 'bob', (EVERYWHERE,), TOUCH + '\n', shows='did')
    yield Program('su', ['su', 'alice', '-c', TOUCH], 'bob', (EVERYWHERE, PAM), ALICE + '\n', shows='did')
    yield Program('sudo', ['sudo', '-n', 'touch', str(DID)], 'alice', (EVERYWHERE, PAM), shows='did')


def services():
    yield Program('sshd', ['ssh', '-T', 'bob@localhost', TOUCH], routes=(UNIT, PAM), shows='did', service='ssh')
    # On a terminal sshd writes USER_LOGIN itself.
    yield Program('sshd', ['ssh', '-tt', 'bob@localhost', TOUCH], routes=(UNIT, PAM), terminal=True, shows='did',
                  service='ssh')
    yield Program('cron', ['@reboot'], routes=(UNIT, PAM), shows='did', service='cron')
    yield Program('cupsd', ['curl'], routes=(UNIT, PAM), shows='output', service='cups', policies=('cups',))


PROGRAMS = [*by_root(), *by_users(), *services()]


def set_up():
    """The people and things that PROGRAMS names, beside alice and bob; keeps the accounts as they then are."""
    RUN.mkdir(mode=0o777, exist_ok=True)
    RUN.chmod(0o777)
    shell = pathlib.Path('/usr/local/bin/visitors-shell')
    shell.write_text(f'#!/bin/sh\n{TOUCH}\n')
    shell.chmod(0o755)
    for command in ('useradd -m -s /usr/local/bin/visitors-shell visitor', 'useradd -M leaver', 'groupadd club',
                    'gpasswd -A bob club', 'gpasswd -M bob club', 'usermod -aG lpadmin alice'):
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
    pathlib.Path('/home/visitor/.hushlogin').touch()
    # So that systemd does not start and stop a user's manager for each session.
    subprocess.run(['loginctl', 'enable-linger', *PEOPLE], check=True)
    # The usual hash takes an emulated machine a second for each password.
    subprocess.run(['chpasswd', '-c', 'SHA256', '-s', '1000'], check=True, text=True,
                   input=f'alice:{ALICE}\nbob:{BOB}\n')
    pathlib.Path('/etc/cron.d/table').write_text(f'@reboot bob {TOUCH}\n')
    # For sshd and cupsd in a user namespace, to which the machine's network does not belong.
    pathlib.Path('/proc/sys/net/ipv4/ip_unprivileged_port_start').write_text('0')
    for name in ACCOUNTS:
        source = pathlib.Path('/etc', name)
        copy = RUN / name
        copy.write_bytes(source.read_bytes())
        copy.chmod(0o600)


def accounts_changed():
    return [name for name in ACCOUNTS if pathlib.Path('/etc', name).read_bytes() != (RUN / name).read_bytes()]


def locks():
    return [str(lock) for name in ACCOUNTS if (lock := pathlib.Path('/etc', name + '.lock')).exists()]


def reset():
    """All as it was: accounts, locks, the clock, and what shows that something happened."""
    for name in accounts_changed():
        # Not written anew: owner and mode stay.
        pathlib.Path('/etc', name).write_bytes((RUN / name).read_bytes())
    for lock in locks():
        pathlib.Path(lock).unlink()
    DID.unlink(missing_ok=True)


def reset_clock():
    subprocess.run(['hwclock', '--systohc', '--utc'], check=True)


def did(program, output):
    if program.shows == 'accounts':
        return bool(accounts_changed())
    if program.shows == 'did':
        return DID.exists()
    if program.shows == 'clock':
        return RTC.read_text().startswith('2031-05-05')
    return bool(output.strip())
