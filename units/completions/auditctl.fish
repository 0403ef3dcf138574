# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for auditctl-stop(8). The stock auditctl's arguments get the default of fish: file names.

set -l requests stop restart reload rotate resume state
set -l verbs $requests whoami

for entry in 'stop:stop the audit daemon' \
    'restart:stop the audit daemon and make systemd start it again' \
    'reload:make it read its configuration again, and load the rules' \
    'rotate:make it rotate its log' \
    'resume:make it resume logging' \
    'state:print a report of its state' \
    'whoami:print the identity that would be recorded'
    set -l words (string split -m 1 : -- $entry)
    complete -c auditctl -n __fish_is_first_arg -a $words[1] -d $words[2]
end

complete -c auditctl -n "__fish_is_first_arg; or __fish_seen_subcommand_from $verbs" --no-files
complete -c auditctl -n "__fish_seen_subcommand_from $requests" -l reason -x -d 'Reason, for the audit trail'
complete -c auditctl -n "__fish_seen_subcommand_from $requests" -l force -d 'Go on without a login, or without the record on disk'
complete -c auditctl -n "__fish_seen_subcommand_from $requests" -l no-ask-password -d 'Never ask for a password'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -l timeout -x -d 'Time limit of the request, in seconds'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -l json -a 'short pretty auto off' -d 'Print JSON'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -s j -d 'Print JSON, pretty on a terminal'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -s q -l quiet -d 'Print errors and warnings only'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -s h -l help -d 'Show help'
complete -c auditctl -n "__fish_seen_subcommand_from $verbs" -s V -l version -d 'Show the version'
