# SPDX-License-Identifier: GPL-2.0-only
"""Boot guests, and read from their consoles what the emulated module saw."""

import re
import subprocess

from common import SKIP, TOP, Failed, Missing, boot

MODES = ('upstream', 'per-tdmr', 'lanework')
EMULATOR = '/sys/kernel/debug/tdx_emulator'
ASK = 'modprobe tdx_test && echo 1 >/sys/kernel/debug/tdx_test/enable || exit 1\n'
TELL = f'cat {EMULATOR}/calls {EMULATOR}/tdmrs; dmesg | grep -q TDX-Module.initialized'
TRACING = '/sys/kernel/tracing'
LANE_STARTS = 'lanework/lanework_lane_start'
NEXT = '--- module that takes fewer TDMRs'
# The second initialization finds the workers of the first, which favors it.
AGAIN = f""" || exit 1
echo '{NEXT}'
echo {{}} >{EMULATOR}/max_tdmrs && echo 1 >{EMULATOR}/reset || exit 1
echo 1 >/sys/kernel/debug/tdx_test/enable || exit 1
"""


def tool(name, text, *args):
    """Run one of our user-space programs and return its output."""
    done = subprocess.run([f'{TOP}/build/user/{name}', *args], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Failed(done.stderr.strip())
    return done.stdout


def guest(name, mode, command, append, *args):
    """Boot, run a command, and return the console."""
    status, said, console = boot(name, '--timeout', '600', '--run', command, *args,
                                 kernel='upstream' if mode == 'upstream' else 'ours',
                                 append=append)
    if status:
        raise (Missing if status == SKIP else Failed)(said)
    return console


class Run:
    """The phases of one initialization, from the time stamps of the calls."""

    def __init__(self, log):
        self.calls = {m[1]: (int(m[2]), int(m[3]), int(m[4])) for m in
                      re.finditer(r'^\d+ (\S+) (\d+) (\d+) (\d+)$', log, re.M)}
        self.tdmrs = re.findall(r'^(0x[0-9a-f]+) (0x[0-9a-f]+) 0x[0-9a-f]+$', log, re.M)
        if 'TDH.SYS.TDMR.INIT' not in self.calls or not self.tdmrs:
            raise Failed('the emulated module saw no TDH.SYS.TDMR.INIT')

        self.begun = {}
        for m in re.finditer(r'-(\d+) .* ([\d.]+): lanework_lane_start: job=tdx_tdmr_init', log):
            self.begun.setdefault(m[1], 1000 * float(m[2]))

    @property
    def gib(self):
        return sum(int(size, 16) for _, size in self.tdmrs) >> 30

    @property
    def lanes(self):
        return len(self.tdmrs)

    def workers_ms(self):
        """Return the time from the first lane's start until the last worker begins."""
        return max(self.begun.values()) - min(self.begun.values())

    def ns_per_call(self):
        """Return the mean time of calls that one CPU makes in sequence."""
        count, first, last = self.calls['TDH.SYS.TDMR.INIT']
        return (last - first) / (count - 1)

    def ms(self, phase, call_ns=0):
        """Return the time of a phase.  @call_ns: of the last call, whose end has no stamp."""
        first, last = {
            # This includes the list of memory, the plan and, in our kernel,
            # LP.INIT of all CPUs but the first.
            'pamt': (self.calls['TDH.SYS.RD'][2], self.calls['TDH.SYS.CONFIG'][1]),
            'tdmr': self.calls['TDH.SYS.TDMR.INIT'][1:],
            'total': (self.calls['TDH.SYS.INIT'][1], self.calls['TDH.SYS.TDMR.INIT'][2]),
        }[phase]
        return (last - first + (0 if phase == 'pamt' else call_ns)) / 1e6


def measure_upstream(host):
    """Boot a host with upstream's kernel, which initializes TDX."""
    return Run(guest(f'bench-{host.name}-upstream', 'upstream', TELL, host.cmdline(),
                     *host.guest()))


def measure_ours(host, max_tdmrs):
    """Initialize TDX with the planner's TDMRs, then with at most @max_tdmrs."""
    trace = f'{TRACING}/trace'
    tell = f'{TELL} && grep lanework_lane_start {trace} && echo >{trace}'
    command = (f'echo 1 >{TRACING}/events/{LANE_STARTS}/enable\n' + ASK + tell +
               AGAIN.format(max_tdmrs) + tell)
    log = guest(f'bench-{host.name}-ours', 'lanework', command, host.cmdline(), *host.guest())
    return [Run(part) for part in log.split(NEXT, 1)]
