#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Update the TDX module at run time as an operator does, and check the state of the host
# after a failure.
#
# Run as root with the emulated TDX module (tdx_emulator=on).  If the kernel initializes the
# module at boot, only the last test makes the host lose the module.  Nothing else may use
# TDX meanwhile.
set -u

requests=/sys/kernel/debug/tdx_test
upload=/sys/class/firmware/tdx_module
device=/sys/devices/faux/tdx_host
sysfs=/sys/kernel/tdx
cpu=/sys/devices/system/cpu/cpu1
here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# Leaves and statuses, as the emulator injects them
SYS_INIT=33
LP_INIT=35
SYS_SHUTDOWN=52
SYS_UPDATE=53
RAX_INSTALL=0x8000000000000001
SYS_BUSY=0x8000020200000000
VMFAILINVALID=0x8000ff00ffff0000
ENOENTROPY=0x8000000000030001

# --- the machine -------------------------------------------------------------

online()
{
	grep -c ^processor /proc/cpuinfo
}

# Return whether the kernel initializes the module on request; this test then requests it.
on_demand()
{
	[ -e $requests/enable ]
}

status()
{
	if on_demand; then
		cat $sysfs/status
	elif cat $device/version >/dev/null 2>&1; then
		echo initialized
	else
		echo error
	fi
}

# Print the error of tdx_enable(); nothing if it succeeds.
bring_up()
{
	if ! on_demand; then
		return
	fi
	# shellcheck disable=SC2320 # the write is what may fail
	echo 1 2>&1 >$requests/enable | sed 's/.*: //'
}

version()
{
	cat $device/version 2>/dev/null || echo none
}

# The module is up in this version.
expect_up()
{
	expect version "$(version)" "$1"
	expect status "$(status)" initialized
}

expect_lost()
{
	expect version "$(version)" none
	expect status "$(status)" error
}

