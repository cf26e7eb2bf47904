# SPDX-License-Identifier: GPL-2.0-only
"""Measure the allocation of memory for PAMTs, with and without zeroing; see bench.md."""

import re
import time
from statistics import median

from bench_guest import ASK, EMULATOR, TELL, Run, guest, tool
from bench_host import Host

# One package, so that it has a CPU even if the guest boots with one.
TOPOLOGIES = {
    '1 node, 2 CPUs': ['--node', 'cpus=0-1,mem=128G'],
    '2 nodes, 1 CPU each': ['--node', 'cpus=0,mem=64G', '--node', 'cpus=1,mem=64G'],
}
DESCRIPTIONS = {
    '1 node, 2 CPUs': 'mem 0x100000 0x80000000 0\nmem 0x100000000 0x2080000000 0\n'
                      'lanes 0 2\n',
    '2 nodes, 1 CPU each': 'mem 0x100000 0x80000000 0\nmem 0x100000000 0x1080000000 0\n'
                           'mem 0x1080000000 0x2080000000 1\nlanes 0 1\nlanes 1 1\n',
}
# The mode, and what it adds to the command line
MODES = {'upstream': '', 'ours': '', 'ours, one CPU': ' maxcpus=1'}
# This host has 16 CPUs and allocates little: it shows the cost of an allocation.
MANY = Host(4, 4, 64, 'even', 1)
# Both topologies have 128 GiB, and so 512.5 MiB of PAMT.  With zeroing it has four pieces,
# else one for each node.
PIECES = 4
PAGES = 128 * 1024 + 512
# Targets: time on two CPUs, of that on one; time without zeroing, of upstream's;
# difference of the prediction, if the phase takes longer.
TWO_OF_ONE = 0.60
OF_UPSTREAM = 3
CLOSE = 0.25
CLOSE_FROM_MS = 500
# A guest's first access to memory is a page fault of this machine, which takes longer than
# the guest's own work.  So measure the second initialization, at the same places.
TWICE = (f'{ASK}echo 1 >{EMULATOR}/reset || exit 1\n'
         'echo 1 >/sys/kernel/debug/tdx_test/enable || exit 1\n')
# Columns of the longest bar of a plot
BAR = 50
# The host is busy if other programs use more of it.
BUSY = 0.1


def cpu_times():
    with open('/proc/stat', encoding='ascii') as f:
        words = [int(word) for word in f.readline().split()[1:]]
    return sum(words), words[3] + words[4]


def host_is_busy():
    """Tell if something else runs on this machine now."""
    total, idle = cpu_times()
    time.sleep(1)
    total, idle = (after - before for after, before in zip(cpu_times(), (total, idle)))
    return idle < (1 - BUSY) * total


def slug(*words):
    return re.sub('[^a-z0-9]+', '-', '-'.join(map(str, words)).lower()).strip('-')


def measure(name, mode, zero, layout, more=''):
    """Boot a guest, bring TDX up, and return the times of its phases."""
    upstream = mode == 'upstream'
    return Run(guest(f'bench-pamt-{slug(name, mode, zero)}',
                     'upstream' if upstream else 'lanework', TELL if upstream else TWICE + TELL,
                     f'tdx_emulator=on tdx_emulator.key_ns=1000 init_on_alloc={zero}{more}',
                     *layout))


