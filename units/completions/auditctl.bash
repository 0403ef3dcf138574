# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for auditctl-stop(8). The stock auditctl's arguments get the default of bash: file names.

_auditctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local global='--timeout --json --quiet --help --version'

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'stop restart reload rotate resume state whoami' -- "$current"))
		return
	fi
	# bash splits "--json=short" into three words.
	if [[ $previous == --json && $current == = || $previous == = && ${COMP_WORDS[COMP_CWORD - 2]} == --json ]]; then
		COMPREPLY=($(compgen -W 'short pretty auto off' -- "${current#=}"))
		return
	fi
	[[ $current == -* ]] || return
	case ${COMP_WORDS[1]} in
	stop | restart | reload | rotate | resume | state)
		COMPREPLY=($(compgen -W "--reason --force --no-ask-password $global" -- "$current"))
		;;
	whoami)
		COMPREPLY=($(compgen -W "$global" -- "$current"))
		;;
	esac
}

complete -o default -F _auditctl auditctl
