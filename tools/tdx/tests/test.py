# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl on saved machines.  Usage: test.py TDXCTL"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import oracle
import tap
import tree
from tap import test

HOSTS = pathlib.Path(__file__).with_name('hosts')
MIB = 1 << 20
GIB = 1 << 30
KEYS = ['source', 'memory_from', 'call_ns', 'calls_per_gib', 'limits', 'nodes', 'total', 'serial',
        'tdmr_per_range', 'tdmrs', 'notes', 'assumed']


def run(*args, root='/nonexistent', stdin=''):
    env = dict(os.environ, TDXCTL_ROOT=str(root), LC_ALL='C')
    return subprocess.run([TDXCTL, *args], input=stdin, env=env, timeout=60,
                          capture_output=True, text=True, check=False)


def plan(*args, **kwargs):
    result = run('plan', '--json', *args, **kwargs)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ''
    return json.loads(result.stdout)


def on_host(name, action):
    with tempfile.TemporaryDirectory() as root:
        tree.unpack((HOSTS / (name + '.tree')).read_text('ascii'), root)
        return action(root)


def host_plan(name):
    return on_host(name, lambda root: plan(root=root))


def notes(got, text):
    return [n for n in got['notes'] if text in n]


def check_text(text):
    """A description, and what is planned for it."""
    got = plan('-', stdin=text)
    memory, cmrs, cpus = tree.description(text)
    oracle.check(got, memory, cmrs, cpus)
    return got


def fails(text, *words):
    """A description for which there is no plan, and why."""
    for option in [], ['--json']:
        result = run('plan', '-', *option, stdin=text)
        assert result.returncode == 1, result
        assert result.stdout == ''
        assert len(result.stderr.splitlines()) == 1, result.stderr
        for word in words:
            assert word in result.stderr, (word, result.stderr)


def misused(*args, word):
    result = run(*args)
    assert result.returncode == 2, result
    assert result.stdout == ''
    assert word in result.stderr and '--help' in result.stderr, result.stderr


@test
def two_sockets():
    got = host_plan('two-socket')
    memory = [(MIB, 0x77800000, 0), (4 * GIB, 0x206e000000, 0),
              (0x2080000000, 0x4070000000, 1)]
    oracle.check(got, memory, None, {0: 112, 1: 112})
    assert list(got) == KEYS
    assert got['memory_from'] == 'iomem' and got['call_ns'] == 7000
    assert got['limits'] == {'max_tdmrs': 64, 'max_reserved': 16,
                             'pamt_entry_bytes': [16, 16, 16]}
    assert got['serial']['gib'] == 256
    assert got['total']['tdmrs'] == 64
    assert got['notes'] == []


@test
def two_sockets_take_the_pamt_that_a_log_shows():
    # "1050636 KB allocated for PAMT" by a kernel with one TDMR per range.
    got = host_plan('two-socket')['tdmr_per_range']
    assert got['pamt_bytes'] == 1050636 * 1024
    assert got['tdmrs'] == 3


@test
def clusters_that_share_blocks():
    got = host_plan('snc')
    block = 0x10000000
    # Blocks 1 and 523 are of nodes 0 and 1, and taken as node 0's.
    memory = [(MIB, 2 * block, 0), (2 * block, 4 * block, 1),
              (4 * block, 6 * block, 2), (6 * block, 7 * block, 3),
              (16 * block, 524 * block, 0), (524 * block, 1036 * block, 1),
              (1036 * block, 1548 * block, 2), (1548 * block, 2060 * block, 3),
              (2060 * block, 2571 * block, 4), (2571 * block, 3082 * block, 5),
              (3082 * block, 3593 * block, 6), (3593 * block, 4104 * block, 7)]
    oracle.check(got, memory, None, {n: 14 for n in range(8)})
    assert notes(got, '2 memory blocks of sysfs belong to several nodes')


@test
def cxl_and_a_node_without_memory():
    got = host_plan('cxl')
    memory = [(MIB, 2 * GIB, 0), (4 * GIB, 0x3080000000, 0),
              (0x4080000000, 0x8080000000, 2)]
    # Node 2 is nearer to 0 than to 1; of node 0, 2 CPUs are isolated, of node 1 4.
    oracle.check(got, memory, None, {0: 30, 1: 28, 2: 0}, {2: 0})
    assert notes(got, '256.0 GiB of memory came after boot')
    assert len(notes(got, 'Nodes without CPUs: 2; those of the nearest')) == 1
    assert len(notes(got, 'Nodes without memory: 1;')) == 1
    assert got['total']['workers'] == 30


