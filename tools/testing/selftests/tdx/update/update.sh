#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Is the TDX module updated at run time, as an operator does it, and what is
# left where that fails?
#
# Run as root with the emulated TDX module (tdx_emulator=on).  On a kernel that
# initialises the module at boot, the failures that cost it are left out but
# one, which comes last.  Nobody else should use TDX meanwhile.
set -u

asker=/sys/kernel/debug/tdx_test
upload=/sys/class/firmware/tdx_module
device=/sys/devices/faux/tdx_host
shown=/sys/kernel/tdx
cpus=/sys/devices/system/cpu
here=$(dirname "$0")
# shellcheck source=tools/testing/selftests/tdx/lib.sh
. "$here/../lib.sh"

# Leaves by their number in the emulator's file, and as they are injected.
KEY_CONFIG=31
SYS_INIT=33
LP_INIT=35
TDMR_INIT=36
SYS_CONFIG=45
SYS_SHUTDOWN=52
SYS_UPDATE=53
INSTALL=129
RAX_INSTALL=0x8000000000000001

SYS_BUSY=0x8000020200000000
VMFAILINVALID=0x8000ff00ffff0000
ENOENTROPY=0x8000000000030001

# --- the machine -------------------------------------------------------------

online()
{
	grep -c ^processor /proc/cpuinfo
}

audit()
{
	awk '$2 != 0 { printf "%s ", $1 }' $emulator/audit
}

# With on-demand initialisation the test decides when.
on_demand()
{
	[ -e $asker/enable ]
}

status()
{
	if on_demand; then
		cat $asker/status
	elif cat $device/version >/dev/null 2>&1; then
		echo initialized
	else
		echo error
	fi
}

# What tdx_enable() says.
ask()
{
	if ! on_demand; then
		return
	fi
	# shellcheck disable=SC2320 # the write is what may fail
	echo 1 2>&1 >$asker/enable | sed 's/.*: //'
}

version()
{
	cat $device/version 2>/dev/null || echo none
}

