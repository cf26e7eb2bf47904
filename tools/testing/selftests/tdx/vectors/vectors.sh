#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Compare the answers of the emulated TDX module to SEAMCALL instructions with recorded
# ones.
#
# Run as root.  VECTORS is the directory of the vectors (*.txt).  The default is the
# directory of this script, where the installation puts them, or tools/testing/tdx/vectors.
# Vectors with more LPs than this machine has CPUs are skipped.  Nothing else may request
# TDX meanwhile.
set -u

enable=/sys/kernel/debug/tdx_test/enable
here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# replay TEST STATUS TEXT ARGUMENT...: check the exit status and the output of tdxmod-replay
replay()
{
	about=$1 status=$2 text=$3
	shift 3
	"$here/tdxmod-replay" --kernel "$@" >"$work/out" 2>&1
	expect 'exit status' $? "$status"
	grep -q -- "$text" "$work/out" || expect output "$(tail -n 1 "$work/out")" "$text"
	sed 's/^/# /' "$work/out"
	report "$about"
}

# write_vector RAX: write a vector in which TDH.SYS.LP.SHUTDOWN returns RAX
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

echo 'TAP version 13'
[ "$(id -u)" = 0 ] || missing 'not root'
need_emulator
[ -e $emulator/replay ] || missing 'no replay in the emulated TDX module: CONFIG_KUNIT=y'
need_reset

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

echo '1..9'

write_vector 0
replay 'a vector that matches' 0 '^1 vectors, 1 checks, 0 differences$' "$work/v.txt"
write_vector 1
replay 'a vector that differs' 1 '^1 vectors, 1 checks, 1 differences$' "$work/v.txt"

set -- "${VECTORS:-$here}"/*.txt
[ -e "$1" ] || [ -n "${VECTORS-}" ] || set -- "$here"/../../../tdx/vectors/*.txt
replay 'recorded vectors' 0 '^[1-9][0-9]* vectors, .* 0 differences$' "$@"

expect calls "$(calls '')" 0
expect audit "$(audit)" ''
report 'no call and no report of the audit remains'

exec 3<>$emulator/replay
replay 'a second replay is rejected' 2 'Device or resource busy' "$work/v.txt"
reset 2>"$work/out" && expect reset succeeded busy
report 'a reset is rejected during a replay'
exec 3>&-
reset || expect reset failed success
report 'a reset works after a replay'

# The module of the tests in ../host requests TDX.
[ -e $enable ] || modprobe tdx_test 2>"$work/out"
if [ -e $enable ]; then
	exec 3<>$emulator/replay
	# shellcheck disable=SC2320 # the write is what may fail
	echo 1 2>"$work/out" >$enable && expect 'tdx_enable()' succeeded 'an error'
	report 'SEAMCALLs of others fail during a replay'
	exec 3>&-
	reset

	echo 1 >$enable
	replay 'a replay is rejected while TDX is in use' 2 'Device or resource busy' \
		"$work/v.txt"
	reset
else
	skip 'SEAMCALLs of others fail during a replay' 'no module tdx_test'
	skip 'a replay is rejected while TDX is in use' 'no module tdx_test'
fi

exit $failed