@test
def isolated_to_the_last():
    def action(root):
        path = pathlib.Path(root, 'sys/devices/system/cpu/isolated')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('0-2,4-7\n', 'ascii')
        return plan(root=root)

    got = on_host('unprivileged', action)
    assert [n['cpus'] for n in got['nodes']] == [0, 1]
    assert got['nodes'][0]['makespan_gib'] == got['nodes'][0]['covered_gib']
    assert notes(got, 'Nodes without a CPU that may work: 0;')


@test
def no_numa():
    got = host_plan('no-numa')
    # The last page is not whole.
    oracle.check(got, [(MIB, 0xbfff1000, 0)], None, {0: 4})
    assert notes(got, 'has no nodes')


@test
def unprivileged():
    got = host_plan('unprivileged')
    memory = [(MIB, 2 * GIB, 0), (4 * GIB, 66 * GIB, 0), (66 * GIB, 130 * GIB, 1)]
    oracle.check(got, memory, None, {0: 4, 1: 4})
    assert notes(got, 'CAP_SYS_ADMIN') and notes(got, 'memory blocks of sysfs are used')
    assert got['memory_from'] == 'blocks'
    assert notes(got, 'ask again as root')


@test
def nothing_but_totals():
    got = host_plan('totals')
    # 8 and 24 GiB in a row, behind the first MiB.
    memory = [(MIB, 8 * GIB + MIB, 0), (8 * GIB + MIB, 32 * GIB + MIB, 1)]
    oracle.check(got, memory, None, {0: 4, 1: 4})
    assert notes(got, 'only how much memory')
    assert notes(got, "divided by the nodes' MemTotal")


@test
def nothing_at_all():
    result = run('plan')
    assert result.returncode == 1 and result.stdout == ''
    assert 'neither /proc nor /sys' in result.stderr


@test
def more_holes_than_cmrs():
    got = host_plan('many-holes')
    memory = [((4 + i) * GIB, (5 + i) * GIB - (i + 1) * MIB, 0) for i in range(40)]
    oracle.check(got, memory, None, {0: 8})
    assert notes(got, 'the 8 smallest holes')
    # Of 1 to 8 MiB: not reserved, while those from 9 MiB are.
    reserved = [(t['base'] + r['offset'], t['base'] + r['offset'] + r['size'])
                for t in got['tdmrs'] for r in t['reserved']]
    for i in range(39):
        hole = ((5 + i) * GIB - (i + 1) * MIB, (5 + i) * GIB)
        assert bool(oracle.subtract([hole], reserved)) == (i < 8), i


@test
def field_map():
    text = (HOSTS / 'field.txt').read_text('ascii')
    got = check_text(text)
    assert got['tdmr_per_range']['fails'] == 'reserved'
    assert (got['tdmr_per_range']['base'], got['tdmr_per_range']['size']) == (0, 2 * GIB)
    assert notes(got, 'cannot bring up TDX here ("reserved areas exhausted"): their TDMR '
                      '[0x0, 0x80000000) has 17 holes')


@test
def field_map_of_the_machine_itself():
    got = host_plan('field')
    memory, cmrs, cpus = tree.description((HOSTS / 'field.txt').read_text('ascii'))
    # The CMRs are guessed from what firmware keeps, and come out the same.
    oracle.check(got, memory, cmrs, cpus)
    assert got['tdmr_per_range']['fails'] == 'reserved'


@test
def eight_sockets():
    got = check_text((HOSTS / 'eight-socket.txt').read_text('ascii'))
    assert got['total']['tdmrs'] == 64
    # 63 TDMRs for what is above 4 GiB would take 220 GiB on one node; with the
    # memory below, joined over the hole, node 0 has 1538 GiB for 8 of 64.
    assert got['total']['best_gib'] == oracle.div_up(1538, 8)
    assert got['total']['makespan_gib'] <= got['total']['best_gib'] + 1


