#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kvm.sh boot|demand|pending|async|poweroff|without|unusable TEXT|memory|fails|off|td|leaf|leak
#
# Load and unload the real kvm and kvm_intel as modules, and create VMs:
#	boot		TDX is up since the boot
#	demand		TDX comes up when kvm_intel is loaded
#	pending		the same, and TDX does not come up before the end of the test; needs
#			tdx_emulator.dilation and tdmr_ns
#	async		TDX comes up since the boot; needs tdx_host=async and as above
#	poweroff	the caller powers the host off while TDX comes up; needs as above
#	without		TDX is switched off by tdx_host=off
#	unusable	KVM cannot use the module, and TEXT is in the log
#	memory		some memory is outside the CMRs
#	fails		initializations fail; needs tdx_emulator.dilation and tdmr_ns as above
#	off		root switches TDX off and on
#	td [N ROUNDS]	TDs are built up to KVM_TDX_FINALIZE_VM, and end: by N processes
#			(16), each ROUNDS times (32)
#	leaf		each leaf that builds a TD fails, one after another; KVM warns of that
#	leak		a page of a TD cannot be reclaimed; KVM warns of that
#
# Run as root on a CPU with VMX, with the emulated TDX module (tdx_emulator=on), which
# cannot run TDs.
set -u

sysfs=/sys/kernel/tdx
cpus=/sys/devices/system/cpu
intel=/sys/module/kvm_intel
here=$(dirname "$0")
# If a VMM migrates during KVM_TDX_INIT_VCPU, upstream's KVM does not flush the vCPU, and
# the module rejects the next call.  So keep VMMs on CPU 0 there.
[ -d $sysfs ] && pin= || pin='taskset 1'
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# Leaves and statuses, as the emulator injects them
SYS_INIT=33
SYS_RD=34
TDMR_INIT=36
SYS_DISABLE=69
SYS_CONFIG=45
KEY_CONFIG=31
VMFAILINVALID=0x8000ff00ffff0000
OPERAND_INVALID=0xc000010000000001
NO_ENTROPY=0x8000020300000000
FIELD_ID_INCORRECT=0xc0000c0000000000

# Types of VM
PLAIN_VM=0
TDX_VM=5

EBUSY='Device or resource busy'
EINVAL='Invalid argument'
EIO='Input/output error'
ENXIO='No such device or address'
ERANGE='Numerical result out of range'
ESHUTDOWN='Cannot send after transport endpoint shutdown'

packages()
{
	cat $cpus/cpu[0-9]*/topology/physical_package_id | sort -u | wc -l
}

# Upstream initializes TDX before user space runs, and has no status.
status()
{
	cat $sysfs/status 2>/dev/null || echo initialized
}

# wait_for COMMAND OUTPUT
wait_for()
{
	tries=600
	while [ "$("$1")" != "$2" ] && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	expect "$1 in the end" "$("$1")" "$2"
}

expect_log()
{
	expect "lines with '$1' in the log" "$(dmesg | grep -c -- "$1")" 1
}

has_tdx()
{
	cat $intel/parameters/tdx 2>&1
}

# expect_tdx Y|N: what KVM shows to users
expect_tdx()
{
	expect 'KVM has TDX' "$(has_tdx)" "$1"
	if [ "$1" = Y ]; then
		expect 'types of VM' "$("$here/vm" types)" 0x21
		expect 'misc.capacity' "$(cat "$work"/cgroup/misc.capacity)" 'tdx 63'
	else
		expect 'types of VM' "$("$here/vm" types)" 0x1
		expect 'misc.capacity' "$(cat "$work"/cgroup/misc.capacity)" ''
	fi
}

# KVM learns later than the tasks that wait for TDX.
wait_for_tdx()
{
	wait_for has_tdx "$1"
	# The callback sets the parameter before the capacity.
	sleep 0.1
	expect_tdx "$1"
}

insert()
{
	modprobe kvm_intel "$@" 2>"$work"/said || expect modprobe "$(cat "$work"/said)" ''
}

# load Y|N PARAMETER
load()
{
	insert "$2"
	expect_tdx "$1"
}

unload()
{
	rmmod kvm_intel 2>"$work"/said || expect rmmod "$(cat "$work"/said)" ''
	[ ! -d $intel ] || expect $intel there gone
}

# A process in the background creates the descriptor of a TD, and keeps it.
create_td()
{
	rm -f "$work"/td
	"$here/vm" create $TDX_VM >"$work"/td &
	creator=$!
}

# wait_for_td created|built
wait_for_td()
{
	while kill -0 $creator 2>/dev/null && [ ! -s "$work"/td ]; do
		sleep 0.1
	done
	expect 'TD' "$(cat "$work"/td)" "$1"
}

