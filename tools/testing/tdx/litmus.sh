#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# litmus.sh MEMORY-MODEL FILE.litmus...
#
# Litmus tests of tools/memory-model, in directory MEMORY-MODEL.  Two tests of each:
# the code that it stands for has not changed, and the model gives the "Result:".
# A file names the code in a comment, all statements that follow each other:
#
#	 * Code: PATH FUNCTION
#	 *	STATEMENT;
set -u

memory_model=$1
shift
top=$(cd "$(dirname "$0")/../../.." && pwd)
number=0
failed=0

result()
{
	number=$((number + 1))
	case $1 in
	ok) echo "ok $number $2" ;;
	skip) echo "ok $number $2 # SKIP $3" ;;
	*)
		echo "not ok $number $2"
		echo "# $3"
		failed=1
		;;
	esac
}

# C without comments and white space.
statements()
{
	perl -0pe 's{/\*.*?\*/}{}gs; s/\s+//g'
}

# code FILE: the statements that a litmus test stands for
code()
{
	sed -n '/^ \* Code:/,/^ \*)/{ s/^ \*\t//p }' "$1" | statements
}

check_code()
{
	what="$1: the code is what the test stands for"
	# shellcheck disable=SC2046 # two words
	set -- "$2" $(sed -n 's/^ \* Code: //p' "$2")
	if [ $# -ne 3 ] || [ -z "$(code "$1")" ]; then
		result failed "$what" "no Code: in $1"
	elif sed -n "/^[a-z].*\\<$3(/,/^}/p" "$top/$2" | statements |
	     grep -q -F -e "$(code "$1")"; then
		result ok "$what"
	else
		result failed "$what" "$3() in $2 has other statements"
	fi
}

# observation FILE: the line with Never, Sometimes or Always
observation()
{
	(cd "$memory_model" && herd7 -conf linux-kernel.cfg "$1" 2>&1) | grep '^Observation '
}

check_model()
{
	what="$1: the memory model agrees"
	want=$(sed -n 's/^ \* Result: //p' "$2")
	if ! command -v herd7 >/dev/null; then
		result skip "$what" 'no herd7 (herdtools7)'
	elif [ ! -e "$memory_model/linux-kernel.cfg" ]; then
		result skip "$what" "no tools/memory-model of a kernel tree: make tree"
	elif ! observation 'litmus-tests/SB+fencembonceonces.litmus' | grep -q ' Never '; then
		result skip "$what" 'herd7 is older than tools/memory-model wants (herdtools7)'
	else
		said=$(observation "$2")
		case $said in
		*" $want "*) result ok "$what" ;;
		*) result failed "$what" "$want expected: ${said:-nothing observed}" ;;
		esac
	fi
}

echo "TAP version 13"
echo "1..$((2 * $#))"
for file in "$@"; do
	name=$(basename "$file")
	file=$(realpath "$file")
	check_code "$name" "$file"
	check_model "$name" "$file"
done
exit $failed
