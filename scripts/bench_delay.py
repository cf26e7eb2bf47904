# SPDX-License-Identifier: GPL-2.0-only
"""How long another task waits for a CPU on which lanes run.

The task sleeps, always for the same time, on one of two CPUs, and looks how late
it is woken, first alone and then while lanes are on both.  A SEAMCALL cannot be
interrupted; the scheduler lets a task that wakes wait until the next tick, or
until the one that runs has had its slice.
"""

import re

from bench_guest import TOP, Failed, guest
from bench_host import Host

HOST = Host(1, 2, 16, 'even', 700)
SECONDS = 6
# The tick of the kernel, CONFIG_HZ=250, in us.
TICK_US = 4000
SLICE = '/sys/kernel/debug/sched/base_slice_ns'
COMMAND = f'''
modprobe tdx_test || exit 1
cat {SLICE} 2>/dev/null | sed 's/^/slice: /'
/tdx-delay 1 {SECONDS} | sed 's/^/idle: /'
echo 1 >/sys/kernel/debug/tdx_test/enable &
until grep -q '^36 ' /sys/kernel/debug/tdx_emulator/calls; do sleep 0.1; done
/tdx-delay 1 {SECONDS} | sed 's/^/lanes: /'
grep '^36 ' /sys/kernel/debug/tdx_emulator/calls
'''


def guess():
    """Seconds, about."""
    return 2 * SECONDS + 10


def figures(log, name):
    m = re.search(rf'^{name}: (\d+) p50 (\d+) p99 (\d+) max (\d+)$', log, re.M)
    if not m:
        raise Failed('tdx-delay said nothing; console: build/guests/bench-delay.log')
    return dict(zip(('samples', 'p50_us', 'p99_us', 'max_us'), map(int, m.groups())))


def run():
    print('  delay of another task ...', flush=True)
    log = guest('bench-delay', 'lanework', COMMAND, HOST.cmdline(), *HOST.guest(),
                '--add', f'{TOP}/build/user/tdx-delay')
    calls = re.search(r'^36 \S+ (\d+) ', log, re.M)
    if int(calls[1]) >= HOST.gib * 256:
        raise Failed('the lanes were done before the task was')
    m = re.search(r'^slice: (\d+)$', log, re.M)
    slice_us = int(m[1]) // 1000 if m else 0
    more = max(TICK_US, slice_us)
    call_us = HOST.dilation * 7
    return {'call_ms': call_us / 1000, 'idle': figures(log, 'idle'),
            'lanes': figures(log, 'lanes'), 'more_us': more,
            'more': 'tick' if more == TICK_US else 'base slice', 'limit_us': call_us + more}
