# SPDX-License-Identifier: GPL-2.0-only
"""Does a step allocate memory?  A trace of all allocations tells.

Counted is what the workers allocate between the start and the stop of their lanes,
in task context: interrupts on their stacks are not theirs.
"""

import re

from bench_guest import ASK, LANE_STARTS, TRACING, Failed, guest
from bench_host import Host

HOST = Host(1, 2, 16, 'even', 20)
EVENTS = (LANE_STARTS, 'lanework/lanework_lane_stop', 'kmem/kmalloc',
          'kmem/kmem_cache_alloc', 'kmem/mm_page_alloc')
COMMAND = ('modprobe tdx_test\n'
           + ''.join(f'echo 1 >{TRACING}/events/{event}/enable || exit 1\n' for event in EVENTS)
           + ASK + f'echo 0 >{TRACING}/tracing_on; cat {TRACING}/trace\n')
LINE = re.compile(r'^ *\S.*-(\d+) +\[\d+\] (..)(.)\S* +[\d.]+: (\w+): (.*)$', re.M)


def guess():
    """Seconds, about."""
    return 6


def run():
    print('  allocations in steps ...', flush=True)
    log = guest('bench-steps', 'lanework', COMMAND, HOST.cmdline(), *HOST.guest())
    at_work, steps, elsewhere, found = set(), 0, 0, []
    for pid, _, context, event, words in LINE.findall(log):
        if event == 'lanework_lane_start':
            at_work.add(pid)
        elif event == 'lanework_lane_stop':
            at_work.discard(pid)
            steps += int(re.search(r'steps=(\d+)', words)[1])
        elif pid in at_work and context == '.':
            found.append(f'{event}: {words}')
        else:
            elsewhere += 1
    # A trace without any allocation would not have been one of them.
    if steps != HOST.gib * 256 or not elsewhere or 'LOST' in log:
        raise Failed(f'the trace is not complete: {steps} steps, {elsewhere} allocations '
                     'elsewhere; console: build/guests/bench-steps.log')
    return {'steps': steps, 'allocations': found, 'elsewhere': elsewhere}
