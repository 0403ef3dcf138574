# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for auditfailctl(1)

function __auditfailctl_applications
    auditfailctl --quiet --timeout=2 list 2>/dev/null
end

function __auditfailctl_services
    systemctl list-units --type=service --all --plain --no-legend 2>/dev/null | string replace --regex ' .*' ''
end

# The policy files of the machine, and the paths that fish completes.
function __auditfailctl_policy_files
    for file in /etc/auditfail/*.conf
        echo $file
    end
    __fish_complete_path (commandline --current-token)
end

# What `complete` gets for a command, after the name of the command.
function __auditfailctl_for
    complete -c auditfailctl -n "__fish_seen_subcommand_from $argv[1]" $argv[2..]
end

complete -c auditfailctl --no-files

for entry in 'query:ask what a program must do' \
    'explain:show how the daemon finds an answer' \
    'list:list all policies' \
    'check:check policy files, without the daemon' \
    'edit:change policy files in an editor, check them, and reload' \
    'reload:make the daemon read all policy files again' \
    'status:show the state of the daemon' \
    'monitor:show decisions and reloads as they happen' \
    'history:show decisions from the journal' \
    'run:run an unmodified program under its policy' \
    'doctor:diagnose a program, process or service that may lose audit records' \
    'guard:make systemd refuse to stop auditd; use auditctl stop instead'
    set -l words (string split -m 1 : -- $entry)
    complete -c auditfailctl -n __fish_use_subcommand -a $words[1] -d $words[2]
end

complete -c auditfailctl -l json -d 'Print JSON' -a 'short pretty auto off'
complete -c auditfailctl -s j -d 'Print JSON, pretty on a terminal'
complete -c auditfailctl -s q -l quiet -d 'Print less'
complete -c auditfailctl -l no-pager -d 'Do not send long output to a pager'
complete -c auditfailctl -l color -x -a 'auto always never' -d Colours
complete -c auditfailctl -l no-color -d 'No colours'
complete -c auditfailctl -l socket -r -F -d "The daemon's socket"
complete -c auditfailctl -l timeout -x -d 'Seconds to wait for the daemon'
complete -c auditfailctl -s h -l help -d 'Show help'
complete -c auditfailctl -s V -l version -d 'Show the version'

set -l errnos EPERM EACCES EINVAL EPROTONOSUPPORT EAFNOSUPPORT ECONNREFUSED EAGAIN ENOBUFS ENOMEM EMFILE ENFILE ETIMEDOUT EIO
for command in query explain
    __auditfailctl_for $command -a '(__auditfailctl_applications)'
    __auditfailctl_for $command -s e -l errno -x -a "$errnos" -d 'Errno of the failed call'
    __auditfailctl_for $command -s k -l kind -x -a 'unsupported disabled excluded denied overload other' -d 'Kind of failure'
end
__auditfailctl_for query -s o -l operation -x -d 'The call that failed'
__auditfailctl_for query -l record -x -d 'Type of the lost record'
__auditfailctl_for query -l ahead -d 'No record is lost yet'

__auditfailctl_for check -a '(__auditfailctl_policy_files)'
__auditfailctl_for check -l root -x -a '(__fish_complete_directories)' -d 'Check a tree'
__auditfailctl_for check -l owner -x -a '(__fish_complete_users)' -d 'Who may own files'
__auditfailctl_for check -l strict -d 'Warnings count as errors'

__auditfailctl_for edit -a '(__auditfailctl_applications)'
__auditfailctl_for edit -l root -x -a '(__fish_complete_directories)' -d 'Change a tree'

__auditfailctl_for history -s S -l since -x -a 'now today yesterday' -d Since
__auditfailctl_for history -s U -l until -x -a 'now today yesterday' -d Until
__auditfailctl_for history -s a -l application -x -a '(__auditfailctl_applications)' -d 'Only this application'
__auditfailctl_for history -s n -l lines -x -d 'Only the newest'
__auditfailctl_for history -s b -l boot -d 'Only of one boot'
__auditfailctl_for history -s r -l reverse -d 'The newest first'
__auditfailctl_for history -s f -l follow -d 'Keep running, and show new decisions'
__auditfailctl_for history -s M -l machine -x -a '(machinectl --no-legend --no-pager list 2>/dev/null | string match -r "^\\S+")' \
    -d 'Read the journal of a container'
__auditfailctl_for history -s D -l directory -x -a '(__fish_complete_directories)' -d 'Read the journal files in'
__auditfailctl_for history -l file -r -F -d 'Read this journal file'
__auditfailctl_for history -l any -d 'Show entries of all writers'

__auditfailctl_for run -a '(__fish_complete_subcommand --fcs-skip=2 -- --as --exit-status)'
__auditfailctl_for run -l as -x -a '(__auditfailctl_applications)' -d 'The application whose policy applies'
__auditfailctl_for run -l exit-status -x -d 'Exit status of a program that must stop'

__auditfailctl_for doctor -a '(__auditfailctl_services)' -d Service
__auditfailctl_for doctor -a '(__fish_complete_pids)'
__auditfailctl_for doctor -a '(complete -C "")'

__auditfailctl_for guard -a 'on off status'
__auditfailctl_for guard -l root -x -a '(__fish_complete_directories)' -d 'The tree below'
