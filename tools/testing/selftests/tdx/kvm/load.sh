#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# load.sh boot|demand|pending|without|unusable TEXT|memory|fails|off
#
# Load and unload the real kvm and kvm_intel as modules in the states of TDX, and create
# plain VMs and the descriptors of TDs:
#	boot		TDX is up since the boot
#	demand		TDX comes up when kvm_intel is loaded
#	pending		the same, and TDX does not come up before the end of the test; needs
#			tdx_emulator.dilation and tdmr_ns
#	without		TDX is switched off by tdx_host=off
#	unusable	KVM cannot use the module, and TEXT is in the log
#	memory		some memory is outside the CMRs
#	fails		initializations fail; needs tdx_emulator.dilation and tdmr_ns as above
#	off		root switches TDX off and on
#
# Run as root on a CPU with VMX, with the emulated TDX module (tdx_emulator=on).
set -u

here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/kvm/common.sh
. "$here/common.sh"

# Leaves and statuses, as the emulator injects them
SYS_INIT=33
SYS_RD=34
TDMR_INIT=36
SYS_DISABLE=69
SYS_CONFIG=45
KEY_CONFIG=31
VMFAILINVALID=0x8000ff00ffff0000
FIELD_ID_INCORRECT=0xc0000c0000000000

# A type of VM
PLAIN_VM=0

ENXIO='No such device or address'
ERANGE='Numerical result out of range'
ESHUTDOWN='Cannot send after transport endpoint shutdown'

packages()
{
	cat $cpus/cpu[0-9]*/topology/physical_package_id | sort -u | wc -l
}

expect_log()
{
	expect "lines with '$1' in the log" "$(dmesg | grep -c -- "$1")" 1
}

# KVM learns later than the tasks that wait for TDX.
wait_for_tdx()
{
	wait_for has_tdx "$1"
	# The callback sets the parameter before the capacity.
	sleep 0.1
	expect_tdx "$1"
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

loads_without()
{
	load N "$1"
	report "kvm_intel loads with $1 and has no TDX"
	rejected_td "$EINVAL"
	report "a TD is rejected with $1"
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

plain_vm()
{
	plain_vm_runs
	report "a plain VM runs until it halts$1"
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

# --- tests in their order ----------------------------------------------------

[ $# -ge 1 ] || { echo "usage: load.sh boot|demand|..., see the top of this file"; exit 2; }
need_vmx
[ "$1" = without ] || need_emulator
begin
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
*)
	echo "load.sh: no such case: $1"
	exit 2
	;;
esac
[ "$1" = without ] || audited
echo "1..$number"
exit $failed