wait_for()
{
	tries=100
	until [ -e "$1" ] || [ $tries = 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
}

hotplug()
{
	echo "$2" >$cpus/cpu"$1"/online
}

# The module of the boot, and all that comes with it.
start()
{
	if on_demand; then
		echo 1 >$emulator/reset || expect reset failed 'as asked'
		expect 'tdx_enable()' "$(ask)" ''
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
	"$here/tdx-module-blob" "$@" >"$work/blob" || expect blob failed 'as asked'
}

begin_update()
{
	echo 1 >$upload/loading
	cat "$work/blob" >$upload/data
	echo 0 >$upload/loading
}

# The reason if it failed.
end_update()
{
	until [ "$(cat $upload/status)" = idle ]; do
		sleep 0.1
	done
	cat $upload/error
}

update()
{
	[ -e $upload/loading ] || { echo 'not offered'; return; }
	begin_update
	end_update
}

INVALID=transferring:firmware-invalid

# --- updates -----------------------------------------------------------------

# The driver cannot be unloaded once its device is there: only once in a boot.
offered_when_up()
{
	about='an update is offered when the module is up'
	if [ -e $upload/loading ]; then
		number=$((number + 1))
		echo "ok $number $about # SKIP TDX has been up since tdx-host was loaded"
		return
	fi
	echo 1 >$emulator/reset
	expect 'status' "$(status)" unknown
	blob
	expect update "$(update)" 'not offered'
	expect 'tdx_enable()' "$(ask)" ''
	wait_for $upload/loading
	expect 'update' "$(update)" ''
	finish "$about"
}

updates()
{
	start
	expect 'version at boot' "$(version)" 1.5.01
	expect "version of P-SEAMLDR" "$(cat $device/seamldr_version)" 1.5.00
	left=$(cat $device/num_remaining_updates)
	once="$(calls $SYS_CONFIG) $(calls $KEY_CONFIG) $(calls $TDMR_INIT)"
	lp_inits=$(calls $LP_INIT)
	sys_inits=$(calls $SYS_INIT)

	blob --version 1.5.7
	expect update "$(update)" ''
	expect version "$(version)" 1.5.07
	expect 'updates left' "$(cat $device/num_remaining_updates)" $((left - 1))
	expect status "$(status)" initialized
	expect 'SYS.SHUTDOWN' "$(calls $SYS_SHUTDOWN)" 1
	expect 'INSTALL' "$(calls $INSTALL)" "$(online)"
	expect 'SYS.INIT' "$(calls $SYS_INIT)" $((sys_inits + 1))
	expect 'LP.INIT' "$(calls $LP_INIT)" $((lp_inits + $(online)))
	expect 'SYS.UPDATE' "$(calls $SYS_UPDATE)" 1
	expect 'tdx_enable()' "$(ask)" ''
	expect 'SYS.CONFIG, KEY.CONFIG, TDMR.INIT' \
		"$(calls $SYS_CONFIG) $(calls $KEY_CONFIG) $(calls $TDMR_INIT)" "$once"
	finish 'the module is updated'
}

updates_again()
{
	blob --version 1.5.8 --pages 496
	expect 'the largest' "$(update)" ''
	expect version "$(version)" 1.5.08
	blob --version 1.5.3 --pages 1
	expect 'an earlier one' "$(update)" ''
	expect version "$(version)" 1.5.03
	blob --version 1.5.9 --handoff-version 0-2
	expect 'next hand-off version' "$(update)" ''
	blob --version 1.5.10 --handoff-version 1-3
	expect 'and the one after it' "$(update)" ''
	expect version "$(version)" 1.5.10
	expect status "$(status)" initialized
	finish 'and updated again'
}

cpu_comes_and_goes()
{
	lp_inits=$(calls $LP_INIT)
	hotplug 1 0
	hotplug 1 1
	expect 'CPU 1' "$(cat $cpus/cpu1/online)" 1
	expect 'LP.INIT' "$(calls $LP_INIT)" "$lp_inits"
	blob --version 1.5.11 --handoff-version 1-3
	expect update "$(update)" ''
	expect version "$(version)" 1.5.11
	finish 'CPUs go and come between updates'
}

# No SEAMCALL is made.
refused_by_linux()
{
	shutdowns=$(calls $SYS_SHUTDOWN)
	for what in magic length; do
		blob --version 1.5.12 --damage $what
		expect "$what" "$(update)" $INVALID
	done
	expect 'SYS.SHUTDOWN' "$(calls $SYS_SHUTDOWN)" "$shutdowns"
	expect version "$(version)" 1.5.11
	expect status "$(status)" initialized
	finish 'a file that is no module is refused without harm'
}

# Nothing has happened if the first call fails.
refused_by_module()
{
	blob --version 1.5.13 --handoff-version 1-3
	echo "$SYS_SHUTDOWN $SYS_BUSY 0 1" >$emulator/inject
	expect 'SYS.SHUTDOWN fails' "$(update)" $INVALID
	expect version "$(version)" 1.5.11
	expect status "$(status)" initialized
	expect 'tdx_enable()' "$(ask)" ''
	expect 'once more' "$(update)" ''
	expect version "$(version)" 1.5.13
	finish 'a module that does not shut down stays'
}

# --- the module is lost ------------------------------------------------------

expect_lost()
{
	expect update "$(update)" $INVALID
	expect version "$(version)" none
	expect status "$(status)" error
	on_demand && expect 'tdx_enable()' "$(ask)" \
		'Cannot send after transport endpoint shutdown'
	expect audit "$(audit)" ''
	# It cannot be mended without a reboot.  Linux asks a module that may not
	# have been initialised, which the audit reports.
	blob
	expect 'a good one then' "$(update)" $INVALID
	expect status "$(status)" error
}

# Who watches is told, and nobody has to ask for that.
lost_before_eyes()
{
	start
	"$here/changed" $shown/status 30000 >"$work/changed" &
	watcher=$!
	until [ -s "$work/changed" ]; do
		sleep 0.1
	done
	blob --damage signature
	expect update "$(update)" $INVALID
	wait $watcher || expect poll 'not woken' woken
	expect status "$(tr '\n' ' ' <"$work/changed")" 'initialized error '
	expect error "$(cat $shown/error)" \
		'a module update has failed and the module is shut down: reboot (-108)'
	expect 'tdx_enable()' "$(ask)" 'Cannot send after transport endpoint shutdown'
	done_with 'lost: who polls the status is woken'
}

# about, options of the blob
lost_by_blob()
{
	about=$1
	shift
	start
	blob "$@"
	expect_lost
	done_with "lost: $about"
}

# about, RAX, status, how many calls later
lost_by_fault()
{
	start
	blob --version 1.5.2
	echo "$2 $3 $4 1" >$emulator/inject
	expect_lost
	done_with "lost: $1"
}

# P-SEAMLDR waits for every LP, and Linux does not tell it that one is away.
lost_by_offline_cpu()
{
	start
	hotplug 1 0
	blob --version 1.5.2
	expect_lost
	expect 'INSTALL' "$(calls $INSTALL)" "$(online)"
	hotplug 1 1
	expect 'CPU 1' "$(cat $cpus/cpu1/online)" 1
	done_with 'lost: a CPU is offline'
}

# A CPU that leaves does so before the update, which is then lost, or after it.
cpu_leaves_meanwhile()
{
	start
	round=1
	while [ $round -le 8 ]; do
		blob --version 1.5.1$round --pages 100
		if [ $((round % 2)) = 0 ]; then
			hotplug 1 0 &
		fi
		begin_update
		if [ $((round % 2)) = 1 ]; then
			hotplug 1 0
		fi
		reason=$(end_update)
		wait
		echo "# round $round: ${reason:-updated}"
		if [ -z "$reason" ]; then
			expect version "$(version)" 1.5.1$round
			expect status "$(status)" initialized
			hotplug 1 1
			expect 'CPU 1' "$(cat $cpus/cpu1/online)" 1
		else
			expect version "$(version)" none
			expect status "$(status)" error
			hotplug 1 1
			start
		fi
		round=$((round + 1))
	done
	finish 'a CPU leaves meanwhile'
}

all_is_well_after_reset()
{
	start
	expect version "$(version)" 1.5.01
	blob
	expect update "$(update)" ''
	expect version "$(version)" 1.5.02
	finish 'after a reset all is as it was'
}

[ "$(id -u)" = 0 ] || missing 'not root'
need_emulator
[ -x "$here/tdx-module-blob" ] || missing 'no tdx-module-blob beside this file'
modprobe -q tdx_test 2>/dev/null
modprobe -q tdx-host || missing 'no module tdx-host: CONFIG_TDX_HOST_SERVICES=m'
if on_demand && [ ! -e $emulator/reset ]; then
	missing 'no reset of the emulated TDX module: CONFIG_KUNIT=y'
fi
[ -e $cpus/cpu1/online ] || missing 'no CPU that can be taken offline'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

echo 'TAP version 13'
on_demand && offered_when_up
updates
updates_again
cpu_comes_and_goes
refused_by_linux
refused_by_module
if on_demand; then
	lost_before_eyes
	lost_by_blob 'the SIGSTRUCT is signed otherwise' --damage signature
	lost_by_blob 'the image is not that of the SIGSTRUCT' --damage image
	lost_by_blob 'the image is no module' --damage format
	lost_by_blob 'the module was not built for its SIGSTRUCT' --damage build
	lost_by_blob 'the module has a lower SVN' --svn 1.4
	lost_by_blob 'the module is of another line' --svn 2.5
	lost_by_blob 'the module is for another CPU' --cpu 0x10
	lost_by_blob 'the module cannot read the hand-off data' --handoff-version 1-1
	lost_by_fault 'first INSTALL' $RAX_INSTALL $ENOENTROPY 0
	lost_by_fault 'third INSTALL' $RAX_INSTALL $VMFAILINVALID 2
	lost_by_fault 'SYS.INIT' $SYS_INIT $SYS_BUSY 0
	lost_by_fault 'third LP.INIT' $LP_INIT $SYS_BUSY 2
	lost_by_fault 'SYS.UPDATE' $SYS_UPDATE $SYS_BUSY 0
	lost_by_offline_cpu
	cpu_leaves_meanwhile
	all_is_well_after_reset
else
	lost_by_blob 'the SIGSTRUCT is signed otherwise' --damage signature
fi
on_demand && { echo 1 >$emulator/reset; rmmod tdx_test; }
echo "1..$number"
exit $failed
