#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# maps.sh DIRECTORY-OF-PROGRAMS MAP...
#
# The maps of machines, and one of 8 sockets with 1,024 CPUs and 64 TiB.  Each has a
# layout within 2 GiB and 2 % of the bound, always the same one, which the model of the
# TDX module accepts.  A map that says "# Best: N" has that best, worked out by hand, and
# its layout is within one GiB of it.  The lanes take what the planner has planned, or
# what memory takes, and never less than the bound.
set -u

simulate=$1/tdx-simulate
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
status=0

# host TIB: 8 nodes with 128 CPUs, TIB TiB each
host()
{
	for node in 0 1 2 3 4 5 6 7; do
		printf 'mem 0x%x 0x%x %d\nlanes %d 128\n' \
			$((node * $1 << 40 | (node == 0) << 30)) \
			$((((node + 1) * $1) << 40)) $node $node
	done
}

# value NAME: of the line of that name on standard input
value()
{
	awk -v name="$1" '$1 == name { print $2 }'
}

# expect NAME OPTION... < DESCRIPTION
expect()
{
	what=$1
	shift
	number=$((number + 1))
	cat >"$work/map"
	if "$simulate" "$@" <"$work/map" >"$work/said" 2>&1 &&
	   "$simulate" "$@" <"$work/map" | cmp -s "$work/said" - &&
	   awk -F '[ =]' -v best="$(sed -n 's/^# Best: \([0-9]*\).*/\1/p' "$work/map")" '
		/^makespan/ { planned = best ? $3 <= best + 1 : $3 <= $5 * 1.02 + 2 }
		{ value[$1] = $2 }
		END { exit !(planned && value["TDMRs"] > 0 &&
			     value["TDMRs"] >= value["bound"] * 0.999 &&
			     value["TDMRs"] <= value["planned"] * 1.01 &&
			     value["TDMRs"] <= value["serial"] * 1.001) }' "$work/said"
	then
		echo "ok $number $what: $(grep -c '^tdmr' "$work/said") TDMRs," \
			"$(grep '^makespan' "$work/said")"
	else
		sed 's/^/# /' "$work/said"
		echo "not ok $number $what"
		status=1
	fi
}

echo "1..$(($# + 4))"
for map in "$@"; do
	expect "${map##*/}" <"$map"
done
# 64 lanes are all that the module lets 1,024 CPUs have: 1 TiB each.
expect '8 sockets, 1024 CPUs, 64 TiB' --call-ns 7000 <<EOF
$(host 8)
EOF
# Eight lanes of a node write 16 KiB in 7 us each, 18.7 GB/s in all.
expect '8 sockets, 8 TiB, 20 GB/s for each node' --gb-per-s 20 <<EOF
$(host 1)
EOF
expect '8 sockets, 8 TiB, 5 GB/s for each node' --gb-per-s 5 <<EOF
$(host 1)
EOF
# Of 64 workers the first of each of the 8 nodes is there: the last comes 560 ms late.
# The last lane is one of the shortest, which lack a GiB, 1.8 ms.
number=$((number + 1))
soon=$(host 1 | "$simulate" | value TDMRs)
late=$(host 1 | "$simulate" --worker-ns 10000000 | value TDMRs)
if awk -v soon="$soon" -v late="$late" 'BEGIN { exit !(late - soon > 558 && late - soon <= 560) }'
then
	echo "ok $number workers, 10 ms each"
else
	echo "# $soon ms, with workers $late ms"
	echo "not ok $number workers, 10 ms each"
	status=1
fi
exit $status