end_td()
{
	kill -9 $creator 2>/dev/null
	wait $creator 2>/dev/null
}

expect_rejected()
{
	wait $creator
	expect 'TD' "$(cat "$work"/td)" "KVM_CREATE_VM: $1"
}

rejected_td()
{
	create_td
	expect_rejected "$1"
}

# A TD is rejected with the result of an earlier initialization.
rejected_at_once()
{
	before=$(calls '')
	rejected_td "$1"
	expect SEAMCALLs "$(calls '')" "$before"
}

# --- cases -------------------------------------------------------------------

before_load()
{
	expect SEAMCALLs "$(calls '')" 0
	expect status "$(status)" unknown
	report 'no SEAMCALL is made before kvm_intel is loaded'
}

loads()
{
	load Y tdx=1
	report "kvm_intel loads and has TDX$1"
}

loads_meanwhile()
{
	load Y tdx=1
	expect status "$(status)" initializing
	report "kvm_intel loads and does not wait for TDX$1"
}

loads_without()
{
	load N "$1"
	report "kvm_intel loads with $1 and has no TDX"
	rejected_td "$EINVAL"
	report "a TD is rejected with $1"
}

unloads()
{
	unload
	report "kvm_intel unloads$1"
}

td_is_created()
{
	create_td
	wait_for_td created
	expect status "$(status)" initialized
	dmesg | grep -q 'virt/tdx: TDX-Module initialized' || expect dmesg 'TDX is not up' up
	report 'the descriptor of a TD is created, and TDX is up'
}

td_is_kept()
{
	create_td
	wait_for_td created
	rmmod kvm_intel 2>/dev/null && expect rmmod 'succeeded while there is a TD' rejected
	expect_tdx Y
	end_td
	report 'kvm_intel does not unload while there is a TD'
}

plain_vm_runs()
{
	expect product "$("$here/vm" run 123 456)" $((123 * 456))
}

plain_vm()
{
	plain_vm_runs
	report "a plain VM runs until it halts$1"
}

td_waits()
{
	create_td
	# This lasts as long as a plain VM exists.
	"$here/vm" run 1 1 >/dev/null
	kill -0 $creator 2>/dev/null || expect 'TD' "$(cat "$work"/td)" 'waits for TDX'
	expect status "$(status)" initializing
	report 'a TD waits for TDX'
}

waiter_is_killed()
{
	end_td
	expect status "$(status)" initializing
	expect 'TD' "$(cat "$work"/td)" ''
	report 'the process that waits for a TD can be killed'
}

one_initialization()
{
	expect SYS.INIT "$(calls TDH.SYS.INIT)" 1
	expect SYS.CONFIG "$(calls TDH.SYS.CONFIG)" 1
	expect LP.INIT "$(calls TDH.SYS.LP.INIT)" "$(nproc)"
	expect KEY.CONFIG "$(calls TDH.SYS.KEY.CONFIG)" "$(packages)"
	[ "$(calls TDH.SYS.TDMR.INIT)" -gt 0 ] || expect TDMR.INIT 0 more
	report 'the module was initialized once'
}

switched_off()
{
	expect error "$(cat $sysfs/error)" 'switched off by tdx_host=off (-19)'
	expect status "$(status)" unknown
	[ ! -e $emulator/calls ] || expect 'the emulated module' there missing
	report 'TDX is switched off'
}

# loads_unusable WHEN TEXT
loads_unusable()
{
	load N tdx=1
	rejected_at_once "$EINVAL"
	expect_log "$2"
	plain_vm_runs
	unload
	report "kvm_intel loads without TDX$1"
}

# initialization_failed WHEN ERROR TEXT
initialization_failed()
{
	wait_for_tdx N
	expect status "$(status)" unknown
	rejected_at_once "$2"
	expect_log "$3"
	plain_vm_runs
	report "KVM offers no TDX, and a TD is rejected at once$1"
}

# Print the CPUs, online or not, that are not in the package of CPU 0.
other_package()
{
	for cpu in "$cpus"/cpu[0-9]*; do
		[ "$(cat "$cpu"/topology/physical_package_id 2>/dev/null)" = \
		  "$(cat $cpus/cpu0/topology/physical_package_id)" ] || echo "$cpu"
	done
}

package_offline()
{
	others=$(other_package)
	for cpu in $others; do
		echo 0 >"$cpu"/online
	done

	insert tdx=1
	initialization_failed ' if a package is offline' "$ENXIO" 'has no online CPU'
	unload
	for cpu in $others; do
		echo 1 >"$cpu"/online
	done
	report 'kvm_intel unloads, and the package comes online'
}

