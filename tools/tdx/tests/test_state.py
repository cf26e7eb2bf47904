# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl status, enable and progress on fakes of /sys/kernel/tdx.

Usage: test_state.py TDXCTL FAKE_KERNEL
"""
import errno
import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

import tap
from tap import test

GIB = 1 << 30
DIR = 'sys/kernel/tdx'
UP, FAILED, USAGE, NOT_UP, BUSY, NO_TDX = range(6)


class Host:
    """A fake of /sys/kernel/tdx with two nodes, and what becomes of it."""

    def __init__(self, status='unknown', nodes=None, error=''):
        self.where = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.where.name)
        self.script = self.root / 'script'
        self.script.touch()
        self.write('enable', '')
        for path, text in self.files(status, nodes or {}, error):
            self.write(path, text)

    def write(self, path, text):
        path = self.root / DIR / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, 'ascii')

    def files(self, status, nodes, error=''):
        """nodes: number to (GiB done, GiB in all, lanes unfinished, lanes)."""
        done = sum(n[0] for n in nodes.values())
        total = sum(n[1] for n in nodes.values())
        yield 'status', status + '\n'
        yield 'progress', f'{int(done * GIB)} {total * GIB}\n'
        yield 'error', error and error + '\n'
        for node in {0, 1} | nodes.keys():
            n = nodes.get(node, (0, 0, 0, 0))
            yield f'node{node}/progress', f'{int(n[0] * GIB)} {n[1] * GIB}\n'
            yield f'node{node}/lanes', f'{n[2]} {n[3]}\n'

    def then(self, status, nodes=None, error='', wake='wake'):
        with open(self.script, 'a', encoding='ascii') as f:
            for path, text in self.files(status, nodes or {}, error):
                f.write(f'{DIR}/{path} {text or chr(10)}')
            f.write(wake + '\n')
        return self

    def env(self, **more):
        return dict(os.environ, TDXCTL_ROOT=str(self.root), LC_ALL='C',
                    LD_PRELOAD=FAKE_KERNEL, FAKE_KERNEL=str(self.script), **more)

    def run(self, *args, **more):
        return subprocess.run([TDXCTL, *args], env=self.env(**more), timeout=60,
                              capture_output=True, text=True, check=False)

    def on_terminal(self, *args, columns=80, rows=24, term='xterm', unbroken=True):
        """Exit status, the screen at the end, all that was sent to it."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        with subprocess.Popen([TDXCTL, *args], env=self.env(TERM=term), stdin=theirs,
                              stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            sent = b''
            try:
                while chunk := os.read(ours, 4096):
                    sent += chunk
            except OSError:
                pass
            os.close(ours)
        sent = sent.decode('ascii')
        return process.returncode, screen(sent, columns) if unbroken else None, sent


def screen(sent, columns):
    """What a terminal shows; lines that it would break are a mistake."""
    lines, row, column = [''], 0, 0
    for up, clear, other in re.findall(r'\033\[(\d+)A|\033\[([KJ])|([^\033])', sent):
        if up:
            row -= int(up)
            assert row >= 0, 'the cursor left the screen'
        elif clear:
            lines[row] = lines[row][:column]
            if clear == 'J':
                del lines[row + 1:]
        elif other == '\r':
            column = 0
        elif other == '\n':
            row += 1
            if row == len(lines):
                lines.append('')
        else:
            lines[row] = lines[row][:column].ljust(column) + other + lines[row][column + 1:]
            column += 1
            assert column <= columns, lines[row]
    return lines


def started(gib):
    return {0: (gib, 16, 4, 4), 1: (gib, 16, 4, 4)}


ALL = {0: (16, 16, 0, 4), 1: (16, 16, 0, 4)}


def expect(result, status, *words, stderr=()):
    assert result.returncode == status, result
    for word in words:
        assert word in result.stdout, (word, result)
    for word in stderr:
        assert word in result.stderr, (word, result)
    if not stderr:
        assert result.stderr == '', result


@test
def nobody_has_asked():
    for command in 'status', 'progress':
        expect(Host().run(command), NOT_UP, 'nobody has asked')
    expect(Host().run('progress', '--follow'), NOT_UP, 'nobody has asked')


