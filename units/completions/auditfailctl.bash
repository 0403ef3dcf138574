# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for auditfailctl(1)

_auditfailctl() {
	local current previous word command= equals= i
	local global='--json --quiet --no-pager --color --no-color --socket --timeout --help --version'
	local commands='query explain list check edit reload status monitor history run doctor guard'
	local errnos='EPERM EACCES EINVAL EPROTONOSUPPORT EAFNOSUPPORT ECONNREFUSED EAGAIN ENOBUFS ENOMEM EMFILE ENFILE
		ETIMEDOUT EIO'

	COMPREPLY=()
	# bash splits "--errno=EPERM" into three words. Skip the "=".
	current=${COMP_WORDS[COMP_CWORD]}
	previous=${COMP_WORDS[COMP_CWORD - 1]}
	if [[ $current == = ]]; then
		current= equals=1
	elif [[ $previous == = && COMP_CWORD -ge 2 ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]} equals=1
	fi

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ " $commands " == *" $word "* ]]; then
			command=$word
			break
		fi
	done

	# The arguments after the program of "run" belong to the program.
	if [[ $command == run ]]; then
		for ((i = i + 1; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--) ((i++)) && break ;;
			--as | --exit-status | --color | --socket | --timeout)
				((i++))
				[[ ${COMP_WORDS[i]} == = ]] && ((i++))
				;;
			-*) ;;
			*) break ;;
			esac
		done
		if ((i < COMP_CWORD)); then
			if declare -F _command_offset >/dev/null; then
				_command_offset "$i"
			else
				compopt -o filenames 2>/dev/null
				COMPREPLY=($(compgen -f -- "$current"))
			fi
			return
		fi
	fi

	if [[ $previous == --json && $equals ]]; then
		COMPREPLY=($(compgen -W 'short pretty auto off' -- "$current"))
		return
	fi
	case $previous in
	--color)
		COMPREPLY=($(compgen -W 'auto always never' -- "$current"))
		return
		;;
	--errno | -e)
		COMPREPLY=($(compgen -W "$errnos" -- "$current"))
		return
		;;
	--kind | -k)
		COMPREPLY=($(compgen -W 'unsupported disabled excluded denied overload other' -- "$current"))
		return
		;;
	--since | -S | --until | -U)
		COMPREPLY=($(compgen -W 'now today yesterday' -- "$current"))
		return
		;;
	--application | -a | --as)
		COMPREPLY=($(compgen -W "$(auditfailctl --quiet --timeout=2 list 2>/dev/null)" -- "$current"))
		return
		;;
	--owner)
		COMPREPLY=($(compgen -u -- "$current"))
		return
		;;
	--root | --directory | -D)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -d -- "$current"))
		return
		;;
	--socket | --file)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$current"))
		return
		;;
	--machine | -M)
		COMPREPLY=($(compgen -W "$(machinectl --no-legend --no-pager list 2>/dev/null | cut -d ' ' -f 1)" -- "$current"))
		return
		;;
	--timeout | --operation | -o | --record | --lines | -n | --exit-status)
		return
		;;
	esac

	if [[ $current == -* ]]; then
		case $command in
		query) word='--errno --kind --operation --record --ahead' ;;
		explain) word='--errno --kind' ;;
		check) word='--root --owner --strict' ;;
		edit | guard) word='--root' ;;
		run) word='--as --exit-status' ;;
		history) word='--since --until --boot --application --lines --reverse --follow --machine --directory --file --any' ;;
		*) word= ;;
		esac
		COMPREPLY=($(compgen -W "$word $global" -- "$current"))
		return
	fi

	case $command in
	'') COMPREPLY=($(compgen -W "$commands" -- "$current")) ;;
	query | explain | edit)
		COMPREPLY=($(compgen -W "$(auditfailctl --quiet --timeout=2 list 2>/dev/null)" -- "$current"))
		;;
	check)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -f -- "$current"))
		# Also the policy files of the machine, if no path is typed yet.
		[[ $current ]] || COMPREPLY+=($(compgen -f -- /etc/auditfail/))
		;;
	guard) COMPREPLY=($(compgen -W 'on off status' -- "$current")) ;;
	run)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -c -- "$current"))
		;;
	doctor)
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -c -- "$current") $(compgen -W "$(systemctl list-units --type=service --all --plain \
			--no-legend 2>/dev/null | cut -d' ' -f1)" -- "$current"))
		# Processes, if a number is begun.
		[[ $current != [0-9]* ]] || COMPREPLY+=($(cd /proc && compgen -G "$current*"))
		;;
	esac
}

complete -F _auditfailctl auditfailctl
