# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# For the scripts in the directories beside this file: TAP, and the calls that
# the emulated TDX module has counted.

SKIP=4
emulator=/sys/kernel/debug/tdx_emulator
number=0
# The exit status of the script that sources this file.
failed=0
wrong=

# missing WHAT: skip all tests
missing()
{
	echo "1..0 # SKIP $1"
	exit $SKIP
}

# An emulator that the command line asks for and that has not started is a
# failure: a skip would hide it.
need_emulator()
{
	[ ! -e $emulator/calls ] || return
	grep -qw tdx_emulator=on /proc/cmdline || missing 'no emulated TDX module'
	echo 'not ok 1 the emulated TDX module has started'
	exit 1
}

# expect WHAT IS SHOULD: report() tells the first difference in a test
expect()
{
	[ "$2" = "$3" ] && return
	[ -n "$wrong" ] || wrong="$1: '$2', expected '$3'"
	return 1
}

# report TEST: end a test, which failed if an expect() did
report()
{
	number=$((number + 1))
	if [ -z "$wrong" ]; then
		echo "ok $number $1"
	else
		failed=1
		echo "# $wrong"
		echo "not ok $number $1"
	fi
	wrong=
}

# calls LEAF: how many calls of LEAF the module has had
calls()
{
	awk -v leaf="$1" '$1 == leaf { n = $3 } END { print n + 0 }' $emulator/calls
}