@test
def up():
    for args in ['status'], ['progress'], ['progress', '--follow'], ['enable', '--wait'], \
            ['enable']:
        expect(Host('initialized', ALL).run(*args), UP,
               'TDX is up: 32.0 GiB, 8 TDMRs on 2 nodes\n')


@test
def up_before_there_were_figures():
    expect(Host('initialized', {}).run('status'), UP, 'TDX is up: 0.0 GiB\n')


@test
def being_initialised():
    host = Host('initializing', {0: (4, 16, 3, 4), 1: (8, 16, 2, 4)})
    for command in 'status', 'progress':
        expect(host.run(command), BUSY, '37%, 12.0 of 32.0 GiB, 5 of 8 lanes running',
               'node 0: 25%, 4.0 of 16.0 GiB, 3 of 4 lanes running', 'node 1: 50%')
    expect(Host('initializing').run('status'), BUSY, 'memory is prepared')
    one = Host('initializing', {0: (4, 16, 3, 4)}).run('status')
    expect(one, BUSY, '25%')
    assert 'node' not in one.stdout


@test
def failed_and_may_be_tried_again():
    words = 'package 3 has no online CPU: bring one online, e.g. CPU 12'
    for args in ['status'], ['progress'], ['progress', '--follow'], ['enable', '--wait']:
        expect(Host('unknown', {}, words + ' (-6)').run(*args), FAILED, 'failed',
               stderr=[words + ' (ENXIO)', "online, and try again"])


@test
def failed_for_good():
    words = 'TDMR [0x0, 0x40000000): TDH.SYS.TDMR.INIT: TDX_OPERAND_INVALID: RCX'
    expect(Host('error', {}, words + ' (-22)').run('status'), FAILED, 'failed',
           stderr=[words + ' (EINVAL)', 'final until the machine is rebooted'])


@test
def every_errno_has_a_hint():
    for err in 'ENODEV EOPNOTSUPP ENODATA ENOMEM ERANGE ENOSPC ENXIO EINVAL EBUSY ' \
            'EAGAIN EPERM EFAULT EACCES EIO ESHUTDOWN'.split():
        result = Host('unknown', {}, f'w (x) ({-getattr(errno, err)})').run('status')
        status = NO_TDX if err == 'ENODEV' else FAILED
        expect(result, status, 'failed', stderr=[f'w (x) ({err})\n'])
        assert len(result.stderr.splitlines()) in (2, 3), result.stderr
        assert max(map(len, result.stderr.splitlines())) <= 100, result.stderr


@test
def switched_off():
    host = Host('unknown', {}, 'switched off by tdx_host=off (-19)')
    expect(host.run('status'), NO_TDX, stderr=['tdx_host=off', 'Boot without'])
    expect(host.run('enable', '--wait', FAKE_ENABLE=str(errno.ENODEV)), NO_TDX,
           stderr=['tdx_host=off', 'Boot without'])


@test
def not_here():
    for args in ['status'], ['status', '--json'], ['progress'], ['progress', '--follow'], \
            ['enable'], ['enable', '--wait', '--json']:
        with tempfile.TemporaryDirectory() as root:
            host = Host()
            host.root = pathlib.Path(root)
            result = host.run(*args)
        expect(result, NO_TDX, stderr=['no /sys/kernel/tdx', 'CONFIG_TDX_BRINGUP', 'BIOS'])
        assert result.stdout == ''


@test
def not_understood():
    host = Host()
    for path, text in ('status', 'perhaps\n'), ('progress', 'much\n'), \
            ('node1/lanes', '\n'), ('error', 'bad\n'):
        host = Host('initialized', ALL)
        host.write(path, text)
        expect(host.run('status'), FAILED, stderr=['does not understand'])


@test
def asked_for():
    host = Host('initializing')
    expect(host.run('enable'), UP, 'being initialised', 'progress --follow')
    assert (host.root / DIR / 'enable').read_text('ascii') == '1\n'


@test
def not_root():
    expect(Host().run('enable', FAKE_ENABLE=str(errno.EACCES)), FAILED, stderr=['only root'])
    expect(Host('unknown', {}, 'w (-6)').run('status', FAKE_USER='1'), NOT_UP,
           'nobody has asked for it, or it failed, which only root is told\n')
    expect(Host('initialized', ALL).run('status', FAKE_USER='1'), UP, 'TDX is up')
    expect(Host('error', {}, 'w (-6)').run('status', FAKE_USER='1'), FAILED, 'failed',
           stderr=['did not come up; only root may know why', 'final'])


