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
ALL = {0: (16, 16, 0, 4), 1: (16, 16, 0, 4)}
SOME = {0: (4, 16, 3, 4), 1: (8, 16, 2, 4)}
NOBODY = 65534


def both(gib):
    return {0: (gib, 16, 4, 4), 1: (gib, 16, 4, 4)}


class Host:
    """A /sys/kernel/tdx.  nodes: number to (GiB done, GiB in all, lanes unfinished, lanes)."""

    def __init__(self, status='unknown', nodes=(), error=''):
        self.where = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.where.name)
        self.dir = self.root / 'sys/kernel/tdx'
        self.dir.parent.mkdir(parents=True)
        self.become(status, nodes, error)

    @staticmethod
    def write(where, **files):
        for path, text in files.items():
            path = where / path
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, 'ascii')

    def become(self, status, nodes=(), error=''):
        """All files change at once."""
        new = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        nodes = {0: (0, 0, 0, 0), 2: (0, 0, 0, 0)} | dict(nodes)
        done, total, _, _ = map(sum, zip(*nodes.values()))
        for number, n in nodes.items():
            self.write(new, **{f'node{number}/progress': f'{int(n[0] * GIB)} {n[1] * GIB}\n',
                               f'node{number}/lanes': f'{n[2]} {n[3]}\n'})
        self.write(new, enable='', progress=f'{int(done * GIB)} {total * GIB}\n',
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

    def follow(self, *args, states, columns=0, rows=24):
        """Set the next state after each output; return status and output.  columns: terminal."""
        ours, theirs = pty.openpty() if columns else os.pipe()
        if columns:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        env = dict(os.environ, TDXCTL_ROOT=str(self.root), TERM='xterm')
        states = iter(states)
        out = b''
        command = ['timeout', '--foreground', '60', TDXCTL, *args]
        with subprocess.Popen(command, env=env, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            try:
                while chunk := os.read(ours, 65536):
                    out += chunk
                    if out.endswith(b'\033[J' if columns >= 68 else b'\n'):
                        self.become(*next(states, ('initialized', ALL)))
            except OSError:
                pass
        os.close(ours)
        return process.returncode, out.decode('ascii')


def expect(result, status, *words, stderr=()):
    assert result.returncode == status, result
    assert all(word in result.stdout for word in words), (words, result)
    assert all(word in result.stderr for word in stderr), (stderr, result)
    assert bool(stderr) == bool(result.stderr), result


QUERIES = ['status'], ['progress'], ['progress', '--follow']
LACK = 'package 3 has no online CPU: bring one online, e.g. CPU 12'


@test
def states():
    for args in QUERIES:
        expect(Host().run(*args), NOT_UP, 'was not requested')
        expect(Host('initialized', ALL).run(*args), UP,
               'TDX is up: 32.0 GiB, 8 TDMRs on 2 nodes\n')
        expect(Host('unknown', {}, LACK + ' (-6)').run(*args), FAILED, 'initialization failed',
               stderr=[LACK + ' (ENXIO)', 'online, and try again'])
        expect(Host('error', {}, 'TDMR [0x0, 0x1) (x) (-22)').run(*args), FAILED, 'failed',
               stderr=['TDMR [0x0, 0x1) (x) (EINVAL)', 'final until'])
        expect(Host('unknown', {}, 'switched off by tdx_host=off (-19)').run(*args), NO_TDX,
               'switched off', stderr=['tdx_host=off', 'Boot without'])
    expect(Host('initializing').run('status'), BUSY, 'initialized: preparing memory\n')
    expect(Host('initializing', SOME).run('progress'), BUSY,
           'initialized: 37%, 12.0 of 32.0 GiB, 5 of 8 lanes unfinished\n',
           'node 0: 25%, 4.0 of 16.0 GiB, 3 of 4 lanes unfinished\n', 'node 1: 50%')
    assert 'node' not in Host('initializing', {1: (4, 16, 3, 4)}).run('status').stdout


@test
def every_errno_has_a_hint():
    for err in 'ENODEV EOPNOTSUPP ENODATA ENOMEM ERANGE ENXIO EINVAL EBUSY EIO ESHUTDOWN'.split():
        result = Host('unknown', {}, f'w (x) ({-getattr(errno, err)})').run('status')
        expect(result, NO_TDX if err == 'ENODEV' else FAILED, stderr=[f'w (x) ({err})\n'])
        assert len(result.stderr.splitlines()) == 2, result.stderr


@test
def not_here_and_not_understood():
    for args in *QUERIES, ['status', '--json'], ['enable'], ['enable', '--wait', '--json']:
        host = Host()
        host.dir.unlink()
        expect(host.run(*args), NO_TDX, stderr=['no /sys/kernel/tdx', 'CONFIG_TDX_BRINGUP'])
    for path, text in ('status', 'perhaps\n'), ('progress', 'much\n'), \
            ('node0/lanes', '\n'), ('error', 'bad\n'):
        host = Host('initialized', ALL)
        host.write(host.dir, **{path: text})
        expect(host.run('status'), FAILED, stderr=['unexpected content', path, text.strip()])


@test
def asked_for():
    host = Host('initializing')
    expect(host.run('enable'), UP, 'being initialized')
    assert (host.dir / 'enable').read_text('ascii') == '1\n'
    for args in ['enable'], ['enable', '--wait']:
        expect(Host('initialized', ALL).run(*args), UP, 'TDX is up')

    # The kernel refuses the request, with and without a reason in the file error.
    for error, status, words in ('switched off by tdx_host=off (-19)', NO_TDX, 'tdx_host=off'), \
            ('', FAILED, 'cannot be initialized: No space left'):
        host = Host('unknown', {}, error)
        (host.dir / 'enable').unlink()
        (host.dir / 'enable').symlink_to('/dev/full')
        expect(host.run('enable', '--wait'), status, stderr=[words])


@test
def not_root():
    expect(Host().run_as_nobody('enable'), FAILED, stderr=['only root'])
    expect(Host('unknown', {}, 'w (-6)').run_as_nobody('status'), NOT_UP,
           'it was not requested, or it failed and only root can see the error\n')
    expect(Host('error', {}, 'w (-6)').run_as_nobody('status'), FAILED, 'failed',
           stderr=['initialization failed; only root can see why', 'final'])


@test
def waits():
    status, out = Host('initializing').follow(
        'enable', '--wait', states=[('initializing', both(n * 1.6 + 0.1)) for n in range(10)])
    lines = out.splitlines()
    assert status == UP and lines[0].endswith('preparing memory'), out
    assert lines[-1] == 'TDX is up: 32.0 GiB, 8 TDMRs on 2 nodes', out
    assert re.findall(r'initialized: (\d+)%', out) == [str(10 * n) for n in range(10)], out
    status, out = Host('initializing').follow('progress', '--follow', states=[
        ('initializing', both(3)), ('error', {}, 'TDMR [0x0, 0x40000000): gone (-5)')])
    assert status == FAILED and '18%' in out and 'gone (EIO)' in out and 'final' in out, out


@test
def json_once():
    got = json.loads(Host('initializing', SOME).run('status', '--json').stdout)
    assert got == {
        'status': 'initializing', 'error': None, 'errno': None, 'eta_ms': None,
        'done_bytes': 12 * GIB, 'total_bytes': 32 * GIB, 'lanes': 8, 'lanes_unfinished': 5,
        'nodes': [{'node': n, 'done_bytes': SOME[n][0] * GIB, 'total_bytes': 16 * GIB,
                   'lanes': 4, 'lanes_unfinished': SOME[n][2]} for n in SOME]}, got
    result = Host('unknown', {}, 'say "no" (-12)').run('status', '--json')
    got = json.loads(result.stdout)
    assert result.returncode == FAILED and got['nodes'] == []
    assert got['error'] == 'say "no"' and got['errno'] == errno.ENOMEM
    assert '"status": "initialized"' in Host('initialized', ALL).run('status', '--json').stdout


@test
def json_of_each_change_and_time_left():
    # No estimate while node 1 makes no progress; then the slowest node counts.
    status, out = Host('initializing').follow('progress', '--follow', '--json', states=[
        ('initializing', both(1)), ('initializing', {0: (8, 16, 2, 4), 1: (1, 16, 4, 4)}),
        ('initializing', {0: (16, 16, 0, 4), 1: (2, 16, 4, 4)}), ('initialized', ALL)])
    got = [json.loads(line) for line in out.splitlines()]
    assert status == UP and [g['status'] for g in got] == ['initializing'] * 4 + ['initialized']
    assert [g['done_bytes'] // GIB for g in got] == [0, 2, 9, 18, 32]
    assert [g['eta_ms'] for g in got[:3]] == [None] * 3
    assert got[3]['eta_ms'] > 0 and got[4]['eta_ms'] == 0


@test
def bars_on_a_terminal():
    for columns in 68, 80, 300:
        status, out = Host('initializing').follow(
            'enable', '--wait', columns=columns,
            states=[('initializing', both(4)), ('initializing', both(8))])
        assert status == UP and 'preparing memory' in out and 'ETA ' in out, out
        assert max(len(re.sub(r'\033\[\d*.', '', x)) for x in out.split('\r\n')) <= columns
        bars = re.findall(r'(TDX|node \d) +\[(#*)(\.*)\] +(\d+)% +([0-9.]+/[0-9.]+) GiB', out)
        for _, full, free, percent, _ in bars:
            assert len(full) == len(full + free) * int(percent) // 100, bars
        assert ('TDX', '100', '32.0/32.0') in [(b[0], b[3], b[4]) for b in bars]
        assert {b[0] for b in bars} == {'TDX', 'node 0', 'node 1'}
        # The cursor goes up as many lines as there were.
        drawn = [len(x.split('\r\n')) - 1 for x in out.split('\033[J')[:-1]]
        ups = [int(u) for u in re.findall(r'\033\[(\d+)A', out)]
        assert ups == drawn[:len(ups)] and out.split('\033[J')[-1].startswith('TDX is up'), out


@test
def small_terminals():
    for columns, rows, words in (67, 24, '\033'), (80, 3, 'node 0'):
        _, out = Host('initializing', SOME).follow('progress', '--follow', states=[],
                                                   columns=columns, rows=rows)
        assert '37%' in out and words not in out, out


sys.exit(tap.run())
