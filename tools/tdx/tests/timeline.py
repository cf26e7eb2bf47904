# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl timeline on traces.  Usage: timeline.py TDXCTL"""
import os
import pathlib
import re
import subprocess
import sys
import xml.dom.minidom

import tap
from tap import test

TRACES = pathlib.Path(__file__).with_name('traces')


def run(*args, stdin=''):
    return subprocess.run([TDXCTL, 'timeline', *args], input=stdin, timeout=60,
                          capture_output=True, text=True, check=False)


def line(time, cpu, event, fields):
    return f'  kworker/u8:1-42   [{cpu:03}] .....  {time:.6f}: lanework_{event}: {fields}\n'


def start(time, lane, cpu, node=0, home=None, job='j'):
    home = node if home is None else home
    return line(time, cpu, 'lane_start',
                f'job={job} lane={lane} node={home} cpu={cpu} cpu_node={node}')


def stop(time, lane, cpu, node=0, steps=256, why='done', job='j'):
    return line(time, cpu, 'lane_stop',
                f'job={job} lane={lane} cpu={cpu} cpu_node={node} steps={steps} why={why}')


def job(time, lanes, name='j'):
    return line(time, 0, 'job_start', f'job={name} lanes={lanes} left={lanes} workers=yes')


def end(time, error=0, name='j'):
    return line(time, 0, 'job_end', f'job={name} left=0 error={error}')


class Picture:
    def __init__(self, trace, *args):
        result = run(*args, stdin=trace)
        assert result.returncode == 0, result.stderr
        self.said = result.stderr
        self.svg = result.stdout
        self.dom = xml.dom.minidom.parseString(self.svg)
        self.texts = [''.join(n.data for n in t.childNodes) for t in
                      self.dom.getElementsByTagName('text')]
        self.bars = []
        for rect in self.dom.getElementsByTagName('rect'):
            for title in rect.getElementsByTagName('title'):
                self.bars.append((title.firstChild.data, *(
                    float(rect.getAttribute(k)) for k in ('x', 'y', 'width')),
                    rect.getAttribute('stroke')))

    def bar(self, lane):
        found = [b for b in self.bars if b[0].startswith(f'lane {lane},')]
        assert len(found) == 1, (lane, self.bars)
        return found[0]

    def has(self, pattern):
        return any(re.search(pattern, t) for t in self.texts)


def fails(trace, word, *args):
    result = run(*args, stdin=trace)
    assert result.returncode == 1 and result.stdout == '', result
    assert len(result.stderr.splitlines()) == 1 and word in result.stderr, result.stderr


TWO = (job(10, 3) + start(10, 0, 0) + start(10, 1, 4, node=1) + stop(11, 1, 4, node=1)
       + stop(12, 0, 0) + start(12, 2, 0) + stop(14, 2, 0) + end(14))


@test
def bars_are_where_they_belong():
    p = Picture(TWO)
    assert p.has(r'^j: 3 lanes on 2 CPUs, 4000\.0 ms$'), p.texts
    _, x0, y0, width0, _ = p.bar(0)
    _, x1, y1, width1, _ = p.bar(1)
    _, x2, y2, width2, _ = p.bar(2)
    assert x0 == x1 and y0 == y2 and y1 > y0
    assert abs(width0 - 2 * width1) < 0.1 and abs(width2 - width0) < 0.1
    assert abs(x2 - (x0 + width0)) < 0.1


@test
def nodes_cpus_idle_and_tail():
    p = Picture(TWO)
    for words in 'node 0', 'node 1', 'CPU 0', 'CPU 4', 'idle 0.0 ms', 'idle 3000.0 ms':
        assert words in p.texts, words
    assert p.has(r"^100 % of these CPUs' time$") and p.has("^25 % of these")
    assert p.has(r'^tail: 3000\.0 ms, 75 %$')


@test
def a_lane_away_from_home():
    p = Picture(job(1, 2) + start(1, 0, 0) + start(1, 1, 1, home=3)
                + stop(2, 0, 0) + stop(2, 1, 1) + end(2))
    assert p.bar(1)[4] == '#dd0000' and p.bar(0)[4] != '#dd0000'
    assert 'at home on node 3, CPU 1 of node 0' in p.bar(1)[0]
    assert p.has('CPUs of another node')


@test
def lanes_at_the_same_time_do_not_hide_each_other():
    p = Picture(job(1, 3) + start(1, 0, 0) + start(1.5, 1, 0) + stop(2, 0, 3)
                + start(2, 2, 0) + stop(3, 1, 0) + stop(3, 2, 0) + end(3))
    ys = [p.bar(n)[2] for n in range(3)]
    assert ys[0] == ys[2] != ys[1], ys
    assert 'at last CPU 3' in p.bar(0)[0]
    # What runs twice at a time is not busy twice.
    assert 'idle 0.0 ms' in p.texts


