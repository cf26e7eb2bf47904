#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# maps.sh DIRECTORY-OF-PROGRAMS MAP...
#
# The planner on the maps of machines: each has a layout within 2 GiB and 2 % of the
# bound, always the same one, which the model of the TDX module accepts.  A map that
# says "# Best: N" has that best, worked out by hand, and its layout is within one GiB
# of it.
set -u

layout=$1/tdx-layout
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

is_planned()
{
	"$layout" <"$1" >"$work/layout" &&
		"$layout" <"$1" | cmp -s "$work/layout" - &&
		awk -F '[ =]' -v best="$(sed -n 's/^# Best: \([0-9]*\).*/\1/p' "$1")" '
			/^makespan/ { exit !(best ? $3 <= best + 1 : $3 <= $5 * 1.02 + 2) }' \
			"$work/layout"
}

for map; do
	number=$((number + 1))
	if is_planned "$map"; then
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
