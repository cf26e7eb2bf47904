#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# maps.sh DIRECTORY-OF-PROGRAMS MAP...
#
# The maps of machines, and one of 8 sockets with 1,024 CPUs and 64 TiB: the lanes
# take what the planner has planned, or what memory takes, and never less than the
# bound.
set -u

dir=$1
shift
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

# expect NAME PERCENT OPTION... < DESCRIPTION: no more than so much above the plan
expect()
{
	what=$1
	percent=$2
	shift 2
	number=$((number + 1))
	said=$("$dir/tdx-simulate" "$@" 2>&1)
	if echo "$said" | awk -v percent="$percent" '
			{ value[$1] = $2 }
			END { exit !(value["TDMRs"] > 0 &&
				     value["TDMRs"] >= value["bound"] * 0.999 &&
				     value["TDMRs"] <= value["planned"] * (1 + percent / 100) &&
				     value["TDMRs"] <= value["serial"] * 1.001) }'; then
		echo "ok $number simulated: $what"
	else
		printf '%s\n' "$said" | sed 's/^/# /'
		echo "not ok $number simulated: $what"
		status=1
	fi
}

echo "1..$(($# + 4))"
for map in "$@"; do
	name=${map##*/}
	expect "${name%.map}" 1 <"$map"
done
# 64 lanes are all that the module lets 1,024 CPUs have: 1 TiB each.
expect '8 sockets, 1024 CPUs, 64 TiB' 1 --call-ns 7000 <<EOF
$(host 8)
EOF
# Eight lanes of a node write 16 KiB in 7 us each, 18.7 GB/s in all.
expect '8 sockets, 8 TiB, 20 GB/s for each node' 1 --gb-per-s 20 <<EOF
$(host 1)
EOF
expect '8 sockets, 8 TiB, 5 GB/s for each node' 1 --gb-per-s 5 <<EOF
$(host 1)
EOF
# Of 64 workers the first of each of the 8 nodes is there: the last comes 560 ms late.
# The last lane is one of the shortest, which lack a GiB, 1.8 ms.
number=$((number + 1))
soon=$(host 1 | "$dir/tdx-simulate" | value TDMRs)
late=$(host 1 | "$dir/tdx-simulate" --worker-ns 10000000 | value TDMRs)
if awk -v soon="$soon" -v late="$late" 'BEGIN { exit !(late - soon > 558 && late - soon <= 560) }'
then
	echo "ok $number simulated: workers, 10 ms each"
else
	echo "# $soon ms, with workers $late ms"
	echo "not ok $number simulated: workers, 10 ms each"
	status=1
fi
exit $status
