# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl plan on saved machines, checked without its code.  Usage: test_plan.py TDXCTL"""
import json
import pathlib
import re
import sys
import tempfile

import tap
from tap import tdxctl, test, unpack

HOSTS = pathlib.Path(__file__).with_name('hosts')
MIB = 1 << 20
GIB = 1 << 30
BLOCK = 1 << 28


def plan(*args, **kwargs):
    result = tdxctl('plan', '--json', *args, **kwargs)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def on_host(name, action, **files):
    with tempfile.TemporaryDirectory() as root:
        unpack((HOSTS / (name + '.tree')).read_text('ascii'), root)
        for path, text in files.items():
            unpack(f'== {path}\n{text}', root)
        return action(root)


# A node has at most 8 pieces of PAMT, of 128 MiB or more; ms for a GiB and for a piece
SPEEDS = {'from': (155, 1), 'to': (330, 10)}


def check_times(got):
    total = got['total']
    nodes = [n for n in got['nodes'] if n['pamt_bytes']]
    for speed, (gib_ms, piece_ms) in SPEEDS.items():
        ours, upstream = got['time'][speed], got['upstream_time'][speed]
        assert ours['tdmr_ns'] == total['makespan_gib'] * 256 * got['call_ns']
        assert upstream['tdmr_ns'] == total['covered_gib'] * 256 * got['call_ns']
        ms = total['pamt_bytes'] / GIB * gib_ms
        assert abs(upstream['pamt_ns'] / 1e6 - ms) < 0.01
        # No node is faster than its largest piece, or than all its CPUs.
        least = max(n['pamt_bytes'] / GIB * gib_ms / min(8, max(n['cpus'], 1)) for n in nodes
                    if n['home'] == n['node']) + piece_ms * len(nodes)
        assert least * 0.99 < ours['pamt_ns'] / 1e6 <= ms + 8 * piece_ms * len(nodes)
        for time in ours, upstream:
            assert time['other_ns'] == 110e6
            assert abs(sum(time[f'{part}_ns'] for part in ('pamt', 'tdmr', 'other'))
                       - time['total_ns']) < 3


