#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tds.sh td [N ROUNDS]|leaf|leak|async|poweroff
#
# Load the real kvm_intel as a module, build TDs as a VMM does, and destroy them:
#	td [N ROUNDS]	TDs are built up to KVM_TDX_FINALIZE_VM, and end: by N processes
#			(16), each ROUNDS times (32)
#	leaf		each leaf that builds a TD fails, one after another; KVM warns of that
#	leak		a page of a TD cannot be reclaimed; KVM warns of that
#	async		TDX comes up since the boot, and TDs wait for it; needs
#			tdx_host=async, tdx_emulator.dilation and tdmr_ns
#	poweroff	the caller powers the host off while TDs wait for TDX; needs
#			tdx_emulator.dilation and tdmr_ns
#
# Run as root on a CPU with VMX, with the emulated TDX module (tdx_emulator=on), which
# cannot run TDs.
set -u

here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/kvm/common.sh
. "$here/common.sh"
# If a VMM migrates during KVM_TDX_INIT_VCPU, upstream's KVM does not flush the vCPU, and
# the module rejects the next call.  So keep VMMs on CPU 0 there.
[ -d $sysfs ] && pin= || pin='taskset 1'

# A status, as the emulator injects it
NO_ENTROPY=0x8000020300000000

# What the module has of TDs.  The last file descriptor ends a TD a moment after its task.
tds_left()
{
	xargs <$emulator/tds
}

expect_no_tds()
{
	wait_for tds_left 'pages 0 keyids 0'
	expect 'KeyIDs of TDs' "$(cat "$work"/cgroup/misc.current)" 'tdx 0'
}

# build_td VCPUS: a process in the background builds a TD, and keeps it
build_td()
{
	rm -f "$work"/td
	$pin "$here/td" build "$1" >"$work"/td &
	creator=$!
	wait_for_td built
}

# start_tds PROCESSES ROUNDS VCPUS
start_tds()
{
	rm -f "$work"/churn.*
	for i in $(seq "$1"); do
		$pin "$here/td" churn "$2" "$3" >"$work/churn.$i" &
	done
}

tds_end()
{
	wait
	expect 'lines of errors' "$(cat "$work"/churn.* | grep -v '^[0-9]*$')" ''
	expect_no_tds
	expect 'lines of KVM' "$(dmesg | grep -c 'SEAMCALL .* failed\|is leaked')" 0
}

# --- cases -------------------------------------------------------------------

td_is_built()
{
	build_td 2
	expect 'KeyIDs of TDs' "$(cat "$work"/cgroup/misc.current)" 'tdx 1'
	# 7 pages, and 6 for each vCPU
	expect 'TDs in the module' "$(tds_left)" 'pages 19 keyids 1'
	[ ! -d $sysfs ] || expect off "$(switch_tdx 0)" "$EBUSY"
	end_td
	expect_no_tds
	report 'a TD is built as by a VMM, and its pages and KeyID come back'
}

td_is_misused()
{
	expect 'wrong ioctls' "$($pin "$here/td" misuse)" rejected
	expect_no_tds
	report 'wrong ioctls and parameters are rejected'
}

many_tds()
{
	before=$(calls TDH.MNG.KEY.FREEID)
	start_tds "$processes" "$rounds" 1
	tds_end
	echo "# $(($(calls TDH.MNG.KEY.FREEID) - before)) TDs," \
	     "$(cat "$work"/churn.* | awk '{ n += $1 } END { print n }') rejected"
	expect 'TDs rejected' "$(cat "$work"/churn.* | sort -u)" 0
	expect TDs $(($(calls TDH.MNG.KEY.FREEID) - before)) $((processes * rounds))
	report 'processes create TDs at the same time'
}

# The last CPU of a package writes back the caches when a TD ends.
package_stays()
{
	build_td 1
	refused=0
	set_package 0
	expect 'CPUs that stay' $refused 1
	set_package 1
	end_td
	expect_no_tds
	refused=0
	set_package 0
	expect 'CPUs that stay without a TD' $refused 0
	set_package 1
	report 'the last CPU of a package stays online while there is a TD'
}

set_package()
{
	for cpu in $(other_package); do
		echo "$1" 2>/dev/null >"$cpu"/online || refused=$((refused + 1))
	done
}

tds_are_churned()
{
	[ "$(cat "$work"/churn.* | wc -l)" -lt 4 ]
}

tds_and_cpus()
{
	start_tds 4 "$rounds" 2
	while tds_are_churned; do
		echo 0 >$cpus/cpu1/online
		echo 1 >$cpus/cpu1/online
	done
	tds_end
	report 'TDs come and go while a CPU goes and comes'
}

tds_and_off()
{
	start_tds 4 "$rounds" 2
	while tds_are_churned; do
		said=$(switch_tdx 0)
		[ -z "$said" ] || [ "$said" = "$EBUSY" ] || expect off "$said" ''
		[ -n "$said" ] || expect enable "$(switch_tdx 1)" ''
		sleep 0.2
	done
	tds_end
	report 'TDs come and go while root switches TDX off and on'
}

