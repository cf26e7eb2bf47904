#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kvm.sh boot|demand|pending|without
#
# Load and unload the real kvm and kvm_intel as modules, and create VMs:
#	boot		TDX is up since the boot
#	demand		TDX comes up when kvm_intel is loaded
#	pending		the same, and TDX does not come up before the end of the test; needs
#			tdx_emulator.dilation and tdmr_ns
#	without		TDX is switched off by tdx_host=off
#
# Run as root on a CPU with VMX, with the emulated TDX module (tdx_emulator=on), which
# cannot run TDs: the tests create only the descriptors of TDs.
set -u

sysfs=/sys/kernel/tdx
intel=/sys/module/kvm_intel
here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# Types of VM, and masks of types
TDX_VM=5
PLAIN=0x1
PLAIN_AND_TDX=0x21

packages()
{
	cat /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id | sort -u | wc -l
}

# Upstream initializes TDX before user space runs, and has no status.
status()
{
	cat $sysfs/status 2>/dev/null || echo initialized
}

# load OPTION TDX TYPES: load kvm_intel, which then has TDX (Y or N) and types of VM
load()
{
	modprobe kvm_intel "$1" 2>"$work"/said || expect modprobe "$(cat "$work"/said)" ''
	expect 'KVM has TDX' "$(cat $intel/parameters/tdx 2>&1)" "$2"
	expect 'types of VM' "$("$here/vm" types)" "$3"
}

# A process in the background creates the descriptor of a TD, and keeps it.
create_td()
{
	rm -f "$work"/td
	"$here/vm" create $TDX_VM >"$work"/td &
	creator=$!
}

wait_for_td()
{
	while kill -0 $creator 2>/dev/null && [ ! -s "$work"/td ]; do
		sleep 0.1
	done
	expect 'TD' "$(cat "$work"/td)" created
}

end_td()
{
	kill -9 $creator 2>/dev/null
	wait $creator 2>/dev/null
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
	load tdx=1 Y $PLAIN_AND_TDX
	report "kvm_intel loads and has TDX$1"
}

loads_meanwhile()
{
	load tdx=1 Y $PLAIN_AND_TDX
	expect status "$(status)" initializing
	report "kvm_intel loads and does not wait for TDX$1"
}

loads_without()
{
	load "$1" N $PLAIN
	report "kvm_intel loads with $1 and has no TDX"
	create_td
	wait $creator
	expect 'TD' "$(cat "$work"/td)" 'KVM_CREATE_VM: Invalid argument'
	report "a TD is rejected with $1"
}

unloads()
{
	rmmod kvm_intel 2>"$work"/said || expect rmmod "$(cat "$work"/said)" ''
	[ ! -d $intel ] || expect $intel there gone
	report "kvm_intel unloads$1"
}

td_is_created()
{
	create_td
	wait_for_td
	expect status "$(status)" initialized
	dmesg | grep -q 'virt/tdx: TDX-Module initialized' || expect dmesg 'TDX is not up' up
	report 'the descriptor of a TD is created, and TDX is up'
}

td_is_kept()
{
	create_td
	wait_for_td
	rmmod kvm_intel 2>/dev/null && expect rmmod 'succeeded while there is a TD' rejected
	expect 'types of VM' "$("$here/vm" types)" $PLAIN_AND_TDX
	end_td
	report 'kvm_intel does not unload while there is a TD'
}

plain_vm()
{
	expect product "$("$here/vm" run 123 456)" $((123 * 456))
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

audited()
{
	expect audit "$(audit)" ''
	report 'the audit reports no error'
}

# --- tests in their order ----------------------------------------------------

[ $# = 1 ] || { echo "usage: kvm.sh boot|demand|pending|without"; exit 2; }
[ "$(id -u)" = 0 ] || missing 'not root'
grep -q '^flags.* vmx' /proc/cpuinfo || missing 'no VMX in this CPU'
[ "$1" = without ] || need_emulator
[ -x "$here/vm" ] || missing 'no program vm beside this file'
[ ! -d $intel ] || missing 'kvm_intel is loaded or built in: CONFIG_KVM_INTEL=m'
[ -n "$(find /lib/modules/"$(uname -r)" -name 'kvm-intel.ko*')" ] ||
	missing 'no module kvm_intel: CONFIG_KVM_INTEL=m'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

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
	wait_for_td
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
*)
	echo "kvm.sh: no such case: $1"
	exit 2
	;;
esac
[ "$1" = without ] || audited
echo "1..$number"
exit $failed
