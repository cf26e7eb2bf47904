# SPDX-License-Identifier: GPL-2.0-only
"""How long callers of tdx_enable_async(), and the boot, wait.

The kernel times calls of tdx_enable_async() while TDX comes up, on hosts with different
amounts of memory, which must not matter.  With tdx_host=async, initcall_debug shows how
long the boot waits.  Upstream's boot waits for the whole initialization.
"""

import re
from statistics import median

from bench_guest import Run, TELL, guest
from bench_host import Host
from common import Failed

SIZES = (4, 64, 256)
BOOT = Host(1, 4, 64, 'even', 1)
TEST = '/selftests/tdx/host/tdx_async_test'
CALLS = f'modprobe tdx_test && {TEST} -t returns_at_once -t the_first_call_returns_at_once\n'
WAIT = ('until grep -q initialized /sys/kernel/tdx/status; do sleep 0.1; done\n'
        'dmesg | grep initcall.tdx_enable_at_boot\n')
# A caller, and the boot, may wait for this time at the median.
MAX_CALL_US = 100
MAX_BOOT_US = 1000


def number(pattern, log, name):
    found = re.search(pattern, log)
    if not found:
        raise Failed(f'no {pattern!r}; console: build/guests/{name}.log')
    return int(found[1])


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


def upstream_us():
    return 1e3 * Run(guest('bench-boot-upstream', 'upstream', TELL, BOOT.cmdline(),
                           *BOOT.guest())).ms('total')


def run(boots):
    """Print all measurements, and yield what misses its target."""
    print("""  tdx_enable_async(), 4 CPUs, us a call, medians: a call that joins a bring-up, a call
  that starts one, and queue_work() of nothing, which is most of the latter""")
    for gib in SIZES:
        yield from show_calls(gib)
    ours, upstream = (median(column) for column in zip(*(
        (blocked_us(), upstream_us()) for _ in range(boots))))
    print(f'  Boot of {BOOT.gib} GiB, medians of {boots}: tdx_host=async delayed it by '
          f'{ours:.0f} us,\n  upstream by {upstream:.0f} us', flush=True)
    if ours > MAX_BOOT_US:
        yield f'the boot is delayed by {ours:.0f} us'