# A VMM may be killed in each of its calls.
vmms_are_killed()
{
	for i in $(seq 20); do
		$pin "$here/td" churn 1000 2 >"$work"/churn.0 &
		vmm=$!
		# The time differs: sleep takes fractions of a second only.
		sleep "0.$((i % 10))$((i % 7))"
		kill -9 $vmm
		wait $vmm 2>/dev/null
	done
	tds_end
	report 'VMMs are killed, and all pages and KeyIDs come back'
}

# leaf_fails NAME LEAF STATUS ERROR: LEAF includes the version
leaf_fails()
{
	echo "$2 $3 0 1" >$emulator/inject
	said=$("$here/td" fail)
	echo clear >$emulator/inject
	echo "# $1: $said"
	case $said in
	"$4" | *": $4"*) ;;
	*) expect "$1" "$said" "$4" ;;
	esac
	expect_no_tds
	expect 'TD' "$("$here/td" fail)" built
	expect_no_tds
	report "a TD fails at $1, and the next one succeeds"
}

# leaks NAME LEAF LEFT: a TD cannot be destroyed, and LEFT is what the module has then
leaks()
{
	echo "$2 $OPERAND_INVALID 0 1" >$emulator/inject
	expect 'TD' "$("$here/td" fail)" built
	wait_for tds_left "$3"
	echo clear >$emulator/inject
	expect off "$(switch_tdx 0)" "$EBUSY"
	expect status "$(status)" initialized
	expect 'TD' "$("$here/td" fail)" built
	wait_for tds_left "$3"
	report "a TD leaks at $1, TDX stays up, and the next TD is built"
}

cpus_come_and_go()
{
	for cpu in $(other_package); do
		echo 0 >"$cpu"/online
		plain_vm_runs
		echo 1 >"$cpu"/online
	done
	expect status "$(status)" initializing
	report 'CPUs go and come while TDX comes up'
}

tds_wait()
{
	start_tds 4 2 1
	"$here/vm" run 1 1 >/dev/null
	expect status "$(status)" initializing
	echo 1 >$emulator/dilation
	tds_end
	expect 'TDs rejected' "$(cat "$work"/churn.* | sort -u)" 0
	expect status "$(status)" initialized
	report 'processes wait for TDX, and build TDs'
}

# --- tests in their order ----------------------------------------------------

[ $# -ge 1 ] || { echo "usage: tds.sh td|leaf|..., see the top of this file"; exit 2; }
need_vmx
need_emulator
begin
case $1 in
td)
	processes=${2:-16} rounds=${3:-32}
	insert tdx=1
	wait_for status initialized
	td_is_built
	td_is_misused
	many_tds
	package_stays
	tds_and_cpus
	[ ! -d $sysfs ] || tds_and_off
	vmms_are_killed
	unloads ''
	;;
leaf)
	insert tdx=1
	wait_for status initialized
	leaf_fails TDH.MNG.CREATE 9 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.MNG.CREATE 9 $NO_ENTROPY built
	leaf_fails TDH.MNG.KEY.CONFIG 8 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.MNG.ADDCX 1 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.MNG.INIT 21 $OPERAND_INVALID "$EINVAL"
	# KVM logs this and takes 0 as the value.
	leaf_fails TDH.MNG.RD 11 $OPERAND_INVALID built
	leaf_fails TDH.VP.CREATE 10 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.VP.ADDCX 4 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.VP.INIT 0x10016 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.VP.WR 43 $OPERAND_INVALID "$EIO"
	leaf_fails TDH.MR.FINALIZE 17 $OPERAND_INVALID "$EIO"
	unloads ''
	;;
leak)
	insert tdx=1
	wait_for status initialized
	# A TD with a vCPU has 13 pages.  KVM loses all, a page and the TDR, or the TDR.
	leaks TDH.VP.FLUSH 18 'pages 13 keyids 1'
	leaks TDH.MNG.VPFLUSHDONE 19 'pages 26 keyids 2'
	leaks TDH.PHYMEM.CACHE.WB 40 'pages 39 keyids 3'
	leaks TDH.MNG.KEY.FREEID 20 'pages 52 keyids 4'
	leaks TDH.PHYMEM.PAGE.RECLAIM 28 'pages 54 keyids 4'
	leaks TDH.PHYMEM.PAGE.WBINVD 41 'pages 54 keyids 4'
	unloads ''
	;;
async)
	expect status "$(status)" initializing
	loads_meanwhile ''
	cpus_come_and_go
	tds_wait
	unloads ''
	expect SYS.INIT "$(calls TDH.SYS.INIT)" 1
	report 'the module was initialized once'
	;;
poweroff)
	loads_meanwhile ''
	start_tds 4 1 1
	td_waits
	;;
*)
	echo "tds.sh: no such case: $1"
	exit 2
	;;
esac
case $1 in
leak)
	expect audit "$(audit)" 'TD_KEYID '
	report 'the audit reports that KVM frees a KeyID without TDH.PHYMEM.CACHE.WB'
	;;
*)
	audited
	;;
esac
echo "1..$number"
exit $failed