@test
def stopped_and_gone_on():
    p = Picture(job(1, 1) + start(1, 0, 0) + stop(2, 0, 0, steps=10, why='stopped')
                + line(2, 0, 'job_end', 'job=j left=1 error=0')
                + job(5, 1) + start(5, 0, 1) + stop(6, 0, 1) + end(6))
    assert len(p.bars) == 2 and p.has(r'5000\.0 ms$')
    assert 'stopped' in p.bars[0][0] and '10 steps' in p.bars[0][0]
    assert p.has('^Dashed frames: stopped')


@test
def an_error_is_in_the_heading():
    p = Picture(job(1, 1) + start(1, 0, 0) + stop(2, 0, 0, why='failed') + end(2, -5))
    assert p.has(r', error -5$')


@test
def a_trace_that_is_cut_off():
    p = Picture(job(1, 2) + start(1, 0, 0) + start(1, 1, 1) + stop(3, 1, 1))
    assert p.has(', not at its end$')
    assert 'goes on when the trace ends' in p.bar(0)[0]
    assert abs(p.bar(0)[3] - p.bar(1)[3]) < 0.1


@test
def a_trace_that_begins_late():
    p = Picture(start(2, 1, 1) + stop(2.5, 0, 0) + stop(3, 1, 1) + end(3))
    assert len(p.bars) == 1 and p.has('not complete')
    p = Picture('CPU:2 [LOST 17 EVENTS]\n' + TWO)
    assert p.has('not complete')
    assert not Picture(TWO).has('not complete')


@test
def the_job_that_is_asked_for():
    trace = job(1, 1, 'a') + start(1, 0, 0, job='a') + job(1, 1, 'b') \
        + start(1, 0, 1, job='b') + stop(2, 0, 1, job='b') + stop(3, 0, 0, job='a') \
        + end(2, name='b') + end(3, name='a')
    p = Picture(trace)
    assert p.has('^a: 1 lanes') and 'other jobs' in p.said
    p = Picture(trace, '--job', 'b')
    assert p.has('^b: 1 lanes') and not p.said
    fails(trace, 'no lane of c', '--job', 'c')


@test
def other_lines_are_skipped():
    p = Picture('# tracer: nop\n\nversion = 7\ncpus=4\n'
                '  <idle>-0  [001] d..2.  9.1: sched_switch: prev_comm=x\n' + TWO)
    assert len(p.bars) == 3


@test
def names_cannot_break_the_picture():
    name = '<b>&"'
    p = Picture(job(1, 1, name) + start(1, 0, 0, job=name) + stop(2, 0, 0, job=name)
                + end(2, name=name))
    assert p.texts[0].startswith(name)


@test
def what_is_not_understood():
    fails('', 'no lane of any job')
    fails('hello\n', 'no lane of any job')
    for bad in ('  x-1 [000] ..... soon: lanework_lane_start: job=j lane=0 node=0 cpu=0 cpu_node=0',
                '  x-1 [000] ..... 1.0: lanework_lane_start: job=j lane=0 node=0',
                '  x-1 [000] ..... 1.0: lanework_lane_start: job=j lane=-1 node=0 cpu=0 cpu_node=0',
                '  x-1 [000] ..... 1.0: lanework_lane_stop: job=j lane=0 cpu=0 steps=x why=done',
                '  x-1 [000] ..... 1.0: lanework_lane_stop: job=j lane=0 cpu=0 steps=1 why='
                + 'x' * 100,
                '  x-1 [000] ..... 1.0: lanework_job_start: job=j',
                '  x-1 [000] ..... 1.0: lanework_job_end'):
        fails(job(0.5, 1) + bad + '\n', 'standard input:2')


@test
def recorded_in_a_guest():
    # 4 nodes with 4 CPUs each: of 17 lanes, the last starts when another is done.
    text = (TRACES / 'four-nodes.txt').read_text('ascii')
    p = Picture(text, '--job', 'tdx_tdmr_init')
    assert p.has(r'^tdx_tdmr_init: 17 lanes on '), p.texts[0]
    assert len(p.bars) == 17 and not p.has('another node')
    assert run('--job', 'tdx_tdmr_init', str(TRACES / 'four-nodes.txt')).stdout == p.svg


@test
def help_and_usage():
    result = run('--help')
    assert result.returncode == 0 and 'usage: tdxctl timeline' in result.stdout
    for args in ['--nonsense'], ['--job'], ['a', 'b']:
        result = run(*args)
        assert result.returncode == 2 and '--help' in result.stderr, result
    result = run('/nonexistent')
    assert result.returncode == 1 and '/nonexistent' in result.stderr


TDXCTL = os.path.abspath(sys.argv[1])
sys.exit(tap.run('timeline: '))