@test
def a_thousand_nodes():
    # Of which every fifth has memory, and so more than there are TDMRs.
    text = ''.join(f'lanes {n} 2\n' for n in range(1024))
    text += ''.join(f'mem {(4 + 3 * n) * GIB:#x} {(7 + 3 * n) * GIB:#x} {5 * n}\n'
                    for n in range(200))
    got = check_text(text)
    assert len(got['nodes']) == 1024
    assert got['tdmr_per_range'] == {'tdmrs': 200, 'fails': 'tdmrs',
                                     'pamt_bytes': 200 * oracle.pamt(3 * GIB)}
    assert len(notes(got, 'in TDMRs of other nodes')) == 1
    assert 'Nodes without memory: 1-4, 6-9, ' in notes(got, 'without memory')[0]
    assert len(run('plan', '-', stdin=text).stdout.splitlines()) > 1024


@test
def time_of_a_call():
    text = (HOSTS / 'eight-socket.txt').read_text('ascii')
    for word, ns in ('7', 7000), ('3.5', 3500), ('0.001', 1), ('1000000', 10 ** 9):
        got = plan('--call-us', word, '-', stdin=text)
        assert got['call_ns'] == ns
        oracle.check_total(got)
    for word in '0', '-1', '1e3', '7us', '', '1000000.1', '0.0001', '1.2.3':
        misused('plan', '--call-us=' + word, word='not a time')


@test
def limits_of_a_description():
    memory = 'mem 0x100000000 0x4100000000 0\nmem 0x8000000000 0x9000000000 1\n'
    got = check_text(memory + 'limits max_tdmrs=3 max_reserved=2\nlanes 0 8\n')
    assert got['limits']['max_tdmrs'] == 3 and got['total']['tdmrs'] == 3
    assert notes(got, 'Nodes with an unknown number of CPUs: 1;')


@test
def descriptions_in_any_order():
    got = check_text('\n# nothing\nlanes 0 2 # two\ncmr 0x0 0x200000000\r\n'
                     'mem\t0x100000 0x80000000   0\n')
    assert got['nodes'][0]['cpus'] == 2


@test
def errors_of_descriptions():
    memory = 'mem 0x100000 0x80000000 0\n'
    for line, word in [
            ('mem 0x0 0x1000', 'mem 0xSTART'), ('mem 0 0x1000 0', 'mem 0xSTART'),
            ('mem 0x0 0x1000 0 0', 'mem 0xSTART'), ('mem 0x0 0x1000 x', 'mem 0xSTART'),
            ('mem 0x0 0x10000000000000000 0', 'mem 0xSTART'),
            ('mem 0x0 0x 0', 'mem 0xSTART'), ('mem 0x0 0x+1 0', 'mem 0xSTART'),
            ('cmr 0x0', 'cmr 0xBASE'), ('cmr 0xfffffffffffff000 0x2000', '2^64'),
            ('limits', 'limits max_tdmrs'), ('limits max_tdmrs=65536 max_reserved=1', '65535'),
            ('limits max_reserved=1 max_tdmrs=1', 'limits max_tdmrs'),
            ('lanes 0', 'lanes NODE'), ('lanes 1024 1', 'node 1024'),
            ('lanes -1 1', 'node -1'), ('lanes 0 -1', 'lanes NODE'),
            ('memory', 'neither mem'), ('mem ' * 20, 'too many words'),
            ('x' * 5000, 'too long'), ('#' * 1020 + '\0\n', 'not text')]:
        fails(memory + line + '\n', 'standard input:2: ', word)
    fails(memory + 'limits max_tdmrs=1 max_reserved=1\n' * 2, ':3: ', 'second time')
    fails(memory + 'lanes 0 1\n' * 2, ':3: ', 'second time')
    fails(memory + 'cmr 0x0 0x1000\n' * 33, ':34: ', 'more than 32')