# TDMR.INIT fails, and each line of the arguments is another call that fails.
waiter_is_told()
{
	for rule in "$TDMR_INIT $OPERAND_INVALID 0 1" "$@"; do
		echo "$rule" >$emulator/inject
	done
	# Let the module continue.
	echo 1 >$emulator/dilation
	expect_rejected "$EIO"
	report 'the error of TDMR.INIT is the error of the TD that waits'
}

root_starts_again()
{
	echo clear >$emulator/inject
	expect enable "$(switch_tdx 1)" ''
	wait_for status initialized
	wait_for_tdx Y
	create_td
	wait_for_td created
	end_td
	report 'root starts again, and KVM offers TDX'
}

fails_for_good()
{
	expect 'off' "$(switch_tdx 0)" ''
	wait_for_tdx N
	echo 1000 >$emulator/dilation
	expect enable "$(switch_tdx 1)" ''
	td_waits
	waiter_is_told "$SYS_DISABLE $OPERAND_INVALID 0 1000000"
	wait_for_tdx N
	expect status "$(status)" error
	rejected_at_once "$EINVAL"
	expect enable "$(switch_tdx 1)" "$EIO"
	expect off "$(switch_tdx 0)" "$EIO"
	unload
	report 'a TD is rejected as on a host without TDX if TDX has failed for good'
	loads_unusable ' if TDX has failed for good' 'could not be disabled'
	echo clear >$emulator/inject
}

td_keeps_tdx_up()
{
	create_td
	wait_for_td created
	expect off "$(switch_tdx 0)" "$EBUSY"
	expect status "$(status)" initialized
	expect_tdx Y
	end_td
	report 'TDX cannot be switched off while there is a TD'
}

off_with_plain_vm()
{
	"$here/vm" create $PLAIN_VM >"$work"/plain &
	plain=$!
	plain_vm_runs
	expect off "$(switch_tdx 0)" ''
	expect status "$(status)" unknown
	expect error "$(cat $sysfs/error)" 'switched off by root (-108)'
	wait_for_tdx N
	rejected_at_once "$ESHUTDOWN"
	plain_vm_runs
	expect 'plain VM' "$(cat "$work"/plain)" created
	kill -9 $plain
	wait $plain 2>/dev/null
	report 'TDX is switched off, and a plain VM stays'
}

off_stays()
{
	before=$(calls '')
	unload
	expect SEAMCALLs "$(calls '')" "$before"
	expect status "$(status)" unknown
	report 'kvm_intel unloads, and TDX stays off'
}

load_starts_again()
{
	insert tdx=1
	wait_for status initialized
	wait_for_tdx Y
	create_td
	wait_for_td created
	end_td
	report 'kvm_intel loads, and TDX comes up again'
}

up_stays()
{
	before=$(calls '')
	unload
	expect SEAMCALLs "$(calls '')" "$before"
	expect status "$(status)" initialized
	report 'kvm_intel unloads, and TDX stays up'
}

many_creators()
{
	n=16 off=0
	for i in $(seq $n); do
		"$here/vm" churn $TDX_VM 20 >"$work/churn.$i" &
	done
	# Each prints one line at its end.
	while [ "$(cat "$work"/churn.* | wc -l)" -lt $n ]; do
		said=$(switch_tdx 0)
		case $said in
		'')
			off=$((off + 1))
			sleep 0.2
			expect enable "$(switch_tdx 1)" ''
			;;
		"$EBUSY")
			;;
		*)
			expect off "$said" ''
			;;
		esac
	done
	wait
	expect 'lines of errors' "$(cat "$work"/churn.* | grep -v '^[0-9]*$')" ''
	[ $off -gt 0 ] || expect 'times off' 0 more
	[ "$(cat "$work"/churn.* | grep -vc '^0$')" -gt 0 ] || expect 'TDs rejected' 0 more
	wait_for status initialized
	wait_for_tdx Y
	echo "# off $off times"
	report "processes create TDs while root switches TDX off and on"
}

loads_during_off()
{
	unload
	# SYS.DISABLE takes 0.3 s, and is called more than ten times.
	echo 3000 >$emulator/dilation
	switch_tdx 0 >"$work"/off &
	off=$!
	wait_for status disabling
	modprobe kvm_intel tdx=1 2>"$work"/said &
	loading=$!
	wait_for has_tdx Y
	expect status "$(status)" disabling
	echo 1 >$emulator/dilation
	wait $off
	expect off "$(cat "$work"/off)" ''
	wait $loading || expect modprobe "$(cat "$work"/said)" ''
	wait_for status initialized
	wait_for_tdx Y
	report 'kvm_intel loads while TDX goes down, and TDX comes up again'
}

expect_no_tds()
{
	wait_for tds_left 'pages 0 keyids 0'
	expect 'KeyIDs of TDs' "$(cat "$work"/cgroup/misc.current)" 'tdx 0'
}

