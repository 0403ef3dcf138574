# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# People log in over ssh, through PAM, and what they do is put down to them.
#
# shellcheck disable=SC2016 # what is in single quotes is for the shell at the other end
. ../guest/lib.sh

# Who somebody is to the system and to the audit trail, since when, and on which terminal.
identity='echo "$(id --user) $(cat /proc/self/loginuid) $(cat /proc/self/sessionid) $(tty)"'

alice_is_alice() {
        as_person alice sh -c "$identity" >/run/alice
        grep -xE '1000 1000 [1-9][0-9]{0,8} not a tty' /run/alice
}

stays_alice_as_root() {
        as_person alice sudo -n sh -c "$identity" >/run/root
        grep '^0 1000 ' /run/root
        test "$(cut -d ' ' -f 3 /run/root)" -gt "$(cut -d ' ' -f 3 /run/alice)"
}

bob_stays_bob() {
        fails as_person bob sudo -n true
}

the_trail_names_them() {
        mark
        as_person_on_terminal bob sh -c "$identity" >/run/bob
        grep '^1001 1001 [1-9][0-9]* /dev/pts/' /run/bob
        session=$(cut -d ' ' -f 3 /run/bob)
        await record_of USER_LOGIN --loginuid 1001 --raw
        record_of USER_LOGIN --loginuid 1001 --raw | grep " ses=$session .* res=success"
        record_of USER_LOGIN --loginuid 1001 --interpret | grep ' auid=bob '
        record_of LOGIN --loginuid 1001 --raw | grep " old-auid=4294967295 auid=1001 .* ses=$session "
        fails record_of USER_LOGIN --loginuid 1000
}

words_stay_words() {
        expected="[it's][a b][\$HOME \"x\"][][two
lines]"
        test "$(as_person bob printf '[%s]' "it's" 'a b' '$HOME "x"' '' 'two
lines')" = "$expected"
}

prompts_are_answered() {
        ends_with 7 as_person_answering bob 'Name? ' 'Bob\n' \
                sh -c 'printf "Name? "; read -r name; echo "hello, $name"; exit 7' >/run/answered
        cat /run/answered
        grep 'hello, Bob' /run/answered
        ends_with 3 as_person_answering bob ready '\003' sh -c 'trap "exit 3" INT; echo ready; sleep 60'
}

check "the kernel knows that it is alice who logged in, and in which session" alice_is_alice
check "sudo makes alice root, and leaves her name on what she does; a login is a new session" stays_alice_as_root
check "bob may not sudo" bob_stays_bob
check "the trail has who logged in, on a terminal" the_trail_names_them
check "a command gets the words that it was given" words_stay_words
check "what a command asks on its terminal is answered, and its status comes back" prompts_are_answered