@test
def errors_of_the_planner():
    for text, *words in [
            ('', 'standard input: ', 'no mem line'),
            ('mem 0x1000 0x1000 0\n', '[0x1000, 0x1000)', 'empty'),
            ('mem 0x2000 0x1000 0\n', '[0x2000, 0x1000)', 'empty'),
            ('mem 0x100001 0x200000 0\n', '[0x100001, 0x200000)', '4 KiB'),
            ('mem 0x100000 0xfffffffffffff000 0\n', '2^52'),
            ('mem 0x200000 0x300000 0\nmem 0x100000 0x200000 0\n', '[0x100000, 0x200000)',
             'below the one before'),
            ('mem 0x100000 0x200000 1024\n', '[0x100000, 0x200000)', 'node 1024', '1023'),
            ('mem 0x100000 0x200000 -1\n', 'node -1'),
            ('mem 0x0 0x40000000 0\nlimits max_tdmrs=0 max_reserved=1\n', 'max_tdmrs=0'),
            ('mem 0x0 0x40000000 0\nlimits max_tdmrs=1 max_reserved=0\n', 'max_reserved=0'),
            ('mem 0x0 0x40000000 0\ncmr 0x0 0x20000000\n', '[0x20000000, 0x40000000)',
             'outside all CMRs'),
            ('mem 0x0 0x40000000 0\ncmr 0x100000 0x0\n', 'CMR [0x100000, 0x100000)', 'empty'),
            ('mem 0x0 0x100000 0\n', '[0x0, 0x40000000)', 'PAMT'),
            (''.join(f'mem {i * 0x2000:#x} {i * 0x2000 + 0x1000:#x} 0\n' for i in range(33)),
             'cmr lines', '[0x40000, 0x41000)'),
            (''.join(f'mem {i * 0x2000:#x} {i * 0x2000 + 0x1000:#x} 0\n' for i in range(30)),
             '[0x0, 0x40000000)', '16 reserved areas')]:
        fails(text, *words)
    # 40 GiB with 2 holes each, a TDMR has 16 areas and a module 2 TDMRs.
    holes = ''.join(f'mem {i * GIB + 0x1000:#x} {(i + 1) * GIB - MIB:#x} 0\n'
                    for i in range(32))
    fails(holes + 'limits max_tdmrs=2 max_reserved=3\n', '2 TDMRs')


@test
def files():
    path = str(HOSTS / 'field.txt')
    got = plan(path)
    assert got['source'] == path
    assert 'on ' + path in run('plan', path).stdout
    result = run('plan', '/nonexistent/"x"')
    assert result.returncode == 1 and 'No such file' in result.stderr
    assert run('plan', str(HOSTS)).returncode == 1
    with tempfile.TemporaryDirectory() as where:
        odd = pathlib.Path(where, 'odd"\\\u00e9\n')
        odd.write_text('mem 0x100000 0x80000000 0\n', 'ascii')
        assert 'odd"\\' in plan(str(odd))['source']


@test
def descriptions_of_machines():
    for name in 'two-socket', 'snc', 'no-numa', 'field', 'many-holes', 'unprivileged':
        def same(root):
            there = plan(root=root)
            text = run('plan', '--describe', root=root).stdout
            here = plan('-', stdin=text)
            for note in there['notes']:
                if 'memory blocks' in note:
                    assert f'# {note}\n' in text
            for key in 'limits', 'nodes', 'total', 'serial', 'tdmrs':
                assert here[key] == there[key], key
            assert there['source'] == root
            assert here['memory_from'] == 'file' != there['memory_from']

        on_host(name, same)


@test
def nodes_without_cpus():
    text = ('mem 0x0 0x800000000 0\nmem 0x800000000 0x1000000000 1\n'
            'mem 0x1000000000 0x1800000000 2\nlanes 0 6\nlanes 1 8\nlanes 2 0\n')
    got = plan('-', stdin=text)
    memory, cmrs, _ = tree.description(text)
    oracle.check(got, memory, cmrs, {0: 6, 1: 8, 2: 0}, {2: 1})
    # What is written of them is read the same.
    again = run('plan', '--describe', '-', stdin=text).stdout
    assert plan('-', stdin=again)['nodes'] == got['nodes']
    # Nobody's CPUs: as if there were one.
    got = plan('-', stdin='mem 0x0 0x800000000 0\nlanes 0 0\n')
    assert got['total']['makespan_gib'] == 32
    assert notes(got, 'Nodes without a CPU that may work: 0;')


