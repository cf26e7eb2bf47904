# SPDX-License-Identifier: GPL-2.0-only
# Completion of tdxctl for bash

_tdxctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words='status enable disable progress check report plan timeline help'
		words+=' --help --version'
	elif [[ $prev == -o || $prev == --output ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	elif [[ $prev == --job ]]; then
		words='tdx_pamt_alloc tdx_tdmr_init tdx_pamt_clear'
	elif [[ $prev != --call-us ]]; then
		case ${COMP_WORDS[1]} in
		status | disable | progress | check) words='--json --help' ;;
		enable) words='--wait --json --help' ;;
		report) words='--output --help' ;;
		plan) words='--json --describe --call-us --help' ;;
		timeline) words='--job --help' ;;
		esac
	fi

	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	if [[ ${COMP_WORDS[1]} == plan || ${COMP_WORDS[1]} == timeline ]] &&
	   [[ $cur != -* && $prev != --* ]]; then
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _tdxctl tdxctl