@test
def refused_without_words():
    for err, status in (errno.EOPNOTSUPP, FAILED), (errno.ESHUTDOWN, FAILED), \
            (errno.ENODEV, NO_TDX):
        expect(Host().run('enable', FAKE_ENABLE=str(err)), status,
               stderr=[os.strerror(err), 'BIOS' if err != errno.ESHUTDOWN else 'dmesg'])


@test
def waits_for_success():
    host = Host('initializing')
    for tenth in range(0, 160):
        host.then('initializing', started(tenth / 10))
    host.then('initialized', ALL)
    result = host.run('enable', '--wait')
    expect(result, UP)
    lines = result.stdout.splitlines()
    assert lines[0].endswith('memory is prepared'), lines
    assert lines[-1].startswith('TDX is up: 32.0 GiB'), lines
    tenths = [int(m) for m in re.findall(r'initialised: (\d+)%', result.stdout)]
    assert tenths == list(range(0, 100, 10)), tenths


@test
def waits_for_failure():
    host = Host('initializing').then('initializing', started(3))
    host.then('error', {}, 'TDMR [0x0, 0x40000000): gone (-19)')
    for command in ['progress', '--follow'], ['enable', '--wait']:
        expect(host.run(*command), NO_TDX, '18%', 'failed', stderr=['gone (ENODEV)', 'final'])
        host.write('status', 'initializing\n')
    host = Host('initializing').then('unknown')
    expect(host.run('enable', '--wait'), NOT_UP, stderr=['did not come up'])


@test
def json_once():
    got = json.loads(Host('initializing', {0: (4, 16, 3, 4), 1: (8, 16, 2, 4)})
                     .run('status', '--json').stdout)
    assert got == {
        'status': 'initializing', 'error': None, 'errno': None, 'eta_ms': None,
        'done_bytes': 12 * GIB, 'total_bytes': 32 * GIB, 'lanes': 8, 'lanes_unfinished': 5,
        'nodes': [{'node': 0, 'done_bytes': 4 * GIB, 'total_bytes': 16 * GIB,
                   'lanes': 4, 'lanes_unfinished': 3},
                  {'node': 1, 'done_bytes': 8 * GIB, 'total_bytes': 16 * GIB,
                   'lanes': 4, 'lanes_unfinished': 2}]}, got
    result = Host('unknown', {}, 'say "no" (-12)').run('status', '--json')
    got = json.loads(result.stdout)
    assert result.returncode == FAILED
    assert got['error'] == 'say "no"' and got['errno'] == errno.ENOMEM
    assert got['nodes'] == []