@test
def holes_that_leave_no_area():
    def memory(holes):
        return ''.join(f'mem {(2 * i + 1) * MIB:#x} {(2 * i + 2) * MIB:#x} 0\n'
                       for i in range(holes - 1)) + \
               f'mem {600 * MIB:#x} {4 * GIB:#x} 0\n' \
               f'cmr {MIB:#x} {4 * GIB - MIB:#x}\n'

    for holes, verdict, word in (15, None, None), (16, None, 'may fail here'), \
                                (17, 'reserved', 'cannot bring up TDX'):
        got = check_text(memory(holes))
        assert got['tdmr_per_range']['fails'] == verdict
        assert not word or notes(got, word)
        assert notes(got, 'Kernels up to 7.3') == (notes(got, word) if word else [])


@test
def table():
    def check(output, got):
        assert output.returncode == 0
        lines = output.stdout.splitlines()
        assert max(map(len, lines)) <= 80, max(lines, key=len)
        for node in got['nodes']:
            row = [x.split() for x in lines if x.split()[:1] == [str(node['node'])]]
            assert len(row) == 1
            assert row[0][1] == f"{node['memory_bytes'] / GIB:.1f}"
            assert row[0][3] == str(node['covered_gib'])
            assert row[0][5:8] == [str(node['tdmrs']), str(node['cpus'] or '-'),
                                   str(node['workers'] or '-')]
        ratio = got['serial']['gib'] / got['total']['makespan_gib']
        assert [x for x in lines if x.startswith('This plan')][0].endswith(f'{ratio:.1f}x')
        fails = got['tdmr_per_range']['fails']
        word = {None: 'x', 'unknown': 'not known'}.get(fails, 'fails')
        assert [x for x in lines if x.startswith('One TDMR per')][0].endswith(word), fails
        # All sentences are there, broken at spaces.
        said = ' '.join(output.stdout.split())
        for sentence in got['notes'] + got['assumed']:
            assert '- ' + sentence in said, sentence

    for name in 'two-socket', 'snc', 'cxl', 'no-numa', 'unprivileged', 'totals', 'field':
        on_host(name, lambda root: check(run('plan', root=root), plan(root=root)))
    for name in 'eight-socket.txt', 'field.txt':
        # By a short name: the title has it, however long.
        path = os.path.relpath(HOSTS / name)
        check(run('plan', path), plan(path))


@test
def table_of_a_known_machine():
    def check(root):
        lines = [' '.join(x.split()) for x in run('plan', root=root).stdout.splitlines()]
        assert '0 127.6 GiB 128 GiB 32 112 32 513.1 MiB 8.96 ms' in lines, lines
        assert 'Serial: one CPU for all these TDMRs 64 459 ms 1.0x' in lines
        assert ('One TDMR per memory range, a worker for each 3 229 ms 2.0x') in lines
        assert 'This plan 64 8.96 ms 51.2x' in lines

    on_host('two-socket', check)


@test
def the_assumptions():
    said = ' '.join(host_plan('two-socket')['assumed'])
    for word in ('7 us', '2022', '256 calls', 'do not slow', 'here 0.614 to 1.1 s',
                 '64 TDMRs', '16 reserved areas', 'CMRs', '7.3', 'Dynamic PAMT'):
        assert word in said, word
    path = str(HOSTS / 'field.txt')
    said = ' '.join(plan('--call-us', '9', path)['assumed'])
    assert '9 us, as --call-us says' in said and '2022' not in said


@test
def help_and_usage():
    for args in ['--help'], ['-h'], ['plan', '--help'], ['plan', '-h']:
        result = run(*args)
        assert result.returncode == 0 and 'usage: tdxctl' in result.stdout, args
    assert '--call-us' in run('plan', '--help').stdout
    misused(word='which command')
    misused('plain', word='plain')
    misused('--nonsense', word='--nonsense')
    misused('plan', '--nonsense', word='--nonsense')
    misused('plan', '-xh', word='-xh')
    misused('plan', '--json', '--describe', word='either')
    misused('plan', '--json=yes', word='--json=yes')
    misused('plan', '--call-us', word='--call-us')
    misused('plan', 'a', 'b', word='b')


@test
def a_full_disk():
    with open('/dev/full', 'w', encoding='ascii') as full:
        result = subprocess.run([TDXCTL, 'plan', str(HOSTS / 'field.txt')], stdout=full,
                                stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1 and 'standard output' in result.stderr


TDXCTL = os.path.abspath(sys.argv[1])
sys.exit(tap.run())
