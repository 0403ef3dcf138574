#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what failed in the last `meson test` of each build directory. The last line counts the cases.

A program that speaks TAP counts as many cases as it reports; any other program counts as one. If a program fails
although all its reported cases passed (it crashed, hung, or ended early), that is one more failed case. A directory
where no test ran is a failed case, and so is one that has reports of the sanitizers.

With --compare, prints each program that has fewer cases in one directory than in another: a compiler can drop cases
without a word.
"""
import json
import pathlib
import re
import sys

TAP = re.compile(r'(?P<no>not )?ok\b(?P<title>[^#]*)(#\s*(?P<directive>skip|todo))?', re.IGNORECASE)


def read_runs(directory):
    """The lines of meson's testlog.json."""
    log = directory / 'meson-logs' / 'testlog.json'
    return list(map(json.loads, log.read_text(errors='replace').splitlines() if log.exists() else []))


def read_cases(run):
    return [case for case in map(TAP.match, run['stdout'].splitlines()) if case]


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add_program(self, title, run):
        output = run['stdout'] + run.get('stderr', '')
        result = run['result']
        cases = read_cases(run)
        skipped = [case.string for case in cases if case['directive']]
        failed = [case['title'].strip(' -') for case in cases if case['no'] and not case['directive']]
        passed = len(cases) - len(skipped) - len(failed)

        if not cases and result == 'OK':
            passed = 1
        elif not cases and result == 'SKIP' and (run['returncode'] or '1..0' in output):
            skipped = [output.strip()]
        elif not cases and result == 'SKIP':
            failed = ['reported no case']
        elif not failed and result not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
            failed = [f'{result.lower()}, status {run["returncode"]}']

        for reason in skipped:
            print(f'SKIPPED {title}: {reason}')
        self.passed += passed
        self.skipped += len(skipped)
        self.add_failed(title, failed, output)

    def add_failed(self, title, failed, output):
        self.failed += len(failed)
        if failed:
            print(f'FAILED {title}: {", ".join(failed)}', *(f'    {line}' for line in output.splitlines()), sep='\n')

    def add_directory(self, directory):
        runs = read_runs(directory)
        if not runs:
            self.add_failed(directory, ['no test ran'], 'The build failed, or no test has this name.')
        for run in runs:
            self.add_program(f'{directory} {run["name"]}', run)
        reports = sorted(directory.glob('sanitizer.*'))
        if reports:
            self.add_failed(directory, ['reports of the sanitizers'],
                            '\n'.join(f'{report.name}:\n{report.read_text()}' for report in reports))


def compare(directories):
    """Returns whether each program has the same number of cases in all DIRECTORIES where tests ran."""
    runs = {directory: read_runs(pathlib.Path(directory)) for directory in directories}
    counts = {directory: {run['name']: len(read_cases(run)) for run in runs[directory]} for directory in directories}
    skipped = {(directory, run['name']) for directory in directories for run in runs[directory]
               if run['result'] == 'SKIP'}
    same = True
    for name in sorted(set().union(*counts.values())):
        most = max(directories, key=lambda directory: counts[directory].get(name, 0))
        for directory in directories:
            count = counts[directory].get(name, 0)
            if runs[directory] and count < counts[most][name] and (directory, name) not in skipped:
                print(f'FAILED {directory} {name}: {count} cases, {counts[most][name]} in {most}')
                same = False
    return same


def main():
    if sys.argv[1:2] == ['--compare']:
        return not compare(sys.argv[2:])
    count = Count()
    for directory in sys.argv[1:]:
        count.add_directory(pathlib.Path(directory))
    skipped = f', {count.skipped} skipped' if count.skipped else ''
    print(f'\n{count.passed} passed, {count.failed} failed{skipped}')
    return count.failed > 0 or count.passed == 0


if __name__ == '__main__':
    sys.exit(main())
