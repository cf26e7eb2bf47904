#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Compare Documentation/dev-tools/tdx-emulator.rst with the model: the leaves, and the
# number of vectors.  Usage: document.sh DIRECTORY-OF-PROGRAMS
set -u

top=../../..
document=$top/Documentation/dev-tools/tdx-emulator.rst
emulator=$top/arch/x86/virt/vmx/tdx/emulator
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# same TEST: the files are $work/document and $work/model
same()
{
	number=$((number + 1))
	if [ -s "$work/model" ] && diff "$work/document" "$work/model" >"$work/out"; then
		echo "ok $number $1"
	else
		failed=1
		echo "not ok $number $1"
		sed 's/^/# /' "$work/out"
	fi
}

awk '/^#define LEAF_.*[ \t][0-9]+$/ { number[$2] = $3; names++ }
	split($0, part, /[]["]/) > 3 && part[2] in number {
		print part[4], "(" number[part[2]] ")"
		names--
	}
	END { if (names) print names, "leaves without a handler" }' \
	$emulator/model_leaves.h $emulator/model.c | sort >"$work/model"
grep -oE 'TDH\.[A-Z.]+ \([0-9]+\)' $document | sort >"$work/document"
same 'the document lists the leaves of the model'

"$1/tdxmod-replay" vectors/*.txt | tail -n 1 >"$work/model"
grep -oE '[0-9]+ vectors, [0-9]+ checks, 0 differences' $document >"$work/document"
same 'the document counts the vectors'

echo "1..$number"
exit $failed
