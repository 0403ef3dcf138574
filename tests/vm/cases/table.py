#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says whether what measure.py wrote down is as it must be, and shows it as a table.

table.py RESULTS SENTENCE   one of the sentences in SENTENCES below; names the rows that break it
table.py RESULTS --show     the table
"""
import collections
import errno
import json
import sys

from programs import EVERYWHERE, NONE, PAM, PRELOAD, TERMINAL, UNIT

STOPPED = 77  # what the preload library ends a program with
PRELOADED = (PRELOAD, EVERYWHERE, UNIT)

# What a program does in a user namespace, whatever becomes of its records: the clock is not a namespace's to set.
CANNOT = {('hwclock', 'ECONNREFUSED')}

# Records that are written when the program is bob's alone, who has no right to: they are lost where audit works, too, and
# the preload library makes nothing of EPERM there. In Debian 13 newgrp writes none, and chage -l only opens audit.
COMMON = {'bob: chage -l bob': 'USER_CHAUTHTOK', 'bob: newgrp club': 'CHGRP_ID'}

# sshd closes a session on a terminal when the kernel refuses its own USER_LOGIN. The preload library obeys the policy
# for that record; PAM never sees it. sshd does not learn of ECONNREFUSED, and takes EAFNOSUPPORT for a kernel without
# audit.
ENDS = {('ssh.service' + TERMINAL, 'EPERM')}


# audit_open() fails, and the preload library passes this failure on: programs take it for a kernel without audit.
NO_AUDIT = 'EAFNOSUPPORT'


class Table:
    def __init__(self, rows):
        self.rows = rows
        self.works = {row['title']: row for row in rows if row['route'] == NONE and row['failure'] == 'none'}
        self.asked = {row['title'] for row in rows if row['journal']}

    def chosen(self, routes, *actions):
        """Those that lost something."""
        return [row for row in self.rows
                if row['route'] in routes and row['action'] in actions and row['failure'] != 'none']

    def differs(self, row):
        """Whether the program did less than where audit works, or ended otherwise."""
        return not row['did'] or row['status'] != self.works[row['title']]['status']

    def is_common(self, row):
        return row['title'] in COMMON and row['title'] in self.asked

    def loses(self, row):
        """The types of the records that the program writes, or tries to, though it might."""
        if row['title'] not in COMMON:
            return collections.Counter(self.works[row['title']]['own'])
        return collections.Counter([COMMON[row['title']]] if self.is_common(row) and row['failure'] != 'EPERM' else [])

    def audits(self, row):
        """Whether there is anything to obey about: these two look ahead as root, and then write no record as such."""
        return bool(self.loses(row)) or row['title'] == 'passwd -l bob' or (
            row['title'] == 'bob: newgrp club' and self.is_common(row))


def all_work(table):
    """every program does what it is told where audit works"""
    return [row for row in table.works.values() if not row['did'] or row['status'] not in (0, 200)]


def nothing_is_reported_before(table):
    """without auditfail in their way, programs lose their records and nobody hears of it"""
    return [row for row in table.rows if row['route'] == NONE and row['failure'] != 'none' and
            (row['journal'] or row['trail'] or row['own'])]


def goes_on_before(table):
    """without auditfail each program does what it is told, with the same status, except sshd on a terminal"""
    return [row for row in table.chosen((NONE,), 'none')
            if (row['program'], row['failure']) not in CANNOT and
            table.differs(row) != ((row['title'], row['failure']) in ENDS)]


def goes_on(table):
    """under ignore and log each program does what it does where audit works, with the same status"""
    return [row for row in table.chosen((*PRELOADED, PAM), 'ignore', 'log')
            if (row['program'], row['failure']) not in CANNOT and
            not (row['route'] == PAM and (row['title'], row['failure']) in ENDS) and table.differs(row)]


def pam_cannot_save(table):
    """under ignore and log PAM does not save what ends by itself: sshd on a terminal"""
    return [row for row in table.chosen((PAM,), 'ignore', 'log')
            if (row['title'], row['failure']) in ENDS and not table.differs(row)]


def says_nothing_more(table):
    """under ignore and log a program complains of nothing, but under log on a terminal"""
    return [row for row in table.chosen((PRELOAD, EVERYWHERE), 'ignore', 'log')
            if 'audit' in row['complaint'] and not (row['action'] == 'log' and row['terminal'])]


def a_terminal_adds_user_login(table):
    """on a terminal sshd writes USER_LOGIN as well; su and sudo write there what they write elsewhere"""
    def own(title):
        return collections.Counter(table.works[title]['own'])

    pairs = [(row, row['title'].removesuffix(TERMINAL)) for row in table.works.values()]
    return [row for row, other in pairs if row['title'] != other and other in table.works and
            own(row['title']) - own(other) != collections.Counter(['USER_LOGIN'] if row['program'] == 'sshd' else [])]


def each_loss_is_one_entry(table):
    """each record that was lost is one entry in the journal, with its type"""
    return [row for row in table.chosen(PRELOADED, 'ignore', 'log')
            if row['failure'] != NO_AUDIT and
            collections.Counter(entry['record'] for entry in row['journal']) != table.loses(row) and
            (row['journal'] or not table.is_common(row))]


def each_failed_open_is_one_entry(table):
    """where a program learns that there is no audit, each time is one entry, and a record that it sends is another"""
    def breaks(row):
        opens = [entry for entry in row['journal'] if entry['operation'] == 'audit_open']
        sent = collections.Counter(entry['record'] for entry in row['journal'] if entry not in opens)
        return (any(entry['record'] for entry in opens) or (table.loses(row) and not opens) or
                sent - table.loses(row))

    return [row for row in table.chosen(PRELOADED, 'ignore', 'log') if row['failure'] == NO_AUDIT and breaks(row)]


def pam_reports_once(table):
    """pam_auditfail reports once for each time that a program asks PAM"""
    return [row for row in table.chosen((PAM,), 'ignore', 'log', 'terminate') if len(row['journal']) != 1]


def stops_before(table):
    """under terminate a program does nothing, says why in one line, and ends with its status"""
    return [row for row in table.chosen((PRELOAD, EVERYWHERE), 'terminate') if table.audits(row) and
            (row['did'] or row['status'] != STOPPED or row['complaint'].count('stopped, as /etc/auditfail/') != 1)]


def services_refuse(table):
    """under terminate a service does not do what it is asked for"""
    return [row for row in table.chosen((UNIT,), 'terminate') if row['did'] or row['status'] in (0, 200)]


def pam_refuses(table):
    """under terminate PAM lets nobody do anything"""
    return [row for row in table.chosen((PAM,), 'terminate') if row['did'] or row['status'] in (0, 200)]


def files_are_unchanged(table):
    """what is stopped leaves the account files byte for byte as they were, and no lock"""
    return [row for row in table.rows if row['locks'] or
            row in table.chosen((*PRELOADED, PAM), 'terminate') and table.audits(row) and row['changed']]


def one_entry_each(table):
    """each program that is stopped is one entry in the journal"""
    return [row for row in table.chosen(PRELOADED, 'terminate') if table.audits(row) and len(row['journal']) != 1]


def trail_as_journal(table):
    """for each loss but of a person's own process, the trail has a record: program, record type and errno"""
    def of_entry(entry):
        return (entry['application'], entry['program'], entry['record'] or '?', str(-int(entry['errno'])),
                entry['action'], entry['operation'])

    def of_record(record):
        return (record['application'], record['ocomm'], record['lost'], record['exit'], record['answer'],
                record['operation'])

    def is_recorded(entry):
        """login closes its session in a process that already is visitor's: such a process has lost no evidence."""
        return entry['uid'] == '0' or not entry['auid']

    return [row for row in table.rows if collections.Counter(map(of_entry, filter(is_recorded, row['journal']))) !=
            collections.Counter(map(of_record, row['trail']))]


