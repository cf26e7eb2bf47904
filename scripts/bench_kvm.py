# SPDX-License-Identifier: GPL-2.0-only
"""Measure in Bochs how long it takes to load kvm_intel; see bench.md."""

import re
from statistics import median

from bench_guest import TELL, Run
from common import SKIP, Failed, boot

MEMORY = ('1G', '3G')
BOCHS = ['--bochs', '--sockets', '2', '--cores', '2', '--timeout', '600', '--silence', '600']
# TDX comes up in 2.6 s or more: a GiB takes 256 calls of 10 ms.  In a call, the CPU cannot
# schedule, and other CPUs wait for that when they load a module.
PENDING = ('tdx_emulator.dilation=1000 tdx_emulator.key_ns=1000 tdx_emulator.config_ns=1000 '
           'tdx_emulator.disable_ns=10 tdx_emulator.other_ns=10 tdx_emulator.tdmr_ns=10000')
LOADS = 5
LOAD = f'''
emulator=/sys/kernel/debug/tdx_emulator
wait_for() {{ until grep -q $1 /sys/kernel/tdx/status; do sleep 0.1; done; }}
load() {{
	echo "load $1: begin" >/dev/kmsg
	modprobe kvm_intel tdx=$2 || exit 1
	echo "load $1: end" >/dev/kmsg
}}
load first 0
rmmod kvm_intel
for i in $(seq {LOADS}); do
	load none 0
	rmmod kvm_intel

	echo 1000 >$emulator/dilation
	load pending 1
	cat $emulator/calls
	grep -q initializing /sys/kernel/tdx/status || exit 1
	echo 1 >$emulator/dilation
	wait_for initialized
	rmmod kvm_intel

	load up 1
	rmmod kvm_intel
	echo 0 >/sys/kernel/tdx/enable
	wait_for unknown
done
'''
KINDS = {'none': 'tdx=0', 'pending': 'tdx=1, TDX comes up', 'up': 'tdx=1, TDX is up'}
# Loading while TDX comes up may take this part longer than loading without TDX.
MORE = 0.05


def guest(name, kernel, command, append, memory):
    status, said, console = boot(f'bench-kvm-{name}-{memory}', *BOCHS, '--mem', memory,
                                 '--run', command, kernel=kernel,
                                 append=f'tdx_emulator=on {append}')
    if status == SKIP:
        return None
    if status:
        raise Failed(said)
    return console


def loads_ms(memory):
    """Return the median of each kind of load, and the time of step 1; None without Bochs."""
    log = guest('ours', 'ours', LOAD, PENDING, memory)
    if log is None:
        return None

    def stamps(kind, what):
        return [1000 * float(s) for s in
                re.findall(rf'^\[ *([\d.]+)\] load {kind}: {what}$', log, re.M)]

    ms = {kind: median(end - begin for begin, end in
                       zip(stamps(kind, 'begin'), stamps(kind, 'end'))) for kind in KINDS}
    # In the first list of calls: from the first TDH.SYS.INIT to the last TDH.SYS.RD.
    begin = re.search(r'^33 TDH.SYS.INIT \d+ (\d+) \d+$', log, re.M)
    end = re.search(r'^34 TDH.SYS.RD \d+ \d+ (\d+)$', log, re.M)
    ms['step 1'] = (int(end[1]) - int(begin[1])) / 1e6
    return ms


def run():
    """Print the table, and yield what misses its target."""
    rows = {memory: loads_ms(memory) for memory in MEMORY}
    if None in rows.values():
        print('\n  kvm_intel: no Bochs, so nothing was measured')
        return
    print(f'\n  kvm_intel in Bochs, 4 CPUs, ms of its clock: medians of {LOADS} loads;\n'
          '  upstream: from TDH.SYS.INIT to the last TDH.SYS.TDMR.INIT, for which the boot waits\n'
          '  memory  ' + ''.join(f'{kind:>22}' for kind in KINDS.values())
          + '      of it: step 1      upstream')
    for memory, ms in rows.items():
        upstream = Run(guest('upstream', 'upstream', TELL, '', memory)).ms('total')
        print(f'  {memory:<8}' + ''.join(f'{ms[kind]:>22.0f}' for kind in KINDS)
              + f'{ms["step 1"]:>19.1f} {upstream:>13.0f}')
        for kind in ('pending', 'up'):
            if ms[kind] > (1 + MORE) * ms['none']:
                yield (f'kvm_intel, {memory}, {KINDS[kind]}: {ms[kind]:.0f} ms, '
                       f'without TDX {ms["none"]:.0f} ms')
    small, large = (rows[memory]['pending'] for memory in MEMORY)
    if abs(large / small - 1) > MORE:
        yield f'kvm_intel: the time to load depends on memory: {small:.0f} and {large:.0f} ms'