wait_for()
{
	tries=100
	until [ -e "$1" ] || [ $tries = 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

# set_cpu ONLINE: take CPU 1 offline (0) or online (1)
set_cpu()
{
	echo "$1" >$cpu/online
	expect 'CPU 1 is online' "$(cat $cpu/online)" "$1"
}

# Bring up the module of the boot, and wait for the files of tdx-host.
start()
{
	if on_demand; then
		reset || expect reset failed success
		expect 'tdx_enable()' "$(bring_up)" ''
	fi
	wait_for $upload/loading
	expect 'status at start' "$(status)" initialized
}

finish()
{
	expect audit "$(audit)" ''
	done_with "$1"
}

done_with()
{
	echo clear >$emulator/inject
	report "$1"
}

# --- the operator ------------------------------------------------------------

blob()
{
	"$here/tdx-module-blob" "$@" >"$work/blob" || expect tdx-module-blob failed success
}

begin_update()
{
	echo 1 >$upload/loading
	cat "$work/blob" >$upload/data
	echo 0 >$upload/loading
}

# Print the error; nothing if the update succeeds.
end_update()
{
	until [ "$(cat $upload/status)" = idle ]; do
		sleep 0.1
	done
	cat $upload/error
}

update()
{
	[ -e $upload/loading ] || { echo 'not available'; return; }
	begin_update
	end_update
}

# update_to VERSION OPTION...: options of tdx-module-blob
update_to()
{
	to=$1
	shift
	blob --version "$to" "$@"
	expect "update to $to" "$(update)" ''
	expect_up "$to"
}

INVALID=transferring:firmware-invalid

switch_off()
{
	expect off "$(switch_tdx 0)" ''
	expect status "$(status)" unknown
	[ ! -e $device ] || expect $device there gone
}

switch_on()
{
	expect on "$(switch_tdx 1)" ''
	wait_for $upload/loading
	expect status "$(status)" initialized
}

# --- updates -----------------------------------------------------------------

# This test runs once in a boot: tdx-host cannot be unloaded after its device has appeared.
available_when_up()
{
	about='an update is available when the module is up'
	if [ -e $upload/loading ]; then
		skip "$about" 'TDX has been up since tdx-host was loaded'
		return
	fi
	reset
	expect 'status' "$(status)" unknown
	blob
	expect update "$(update)" 'not available'
	expect 'tdx_enable()' "$(bring_up)" ''
	wait_for $upload/loading
	expect 'update' "$(update)" ''
	finish "$about"
}

# An update makes none of these calls.
calls_of_configuration()
{
	echo "$(calls TDH.SYS.CONFIG) $(calls TDH.SYS.KEY.CONFIG) $(calls TDH.SYS.TDMR.INIT)"
}

updates()
{
	start
	expect 'version at boot' "$(version)" 1.5.01
	expect "version of P-SEAMLDR" "$(cat $device/seamldr_version)" 1.5.00
	left=$(cat $device/num_remaining_updates)
	configured=$(calls_of_configuration)
	lp_inits=$(calls TDH.SYS.LP.INIT)
	sys_inits=$(calls TDH.SYS.INIT)

	update_to 1.5.07
	expect 'updates left' "$(cat $device/num_remaining_updates)" $((left - 1))
	expect 'SYS.SHUTDOWN' "$(calls TDH.SYS.SHUTDOWN)" 1
	expect 'INSTALL' "$(calls SEAMLDR.INSTALL)" "$(online)"
	expect 'SYS.INIT' "$(calls TDH.SYS.INIT)" $((sys_inits + 1))
	expect 'LP.INIT' "$(calls TDH.SYS.LP.INIT)" $((lp_inits + $(online)))
	expect 'SYS.UPDATE' "$(calls TDH.SYS.UPDATE)" 1
	expect 'tdx_enable()' "$(bring_up)" ''
	expect 'SYS.CONFIG, KEY.CONFIG, TDMR.INIT' "$(calls_of_configuration)" "$configured"
	finish 'the module is updated'
}

updates_again()
{
	# The largest module, an older one, and the next two hand-off versions
	update_to 1.5.08 --pages 496
	update_to 1.5.03 --pages 1
	update_to 1.5.09 --handoff-version 0-2
	update_to 1.5.10 --handoff-version 1-3
	finish 'the module is updated again'
}

cpu_comes_and_goes()
{
	lp_inits=$(calls TDH.SYS.LP.INIT)
	set_cpu 0
	set_cpu 1
	expect 'LP.INIT' "$(calls TDH.SYS.LP.INIT)" "$lp_inits"
	update_to 1.5.11 --handoff-version 1-3
	finish 'CPUs go offline and come back between updates'
}

# Linux rejects the file before the first SEAMCALL.
rejected_by_linux()
{
	shutdowns=$(calls TDH.SYS.SHUTDOWN)
	for what in magic length; do
		blob --version 1.5.12 --damage $what
		expect "$what" "$(update)" $INVALID
	done
	expect 'SYS.SHUTDOWN' "$(calls TDH.SYS.SHUTDOWN)" "$shutdowns"
	expect_up 1.5.11
	finish 'a file that is not a module is rejected'
}

# If the first SEAMCALL fails, the old module stays and works.
rejected_by_module()
{
	blob --version 1.5.13 --handoff-version 1-3
	echo "$SYS_SHUTDOWN $SYS_BUSY 0 1" >$emulator/inject
	expect 'SYS.SHUTDOWN fails' "$(update)" $INVALID
	expect_up 1.5.11
	expect 'tdx_enable()' "$(bring_up)" ''
	update_to 1.5.13 --handoff-version 1-3
	finish 'a module that rejects its shutdown stays'
}

# --- off ---------------------------------------------------------------------

# The module is not loaded again, so it keeps its version.
unavailable_when_off()
{
	start
	update_to 1.5.02
	switch_off
	blob --version 1.5.3
	expect update "$(update)" 'not available'
	switch_on
	expect version "$(version)" 1.5.02
	update_to 1.5.03
	finish 'no update is available while TDX is off'
}

# Root writes the file in several steps, and switches TDX off before the last one.
off_during_upload()
{
	blob --version 1.5.4
	echo 1 >$upload/loading
	cat "$work/blob" >$upload/data
	switch_off
	switch_on
	expect version "$(version)" 1.5.03
	update_to 1.5.04
	finish 'TDX is switched off during an upload'
}

# If the update is first, either TDX stays up until its end, or it is switched off
# afterwards.  If off is first, the update fails.
off_during_updates()
{
	round=1
	while [ $round -le 9 ]; do
		old=$(version)
		blob --version 1.5.1$round --pages 100
		begin_update 2>/dev/null &
		[ $((round % 3)) = 0 ] || sleep 0.0$((round % 3))
		said=$(switch_tdx 0)
		wait
		case $said in
		'')
			[ ! -e $device ] || expect $device there gone
			switch_on
			;;
		'Device or resource busy')
			expect update "$(end_update)" ''
			;;
		*)
			expect off "$said" ''
			;;
		esac
		new=$(version)
		echo "# round $round: off: ${said:-done}, version $new"
		[ "$new" = "$old" ] || expect version "$new" 1.5.1$round
		round=$((round + 1))
	done
	finish 'TDX is switched off during updates'
}

# --- the module is lost ------------------------------------------------------

