#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What tdxmod-replay makes of files that are no vector files, and of vectors
# that the model does not meet.  Usage: vector-errors.sh DIRECTORY-OF-PROGRAMS
set -u

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

# Exit status, text that must be said, what it is about; the file is $work/v.
expect()
{
	timeout 20 "$replay" "$work/v" >"$work/out" 2>&1
	[ $? = "$1" ] && grep -q -- "$2" "$work/out"
	report $? "$3"
}

HEAD="vector a
platform packages=2 lps=2 maxpa=52 keyid_bits=6 private_hkid_start=32 private_hkid_count=32"

# A complete vector with these lines in it.
with()
{
	printf '%s\n%s\nend\n' "$HEAD" "$1" >"$work/v"
}

# Lines, text, what it is about: refused, with the number of line 3.
malformed()
{
	with "$1"
	expect 2 "v:3: .*$2" "$3"
}

with "call 0 TDH.SYS.LP.SHUTDOWN rbx=1"
expect 2 "cannot be here: rbx=1" "register that cannot be given"
with "call 0 TDH.SYS.LP.SHUTDOWN rcx=1  # text
ret rax=0"
expect 0 "1 vectors, 1 checks, 0 differences" "a vector that is met"
with "call 0 TDH.SYS.LP.SHUTDOWN
ret rax=1"
expect 1 "1 vectors, 1 checks, 1 differences" "another status"
grep -q "v:4: a: rax is 0x0, should be 0x1" "$work/out"
report $? "the difference is told"
with "call 0 TDH.SYS.LP.INIT rdx=7
ret rax=0xc000050300000000"
expect 1 "rdx is 0x0, was 0x7" "a register that nobody named"
with "repeat 3 0 TDH.SYS.LP.SHUTDOWN
retall rax=0
mem 0x8 1 2
pamt 0x8 1 3
pamtrun 0x0 2 0 1"
expect 1 "1 vectors, 3 checks, 2 differences" "memory that differs"
with "state sysinit=0
call 1 TDH.SYS.INIT
ret rax=0 rcx=0
call 1 TDH.SYS.LP.INIT
ret rax=0"
expect 0 "1 vectors, 2 checks, 0 differences" "before SYS.INIT"

malformed "frob 1" "no such event" "unknown event"
malformed "call 0 TDH.FROB
ret rax=0" "no such leaf" "unknown leaf"
malformed "call 0 33
ret rax=0" "no such leaf" "leaf that is not hexadecimal"
malformed "call 2 0x2c
ret rax=0" "the platform has no LP 2" "LP that does not exist"
malformed "call 0x 0x2c" "not a number" "number without digits"
malformed "mem 0x10 12a" "not a number" "decimal with letters"
malformed "mem 0x10 0x10000000000000000" "not a number" "more than 64 bits"
malformed "mem 0x10 18446744073709551616" "not a number" "more than 64 bits, decimal"
malformed "mem 0x14 1" "not 8-byte aligned" "unaligned address"
malformed "mem 0x10" "wrong number of fields" "mem without words"
malformed "fill 0x10 0x100000000000 1" "count is too large" "fill without end"
malformed "pamtrun 0x0 1 0" "wrong number of fields" "pamtrun with a word missing"
malformed "call 0 TDH.SYS.INIT rcx=1 rcx=2" "cannot be here: rcx=2" "register given twice"
malformed "call 0 TDH.SYS.INIT rax=1" "cannot be here: rax=1" "rax given to a call"
malformed "ret rax=0" "ret: cannot be here" "ret without call"
malformed "repeat 0 0 TDH.SYS.INIT" "needs a number" "repeat 0"
malformed "keyfail 0 broken 1" "needs LP" "unknown PCONFIG failure"
malformed "keyfail 7 busy 1" "no LP 7" "PCONFIG on no LP"
malformed "hold mutex" "no such lock" "unknown lock"
malformed "hold tdmr 0x40000000" "no TDMR is configured" "lock of no TDMR"
malformed "release global" "the lock is not held" "release before hold"
malformed "platform packages=1" "cannot be here" "second platform"
malformed "state init_lps=3" "more LPs" "more LPs than there are"
malformed "state sysinit=2" "no such state" "unknown state"
malformed "state" "no such state" "empty state"
malformed "vector b" "cannot be here" "vector in a vector"

