#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Does the emulated TDX module, called by the SEAMCALL instruction, answer as
# the recorded one did?
#
# Run as root.  VECTORS is the directory of the vectors (*.txt): by default that
# of this script, where the installation puts them, or tools/testing/tdx/vectors.
# Vectors with more LPs than this machine has CPUs are left out.  Nobody should ask
# for TDX meanwhile.
set -u

SKIP=4
emulator=/sys/kernel/debug/tdx_emulator
asker=/sys/kernel/debug/tdx_test/enable
here=$(dirname "$0")
replay=$here/tdxmod-replay

number=0
failed=0

report()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		failed=1
		echo "not ok $number $2"
	fi
}

skip()
{
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

missing()
{
	echo "1..0 # SKIP $1"
	exit $SKIP
}

# Exit status, text that must be said, what it is about; the rest is replayed.
expect()
{
	status=$1 text=$2 about=$3
	shift 3
	"$replay" --kernel "$@" >"$work/out" 2>&1
	[ $? = "$status" ] && grep -q -- "$text" "$work/out"
	result=$?
	sed 's/^/# /' "$work/out"
	report $result "$about"
}

# A vector on which TDH.SYS.LP.SHUTDOWN gives the status $1.
write_vector()
{
	cat >"$work/v.txt" <<-END
	vector a
	platform packages=1 lps=1 maxpa=52 keyid_bits=1 private_hkid_start=1 private_hkid_count=1
	call 0 TDH.SYS.LP.SHUTDOWN rcx=1 r8=2
	ret rax=$1
	end
	END
}

reset()
{
	echo 1 >$emulator/reset
}

ask()
{
	echo 1 >$asker
}

nothing_remains()
{
	! grep -v '^#' $emulator/calls && awk '$2 != 0 { exit 1 }' $emulator/audit
}

echo 'TAP version 13'
[ "$(id -u)" = 0 ] || missing 'not root'
[ -e $emulator/calls ] ||
	missing 'no emulated TDX module: CONFIG_TDX_EMULATOR=y, tdx_emulator=on'
[ -e $emulator/replay ] || missing 'no replay in the emulated TDX module: CONFIG_KUNIT=y'
(exec 3<>$emulator/replay) || missing 'somebody has asked for TDX since boot or reset'

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

echo '1..9'

write_vector 0
expect 0 '^1 vectors, 1 checks, 0 differences$' 'a vector that is met' "$work/v.txt"
write_vector 1
expect 1 '^1 vectors, 1 checks, 1 differences$' 'a vector that is not met' "$work/v.txt"

set -- "${VECTORS:-$here}"/*.txt
[ -e "$1" ] || [ -n "${VECTORS-}" ] || set -- "$here"/../../../tdx/vectors/*.txt
expect 0 '^[1-9][0-9]* vectors, .* 0 differences$' 'recorded vectors' "$@"

nothing_remains
report $? 'no call and no report of the audit remains'

exec 3<>$emulator/replay
expect 2 'Device or resource busy' 'one at a time' "$work/v.txt"
! reset 2>"$work/out"
report $? 'no reset meanwhile'
exec 3>&-
reset
report $? 'a reset afterwards'

# The module of the tests in ../host asks for TDX.
[ -e $asker ] || modprobe tdx_test 2>"$work/out"
if [ -e $asker ]; then
	exec 3<>$emulator/replay
	! ask 2>"$work/out"
	report $? 'nobody else is answered'
	exec 3>&-
	reset

	ask
	expect 2 'Device or resource busy' 'not while TDX is in use' "$work/v.txt"
	reset
else
	skip 'nobody else is answered' 'no module tdx_test'
	skip 'not while TDX is in use' 'no module tdx_test'
fi

exit $failed
