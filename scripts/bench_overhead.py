# SPDX-License-Identifier: GPL-2.0-only
"""What the engine costs where it can gain nothing: one lane on one CPU.

Counted are instructions of the guest, by its clock, for which each takes a ns.  So
nothing that the machine does beside it is seen, and nothing of caches either.  Most
instructions of a call are those of the emulated module and the trap to it; what a
lane adds is of the engine, and is there on hardware, too.
"""

from statistics import median

from bench_guest import ASK, TELL, Run, guest

# One memory range below 4 GiB, and so one TDMR, in both.
HOST = ('--sockets', '1', '--cores', '1', '--nodes', '1', '--mem', '2560M', '--icount')
APPEND = 'tdx_emulator=on tdx_emulator.max_tdmrs=1 nokaslr'
COMMANDS = {'upstream': TELL, 'lanework': ASK + TELL}


def guess(pairs):
    """Seconds, about."""
    return pairs * 2 * 8


def instructions(mode):
    run = Run(guest(f'bench-overhead-{mode}', mode, COMMANDS[mode], APPEND, *HOST))
    assert run.lanes == 1, run.tdmrs
    return run.ns_per_call()


def run(pairs):
    counted = {mode: [] for mode in COMMANDS}
    for i in range(pairs):
        for mode in sorted(COMMANDS, reverse=i % 2 == 0):
            counted[mode].append(instructions(mode))
        print(f'  overhead of the engine: pair {i + 1}/{pairs}: '
              f'{counted["upstream"][-1]:.0f} and {counted["lanework"][-1]:.0f} instructions '
              'a call', flush=True)
    upstream = median(counted['upstream'])
    more = sorted(ours - theirs
                  for ours, theirs in zip(counted['lanework'], counted['upstream']))
    return {'pairs': pairs, 'upstream': upstream, 'lanework': median(counted['lanework']),
            'more': median(more), 'low': more[0], 'high': more[-1],
            'percent': 100 * median(more) / upstream, 'counted': counted}
