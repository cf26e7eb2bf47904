#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# errors.sh DIRECTORY-OF-PROGRAMS
#
# What tdx-layout says of invalid descriptions, and of hosts that have no layout: one
# line, with the reason.
set -u

layout=$1/tdx-layout
replay=$1/tdxmod-replay
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
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

# Description, text that must be said, what it is about.
refused()
{
	printf '%s\n' "$1" | timeout 20 "$layout" >"$work/out" 2>"$work/err"
	[ $? = 1 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] &&
		grep -q -- "$2" "$work/err"
	report $? "$3"
}

# Description, what it is about; must be accepted, and by the module too.
accepted()
{
	printf '%s\n' "$1" | timeout 10 "$layout" >"$work/out" 2>"$work/err" &&
		[ ! -s "$work/err" ] && grep -q '^makespan GiB=' "$work/out" &&
		printf '%s\n' "$1" | "$layout" --vector >"$work/v" &&
		"$replay" "$work/v" >/dev/null
	report $? "$2"
}

MEM="mem 0x100000 0x80000000 0"

accepted "$MEM" "memory alone"
accepted "# all of it

$MEM   # with a comment
	cmr 0x0 0x80000000
limits max_tdmrs=2 max_reserved=2
lanes 0 4" "comments, blanks and every kind of line"
accepted "$(printf 'mem 0x100000 0x80000000 0\r\nlanes 0 4\r\n# done\r\n')" \
	"lines that end as in DOS"
accepted "	mem	0x100000   0x80000000 0	" "tabs and spaces"
accepted "mem 0x100000 0x4000000000000 0
cmr 0x0 0x4000000000000" "addresses where KeyIDs usually are"
accepted "mem 0x100000 0x80000000 0
limits max_tdmrs=64 max_reserved=32" "more areas than a TDMR_INFO has slots for"

accepted "cmr 0x0 0x1000000000000
$(i=0 at=0; while [ $i -lt 4096 ]; do
	at=$((at + ((1 + i / 64) << 30)))
	size=$((i % 2 ? 0x1000 : 0x400000000))
	printf 'mem 0x%x 0x%x 0\n' $at $((at + size))
	at=$((at + size)) i=$((i + 1))
done)" "4096 ranges with gaps that grow, for one CPU"

refused "" "no mem line" "nothing at all"
refused "$MEM
meme 0x0 0x1000 0" ":2: " "an unknown word"
refused "mem 0x100000 0x80000000" ":1: .*mem 0xSTART 0xEND NODE" "a number too few"
refused "mem 0x100000 0x80000000 0 0" ":1: " "a number too many"
refused "mem 100000 0x80000000 0" ":1: " "an address without 0x"
refused "mem 0x100000 0x8000000g 0" ":1: " "no hexadecimal digit"
refused "mem 0x100000 0x10000000000000000 0" ":1: " "an address of 65 bits"
refused "mem 0x100000 0x80000000 zero" ":1: " "no node"
refused "$MEM
cmr 0x0" ":2: .*cmr 0xBASE 0xSIZE" "half a CMR"
refused "$MEM
limits max_tdmrs=64" ":2: " "half the limits"
refused "$MEM
limits max_tdmrs=-1 max_reserved=16" ":2: " "a negative limit"
refused "$MEM
lanes 0" ":2: " "lanes of how many"
refused "$MEM
lanes 1024 1" ":2: " "lanes of a node that cannot be"

refused "$MEM
limits max_tdmrs=65536 max_reserved=16" ":2: .*65535" "a limit beyond its field"
refused "$MEM
limits max_tdmrs=64 max_reserved=16
limits max_tdmrs=64 max_reserved=16" ":3: .*second time" "limits twice"
refused "$MEM
lanes 0 4
lanes 0 4" ":3: .*second time" "lanes of a node twice"
refused "$MEM
lanes 0 99999999999999999999" ":2: .*lanes NODE N" "more lanes than a number holds"
refused "mem 0x100000 0x80000000 99999999999" ":1: " "a node beyond all numbers"
refused "$MEM
cmr 0x100000 0xffffffffffffffff" ":2: .*2^64" "a CMR that ends beyond all addresses"
refused "$MEM
cmr 0x0 0x0" "CMR .*empty" "an empty CMR"
refused "$MEM
cmr 0x100000 0x7ff00800" "CMR .*4 KiB" "a CMR of less than whole pages"
refused "$MEM
cmr 0x40000000 0x40000000
cmr 0x0 0x40000000" "CMR .*0x0, 0x40000000" "CMRs out of order"
refused "$MEM
cmr 0x0 0x50000000
cmr 0x40000000 0x40000000" "CMR .*overlap" "CMRs that overlap"
refused "mem" ":1: " "a word alone"
refused "mem 0x100000 0x80000000 0 # one
; mem" ":2: " "another language's comment"
refused "mem 0x 0x80000000 0" ":1: " "an address without digits"
refused "$(head -c 2000 /dev/zero | tr '\0' x)" ":1: .*neither" "a line without end"
refused "$(printf '\377\376m\001e\002')" ":1: " "no text"
refused "mem 0x200000 0x100000 0" "0x200000" "a range that ends before it starts"
refused "mem 0x200000 0x200000 0" "0x200000.*empty" "an empty range"
refused "mem 0x0 0x200000 0
mem 0x100000 0x300000 0" "0x100000, 0x300000.*overlap" "ranges that overlap"
refused "mem 0x200000 0x300000 0
mem 0x0 0x100000 0" "0x0, 0x100000" "ranges out of order"
refused "mem 0x100001 0x200000 0" "0x100001.*4 KiB" "less than a page"
refused "mem 0x100000 0x20000000000000 0" "0x20000000000000" "beyond all addresses"
refused "mem 0x100000 0x200000 1024" "node 1024" "a node beyond the last"
refused "mem 0x100000 0x200000 -1" "node -1" "a node below the first"
refused "$MEM
limits max_tdmrs=0 max_reserved=16" "max_tdmrs=0" "no TDMRs"
refused "$MEM
limits max_tdmrs=64 max_reserved=0" "max_reserved=0" "no reserved areas"
refused "$MEM
cmr 0x200000 0x7fe00000" "0x100000, 0x200000.*CMR" "memory outside the CMRs"
refused "$(i=1; while [ $i -le 33 ]; do
	printf 'mem 0x%x00000 0x%x00000 0\n' $((2 * i)) $((2 * i + 1)); i=$((i + 1))
done)" "cmr lines" "33 ranges and no CMRs"
refused "$MEM
$(i=1; while [ $i -le 33 ]; do
	printf 'cmr 0x%x00000 0x100000\n' $((2 * i)); i=$((i + 1))
done)" "32" "33 CMRs"
refused "mem 0x40000000 0x40100000 0
mem 0x40200000 0x40300000 0
mem 0x40400000 0x80000000 0
limits max_tdmrs=64 max_reserved=1" "0x40000000, 0x80000000.*1 reserved" \
	"more reserved areas than the module takes"
refused "mem 0x100000 0x300000 0" "PAMT.*0x0, 0x40000000.*4108 KiB" \
	"memory shorter than a PAMT"

"$layout" --what </dev/null >/dev/null 2>"$work/err"
[ $? = 1 ] && grep -q usage "$work/err"
report $? "an unknown option"

printf '%s\n' "$MEM" | "$layout" >/dev/full 2>"$work/err"
[ $? = 1 ] && grep -q 'No space' "$work/err"
report $? "a full disk"

echo "1..$number"
exit $failed