update_loses_module()
{
	expect update "$(update)" $INVALID
	expect_lost
	on_demand && expect 'tdx_enable()' "$(bring_up)" \
		'Cannot send after transport endpoint shutdown'
	expect audit "$(audit)" ''
	# Only a reboot helps.  An update now makes SEAMCALLs to a module that may not
	# be initialized, which the audit reports.
	blob
	expect 'a valid update then' "$(update)" $INVALID
	expect status "$(status)" error
}

# A task that polls the status is woken, without a call of tdx_enable().
lost_wakes_poll()
{
	start
	"$here/changed" $sysfs/status 30000 >"$work/changed" &
	watcher=$!
	until [ -s "$work/changed" ]; do
		sleep 0.1
	done
	blob --damage signature
	update_loses_module
	wait $watcher || expect poll 'not woken' woken
	expect status "$(tr '\n' ' ' <"$work/changed")" 'initialized error '
	expect error "$(cat $sysfs/error)" \
		'a module update has failed and the module is shut down: reboot (-108)'
	done_with 'lost: poll of the status is woken'
}

# lost_by_blob TEST OPTION...: options of tdx-module-blob
lost_by_blob()
{
	about=$1
	shift
	start
	blob "$@"
	update_loses_module
	done_with "lost: $about"
}

# lost_by_fault TEST RAX STATUS SKIP
lost_by_fault()
{
	start
	blob --version 1.5.2
	echo "$2 $3 $4 1" >$emulator/inject
	update_loses_module
	done_with "lost: $1"
}

# P-SEAMLDR waits for the calls of all LPs, and Linux does not check that all are online.
lost_by_offline_cpu()
{
	start
	set_cpu 0
	blob --version 1.5.2
	update_loses_module
	expect 'INSTALL' "$(calls SEAMLDR.INSTALL)" "$(online)"
	set_cpu 1
	done_with 'lost: a CPU is offline'
}

# Take a CPU offline during updates: if it goes first, the update fails.
cpu_goes_meanwhile()
{
	start
	round=1
	while [ $round -le 8 ]; do
		blob --version 1.5.1$round --pages 100
		if [ $((round % 2)) = 0 ]; then
			set_cpu 0 &
		fi
		begin_update
		if [ $((round % 2)) = 1 ]; then
			set_cpu 0
		fi
		reason=$(end_update)
		wait
		echo "# round $round: ${reason:-updated}"
		if [ -z "$reason" ]; then
			expect_up 1.5.1$round
			set_cpu 1
		else
			expect_lost
			set_cpu 1
			start
		fi
		round=$((round + 1))
	done
	finish 'a CPU goes offline meanwhile'
}

works_after_reset()
{
	start
	expect version "$(version)" 1.5.01
	update_to 1.5.02
	finish 'an update works after a reset'
}

[ "$(id -u)" = 0 ] || missing 'not root'
need_emulator
[ -x "$here/tdx-module-blob" ] || missing 'no tdx-module-blob beside this file'
modprobe -q tdx_test 2>/dev/null
if on_demand; then
	need_reset
fi
modprobe -q tdx-host || missing 'no module tdx-host: CONFIG_TDX_HOST_SERVICES=m'
[ -e $cpu/online ] || missing 'no CPU that can go offline'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

echo 'TAP version 13'
on_demand && available_when_up
updates
updates_again
cpu_comes_and_goes
rejected_by_linux
rejected_by_module
if on_demand; then
	unavailable_when_off
	off_during_upload
	off_during_updates
	lost_wakes_poll
	lost_by_blob 'the SIGSTRUCT has a wrong signature' --damage signature
	lost_by_blob 'the image does not match the SIGSTRUCT' --damage image
	lost_by_blob 'the image is not a module' --damage format
	lost_by_blob 'the build does not match the SIGSTRUCT' --damage build
	lost_by_blob 'the module has a lower SVN' --svn 1.4
	lost_by_blob 'the module has another major SVN' --svn 2.5
	lost_by_blob 'the module is for another CPU' --cpu 0x10
	lost_by_blob 'the module cannot read the hand-off data' --handoff-version 1-1
	lost_by_fault 'first INSTALL' $RAX_INSTALL $ENOENTROPY 0
	lost_by_fault 'third INSTALL' $RAX_INSTALL $VMFAILINVALID 2
	lost_by_fault 'SYS.INIT' $SYS_INIT $SYS_BUSY 0
	lost_by_fault 'third LP.INIT' $LP_INIT $SYS_BUSY 2
	lost_by_fault 'SYS.UPDATE' $SYS_UPDATE $SYS_BUSY 0
	lost_by_offline_cpu
	cpu_goes_meanwhile
	works_after_reset
else
	lost_by_blob 'the SIGSTRUCT has a wrong signature' --damage signature
fi
on_demand && { reset; rmmod tdx_test; }
echo "1..$number"
exit $failed