# What the module has of TDs.  The last file descriptor ends a TD a moment after its task.
tds_left()
{
	xargs <$emulator/tds
}

# build_td VCPUS: a process in the background builds a TD, and keeps it
build_td()
{
	rm -f "$work"/td
	$pin "$here/td" build "$1" >"$work"/td &
	creator=$!
	wait_for_td built
}

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

tds_are_churned()
{
	[ "$(cat "$work"/churn.* | wc -l)" -lt 4 ]
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

# step_fails NAME LEAF
step_fails()
{
	expect off "$(switch_tdx 0)" ''
	echo "$2 $OPERAND_INVALID 0 1" >$emulator/inject
	switch_tdx 1 >/dev/null
	wait_for_tdx N
	echo clear >$emulator/inject
	expect status "$(status)" unknown
	rejected_at_once "$EIO"
	expect enable "$(switch_tdx 1)" ''
	wait_for_tdx Y
	report "TDX fails at $1, and comes up after all"
}

audited()
{
	expect audit "$(audit)" ''
	report 'the audit reports no error'
}

# --- tests in their order ----------------------------------------------------

[ $# -ge 1 ] || { echo "usage: kvm.sh boot|demand|..., see the top of this file"; exit 2; }
[ "$(id -u)" = 0 ] || missing 'not root'
grep -q '^flags.* vmx' /proc/cpuinfo || missing 'no VMX in this CPU'
[ "$1" = without ] || need_emulator
[ -x "$here/vm" ] || missing 'no program vm beside this file'
[ ! -d $intel ] || missing 'kvm_intel is loaded or built in: CONFIG_KVM_INTEL=m'
[ -n "$(find /lib/modules/"$(uname -r)" -name 'kvm-intel.ko*')" ] ||
	missing 'no module kvm_intel: CONFIG_KVM_INTEL=m'
work=$(mktemp -d) || exit 1
mkdir "$work"/cgroup
trap 'umount "$work"/cgroup; rm -rf "$work"' EXIT
mount -t cgroup2 none "$work"/cgroup
[ -e "$work"/cgroup/misc.capacity ] || missing 'no misc.capacity: CONFIG_CGROUP_MISC=y'

echo 'TAP version 13'
case $1 in
boot)
	loads ''
	td_is_created
	end_td
	plain_vm ''
	td_is_kept
	unloads ''
	loads_without tdx=0
	plain_vm ' with tdx=0'
	unloads ' after tdx=0'
	one_initialization
	;;
demand)
	before_load
	loads ''
	td_is_created
	end_td
	plain_vm ''
	td_is_kept
	unloads ''
	loads ' again'
	td_is_created
	end_td
	unloads ' again'
	one_initialization
	;;
pending)
	before_load
	loads_meanwhile ''
	plain_vm ' meanwhile'
	td_waits
	waiter_is_killed
	unloads ' meanwhile'
	loads_meanwhile ' again'
	create_td
	echo 1 >$emulator/dilation
	wait_for_td created
	end_td
	expect status "$(status)" initialized
	report 'the TD that waited is created'
	unloads ' at the end'
	one_initialization
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
without)
	loads_without tdx=1
	plain_vm ''
	unloads ''
	switched_off
	;;
unusable)
	loads_unusable ": $2" "$2"
	;;
memory)
	insert tdx=1
	initialization_failed ' if memory is outside the CMRs' "$ERANGE" 'boot with tdx_host=async'
	unloads ''
	;;
fails)
	echo "$SYS_INIT $VMFAILINVALID 0 1000" >$emulator/inject
	loads_unusable ' if there is no module' TDX_SEAMCALL_VMFAILINVALID
	echo clear >$emulator/inject
	echo "$SYS_RD $FIELD_ID_INCORRECT 0 1000" >$emulator/inject
	loads_unusable ' if the module is too old' 'the module is too old'
	echo clear >$emulator/inject
	package_offline
	loads_meanwhile ' after a failure'
	td_waits
	waiter_is_told
	initialization_failed ' if TDMR.INIT has failed' "$EIO" 'TDX_OPERAND_INVALID'
	root_starts_again
	step_fails TDH.SYS.CONFIG $SYS_CONFIG
	step_fails TDH.SYS.KEY.CONFIG $KEY_CONFIG
	fails_for_good
	;;
off)
	insert tdx=1
	wait_for status initialized
	td_keeps_tdx_up
	off_with_plain_vm
	off_stays
	load_starts_again
	up_stays
	loads ' while TDX is up'
	many_creators
	loads_during_off
	unloads ''
	;;
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
*)
	echo "kvm.sh: no such case: $1"
	exit 2
	;;
esac
case $1 in
without)
	;;
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
