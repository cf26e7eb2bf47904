# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl status, enable and progress on copies of /sys/kernel/tdx.  Usage: test_state.py TDXCTL"""
import errno
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios

import tap
from tap import TDXCTL, tdxctl, test

GIB = 1 << 30
UP, FAILED, USAGE, NOT_UP, BUSY, NO_TDX = range(6)
NOBODY = 65534
TOTAL = 32


class Host:
    """A /sys/kernel/tdx.  done: GiB of TOTAL; None: nothing is known yet."""

    def __init__(self, status='unknown', done=None, error=''):
        self.where = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.where.name)
        self.dir = self.root / 'sys/kernel/tdx'
        self.dir.parent.mkdir(parents=True)
        self.become(status, done, error)

    @staticmethod
    def write(where, **files):
        for path, text in files.items():
            (where / path).write_text(text, 'ascii')

    def become(self, status, done=None, error=''):
        """All files change at once."""
        new = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        progress = '0 0' if done is None else f'{int(done * GIB)} {TOTAL * GIB}'
        self.write(new, enable='', progress=progress + '\n',
                   error=error and error + '\n', status=status + '\n')
        os.chmod(new, 0o755)
        (new / 'link').symlink_to(new)
        (new / 'link').replace(self.dir)

    def run(self, *args, **more):
        return tdxctl(*args, root=self.root, **more)

    def run_as_nobody(self, *args):
        """Run as a user without access to the files error and enable."""
        os.chmod(self.root, 0o755)
        for path in 'enable', 'error':
            os.chmod(self.dir / path, 0)
        return self.run(*args, program=shutil.copy(TDXCTL, self.root),
                        **{'user': NOBODY} if os.geteuid() == 0 else {})

    def follow(self, *args, states, columns=0):
        """Set the next state after each output; return status and output.  columns: terminal."""
        ours, theirs = pty.openpty() if columns else os.pipe()
        if columns:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
        env = dict(os.environ, TDXCTL_ROOT=str(self.root), TERM='xterm')
        states = iter(states)
        out = b''
        command = ['timeout', '--foreground', '60', TDXCTL, *args]
        with subprocess.Popen(command, env=env, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            try:
                while chunk := os.read(ours, 65536):
                    out += chunk
                    if out.endswith(b'\n'):
                        self.become(*next(states, ('initialized', TOTAL)))
            except OSError:
                pass
        os.close(ours)
        return process.returncode, out.decode('ascii')


def expect(result, status, *words, stderr=()):
    assert result.returncode == status, result
    assert all(word in result.stdout for word in words), (words, result)
    assert all(word in result.stderr for word in stderr), (stderr, result)
    assert bool(stderr) == bool(result.stderr), result


QUERIES = ['status'], ['progress']
ERRNOS = 'ENODEV EOPNOTSUPP ENODATA ENOMEM ENOSPC ERANGE ENXIO EINVAL EBUSY EACCES EIO'.split()
LACK = 'package 3 has no online CPU: bring one online, e.g. CPU 12'


@test
def states():
    for args in QUERIES:
        expect(Host().run(*args), NOT_UP, 'was not requested')
        expect(Host('initialized', 32).run(*args), UP, 'TDX is up: 32.0 GiB\n')
        expect(Host('unknown', None, LACK + ' (-6)').run(*args), FAILED, 'initialization failed',
               stderr=[LACK + ' (ENXIO)', 'tries again'])
        expect(Host('error', None, 'TDMR [0x0, 0x1) (x) (-22)').run(*args), FAILED, 'failed',
               stderr=['TDMR [0x0, 0x1) (x) (EINVAL)', 'final until'])
        expect(Host('unknown', None, 'switched off by tdx_host=off (-19)').run(*args), NO_TDX,
               'not available', stderr=['tdx_host=off', 'only after a reboot'])
        expect(Host('unknown', None, 'switched off by root (-108)').run(*args), NOT_UP,
               'root has switched it off\n')
    expect(Host('initializing').run('status'), BUSY, 'initialized: preparing memory\n')
    expect(Host('disabling', 31).run('status'), BUSY, 'TDX is being switched off\n')
    expect(Host('initializing', 12.07).run('status'), BUSY,
           'initialized: 37%, 12.0 of 32.0 GiB\n')


@test
def every_errno_has_a_hint():
    for err in ERRNOS:
        result = Host('unknown', None, f'w (x) ({-getattr(errno, err)})').run('status')
        expect(result, NO_TDX if err == 'ENODEV' else FAILED, stderr=[f'w (x) ({err})\n'])
        assert len(result.stderr.splitlines()) == 2, result.stderr


@test
def not_here_and_not_understood():
    for args in *QUERIES, ['enable'], ['disable'], ['enable', '--wait']:
        host = Host()
        host.dir.unlink()
        expect(host.run(*args), NO_TDX, stderr=['no /sys/kernel/tdx', 'BIOS', 'tdxctl check'])
        got = json.loads(host.run(*args, '--json').stdout)
        assert got['schema'] == 1 and got['status'] is None and 'no /sys' in got['error'], got
    for path, text in ('status', 'perhaps\n'), ('progress', 'much\n'), \
            ('error', 'bad\n'):
        host = Host('initialized', TOTAL)
        host.write(host.dir, **{path: text})
        expect(host.run('status'), FAILED, stderr=['unexpected content', path, text.strip()])
        got = json.loads(host.run('status', '--json').stdout)
        assert got['status'] is None and 'unexpected content' in got['error'], got


@test
def asked_for():
    host = Host('initializing')
    expect(host.run('enable'), UP, 'being initialized')
    assert (host.dir / 'enable').read_text('ascii') == '1\n'
    for args in ['enable'], ['enable', '--wait']:
        expect(Host('initialized', TOTAL).run(*args), UP, 'TDX is up')

    # The kernel refuses the request, with and without a reason in the file error.
    for error, status, words in ('switched off by tdx_host=off (-19)', NO_TDX, 'tdx_host=off'), \
            ('', FAILED, 'cannot initialize TDX: No space left'):
        host = Host('unknown', None, error)
        (host.dir / 'enable').unlink()
        (host.dir / 'enable').symlink_to('/dev/full')
        expect(host.run('enable', '--wait'), status, stderr=[words])
        got = json.loads(host.run('enable', '--json').stdout)
        assert got['error'] == error[:-6] or got['errno'] == errno.ENOSPC, got


@test
def switched_off():
    host = Host('unknown', None, 'switched off by root (-108)')
    expect(host.run('disable'), UP, 'root has switched it off\n')
    assert (host.dir / 'enable').read_text('ascii') == '0\n'
    assert json.loads(host.run('disable', '--json').stdout)['errno'] == errno.ESHUTDOWN
    expect(host.run('enable', '--wait'), NOT_UP, stderr=['(ESHUTDOWN)', "'tdxctl enable'"])

    for status, error, code, *words in \
            ('initialized', '', FAILED, 'off: No space left on device (ENOSPC)', 'stays up'), \
            ('initialized', 'it is full (-28)', FAILED, 'off: it is full (ENOSPC)', 'stays up'), \
            ('initialized', 'of old (-5)', FAILED, 'off: No space', 'stays up'), \
            ('error', 'CPU 1: gone (-5)', FAILED, 'CPU 1: gone (EIO)', 'final'), \
            ('unknown', 'switched off by tdx_host=off (-19)', NO_TDX, 'reboot'):
        host = Host(status, TOTAL, error)
        (host.dir / 'enable').unlink()
        (host.dir / 'enable').symlink_to('/dev/full')
        expect(host.run('disable'), code, stderr=words)
        assert json.loads(host.run('disable', '--json').stdout)['errno']


@test
def not_root():
    for command in 'enable', 'disable':
        expect(Host().run_as_nobody(command), FAILED, stderr=['Permission denied', 'Run tdxctl as root'])
        assert json.loads(Host().run_as_nobody(command, '--json').stdout)['errno'] == errno.EACCES
    expect(Host('unknown', None, 'w (-6)').run_as_nobody('status'), NOT_UP,
           'it was not requested, failed or was switched off; only root can see which\n')
    expect(Host('error', None, 'w (-6)').run_as_nobody('status'), FAILED, 'failed',
           stderr=['TDX failed; only root can see why', 'final'])


@test
def waits():
    status, out = Host('initializing').follow(
        'enable', '--wait', states=[('initializing', n * 3.2 + 0.1) for n in range(10)])
    lines = out.splitlines()
    assert status == UP and lines[0].endswith('preparing memory'), out
    assert lines[-1] == 'TDX is up: 32.0 GiB', out
    assert re.findall(r'initialized: (\d+)%', out) == [str(10 * n) for n in range(10)], out
    status, out = Host('initializing').follow('progress', states=[
        ('initializing', 6), ('error', None, 'TDMR [0x0, 0x40000000): gone (-5)')])
    assert status == FAILED and '18%' in out and 'gone (EIO)' in out and 'final' in out, out


@test
def waits_while_it_is_switched_off():
    status, out = Host('disabling', 31).follow('enable', '--wait',
                                               states=[('initializing',), ('initializing', 4)])
    assert status == UP and out.splitlines() == [
        'TDX is being switched off', 'TDX is being initialized: preparing memory',
        'TDX is being initialized: 12%, 4.0 of 32.0 GiB', 'TDX is up: 32.0 GiB'], out
    status, out = Host('disabling', 31).follow('progress', columns=80, states=[
        ('unknown', None, 'switched off by root (-108)')])
    assert status == NOT_UP and 'TDX      switching off' in out and 'root' in out, out


@test
def json_once():
    got = json.loads(Host('initializing', 12).run('status', '--json').stdout)
    assert got == {'schema': 1, 'status': 'initializing', 'error': None, 'errno': None,
                   'done_bytes': 12 * GIB, 'total_bytes': 32 * GIB, 'eta_ms': None,
                   'emulated': False, 'module_version': None, 'phases_ms': None}, got
    result = Host('unknown', None, 'say "no" (-12)').run('status', '--json')
    got = json.loads(result.stdout)
    assert result.returncode == FAILED
    assert got['error'] == 'say "no"' and got['errno'] == errno.ENOMEM
    assert '"status": "initialized"' in Host('initialized', 32).run('status', '--json').stdout


@test
def json_of_each_change_and_time_left():
    status, out = Host('initializing').follow('progress', '--json', states=[
        ('initializing', 1), ('initializing', 9), ('initialized', 32)])
    got = [json.loads(line) for line in out.splitlines()]
    assert status == UP and [g['status'] for g in got] == ['initializing'] * 3 + ['initialized']
    assert [g['done_bytes'] // GIB for g in got] == [0, 1, 9, 32]
    assert [g['eta_ms'] for g in got[:2]] == [None] * 2
    assert got[2]['eta_ms'] > 0 and got[3]['eta_ms'] == 0


@test
def a_bar_on_a_terminal():
    for columns in 58, 80, 300:
        status, out = Host('initializing').follow(
            'enable', '--wait', columns=columns, states=[('initializing', 8), ('initializing', 16)])
        assert status == UP and 'preparing memory' in out and 'ETA ' in out, out
        assert max(len(re.sub(r'\033\[\d*.', '', x)) for x in out.split('\r\n')) <= columns
        bars = re.findall(r'TDX +\[(#*)(\.*)\] +(\d+)% +([0-9.]+/[0-9.]+) GiB', out)
        for full, free, percent, _ in bars:
            assert len(full) == len(full + free) * int(percent) // 100, bars
        assert [b[2:] for b in bars][-1] == ('100', '32.0/32.0'), bars
        # Each line but the first replaces the last.
        assert out.count('\033[1A') == out.count('TDX      ') - 1, out
        assert out.endswith('TDX is up: 32.0 GiB\r\n'), out


@test
def a_small_terminal():
    _, out = Host('initializing', 12).follow('progress', states=[], columns=57)
    assert '37%' in out and '\033' not in out, out


PHASES = {'metadata': 9, 'memory': 0, 'pamt': 99, 'lp_init': 7, 'sys_config': 1, 'key_config': 4,
          'tdmr_init': 290}
OFF_PHASES = {'sys_disable': 622, 'lp_stop': 14, 'pamt_clear': 0, 'pamt_free': 78}
EMULATOR = 'tdx_emulator: the emulated TDX module answers SEAMCALLs and protects nothing'


def up(*log, cmdline=''):
    host = Host('initialized', TOTAL)
    for path, text in ('proc/cmdline', cmdline + '\n'), \
            ('dev/kmsg', ''.join(f'6,1,2500000,-;{line}\n SUBSYSTEM=x\n' for line in log)):
        (host.root / path).parent.mkdir(exist_ok=True)
        (host.root / path).write_text(text, 'ascii')
    return host


@test
def module_version_and_phase_times():
    for state, took, other, line in \
            (('initialized', TOTAL), PHASES, OFF_PHASES,
             'TDX is up: 32.0 GiB, module 1.5.24\nIt took 410 ms: metadata 9, memory 0, PAMT 99, '
             'LP.INIT 7, SYS.CONFIG 1, KEY.CONFIG 4, TDMR.INIT 290\n'), \
            (('unknown', None, 'switched off by root (-108)'), OFF_PHASES, PHASES,
             'It took 714 ms: SYS.DISABLE 622, LP stop 14, PAMT clear 0, PAMT free 78\n'):
        host = Host(*state)
        (host.dir / 'phases_ms').mkdir()
        host.write(host.dir, module_version='1.5.24\n',
                   **{f'phases_ms/{name}': f'{ms}\n' for name, ms in {**took, **other}.items()})
        result = host.run('status')
        assert result.stdout.endswith(line) and result.returncode in (UP, NOT_UP), result
        got = json.loads(host.run('status', '--json').stdout)
        assert got['module_version'] == '1.5.24'
        assert got['phases_ms'] == {**took, 'total': sum(took.values())}, got
        # No phase has run.
        host.write(host.dir, **{f'phases_ms/{name}': '0\n' for name in took})
        assert 'It took' not in host.run('status').stdout
        assert json.loads(host.run('status', '--json').stdout)['phases_ms'] is None
    # An older kernel has neither file, and the module may have no version.
    host = Host('initialized', TOTAL)
    expect(host.run('status'), UP, 'TDX is up: 32.0 GiB\n')
    host.write(host.dir, module_version='')
    expect(host.run('status'), UP, 'TDX is up: 32.0 GiB\n')
    assert json.loads(host.run('status', '--json').stdout)['module_version'] is None


@test
def emulated():
    for host in up(EMULATOR), up(cmdline='quiet tdx-emulator=on'), up(cmdline='tdx_emulator=1'):
        expect(host.run('status'), UP, 'TDX is up: 32.0 GiB, emulated\n')
        assert json.loads(host.run('status', '--json').stdout)['emulated']
    for host in up(), up(cmdline='tdx_emulator=off'), up(cmdline='tdx_emulator='), \
            up('tdx_emulator: firmware has enabled TDX; the emulator stays off',
               cmdline='tdx_emulator=on'):
        expect(host.run('status'), UP, 'TDX is up: 32.0 GiB\n')


@test
def one_voice():
    # The kernel advises on the cause: tdxctl says the same whatever the errno is.
    errnos = [getattr(errno, name) for name in ERRNOS if name != 'ENODEV']
    advice = {Host('unknown', None, f'do this (-{err})').run('status').stderr.splitlines()[1]
              for err in errnos}
    assert advice == {"Once the cause is gone, 'tdxctl enable' tries again; see 'tdxctl check'."}
    advice = ''.join(p.read_text('utf8') for p in pathlib.Path(__file__).parents[1].glob('*.c'))
    assert set(re.findall(r'boot with tdx_host=(\w+)', advice)) <= {'async'}


sys.exit(tap.run())
