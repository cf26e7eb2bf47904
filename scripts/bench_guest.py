# SPDX-License-Identifier: GPL-2.0-only
"""Boots of the benchmark, and what the emulated module saw in them."""

import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = f'{TOP}/build/bench'
MODES = ('upstream', 'per-tdmr', 'lanework')
PHASES = ('pamt', 'tdmr', 'total')
KERNELS = {'upstream': 'upstream', 'per-tdmr': 'ours', 'lanework': 'ours'}
EMULATOR = '/sys/kernel/debug/tdx_emulator'
ASK = 'modprobe tdx_test && echo 1 >/sys/kernel/debug/tdx_test/enable || exit 1\n'
TELL = f'cat {EMULATOR}/calls {EMULATOR}/tdmrs; dmesg | grep -q TDX-Module.initialized'
TRACING = '/sys/kernel/tracing'
LANE_STARTS = 'lanework/lanework_lane_start'
NEXT = '--- module that takes fewer TDMRs'
# Workers of the first initialization are still there in the second, which is to
# the good of the second.
AGAIN = f""" || exit 1
echo '{NEXT}'
echo {{}} >{EMULATOR}/max_tdmrs && echo 1 >{EMULATOR}/reset || exit 1
echo 1 >/sys/kernel/debug/tdx_test/enable || exit 1
"""


class Failed(Exception):
    """A guest or a program did not do what it should."""


def image(mode):
    return f'build/linux/{KERNELS[mode]}/arch/x86/boot/bzImage'


def tool(name, text, *args):
    """The output of one of our user-space programs."""
    done = subprocess.run([f'{TOP}/build/user/{name}', *args], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failed(f'{name}: {done.stderr.strip()}')
    return done.stdout


def guest(name, mode, command, append, *args, timeout=600):
    """Boot and run a command; the console."""
    status = subprocess.run(
        [f'{TOP}/scripts/guest', '--quiet', '--name', name, '--timeout', str(timeout),
         '--kernel', f'{TOP}/build/linux/{KERNELS[mode]}', '--append', append,
         '--run', command, *args], check=False).returncode
    if status:
        raise Failed(f'exit status {status}; console: build/guests/{name}.log')
    with open(f'{TOP}/build/guests/{name}.log', encoding='utf-8') as f:
        return f.read()


class Run:
    """The phases of one initialization, from the time stamps of the calls."""

    def __init__(self, log):
        self.calls = {m[1]: (int(m[2]), int(m[3]), int(m[4])) for m in
                      re.finditer(r'^\d+ TDH\.(\S+) (\d+) (\d+) (\d+)$', log, re.M)}
        self.tdmrs = re.findall(r'^(0x[0-9a-f]+) (0x[0-9a-f]+)$', log, re.M)
        if 'SYS.TDMR.INIT' not in self.calls or not self.tdmrs:
            raise Failed('the emulated module saw no TDH.SYS.TDMR.INIT')

        self.begun = {}
        for m in re.finditer(r'-(\d+) .* ([\d.]+): lanework_lane_start: ', log):
            self.begun.setdefault(m[1], 1000 * float(m[2]))

    @property
    def gib(self):
        return sum(int(size, 16) for _, size in self.tdmrs) >> 30

    @property
    def lanes(self):
        return len(self.tdmrs)

    def workers_ms(self):
        """From the first lane's start to the first start of the last worker."""
        return max(self.begun.values()) - min(self.begun.values())

    def ns_per_call(self):
        """Of calls made one after another."""
        count, first, last = self.calls['SYS.TDMR.INIT']
        return (last - first) / (count - 1)

    def ms(self, phase, call_ns=0):
        """@call_ns: what the last call took, which nothing stamps the end of."""
        first, last = {
            # Listing memory and planning are in it, and LP.INIT of all CPUs
            # but the first in ours.
            'pamt': (self.calls['SYS.RD'][2], self.calls['SYS.CONFIG'][1]),
            'tdmr': self.calls['SYS.TDMR.INIT'][1:],
            'total': (self.calls['SYS.INIT'][1], self.calls['SYS.TDMR.INIT'][2]),
        }[phase]
        return (last - first + (0 if phase == 'pamt' else call_ns)) / 1e6


def measure_upstream(host):
    """Boot a host and have TDX come up."""
    return Run(guest(f'bench-{host.name}-upstream', 'upstream', TELL, host.cmdline(),
                     *host.guest()))


def measure_ours(host, max_tdmrs):
    """With the TDMRs that the planner chose, then with no more than @max_tdmrs."""
    trace = f'{TRACING}/trace'
    tell = f'{TELL} && grep lanework_lane_start {trace} && echo >{trace}'
    command = (f'echo 1 >{TRACING}/events/{LANE_STARTS}/enable\n' + ASK + tell +
               AGAIN.format(max_tdmrs) + tell)
    log = guest(f'bench-{host.name}-ours', 'lanework', command, host.cmdline(), *host.guest())
    return [Run(part) for part in log.split(NEXT, 1)]