class Table:
    """Rows of a setting of init_on_alloc: the runs of each mode."""

    def __init__(self, zero, rounds):
        self.zero, self.rounds = zero, rounds
        self.runs = {(name, mode): [] for name in TOPOLOGIES for mode in MODES}
        self.skipped = 0

    def measure(self):
        for i in range(self.rounds):
            for name, nodes in TOPOLOGIES.items():
                if host_is_busy():
                    self.skipped += 1
                    print(f'  round {i + 1} of {name} is skipped: this machine is busy')
                    continue
                for mode, more in MODES.items():
                    self.runs[name, mode].append(measure(
                        name, mode, self.zero, ['--sockets', '1', '--cores', '2', *nodes], more))

    def ms(self, name, mode, phase='pamt'):
        return median(run.ms(phase) for run in self.runs[name, mode])

    def plot(self):
        """Draw a bar for each row: PAMT memory, TDMR.INIT, and the rest."""
        rows = [row for row, runs in self.runs.items() if runs]
        scale = BAR / max((self.ms(*row, 'total') for row in rows), default=1)
        print('\n  # PAMT memory, = TDMR.INIT, - the rest')
        for name, mode in rows:
            pamt, tdmr, total = (round(scale * self.ms(name, mode, phase))
                                 for phase in ('pamt', 'tdmr', 'total'))
            print(f'  {name:<21} {mode:<13} ' + '#' * pamt + '=' * tdmr
                  + '-' * (total - pamt - tdmr))

    def show(self, alloc_ms):
        """Print the table, and yield what misses its target.

        @alloc_ms: of each topology, the time of an allocation without zeroing.
        """
        print(f'\n  init_on_alloc={self.zero}, 128 GiB: ms, medians of {self.rounds} rounds; '
              'ratio: two CPUs / one CPU\n'
              '  upstream initializes TDX once, and its time includes page faults of this machine\n'
              '  host                  mode            pamt    tdmr   total   ratio predicted')
        for name in TOPOLOGIES:
            if name not in alloc_ms or not self.runs[name, 'ours']:
                continue
            two, one = self.ms(name, 'ours'), self.ms(name, 'ours, one CPU')
            predicted = predict(name, one, alloc_ms[name]) if self.zero else two
            more = f'{two / one:>8.2f}' + (f' {predicted:>9.0f}' if self.zero else '')
            for mode in MODES:
                print(f'  {name:<21} {mode:<13}' + ''.join(
                    f'{self.ms(name, mode, phase):>8.0f}' for phase in ('pamt', 'tdmr', 'total'))
                    + (more if mode == 'ours' else ''))
            if self.zero and two > TWO_OF_ONE * one:
                yield f'PAMT memory, {name}: two CPUs take {two / one:.2f} of the time of one'
            if two > CLOSE_FROM_MS and abs(predicted / two - 1) > CLOSE:
                yield f'PAMT memory, {name}: predicted {predicted:.0f} ms, measured {two:.0f} ms'
        self.plot()


def predict(name, one_ms, alloc_ms):
    """Predict the time on two CPUs from that on one CPU, which makes the same allocations."""
    zero_ns = max((one_ms - PIECES * alloc_ms) * 1e6 / PAGES, 1)
    said = tool('tdx-simulate', DESCRIPTIONS[name], '--alloc-ns', f'{alloc_ms * 1e6:.0f}',
                '--zero-ns', f'{zero_ns:.0f}')
    return float(re.search(r'^PAMT (\S+) ms', said, re.M)[1])


def of_upstream(rounds):
    """Compare the phase without zeroing on many CPUs: it shows the cost of the calls."""
    def ms(mode):
        return median(measure(MANY.name, mode, 0, MANY.guest()).ms('pamt')
                      for _ in range(rounds))

    upstream, ours = ms('upstream'), ms('ours')
    print(f'\n  {MANY.name}, init_on_alloc=0: upstream {upstream:.0f} ms, ours {ours:.0f} ms, '
          f'{ours / upstream:.1f} times')
    if ours > OF_UPSTREAM * upstream:
        yield f'PAMT memory without zeroing takes {ours / upstream:.1f} times upstream\'s time'


def run(rounds):
    """Print all measurements, and yield what misses its target."""
    tables = [Table(zero, rounds) for zero in (0, 1)]
    for table in tables:
        table.measure()
    # Without zeroing, nearly all of the time is that of the calls.
    alloc_ms = {name: tables[0].ms(name, 'ours, one CPU') / nodes.count('--node')
                for name, nodes in TOPOLOGIES.items() if tables[0].runs[name, 'ours, one CPU']}
    for table in tables:
        yield from table.show(alloc_ms)
    yield from of_upstream(rounds)
