# SPDX-License-Identifier: GPL-2.0-only
"""What the engine costs where it can gain nothing: one lane on one CPU.

Calls are not dilated: what a call takes is the trap and the model, some tens of
microseconds in a guest, several times what it is on hardware.  A pair of boots,
upstream's and ours, is one observation, so that what changes slowly on the
machine is in both.  Interval and figure are those of the median: now and then
the machine does something else during a boot, and the mean would be of that.
"""

from math import comb
from statistics import median

from bench_guest import ASK, TELL, Run, guest

# One memory range below 4 GiB, and so one TDMR, in both.
HOST = ('--sockets', '1', '--cores', '1', '--nodes', '1', '--mem', '2560M')
APPEND = 'tdx_emulator=on tdx_emulator.max_tdmrs=1 kunit.enable=0 nokaslr'
COMMANDS = {'upstream': TELL, 'lanework': ASK + TELL}


def guess(pairs):
    """Seconds, about."""
    return pairs * 2 * 4


def cut_off(n):
    """Of n sorted values, how many at each end the median is beyond in 5 % at most."""
    k = 0
    while 2 * sum(comb(n, i) for i in range(k + 1)) <= 0.05 * 2 ** n:
        k += 1
    return max(k - 1, 0)


def call_us(mode):
    run = Run(guest(f'bench-overhead-{mode}', mode, COMMANDS[mode], APPEND, *HOST))
    assert run.lanes == 1, run.tdmrs
    return run.ns_per_call() / 1000


def run(pairs):
    us = {mode: [] for mode in COMMANDS}
    for i in range(pairs):
        for mode in sorted(COMMANDS, reverse=i % 2 == 0):
            us[mode].append(call_us(mode))
        print(f'  overhead of the engine: pair {i + 1}/{pairs}: '
              f'{us["upstream"][-1]:.2f} and {us["lanework"][-1]:.2f} us a call', flush=True)
    more = sorted(100 * (ours / theirs - 1)
                  for ours, theirs in zip(us['lanework'], us['upstream']))
    k = cut_off(pairs)
    return {'pairs': pairs, 'upstream_us': median(us['upstream']),
            'lanework_us': median(us['lanework']), 'percent': median(more),
            'low': more[k], 'high': more[-1 - k], 'us': us}
