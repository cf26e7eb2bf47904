# SPDX-License-Identifier: GPL-2.0-only
"""Print the tables of the benchmark, and compare the results with the targets."""

import re
from statistics import median

from bench_guest import MODES, tool

# Targets: this part of the ideal, and this part of CPUs times upstream.
ENOUGH = 0.9
# The simulation may differ from the guests by this much.
CLOSE = 0.1


def call_ns(row):
    """Return the time of a call in upstream's loop, which is one lane alone."""
    return median(run.ns_per_call() for run in row.runs['upstream'])


def times(row, mode, phase):
    return [run.ms(phase, call_ns(row)) for run in row.runs[mode]]


def simulated_ms(row):
    """Have tdx-simulate predict the time, from the time of a call and of a new worker."""
    args = ['--call-ns', str(round(call_ns(row)))]
    # Each node has a worker from the beginning.
    worker_ns = median(1e6 * run.workers_ms() / max(len(run.begun) - row.host.nodes, 1)
                       for run in row.runs['lanework'])
    if round(worker_ns):
        args += ['--worker-ns', str(round(worker_ns))]
    simulated = tool('tdx-simulate', row.host.description(), *args)
    return float(re.search(r'^TDMRs (\S+) ms', simulated, re.M)[1])


def show_tdmrs(rows):
    """Print TDH.SYS.TDMR.INIT, and yield what misses its target."""
    print("""
  TDH.SYS.TDMR.INIT, ms: median and range
  of it: ideal / ours; gain: upstream / ours; workers: ms from the first lane until
  the last worker begins, since the kernel creates workers one after another
  host                 x time rounds     upstream             per TDMR             ours                lanes  ideal  of it   gain CPUs workers simulated""")
    for row in rows:
        host, ours = row.host, row.runs['lanework']
        tdmr = {mode: times(row, mode, 'tdmr') for mode in MODES}
        ranges = ' '.join(f'{median(t):7.0f} {min(t):6.0f}-{max(t):<6.0f}'
                          for t in tdmr.values())
        ms = median(tdmr['lanework'])
        gain = median(tdmr['upstream']) / ms
        ideal = row.ideal_gib * 256 * call_ns(row) / 1e6
        workers_ms = median(run.workers_ms() for run in ours)
        simulated = simulated_ms(row)
        print(f'  {host.name:<20} {host.dilation:>6} {len(ours):>6}  {ranges} '
              f'{ours[0].lanes:>6} {ideal:>6.0f} {ideal / ms:>6.0%} {gain:>6.1f} '
              f'{host.cpus:>4} {workers_ms:>7.0f} {simulated:>9.0f}')
        if ms > ideal / ENOUGH:
            yield f'{host.name}: {ideal / ms:.0%} of the ideal'
        if ours[0].gib % host.cpus == 0 and gain < ENOUGH * host.cpus:
            yield f'{host.name}: {gain:.1f} times upstream on {host.cpus} CPUs'
        if abs(simulated / ms - 1) > CLOSE:
            yield f'{host.name}: simulated {simulated:.0f} ms, measured {ms:.0f} ms'


def show_phases(rows):
    print("""
  PAMT is real time of this machine; total is from TDH.SYS.INIT to the last
  TDH.SYS.TDMR.INIT; ms, medians
  host                      PAMT: upstream  per TDMR   ours    total: upstream  per TDMR   ours""")
    for row in rows:
        print(f'  {row.host.name:<24}' + ''.join(
            f'{median(times(row, mode, phase)):>{width}.0f}' for phase in ('pamt', 'total')
            for mode, width in zip(MODES, (16, 10, 7))))


def show(rows):
    """Print the tables; return what misses its target."""
    short = list(show_tdmrs(rows))
    show_phases(rows)
    print('\n  The module and the CPUs are emulated, and calls last longer than real ones by\n'
          '  the stated factor.  The times show scheduling, not speed on hardware.')
    return short
