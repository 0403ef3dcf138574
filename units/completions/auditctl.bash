# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for auditctl-stop(8). The stock auditctl's arguments get the default of bash: file names.

_auditctl() {
	local current=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'stop restart reload rotate resume state whoami' -- "$current"))
		return
	fi
	[[ $current == -* ]] || return
	case ${COMP_WORDS[1]} in
	stop | restart | reload | rotate | resume | state)
		COMPREPLY=($(compgen -W '--reason --force --timeout --json --no-ask-password --help' -- "$current"))
		;;
	whoami)
		COMPREPLY=($(compgen -W '--timeout --json --help' -- "$current"))
		;;
	esac
}

complete -o default -F _auditctl auditctl
