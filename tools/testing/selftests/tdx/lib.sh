# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Functions for the scripts in the directories beside this file: print TAP, count calls of
# the emulated TDX module, and reset it.

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

# The test fails if the command line has tdx_emulator=on and the emulator has not
# started: a skip would hide the error.
need_emulator()
{
	[ ! -e $emulator/calls ] || return
	grep -qw tdx_emulator=on /proc/cmdline || missing 'no emulated TDX module'
	echo 'not ok 1 the emulated TDX module has started'
	exit 1
}

# expect WHAT IS SHOULD: report() prints the first difference in a test
expect()
{
	[ "$2" = "$3" ] && return
	[ -n "$wrong" ] || wrong="$1: '$2', expected '$3'"
	return 1
}

# report TEST: end a test and print its result; a failed expect() makes it fail
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

# skip TEST WHY
skip()
{
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

# need_reset: reset the emulated module, or skip all tests
need_reset()
{
	[ -e $emulator/reset ] || missing 'no reset of the emulated TDX module: CONFIG_KUNIT=y'
	# The tee of busybox reports each error as "I/O error".
	case $(sh -c "echo 1 >$emulator/reset" 2>&1) in
	*'not supported'*)
		missing 'no reset of the module: CONFIG_TDX_BRINGUP_KUNIT_TEST=y'
		;;
	esac
}

# reset: reset the emulated module
reset()
{
	echo 1 >$emulator/reset
}

# calls LEAF: print the number of calls of LEAF, or of all leaves if it is empty
calls()
{
	awk -v leaf="$1" '!/^#/ && (leaf == "" || leaf == $2) { n += $3 }
		END { print n + 0 }' $emulator/calls
}

# switch_tdx 0|1: write to the file enable; print the error, nothing if it succeeds
switch_tdx()
{
	# shellcheck disable=SC2001,SC2320 # the write is what may fail
	echo "$1" 2>&1 >/sys/kernel/tdx/enable | sed 's/.*: //'
}

# audit: print the names of the rules that were broken
audit()
{
	awk '$2 != 0 { printf "%s ", $1 }' $emulator/audit
}
