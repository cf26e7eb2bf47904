#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# maps.sh DIRECTORY-OF-PROGRAMS MAP...
#
# Simulate the maps of machines, and machines of 2 and 8 sockets.
#
# Each layout is within 2 GiB and 2 % of the bound, always the same, and the model of the
# TDX module accepts it.  A map with "# Best: N" has that bound, worked out by hand, and its
# layout is within one GiB of it.  The lanes take as long as the planner has planned, or as
# memory takes, and never less than the bound.
set -u

simulate=$1/tdx-simulate
shift
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
status=0

# host TIB [NODES [CPUS]]: 8 nodes with 128 CPUs, TIB TiB each
host()
{
	for node in $(seq 0 $((${2:-8} - 1))); do
		printf 'mem 0x%x 0x%x %d\nlanes %d %d\n' \
			$((node * $1 << 40 | (node == 0) << 30)) \
			$((((node + 1) * $1) << 40)) "$node" "$node" "${3:-128}"
	done
}

# whole: the time of all lanes, from the output on standard input
whole()
{
	awk '$1 == "PAMT" || $1 == "TDMRs" { ms += $2 } END { print ms }'
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

echo "1..$(($# + 6))"
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
soon=$(host 1 | "$simulate" | whole)
late=$(host 1 | "$simulate" --worker-ns 10000000 | whole)
if awk -v soon="$soon" -v late="$late" 'BEGIN { exit !(late - soon > 558 && late - soon <= 560) }'
then
	echo "ok $number workers, 10 ms each"
else
	echo "# $soon ms, with workers $late ms"
	echo "not ok $number workers, 10 ms each"
	status=1
fi

# gain TIMES WHAT TIB NODES CPUS: the gain of the whole initialization is at least TIMES.
# Zeroing takes 155 or 330 ms for a GiB of PAMT, or 591 or 1259 ns a page, and an allocation
# 1 or 10 ms.  110 ms for CPUs, caches and keys are the same on one CPU and on lanes.
gain()
{
	number=$((number + 1))
	gains=
	for zero in 591 1259; do
		for alloc in 1000000 10000000; do
			gains="$gains $(host "$3" "$4" "$5" | "$simulate" --zero-ns $zero \
				--alloc-ns $alloc --block-ns 2000 | awk '
				{ value[$1] = $2 }
				END {
					one = value["serial-PAMT"] + value["serial"] + 110
					printf "%.1f", one / (value["PAMT"] + value["TDMRs"] + 110)
				}')"
		done
	done
	if echo "$gains" | awk -v least="$1" '
		{ for (i = 1; i <= NF; i++) few += $i < least }
		END { exit NF != 4 || few }'
	then
		echo "ok $number $2: $1 times upstream or more:$gains"
	else
		echo "not ok $number $2: $1 times upstream or more:$gains"
		status=1
	fi
}

gain 10 '2 sockets, 128 CPUs, 2 TiB' 1 2 64
gain 15 '8 sockets, 8 TiB' 1 8 128
exit $status