def errno_is_true(table):
    """each entry has the errno of the failure, which libaudit hides from programs"""
    return [row for row in table.rows if row['failure'] != 'none' and
            any(entry['errno'] != str(getattr(errno, row['failure'])) for entry in row['journal'])]


def nothing_is_suppressed(table):
    """no entry was left out"""
    return [row for row in table.rows if any(entry['suppressed'] not in ('', '0') for entry in row['journal'])]


def nobody_notices(table):
    """where audit works a program that is reached does what it always did, and nobody is asked about it"""
    return [row for row in table.rows if row['failure'] == 'none' and row['route'] != NONE and
            (table.differs(row) or row['journal'] or
             collections.Counter(row['own']) != collections.Counter(table.works[row['title']]['own']))]


def who_never_audits_is_left_alone(table):
    """a program that writes no record does what it did, under terminate, too"""
    return [row for row in table.chosen(PRELOADED, 'terminate') if not table.audits(row) and
            (not row['did'] or row['status'] or row['journal'])]


SENTENCES = {check.__doc__: check for check in (
    all_work, nothing_is_reported_before, goes_on_before, goes_on, pam_cannot_save, says_nothing_more,
    a_terminal_adds_user_login, each_loss_is_one_entry, each_failed_open_is_one_entry, pam_reports_once, stops_before,
    services_refuse, pam_refuses, files_are_unchanged, one_entry_each, trail_as_journal, errno_is_true, nothing_is_suppressed, nobody_notices,
    who_never_audits_is_left_alone)}


def one_line(row):
    found = [entry['record'] or entry['operation'] for entry in row['journal']]
    return (f"{row['title']} | {row['route']} | {row['failure']} | {row['action']} | "
            f"{'done' if row['did'] else 'not done'}, {row['status']} | journal {len(found)} {' '.join(found)} | "
            f"trail {len(row['trail'])} | own {' '.join(row['own'])} | {' '.join(row['changed'] + row['locks'])} | "
            f"{row['complaint'].strip()!r}")


def main():
    results, wanted = sys.argv[1:]
    with open(results, encoding='utf-8') as file:
        table = Table([json.loads(line) for line in file])
    if wanted == '--show':
        print('\n'.join(map(one_line, table.rows)))
        return
    broken = SENTENCES[wanted](table)
    for row in broken:
        print(one_line(row))
    sys.exit(bool(broken))


if __name__ == '__main__':
    main()
