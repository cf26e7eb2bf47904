# SPDX-License-Identifier: GPL-2.0-only
"""Measure what the lanes cost, and how long callers and the boot wait; see bench.md."""

import re
from statistics import median

from bench_guest import ASK, LANE_STARTS, TELL, TRACING, Run, guest, measure_upstream
from bench_host import Host
from common import TOP, Failed

# The tick of the kernel, CONFIG_HZ=250.
TICK_US = 4000
DELAY_HOST = Host(1, 2, 16, 'even', 700)
DELAY = '''
modprobe tdx_test || exit 1
sed 's/^/slice: /' /sys/kernel/debug/sched/base_slice_ns
/tdx-delay 1 6 | sed 's/^/idle: /'
echo 1 >/sys/kernel/debug/tdx_test/enable &
until grep -q '^36 ' /sys/kernel/debug/tdx_emulator/calls; do sleep 0.1; done
/tdx-delay 1 6 | sed 's/^/lanes: /'
grep '^36 ' /sys/kernel/debug/tdx_emulator/calls
'''

STEPS_HOST = Host(1, 2, 16, 'even', 20)
STEPS = ('modprobe tdx_test\n'
         + ''.join(f'echo 1 >{TRACING}/events/{event}/enable || exit 1\n' for event in (
             LANE_STARTS, 'lanework/lanework_lane_stop', 'kmem/kmalloc',
             'kmem/kmem_cache_alloc', 'kmem/mm_page_alloc'))
         + ASK + f'echo 0 >{TRACING}/tracing_on; cat {TRACING}/trace\n')
TRACE_LINE = re.compile(r'^ *\S.*-(\d+) +\[\d+\] (..)(.)\S* +[\d.]+: (\w+): (.*)$', re.M)

SIZES = (4, 64, 256)
BOOT = Host(1, 4, 64, 'even', 1)
TEST = '/selftests/tdx/host/tdx_async_test'
CALLS = f'modprobe tdx_test && {TEST} -t returns_at_once -t the_first_call_returns_at_once\n'
WAIT = ('until grep -q initialized /sys/kernel/tdx/status; do sleep 0.1; done\n'
        'dmesg | grep initcall.tdx_enable_at_boot\n')
# A caller, and the boot, may wait for this time at the median.
MAX_CALL_US = 100
MAX_BOOT_US = 1000


OFF_HOST = Host(1, 4, 64, 'even', 1)
# The times are those of the module, and of clearing PAMTs with 64-byte stores.
OFF_CMDLINE = 'tdx_emulator=on tdx_emulator.pw_mce=on'
UPTIME = "$(cut -d ' ' -f 1 /proc/uptime)"
OFF = f"""{ASK}
begin={UPTIME}
echo 0 >/sys/kernel/tdx/enable || exit 1
echo "off: $begin {UPTIME}"
"""
OFF_PHASES = re.compile(r'TDX is off, \d+ ms: SYS.DISABLE (\d+), caches and LPs (\d+), '
                        r'clear PAMT (\d+), free (\d+)')
# All but these phases may take this part of the time.
MAX_OFF_REST = 0.05


def number(pattern, log, name):
    found = re.search(pattern, log, re.M)
    if not found:
        raise Failed(f'no {pattern!r}; console: build/guests/{name}.log')
    return int(found[1])


def instructions(mode, command):
    """Count the guest's instructions for one call: its clock takes each for 1 ns."""
    # The memory is one range below 4 GiB, so that both kernels have one TDMR.
    run = Run(guest(f'bench-overhead-{mode}', mode, command,
                    'tdx_emulator=on tdx_emulator.max_tdmrs=1 nokaslr',
                    '--sockets', '1', '--cores', '1', '--nodes', '1', '--mem', '2560M',
                    '--icount'))
    if run.lanes != 1:
        raise Failed(f'{run.lanes} TDMRs, expected 1')
    return run.ns_per_call()


def overhead(pairs):
    """Compare one lane on one CPU with upstream's loop, in instructions."""
    print('  one lane on one CPU ...', flush=True)
    counted = [(instructions('upstream', TELL), instructions('lanework', ASK + TELL))
               for _ in range(pairs)]
    upstream, ours = (median(column) for column in zip(*counted))
    more = sorted(b - a for a, b in counted)
    percent = 100 * median(more) / upstream
    print(f'    {upstream:.0f} instructions a call in upstream\'s loop, {ours:.0f} in a lane: '
          f'{median(more):+.0f} ({more[0]:+.0f} to {more[-1]:+.0f}), {percent:+.2f} %')
    if percent > 2:
        yield f'one lane is {percent:.1f} % slower than upstream'


def delays(log, name):
    p50, p99 = (number(rf'^{name}: .* {p} (\d+)', log, 'bench-delay') for p in ('p50', 'p99'))
    print(f'    {name}: p50 {p50} us, p99 {p99} us')
    return p50


