#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The planner on the maps of machines: each has a layout within one GiB of the
# best, always the same, and the module takes it.  A map that says "# Best: N"
# has that best, worked out by hand.  Usage:
# layout-maps.sh DIRECTORY-OF-PROGRAMS MAP...
set -u

layout=$1/tdx-layout
replay=$1/tdxmod-replay
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

is_planned()
{
	"$layout" <"$1" >"$work/layout" &&
		"$layout" <"$1" | cmp -s "$work/layout" - &&
		awk -F '[ =]' '/^makespan/ { exit !($3 <= $5 + 1) }' "$work/layout" &&
		is_best "$(sed -n 's/^# Best: \([0-9]*\).*/\1/p' "$1")"
}

is_best()
{
	[ -z "$1" ] || grep -q "^makespan .* best=$1\$" "$work/layout"
}

is_accepted()
{
	"$layout" --vector <"$1" >"$work/vector" &&
		"$replay" "$work/vector" |
		grep -q '^1 vectors, 1 checks, 0 differences$'
}

for map; do
	number=$((number + 1))
	if is_planned "$map" && is_accepted "$map"; then
		printf 'ok %d %s: %d TDMRs, %s\n' $number "${map##*/}" \
			"$(grep -c '^tdmr' "$work/layout")" \
			"$(tail -n 1 "$work/layout")"
	else
		failed=1
		echo "not ok $number ${map##*/}"
	fi
done

echo "1..$number"
[ $number -gt 0 ] || failed=1
exit $failed
