# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Functions for load.sh and tds.sh: load and unload kvm_intel, see whether it has TDX, and
# create VMs.  The script that sources this file sets here to its directory.

sysfs=/sys/kernel/tdx
cpus=/sys/devices/system/cpu
intel=/sys/module/kvm_intel
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# A status, as the emulator injects it
OPERAND_INVALID=0xc000010000000001

# A type of VM
TDX_VM=5

EBUSY='Device or resource busy'
EINVAL='Invalid argument'
EIO='Input/output error'

# need_vmx: skip all tests unless root runs them on a CPU with VMX
need_vmx()
{
	[ "$(id -u)" = 0 ] || missing 'not root'
	grep -q '^flags.* vmx' /proc/cpuinfo || missing 'no VMX in this CPU'
}

# begin: make the directory $work, mount cgroups there, and start the output in TAP; skip
# all tests if kvm_intel cannot be loaded
begin()
{
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
	while kill -0 "$creator" 2>/dev/null && [ ! -s "$work"/td ]; do
		sleep 0.1
	done
	expect 'TD' "$(cat "$work"/td)" "$1"
}

end_td()
{
	kill -9 "$creator" 2>/dev/null
	wait "$creator" 2>/dev/null
}

plain_vm_runs()
{
	expect product "$("$here/vm" run 123 456)" $((123 * 456))
}

# Print the CPUs, online or not, that are not in the package of CPU 0.
other_package()
{
	for cpu in "$cpus"/cpu[0-9]*; do
		[ "$(cat "$cpu"/topology/physical_package_id 2>/dev/null)" = \
		  "$(cat $cpus/cpu0/topology/physical_package_id)" ] || echo "$cpu"
	done
}

# --- cases of both scripts ---------------------------------------------------

loads_meanwhile()
{
	load Y tdx=1
	expect status "$(status)" initializing
	report "kvm_intel loads and does not wait for TDX$1"
}

td_waits()
{
	create_td
	# This lasts as long as a plain VM exists.
	"$here/vm" run 1 1 >/dev/null
	kill -0 "$creator" 2>/dev/null || expect 'TD' "$(cat "$work"/td)" 'waits for TDX'
	expect status "$(status)" initializing
	report 'a TD waits for TDX'
}

unloads()
{
	unload
	report "kvm_intel unloads$1"
}

audited()
{
	expect audit "$(audit)" ''
	report 'the audit reports no error'
}