def delay():
    """Measure how late a sleeping task wakes up on a CPU, without and with lanes.

    The task may wait for one SEAMCALL, which nothing interrupts, and then for the
    next tick or for the end of the running task's slice.
    """
    print('  delay of another task ...', flush=True)
    log = guest('bench-delay', 'lanework', DELAY, DELAY_HOST.cmdline(), *DELAY_HOST.guest(),
                '--add', f'{TOP}/build/user/tdx-delay')
    if int(re.search(r'^36 \S+ (\d+) ', log, re.M)[1]) >= DELAY_HOST.gib * 256:
        raise Failed('the lanes ended before the task did')
    time_slice = re.search(r'^slice: (\d+)$', log, re.M)
    call_us = DELAY_HOST.dilation * 7
    limit_us = call_us + max(TICK_US, int(time_slice[1]) // 1000 if time_slice else 0)
    delays(log, 'idle')
    p50_us = delays(log, 'lanes')
    print(f'    limit of p50: {limit_us} us, of which a call takes {call_us} us')
    if p50_us > limit_us:
        yield f'another task waits {p50_us} us'


def allocations():
    """Find allocations in steps: workers make them in task context, within a lane."""
    print('  allocations in steps ...', flush=True)
    log = guest('bench-steps', 'lanework', STEPS, STEPS_HOST.cmdline(), *STEPS_HOST.guest())
    in_lane, steps, elsewhere, found = set(), 0, 0, []
    for pid, _, context, event, words in TRACE_LINE.findall(log):
        if event == 'lanework_lane_start':
            in_lane.add(pid)
        elif event == 'lanework_lane_stop':
            in_lane.discard(pid)
            steps += int(re.search(r'steps=(\d+)', words)[1])
        elif pid in in_lane and context == '.':
            found.append(f'{event}: {words}')
        else:
            elsewhere += 1
    # A complete trace has allocations of other tasks.
    if steps != STEPS_HOST.gib * 256 or not elsewhere or 'LOST' in log:
        raise Failed(f'the trace is not complete: {steps} steps, {elsewhere} allocations '
                     'elsewhere; console: build/guests/bench-steps.log')
    print(f'    {len(found)} in {steps} steps, {elsewhere} elsewhere')
    yield from (f'a step allocates: {what}' for what in found)


def show_calls(gib):
    """Time calls that join a bring-up, and calls that start one."""
    host, name = Host(1, 4, gib, 'even', 1), f'bench-calls-{gib}g'
    log = guest(name, 'lanework', CALLS, host.cmdline(), *host.guest())
    joins, starts, queued = (number(pattern, log, name) / 1e3 for pattern in (
        r'while TDX comes up, \d+ calls: median (\d+) ns',
        r'that starts, \d+ calls: minimum \d+ ns, median (\d+) ns',
        r'queue_work\(\), \d+ calls: minimum \d+ ns, median (\d+) ns'))
    print(f'  {gib:>4} GiB {joins:>9.2f} {starts:>9.1f} {queued:>9.1f}', flush=True)
    if joins > MAX_CALL_US:
        yield f'tdx_enable_async() takes {joins:.0f} us with {gib} GiB'


def blocked_us():
    name = 'bench-boot-ours'
    log = guest(name, 'lanework', WAIT,
                f'{BOOT.cmdline()} tdx_host=async initcall_debug log_buf_len=1M', *BOOT.guest())
    return number(r'initcall tdx_enable_at_boot\S* returned 0 after (\d+) usecs', log, name)


def waits(boots):
    """Show how long calls of tdx_enable_async() take, and how long the boot waits."""
    print("""  tdx_enable_async(), 4 CPUs, us a call, medians: a call that joins a bring-up, a call
  that starts one, and queue_work() of nothing, which is most of the latter""")
    for gib in SIZES:
        yield from show_calls(gib)
    ours, upstream = (median(column) for column in zip(*(
        (blocked_us(), 1e3 * measure_upstream(BOOT).ms('total')) for _ in range(boots))))
    print(f'  Boot of {BOOT.gib} GiB, medians of {boots}: tdx_host=async delayed it by '
          f'{ours:.0f} us,\n  upstream by {upstream:.0f} us', flush=True)
    if ours > MAX_BOOT_US:
        yield f'the boot is delayed by {ours:.0f} us'


def off(repeat):
    """Compare the time of off, as root sees it, with its phases."""
    walls, rests = [], []
    for _ in range(repeat):
        log = guest('bench-off', 'lanework', OFF, OFF_CMDLINE, *OFF_HOST.guest())
        begin, end = re.search(r'^off: (\S+) (\S+)$', log, re.M).groups()
        walls.append(1000 * (float(end) - float(begin)))
        rests.append(walls[-1] - sum(map(int, OFF_PHASES.search(log).groups())))
    wall, rest = median(walls), median(rests)
    print(f'  Off of {OFF_HOST.gib} GiB takes {wall:.0f} ms; all but SYS.DISABLE, caches, '
          f'clearing and freeing {rest:.0f} ms', flush=True)
    if rest > MAX_OFF_REST * wall:
        yield f'off spends {rest:.0f} of {wall:.0f} ms outside its phases'


def run(repeat):
    """Print all measurements, and yield what misses its target."""
    yield from overhead(repeat)
    yield from delay()
    yield from allocations()
    yield from off(repeat)
    yield from waits(repeat)
