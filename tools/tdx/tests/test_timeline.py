# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl timeline on traces.  Usage: test_timeline.py TDXCTL"""
import re
import sys
import xml.dom.minidom

import tap
from tap import tdxctl, test


def line(time, cpu, event, fields):
    return f'  kworker/u8:1-42   [{cpu:03}] .....  {time:.6f}: lanework_{event}: {fields}\n'


def start(time, lane, cpu, node=0, home=None, job='tdx_tdmr_init'):
    home = node if home is None else home
    return line(time, cpu, 'lane_start',
                f'job={job} lane={lane} node={home} cpu={cpu} cpu_node={node}')


def stop(time, lane, cpu, node=0, steps=256, why='done', job='tdx_tdmr_init'):
    return line(time, cpu, 'lane_stop',
                f'job={job} lane={lane} cpu={cpu} cpu_node={node} steps={steps} why={why}')


def begin(time, lanes, job='tdx_tdmr_init'):
    return line(time, 0, 'job_start', f'job={job} lanes={lanes} workers=yes')


def end(time, error=0, job='tdx_tdmr_init'):
    return line(time, 0, 'job_end', f'job={job} error={error}')


def phase(name, start, end=None):
    begun = f'  kworker/u8:0-9 [000] ..... {start}: tdx_phase_begin: phase={name}\n'
    ended = f'  kworker/u8:0-9 [000] ..... {end}: tdx_phase_end: phase={name} error=0\n'
    return begun + (ended if end else '')


class Picture:
    def __init__(self, trace, *args):
        result = tdxctl('timeline', *args, stdin=trace)
        assert result.returncode == 0, result.stderr
        self.said = result.stderr
        self.svg = result.stdout
        dom = xml.dom.minidom.parseString(result.stdout)
        self.texts = '\n'.join(t.firstChild.data for t in dom.getElementsByTagName('text'))
        self.bars = [(title.firstChild.data, *(float(title.parentNode.getAttribute(k))
                                               for k in ('x', 'y', 'width')),
                      title.parentNode.getAttribute('stroke'))
                     for title in dom.getElementsByTagName('title')]

    def bar(self, lane, job='tdx_tdmr_init'):
        found, = [b for b in self.bars if b[0].startswith(f'{job} lane {lane},')]
        return found

    def has(self, *patterns):
        return all(re.search(p, self.texts, re.M) for p in patterns)


TWO = (begin(10, 3) + start(10, 0, 0) + start(10, 1, 4, node=1) + stop(11, 1, 4, node=1)
       + stop(12, 0, 0) + start(12, 2, 0) + stop(14, 2, 0) + end(14))


@test
def bars_are_where_they_belong():
    p = Picture('# tracer: nop\n\n <idle>-0 [001] d..2. 9.1: sched_switch: prev_comm=x\n' + TWO)
    assert p.has(r'^tdx_tdmr_init: 3 lanes on 2 CPUs, 4000\.0 ms$', '^node 0$', '^node 1$', '^CPU 0$',
                 '^CPU 4$', r'^idle 0\.0 ms$', r'^idle 3000\.0 ms$', r'^tail: 3000\.0 ms'), p.texts
    assert not p.has('not complete')
    (_, x0, y0, w0, _), (_, x1, y1, w1, _), (_, x2, y2, w2, _) = map(p.bar, range(3))
    assert x0 == x1 and y0 == y2 and y1 > y0
    assert abs(w0 - 2 * w1) < 0.1 and abs(w2 - w0) < 0.1 and abs(x2 - (x0 + w0)) < 0.1


@test
def lanes_away_from_home_and_at_the_same_time():
    p = Picture(begin(1, 3) + start(1, 0, 0) + start(1.5, 1, 0, home=3) + stop(2, 0, 3)
                + start(2, 2, 0) + stop(3, 1, 0) + stop(3, 2, 0) + end(3))
    assert p.bar(1)[4] == '#e5484d' != p.bar(0)[4]
    assert 'at home on node 3, CPU 0 of node 0' in p.bar(1)[0]
    assert p.bar(0)[2] == p.bar(1)[2] and 'at last CPU 3' in p.bar(0)[0]
    # Time in which two lanes run counts once.
    assert p.has(r'^idle 0\.0 ms$')


