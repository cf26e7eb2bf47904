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

# Exit status, text that must be said, what it is about; the file is $work/v.
expect()
{
	number=$((number + 1))
	timeout 20 "$replay" "$work/v" >"$work/out" 2>&1
	if [ $? = "$1" ] && grep -q -- "$2" "$work/out"; then
		printf 'ok %d %s\n' "$number" "$3"
	else
		failed=1
		printf 'not ok %d %s\n' "$number" "$3"
		sed 's/^/# /' "$work/out"
	fi
}

# STATUS|TEXT|LINES, between what is in $1 and $2; \n is an end of line.
cases()
{
	while IFS='|' read -r status text lines; do
		printf '%b' "$1$lines$2" >"$work/v"
		expect "$status" "$text" "$lines"
	done
}

keyids='keyid_bits=6 private_hkid_start=32 private_hkid_count=32'
head="vector a\nplatform packages=2 lps=2 maxpa=52 $keyids\n"

cases "$head" '\nend\n' <<'END-OF-CASES'
0|^1 vectors, 1 checks, 0 differences|call 0 TDH.SYS.LP.SHUTDOWN rcx=1 # text\nret rax=0
1|^1 vectors, 1 checks, 1 differences|call 0 TDH.SYS.LP.SHUTDOWN\nret rax=1
1|v:4: a: rax is 0x0, should be 0x1|call 0 TDH.SYS.LP.SHUTDOWN\nret rax=1
1|v:4: a: rdx is 0x7, should be 0x1|call 0 0x24 rdx=7\nret rax=0xc000050500000000 rdx=1
1|v:4: a: rdx is 0x0, was 0x7|call 0 TDH.SYS.LP.INIT rdx=7\nret rax=0xc000050300000000
1|^1 vectors, 1 checks, 1 differences|repeat 3 0 TDH.SYS.LP.SHUTDOWN\nretall rax=1
1|^1 vectors, 2 checks, 1 diff|mem 0x8 1 2\npamt 0x8 1 2\npamt 0x8 1 3
1|v:5: a: memory at 0x8 is 0x7, should be 0x1|fill 0x0 3 7\npamtrun 0x0 1 7 7\npamtrun 0x0 2 7 1
0|^1 vectors, 2 checks|state sysinit=0\ncall 1 0x21\nret rax=0\ncall 1 0x23\nret rax=0
2|v:3: no such event|frob 1
2|v:3: no such leaf|call 0 TDH.FROB\nret rax=0
2|v:3: the platform has no LP 2|call 2 0x2c\nret rax=0
2|v:3: call: wrong number of fields|call 0
2|v:3: not a number|call 0x 0x2c
2|v:3: cannot be here: rbx=1|call 0 TDH.SYS.INIT rbx=1
2|v:3: cannot be here: rcx=2|call 0 TDH.SYS.INIT rcx=1 rcx=2
2|v:3: not a number|mem 0x10 12a
2|v:3: not a number|mem 0x10 0x10000000000000000
2|v:3: address is not 8-byte aligned|mem 0x14 1
2|v:3: count is too large|fill 0x10 0x100000000000 1
2|v:3: pamtrun: wrong number of fields|pamtrun 0x0 1 0
2|v:3: ret: cannot be here|ret rax=0
2|v:4: mem: cannot be here|call 0 TDH.SYS.LP.SHUTDOWN\nmem 0 0
2|v:4: retall: cannot be here|call 0 TDH.SYS.LP.SHUTDOWN\nretall rax=0
2|v:4: ret: needs rax|call 0 TDH.SYS.LP.SHUTDOWN\nret rcx=0
2|v:3: repeat: not at all|repeat 0 0 TDH.SYS.INIT
2|v:3: keyfail: needs entropy or busy|keyfail 0 broken 1
2|v:3: hold: there is no such lock|hold mutex
2|v:3: no TDMR is configured there|hold tdmr 0x40000000
2|v:3: the lock is not held|release global
2|v:4: the lock is held already|hold global\nhold global
2|v:3: platform: cannot be here|platform packages=1
2|v:3: vector: cannot be here|vector b
2|v:3: state: more LPs|state init_lps=3
2|v:3: state: there is no such state|state sysinit=0 init_lps=1
2|v:4: state: cannot be here|seamrr 0 0\nstate sysinit=0
2|v:4: seamrr: cannot be here|cmr 0 0x1000\nseamrr 0 0
END-OF-CASES

cases '' '' <<END-OF-CASES
2|v:2: platform: something is missing|vector a\nplatform packages=2 lps=2\nend\n
2|v:2: platform: beyond|vector a\nplatform packages=9 lps=9 maxpa=52 $keyids\nend\n
2|v:3: the platform is beyond|vector a\nplatform packages=1 lps=1 maxpa=12 $keyids\nend\n
2|v:4: the file is cut off|${head}mem 0x0 1\n
2|no vector in this file|
2|v:4: second vector of the name a|${head}end\n${head}end\n
2|v:2: not a line of a vector file|vector a\n\0000\0001\0002\n
END-OF-CASES

{ printf '%b' "$head"; seq -f 'cmr 0x%.0f000 0' 33; echo end; } >"$work/v"
expect 2 'v:35: cmr: more than 32' 'too many CMRs'
{ printf '%b' "${head}mem 0x0"; printf ' 1%.0s' $(seq 2000); echo; } >"$work/v"
expect 2 'v:3: too many fields' 'too many words'
rm "$work/v"
truncate -s 1T "$work/v"
expect 2 'v:1: not a line of a vector file' 'huge file'
rm -f "$work/v"
expect 2 'v: No such file' 'no file'

echo "1..$number"
exit $failed
