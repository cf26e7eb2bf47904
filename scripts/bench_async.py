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


def calls(gib):
    """Medians of one call in us: while TDX comes up, and of those that start it."""
    host, name = Host(1, 4, gib, 'even', 1), f'bench-calls-{gib}g'
    log = guest(name, 'lanework', CALLS, host.cmdline(), *host.guest())
    queued = r'queue_work\(\), \d+ calls: minimum \d+ ns, median (\d+) ns'
    return {'gib': gib,
            'joins_us': number(r'while TDX comes up, \d+ calls: median (\d+) ns', log, name) / 1e3,
            'starts_us': number(r'that starts, \d+ calls: minimum \d+ ns, median (\d+) ns',
                                log, name) / 1e3,
            'queue_work_us': number(queued, log, name) / 1e3}


def blocked_us():
    name = 'bench-boot-ours'
    log = guest(name, 'lanework', WAIT,
                f'{BOOT.cmdline()} tdx_host=async initcall_debug log_buf_len=1M', *BOOT.guest())
    return number(r'initcall tdx_enable_at_boot\S* returned 0 after (\d+) usecs', log, name)


def run(boots):
    sizes = []
    for gib in SIZES:
        print(f'  tdx_enable_async() with {gib} GiB ...', flush=True)
        sizes.append(calls(gib))
    blocked, upstream = [], []
    for i in range(boots):
        print(f'  boot that does not wait: {i + 1}/{boots}', flush=True)
        blocked.append(blocked_us())
        upstream.append(Run(guest('bench-boot-upstream', 'upstream', TELL, BOOT.cmdline(),
                                  *BOOT.guest())).ms('total'))
    return {'calls': sizes, 'gib': BOOT.gib, 'boots': boots, 'blocked_us': median(blocked),
            'upstream_us': 1000 * median(upstream)}