with "seamrr 0 0
state sysinit=0"
expect 2 "v:4: state: out of order" "head out of order"
with "mem 0x0 1
cmr 0 0x1000"
expect 2 "v:4: cmr: cannot be here" "CMR after the head"
with "call 0 TDH.SYS.LP.SHUTDOWN
mem 0 0"
expect 2 "v:4: mem: cannot be here" "call without ret"
with "call 0 TDH.SYS.LP.SHUTDOWN
retall rax=0"
expect 2 "v:4: retall: cannot be here" "call with retall"
with "call 0 TDH.SYS.LP.SHUTDOWN
ret rcx=0"
expect 2 "v:4: ret: needs rax" "ret without rax"
with "$(for i in $(seq 33); do echo "cmr ${i}000 0"; done)"
expect 2 "v:35: cmr: more than 32" "too many CMRs"
with "hold global
hold global"
expect 2 "v:4: the lock is held" "hold twice"

printf 'vector a\nplatform packages=2 lps=2\nend\n' >"$work/v"
expect 2 "v:2: platform: something is missing" "half a platform"
keyids="keyid_bits=6 private_hkid_start=32 private_hkid_count=32"
printf 'vector a\n%s\nend\n' "platform packages=9 lps=9 maxpa=52 $keyids" >"$work/v"
expect 2 "v:2: platform: beyond" "nine packages"
printf 'vector a\n%s\nend\n' "platform packages=1 lps=1 maxpa=12 $keyids" >"$work/v"
expect 2 "the platform is beyond" "12 bits of physical address"
printf 'vector a b\n' >"$work/v"
expect 2 "v:1: vector: needs a name" "name of two words"
{ printf '%s\nend\n' "$HEAD"; printf '%s\nend\n' "$HEAD"; } >"$work/v"
expect 2 "v:4: second vector of the name a" "name used twice"
printf '%s\nend of it\n' "$HEAD" >"$work/v"
expect 2 "v:3: end: stands alone" "end with a word"
printf '%s\nmem 0x0 1\n' "$HEAD" >"$work/v"
expect 2 "cut off" "file that is cut off"
printf '%s\nmem 0x0 0x12' "$HEAD" >"$work/v"
expect 2 "cut off" "file that is cut off in a line"
: >"$work/v"
expect 2 "no vector in this file" "empty file"
echo "# nothing" >"$work/v"
expect 2 "no vector in this file" "comments only"
printf 'vector a\n\000\001\002\n' >"$work/v"
expect 2 "v:2: not a line of a vector file" "binary file"
head -c 100000 /dev/zero | tr '\0' '1' >"$work/v"
expect 2 "v:1: not a line of a vector file" "one long line"
{ printf '%s\nmem 0x0' "$HEAD"; printf ' 1%.0s' $(seq 2000); printf '\nend\n'; } >"$work/v"
expect 2 "v:3: " "too many words"
truncate -s 1T "$work/v"
expect 2 "larger than any vector file" "huge file"
rm -f "$work/v"
expect 2 "No such file" "no file"
mkdir "$work/v"
expect 2 "$work/v" "directory"
"$replay" >"$work/out" 2>&1
[ $? = 2 ] && grep -q usage "$work/out"
report $? "no arguments"

"$replay" --sample 1x "$work/v" >"$work/out" 2>&1
[ $? = 2 ] && grep -q usage "$work/out"
report $? "a sample of no number"

rm -r "$work/v"
for i in $(seq 100); do
	printf 'vector v%u\n%s\nend\n' "$i" "${HEAD#*
}"
done >"$work/v"

# Names of the vectors that are taken, 7 by seed $1.
sample()
{
	"$replay" -v --sample 7 --seed "$1" "$work/v" | grep -x 'v[0-9]*'
}

sample 1 >"$work/first"
sample 1 | cmp -s - "$work/first" && [ "$(wc -l <"$work/first")" = 7 ]
report $? "a sample of the size asked for, the same for the same seed"
! sample 2 | cmp -s - "$work/first"
report $? "another sample for another seed"
"$replay" --sample 101 "$work/v" | grep -q '^100 vectors, 0 checks, 0 differences$'
report $? "a sample of more than there are"

echo "1..$number"
exit $failed