def check(got, memory, cpus, homes=()):
    """memory: (start, end, node); cpus: number per node; homes: nodes with another home."""
    homes = dict(homes)
    assert [n['node'] for n in got['nodes']] == sorted(
        {n for _, _, n in memory} | {n for n in cpus if cpus[n]})
    for node in got['nodes']:
        number = node['node']
        home = homes.get(number, number)
        assert node['home'] == home and node['cpus'] == cpus.get(number, 0), node
        assert node['memory_bytes'] == sum(e - s for s, e, n in memory if n == number), node
        assert node['workers'] == min(node['tdmrs'], max(cpus.get(home, 1), 1)), node
        # 16 bytes for each page
        pamt = node['covered_gib'] * (4 * MIB + 8192 + 16)
        assert pamt <= node['pamt_bytes'] <= pamt + node['tdmrs'] * 4096

    total = got['total']
    for key in 'memory_bytes', 'covered_gib', 'tdmrs', 'cpus', 'pamt_bytes':
        assert total[key] == sum(n[key] for n in got['nodes']), key
    assert total['makespan_gib'] >= total['covered_gib'] / total['workers']
    check_times(got)
    # TDMRs may also cover gaps.
    gibs = {g for start, end, _ in memory for g in range(start // GIB, -(-end // GIB))}
    assert len(gibs) <= total['covered_gib'], total
    assert 0 < total['tdmrs'] <= got['limits']['max_tdmrs']


MACHINES = {
    # memory, CPUs, homes, source of the memory, a warning
    'two-socket': ([(MIB, 0x5d169000, 0), (0x5d22b000, 0x77800000, 0),
                    (4 * GIB, 0x206e000000, 0), (0x2080000000, 0x4070000000, 1)],
                   {0: 112, 1: 112}, {}, 'iomem', ''),
    # Node 2 is nearer to 0 than to 1.  2 CPUs of node 0 and 4 of node 1 are isolated.
    'cxl': ([(MIB, 2 * GIB, 0), (4 * GIB, 0x3080000000, 0), (0x4080000000, 0x8080000000, 2)],
            {0: 30, 1: 28, 2: 0}, {2: 0}, 'iomem', 'a driver added 256.0 GiB'),
}


@test
def machines():
    for name, (memory, cpus, homes, source, note) in MACHINES.items():
        got = on_host(name, lambda root: plan(root=root))
        check(got, memory, cpus, homes)
        assert got['memory_from'] == source
        said = on_host(name, lambda root: tdxctl('plan', root=root)).stderr
        assert note in said and bool(note) == bool(said), said


@test
def odd_machines():
    # The last page is not whole, and there is no NUMA.
    with tempfile.TemporaryDirectory() as root:
        unpack('== proc/iomem\n00100000-bfff1bff : System RAM\n'
               '== sys/devices/system/cpu/online\n0-3\n', root)
        got = plan(root=root)
    check(got, [(MIB, 0xbfff1000, 0)], {0: 4})
    # All CPUs of node 0 are isolated.
    got = on_host('two-socket', lambda root: plan(root=root),
                  **{'sys/devices/system/cpu/isolated': '0-55,57,112-167\n'})
    assert [n['cpus'] for n in got['nodes']] == [0, 111]
    assert got['total']['makespan_gib'] == got['nodes'][0]['covered_gib']
    # Users other than root see no addresses.
    hidden = '00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n'
    got = on_host('two-socket', lambda root: plan(root=root), **{'proc/iomem': hidden})
    check(got, [(MIB, 8 * BLOCK, 0), (16 * BLOCK, 519 * BLOCK, 0),
                (520 * BLOCK, 1031 * BLOCK, 1)], {0: 112, 1: 112})
    assert got['memory_from'] == 'blocks'
    result = tdxctl('plan')
    assert result.returncode == 1 and result.stdout == ''
    assert 'neither /proc nor /sys' in result.stderr


@test
def descriptions_of_machines():
    def same(root):
        there = plan(root=root)
        text = tdxctl('plan', '--describe', root=root).stdout
        here = plan('-', stdin=text)
        for key in 'limits', 'total', 'time':
            assert here[key] == there[key], key
        # A hole is convertible if firmware uses it.
        assert re.findall('^cmr (.*)$', text, re.M) == [
            '0x100000 0x77700000', '0x100000000 0x1f6e000000', '0x2080000000 0x1ff0000000'], text
        assert there['source'] == root and here['source'] == 'standard input'

    on_host('two-socket', same)


TEXTS = [
    # 8 sockets of 1.5 TiB and 120 CPUs, memory below 4 GiB moved up
    'mem 0x100000 0x77800000 0\nmem 0x100000000 0x18080000000 0\n' + ''.join(
        f'mem {n * 1536 * GIB + 2 * GIB:#x} {(n + 1) * 1536 * GIB + 2 * GIB:#x} {n}\n'
        for n in range(1, 8)) + ''.join(f'lanes {n} 120\n' for n in range(8)),
    # more nodes than TDMRs; each node has CPUs, every fifth has memory
    ''.join(f'lanes {n} 2\n' for n in range(1024)) + ''.join(
        f'mem {(4 + 3 * n) * GIB:#x} {(7 + 3 * n) * GIB:#x} {5 * n}\n' for n in range(200)),
    # an unknown number of CPUs counts as one
    'mem 0x100000000 0x4100000000 0\nmem 0x8000000000 0x9000000000 1\n'
    'limits max_tdmrs=3 max_reserved=2\nlanes 0 8\n',
    # blanks and comments
    '\n# nothing\nlanes 0 2 # two\ncmr 0x0 0x200000000\r\nmem\t0x100000 0x80000000   0\n',
    # 20 holes in a GiB, which firmware uses
    ''.join(f'mem {(2 * i + 1) * MIB:#x} {(2 * i + 2) * MIB:#x} 0\n' for i in range(20))
    + 'mem 0x20000000 0x100000000 0\ncmr 0x100000 0xfff00000\n',
    # CPUs of the nearest node work for a node without CPUs
    'mem 0x0 0x800000000 0\nmem 0x800000000 0x1000000000 1\nmem 0x1000000000 0x1800000000 2\n'
    'lanes 0 6\nlanes 1 8\nlanes 2 0\n',
]


@test
def descriptions():
    for text in TEXTS:
        got = plan('-', stdin=text)
        memory = [(int(a, 16), int(b, 16), int(n))
                  for a, b, n in re.findall(r'^mem\s+(\S+)\s+(\S+)\s+(\d+)', text, re.M)]
        cpus = {int(n): int(c) for n, c in re.findall(r'^lanes (\d+) (\d+)', text, re.M)}
        check(got, memory, cpus, {2: 1} if cpus.get(2) == 0 else {})
        again = tdxctl('plan', '--describe', '-', stdin=text).stdout
        assert plan('-', stdin=again) == got
        lines = tdxctl('plan', '-', stdin=text).stdout.splitlines()
        assert len(lines) > len(got['nodes']) and max(map(len, lines)) <= 80


MEMORY = 'mem 0x100000 0x80000000 0\n'
WRONG = [
    # a description, and words of its error message
    (MEMORY + 'mem 0x0 0x1000\n', 'standard input:2: ', "'mem 0x0 0x1000'", 'mem 0xSTART'),
    (MEMORY + 'mem 0x0 0x1000 4294967296\n', 'mem 0xSTART'), (MEMORY + 'cmr 0x0\n', 'cmr 0xBASE'),
    ('mem 0x0 0x1000 0 0\n', 'mem 0xSTART'), ('mem 0x0 0x10000000000000000 0\n', '64 bits'),
    ('mem 0x100000 0x20000000000000 0\n', '2^52'), (MEMORY + 'cmr 0x0 0x1000 0\n', 'cmr 0xBASE'),
    ('mem 0x100000 0x200000 -1\n', 'node -1'), (MEMORY + 'lanes 0 4294967296\n', 'lanes NODE'),
    (MEMORY + 'limits max_tdmrs=1 max_reserved=0\n', 'max_reserved=0'),
    (MEMORY + 'cmr 0xfffffffffffff000 0x2000\n', '2^64'),
    (MEMORY + 'limits max_tdmrs=65536 max_reserved=1\n', '65535'),
    (MEMORY + 'lanes 0 -1\n', 'lanes NODE'), (MEMORY + 'lanes 1024 1\n', '1023'),
    (MEMORY + 'memory\n', 'neither mem'), (MEMORY + 'lanes 0 1\n' * 2, ':3: ', 'second time'),
    (MEMORY + 'limits max_tdmrs=1 max_reserved=1\n' * 2, ':3: ', 'second time'),
    (MEMORY + 'cmr 0x0 0x1000\n' * 33, ':34: ', 'more than 32'),
    ('', 'standard input: ', 'no mem line'),
    ('mem 0x2000 0x1000 0\n', '[0x2000, 0x1000)', 'empty'),
    ('mem 0x100001 0x200000 0\n', '[0x100001, 0x200000)', '4 KiB'),
    ('mem 0x200000 0x300000 0\nmem 0x100000 0x200000 0\n', '[0x100000, 0x200000)', 'preceding'),
    ('mem 0x100000 0x200000 1024\n', '[0x100000, 0x200000)', 'node 1024', '1023'),
    (MEMORY + 'limits max_tdmrs=0 max_reserved=1\n', 'max_tdmrs=0'),
    ('mem 0x0 0x40000000 0\ncmr 0x0 0x20000000\n', '[0x20000000, 0x40000000)', 'outside all CMRs'),
    ('mem 0x0 0x40000000 0\ncmr 0x100000 0x0\n', 'CMR [0x100000, 0x100000)', 'empty'),
    ('mem 0x0 0x100000 0\n', '[0x0, 0x40000000)', 'PAMT', '4108 KiB'),
    (''.join(f'mem {i * 0x2000:#x} {i * 0x2000 + 0x1000:#x} 0\n' for i in range(33)),
     'cmr lines', '[0x40000, 0x41000)'),
    (''.join(f'mem {i * 0x2000:#x} {i * 0x2000 + 0x1000:#x} 0\n' for i in range(30)),
     '[0x0, 0x40000000)', '16 reserved areas'),
]


@test
def wrong_descriptions():
    for text, *words in WRONG:
        result = tdxctl('plan', '-', stdin=text)
        assert result.returncode == 1 and result.stdout == '', (text, result)
        assert len(result.stderr.splitlines()) == 1, result.stderr
        assert all(word in result.stderr for word in words), (words, result.stderr)
        got = json.loads(tdxctl('plan', '--json', '-', stdin=text).stdout)
        assert got == {'schema': 1, 'error': result.stderr[len('tdxctl: '):-1]}, got


@test
def the_table_of_a_known_machine():
    text = on_host('two-socket', lambda root: tdxctl('plan', root=root).stdout)
    lines = [' '.join(line.split()) for line in text.splitlines()]
    assert '1 127.8 GiB 128 GiB 31 112 31 513.1 MiB' in lines, lines
    # 8 pieces of 128 MiB: each takes 19.4 to 41.3 ms, and 1 to 10 ms that do not overlap.
    assert 'all 147 to 241 ms 724 to 899 ms' in lines, lines
    assert 'memory for PAMTs 28 to 122 ms 155 to 331 ms' in lines
    assert 'TDMR.INIT calls 9 ms 459 ms' in lines


@test
def files_and_usage():
    for word, ns in ('7', 7000), ('3.5', 3500), ('0.001', 1), ('1000000', 10 ** 9):
        assert plan('--call-us', word, '-', stdin=MEMORY)['call_ns'] == ns
    for word in '0', '-1', '1e3', '7us', '', '1000000.1', '0.0001', '1.2.3':
        assert '--call-us must be' in tdxctl('plan', '--call-us=' + word).stderr
    for path in '/nonexistent/x', str(HOSTS):
        result = tdxctl('plan', path)
        assert result.returncode == 1 and path in result.stderr, result
        assert path in json.loads(tdxctl('plan', '--json', path).stdout)['error']
    for args in ['--help'], ['-h'], ['plan', '--help'], ['timeline', '-h'], \
            ['help'], ['check', '--help']:
        result = tdxctl(*args)
        assert result.returncode == 0 and result.stdout.startswith('usage: tdxctl'), args
    assert re.fullmatch(r'tdxctl \d+\.\d+\n', tdxctl('--version').stdout)
    for *args, word in (['missing command'], ['plain', 'plain'], ['--nonsense', '--nonsense'],
                        ['plan', '-xh', '-xh'],
                        ['plan', '--json', '--describe', 'either'], ['plan', 'a', 'b', 'b'],
                        ['plan', '--json=yes', '--json=yes'], ['plan', '--call-us', '--call-us'],
                        ['status', '--wait', '--wait'], ['enable', '--wiat', '--wiat']):
        result = tdxctl(*args)
        assert result.returncode == 2 and result.stdout == '', result
        assert word in result.stderr and '--help' in result.stderr, result
    result = tdxctl('-c', 'exec "$0" plan --help >/dev/full', tap.TDXCTL, program='/bin/sh')
    assert result.returncode == 1 and 'standard output' in result.stderr


sys.exit(tap.run())