@test
def on_and_off_and_on():
    p = Picture(phase('PAMT', 9, 10) + phase('TDMR.INIT', 10, 14) + TWO
                + phase('SYS.DISABLE', 20, 21) + phase('LP stop', 21, 22)
                + phase('PAMT clear', 22, 23) + phase('PAMT free', 23, 24)
                + phase('TDMR.INIT', 30) + begin(30, 1) + start(30, 0, 0) + stop(34, 0, 0)
                + end(34))
    # The job runs for 8 s, and at last on CPU 0 alone.
    assert p.has(r'^tdx_tdmr_init: 1 lanes on 2 CPUs, 25000\.0 ms$', '^TDMR.INIT$', r'^idle 0\.0 ms$',
                 r'^idle 7000\.0 ms$', r'^tail: 0\.0 ms$', '^10000$'), p.texts
    assert not p.has('not complete')
    shown = [b for b in p.bars if ' lane ' not in b[0]]
    assert [b[0] for b in shown[1:3]] == ['TDMR.INIT: 1000.000 to 5000.000 ms',
                                          'SYS.DISABLE: 11000.000 to 12000.000 ms'], shown
    assert 'still running' in shown[-1][0] and len({b[2] for b in shown}) == 1, shown
    assert shown[0][2] < min(b[2] for b in p.bars if b not in shown)
    assert abs(shown[1][3] - 4 * shown[2][3]) < 0.1 and shown[1][1] == p.bar(1)[1], shown
    assert Picture(phase('PAMT', 9, 10)[80:] + TWO).has('not complete')


@test
def jobs_that_do_not_end_well():
    p = Picture(begin(1, 1) + start(1, 0, 0) + stop(2, 0, 0, steps=10, why='stopped') + end(2)
                + begin(5, 1) + start(5, 0, 1) + stop(6, 0, 1) + end(6))
    assert len(p.bars) == 2 and p.has(r'5000\.0 ms$') and '10 steps, stopped' in p.bars[0][0]
    assert Picture(begin(1, 1) + start(1, 0, 0) + stop(2, 0, 0, why='failed')
                   + end(2, -5)).has('error -5')
    p = Picture(begin(1, 2) + start(1, 0, 0) + start(1, 1, 1) + stop(3, 1, 1))
    assert p.has(', not at its end$') and 'still running' in p.bar(0)[0]
    assert abs(p.bar(0)[3] - p.bar(1)[3]) < 0.1


@test
def incomplete_traces():
    for trace in (start(2, 1, 1) + stop(2.5, 0, 0) + stop(3, 1, 1) + end(3),
                  'CPU:2 [LOST 17 EVENTS]\n' + TWO,
                  TWO + '  x-1 [000] ..... 1.0: lanework_lane_start: job=tdx_tdmr_init lane=0 node=0\n',
                  TWO + '  x-1 [000] ..... 1.0: lanework_job_end\n'):
        assert Picture(trace).has('not complete'), trace
    for trace in '', begin(1, 1):
        result = tdxctl('timeline', stdin=trace)
        assert result.returncode == 1 and 'standard input: no lane of ' in result.stderr, result
    assert '/nonexistent' in tdxctl('timeline', '/nonexistent').stderr


@test
def the_job_that_is_asked_for():
    trace = begin(1, 1, 'a') + start(1, 0, 0, job='a') + begin(1, 1, 'b') \
        + start(1, 0, 1, job='b') + stop(2, 0, 1, job='b') + stop(3, 0, 0, job='a') \
        + end(2, job='b') + end(3, job='a')
    for job in 'a', 'b':
        p = Picture(trace, '--job', job)
        assert p.has(f'^{job}: 1 lanes') and not p.said
        # The other job is there, too, and paler; it does not count.
        lanes = {title.split()[0]: pale for pale, title in
                 re.findall("fill-opacity='([.0-9]*)' [^>]*><title>(.*? lane)", p.svg)}
        assert lanes == {'a': '.4', 'b': '.4'} | {job: '.85'}, lanes
        assert p.has(r'^idle 0\.0 ms$', '^CPU 0$', '^CPU 1$')
    assert 'no lane of tdx_tdmr_init' in tdxctl('timeline', stdin=trace).stderr
    assert 'no lane of c' in tdxctl('timeline', '--job', 'c', stdin=trace).stderr
    # Names cannot break the picture.
    assert Picture(TWO.replace('job=tdx_tdmr_init', 'job=<b>&"'), '--job', '?b>?"').has('3 lanes')


@test
def light_and_dark_pages():
    p = Picture(phase('PAMT', 9, 10) + TWO)
    rects = re.findall('<rect [^>]*>', p.svg)
    assert not any("width='100%'" in r or '#fff' in r or '#000' in r for r in rects), rects
    assert p.has('^phases$', '^phases in ms: PAMT 1000$') and '#dd0000' not in p.svg
    # The grid is below the bars.
    assert p.svg.rindex("stroke-opacity='.4'") < p.svg.index('<title>')


sys.exit(tap.run())