@test
def json_of_each_change():
    host = Host('initializing').then('initializing', started(4))
    host.then('initializing', started(8)).then('initialized', ALL)
    result = host.run('progress', '--follow', '--json')
    expect(result, UP)
    got = [json.loads(line) for line in result.stdout.splitlines()]
    assert [g['status'] for g in got] == ['initializing'] * 3 + ['initialized']
    assert [g['done_bytes'] // GIB for g in got] == [0, 8, 16, 32]
    # A rate takes two looks.
    assert got[1]['eta_ms'] is None and isinstance(got[2]['eta_ms'], int)
    assert got[3]['eta_ms'] == 0


@test
def bars_on_a_terminal():
    for columns in 80, 100, 300, 50:
        host = Host('initializing').then('initializing', {}, wake='clock')
        host.then('initializing', started(4)).then('initializing', started(8))
        host.then('initializing', started(8), wake='clock').then('initialized', ALL)
        status, lines, sent = host.on_terminal('enable', '--wait', columns=columns)
        assert status == UP, sent
        assert sent.count('preparing memory') == 2
        assert '25%' in sent and '50%' in sent and 'ETA ' in sent
        assert len(lines) == 5 and lines[4] == '', lines
        assert lines[0].startswith('TDX ') and lines[1].startswith('node 0')
        assert ('[###' in lines[0]) == (columns > 60)
        for line in lines[:3]:
            assert '100%' in line and '.]' not in line, line
        assert ('32.0/32.0 GiB   0 lanes' in lines[0]) == (columns > 70), lines
        assert lines[3] == 'TDX is up: 32.0 GiB, 8 TDMRs on 2 nodes'


@test
def bars_half_full():
    host = Host('initializing', {0: (4, 16, 3, 4), 1: (8, 16, 2, 4)})
    host.then('unknown', {}, 'package 3 has no online CPU (-6)')
    status, lines, sent = host.on_terminal('progress', '--follow')
    assert status == FAILED
    bars = re.findall(r'(TDX|node \d) +\[(#*)(\.*)\] +(\d+)%', sent)
    assert [b[0] for b in bars] == ['TDX', 'node 0', 'node 1'], sent
    for _, full, free, percent in bars:
        assert len(full) == (len(full) + len(free)) * int(percent) // 100 or \
            abs(len(full) / len(full + free) - int(percent) / 100) < 0.05
    # What was there when it failed stays to be seen.
    assert '37%' in lines[0] and lines[3].endswith('failed') and 'ENXIO' in lines[4], lines


@test
def no_bars_for_more_nodes_than_lines():
    nodes = {n: (1, 2, 1, 1) for n in range(30)}
    host = Host('initializing', nodes).then('initializing', nodes)
    host.then('initialized', {n: (2, 2, 0, 1) for n in range(30)})
    status, lines, sent = host.on_terminal('progress', '--follow')
    assert status == UP and 'node 7' not in sent, sent
    assert ' 0 lanes' in lines[0] and lines[1] == 'TDX is up: 60.0 GiB, 30 TDMRs on 30 nodes'


@test
def no_bar_on_a_dumb_or_narrow_terminal():
    for more in {'term': 'dumb'}, {'columns': 39}:
        host = Host('initializing').then('initializing', started(4)).then('initialized', ALL)
        status, _, sent = host.on_terminal('progress', '--follow', **more, unbroken=False)
        assert status == UP and '\033' not in sent
        lines = sent.splitlines()
        assert '25%' in lines[1] and lines[-1].startswith('TDX is up'), lines


@test
def large_hosts_fit_a_terminal():
    nodes = {n: (n and 1535.5, 1536, 8, 8) for n in range(8)}
    host = Host('initializing', nodes).then('initializing', nodes)
    host.then('initialized', {n: (1536, 1536, 0, 8) for n in range(8)})
    status, lines, sent = host.on_terminal('progress', '--follow')
    assert status == UP and '10748.5/12288.0 GiB  64 lanes' in sent, sent
    assert ' 99%  1535.5/1536.0 GiB   8 lanes' in sent, sent


@test
def time_left_is_that_of_the_slowest_node():
    host = Host('initializing', started(0)).then('initializing', started(0))
    # What was done by now may have begun at any time since.
    host.then('initializing', started(1))
    # Node 1 stands still, so that nobody can tell.
    host.then('initializing', {0: (8, 16, 2, 4), 1: (1, 16, 4, 4)})
    host.then('initializing', {0: (16, 16, 0, 4), 1: (2, 16, 4, 4)})
    host.then('initializing', {0: (16, 16, 0, 4), 1: (16, 16, 0, 4)})
    host.then('initialized', ALL)
    got = [json.loads(line)['eta_ms'] for line in
           host.run('progress', '--follow', '--json').stdout.splitlines()]
    assert got[:4] == [None] * 4 and got[4] is not None and got[5:] == [0, 0], got


@test
def help_and_usage():
    for command in 'status', 'progress', 'enable':
        for option in '--help', '-h':
            result = Host().run(command, option)
            expect(result, UP, f'usage: tdxctl {command}', '--json', 'Exit status')
            assert max(map(len, result.stdout.splitlines())) <= 80, result.stdout
        for words in ['--nonsense'], ['x'], ['-x'], ['--json=yes'], ['--help', 'x']:
            expect(Host().run(command, *words), USAGE,
                   stderr=['not understood', f"Try 'tdxctl {command} --help'"])
    assert all(c in Host().run('--help').stdout for c in ('status', 'enable', 'progress'))
    # Nothing is asked for by a command line that is wrong.
    host = Host()
    host.run('enable', '--wiat')
    assert (host.root / DIR / 'enable').read_text('ascii') == ''


TDXCTL, FAKE_KERNEL = map(os.path.abspath, sys.argv[1:])
sys.exit(tap.run())
