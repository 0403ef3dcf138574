# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Debian's own programs lose their records, in each way that there is, and obey each policy. The table of all that is
# kept beside the results, as table.txt.
#
# With PROGRAMS=passwd+su only these are tried; sshd is tried with and without a terminal.
#
# Time limit: 2700 s
. ../guest/lib.sh

results=/var/lib/auditfail-cases/table.jsonl
export PYTHONDONTWRITEBYTECODE=1

is_measured() {
        # shellcheck disable=SC2046 # names have no blanks
        python3 measure.py $results $(echo "${PROGRAMS:-}" | tr + ' ') >&3
        python3 table.py $results --show >${results%.jsonl}.txt
}

sentences() {
        python3 -c 'import table; print("\n".join(table.SENTENCES))'
}

# What is lost here is in the history, too.
is_in_the_history() {
        auditfailctl history --application useradd >/run/history
        cat /run/history
        grep -F ADD_USER /run/history
}

check "all programs are tried" is_measured
[ -e $results ] || exit
sentences >/run/sentences
while read -r sentence; do
        check "$sentence" python3 table.py $results "$sentence"
done </run/sentences
case ${PROGRAMS:-useradd} in *useradd*) check "the history shows what was lost" is_in_the_history ;; esac
