# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmark found: results.json, a table, and a plot."""

import json
import os
import re
from statistics import median

from bench_async import MAX_BOOT_US, MAX_CALL_US
from bench_guest import MODES, PHASES, image, tool
from bench_plot import plot

# What must be reached: of the ideal, and of CPUs times upstream.
ENOUGH = 0.9
# How far a simulation may be off.
CLOSE = 0.1


def call_ns(row):
    """What one lane alone takes for a call, in this run: upstream's loop."""
    return median(run.ns_per_call() for run in row.runs['upstream'])


def times(row, mode, phase):
    return [run.ms(phase, call_ns(row)) for run in row.runs[mode]]


def ideal_ms(row):
    return row.ideal_gib * 256 * call_ns(row) / 1e6


def worker_ns(row):
    """What it takes to create one; each node has one from the beginning."""
    return median(1e6 * run.workers_ms() / max(len(run.begun) - row.host.nodes, 1)
                  for run in row.runs['lanework'])


def simulated_ms(row):
    args = ['--call-ns', str(round(call_ns(row)))]
    if round(worker_ns(row)):
        args += ['--worker-ns', str(round(worker_ns(row)))]
    said = tool('tdx-simulate', row.host.description(), *args)
    return float(re.search(r'^TDMRs (\S+) ms', said, re.M)[1])


def workers_ms(row):
    return median(run.workers_ms() for run in row.runs['lanework'])


def complete(rows):
    return [row for row in rows if all(row.runs.values())]


def results(rows):
    """An object for each host, mode and phase."""
    found = []
    for row in complete(rows):
        host = row.host
        for mode in MODES:
            # Upstream has one worker whatever its TDMRs.
            lanes = 1 if mode == 'upstream' else row.runs[mode][0].lanes
            for phase in PHASES:
                ms = times(row, mode, phase)
                found.append({
                    'kernel': image(mode), 'sockets': host.sockets, 'cpus': host.cpus,
                    'nodes': host.nodes, 'mem_gib': host.gib, 'map': host.map,
                    'dilation': host.dilation, 'lanes': lanes, 'mode': mode,
                    'phase': phase, 'median_ms': round(median(ms), 3),
                    'min_ms': round(min(ms), 3), 'max_ms': round(max(ms), 3),
                    # Of allocation and of what is serial there is no ideal.
                    'ideal_ms': round(ideal_ms(row), 3) if phase == 'tdmr' else None,
                })
    return found


def replace(path, text):
    with open(path + '.new', 'w', encoding='utf-8') as f:
        f.write(text)
    os.rename(path + '.new', path)


def write(out, rows):
    found = results(rows)
    replace(f'{out}/results.json', json.dumps(found, indent=1) + '\n')
    if found:
        replace(f'{out}/scaling.svg', plot(found))


def shortfalls(row):
    """What a host does not reach, in words."""
    ms = median(times(row, 'lanework', 'tdmr'))
    gain = median(times(row, 'upstream', 'tdmr')) / ms
    gib = row.runs['lanework'][0].gib
    if ms > ideal_ms(row) / ENOUGH:
        yield f'{ideal_ms(row) / ms:.0%} of the ideal'
    if gib % row.host.cpus == 0 and gain < ENOUGH * row.host.cpus:
        yield f'{gain:.1f} times upstream on {row.host.cpus} CPUs'
    if abs(simulated_ms(row) / ms - 1) > CLOSE:
        yield f'simulated {simulated_ms(row):.0f} ms, measured {ms:.0f} ms'


def phase_line(row, mode):
    ms = times(row, mode, 'tdmr')
    return f'{median(ms):7.0f} {min(ms):6.0f}-{max(ms):<6.0f}'


def show_rows(rows):
    print(f"""
  TDH.SYS.TDMR.INIT, ms: median and range; ideal: the best makespan times what
  one lane takes here; of it: ideal / ours; gain: upstream / ours; workers: when the
  last of them, which are created one after another, began, after the first
  host                 x time rounds     upstream             per TDMR             ours                lanes  ideal  of it   gain CPUs workers simulated""")
    for row in rows:
        ms = median(times(row, 'lanework', 'tdmr'))
        gain = median(times(row, 'upstream', 'tdmr')) / ms
        print(f'  {row.host.name:<20} {row.host.dilation:>6} {len(row.runs["lanework"]):>6} '
              f' {phase_line(row, "upstream")} {phase_line(row, "per-tdmr")} '
              f'{phase_line(row, "lanework")} {row.runs["lanework"][0].lanes:>6} '
              f'{ideal_ms(row):>6.0f} {ideal_ms(row) / ms:>6.0%} {gain:>6.1f} '
              f'{row.host.cpus:>4} {workers_ms(row):>7.0f} {simulated_ms(row):>9.0f}')


def show_rest(rows):
    print("""
  PAMT is real time of this machine, no speed-up; total is from TDH.SYS.INIT to
  the last TDH.SYS.TDMR.INIT, ms: medians
  host                      PAMT: upstream  per TDMR   ours    total: upstream  per TDMR   ours""")
    for row in rows:
        words = [f'  {row.host.name:<24}']
        for phase in ('pamt', 'total'):
            words += [f'{median(times(row, mode, phase)):>{width}.0f}'
                      for mode, width in zip(MODES, (16, 10, 7))]
        print(''.join(words))


def show_engine(engine):
    if 'overhead' in engine:
        o = engine['overhead']
        print(f"""
  One lane, one CPU, {o['pairs']} pairs of boots, in instructions: a call takes
  {o['upstream']:.0f} in upstream's loop, {o['lanework']:.0f} in a lane: {o['more']:+.0f} \
({o['low']:+.0f} to {o['high']:+.0f}), {o['percent']:+.2f} %""")
    if 'delay' in engine:
        d = engine['delay']
        print(f"""
  Delay of another task, 2 CPUs, {d['call_ms']:.1f} ms a call: without lanes p50 {d['idle']['p50_us']} us, \
p99 {d['idle']['p99_us']} us;
  with lanes p50 {d['lanes']['p50_us']} us, p99 {d['lanes']['p99_us']} us \
(p50 at most {d['limit_us']} us: a call and {d['more_us']} us of {d['more']})""")

    if 'steps' in engine:
        s = engine['steps']
        print(f"""
  {len(s['allocations'])} allocations in {s['steps']} steps, {s['elsewhere']} elsewhere meanwhile""")


def show_async(a):
    print(f"""
  tdx_enable_async(), 4 CPUs, us a call, medians: calls that join a bring-up, calls
  that start one, and queue_work(), which is most of the latter""")
    for c in a['calls']:
        print(f'  {c["gib"]:>4} GiB {c["joins_us"]:>9.2f} {c["starts_us"]:>9.1f} '
              f'{c["queue_work_us"]:>9.1f}')
    print(f"""
  Boot of {a['gib']} GiB, medians of {a['boots']}: with tdx_host=async it waits for {a['blocked_us']:.0f} us,
  upstream's for {a['upstream_us']:.0f} us""")


def async_shortfalls(a):
    for c in a['calls']:
        if c['joins_us'] > MAX_CALL_US:
            yield f'tdx_enable_async() takes {c["joins_us"]:.0f} us with {c["gib"]} GiB'
    if a['blocked_us'] > MAX_BOOT_US:
        yield f'the boot waits for {a["blocked_us"]:.0f} us'


def engine_shortfalls(engine):
    o, d = engine.get('overhead'), engine.get('delay')
    for what in engine.get('steps', {}).get('allocations', ()):
        yield f'a step allocates: {what}'
    if o and o['percent'] > 2:
        yield f'one lane is {o["percent"]:.1f} % slower than upstream'
    if d and d['lanes']['p50_us'] > d['limit_us']:
        yield f'another task waits {d["lanes"]["p50_us"]} us'
    if 'async' in engine:
        yield from async_shortfalls(engine['async'])


def show(out, rows, engine):
    """Print all; True if all that must be reached was."""
    rows = complete(rows)
    if rows:
        show_rows(rows)
        show_rest(rows)
    show_engine(engine)
    if 'async' in engine:
        show_async(engine['async'])
    short = [f'{row.host.name}: {what}' for row in rows for what in shortfalls(row)]
    short += list(engine_shortfalls(engine))
    print('\n  The module and the CPUs are emulated, calls are made longer by the factor that\n'
          '  is stated: this shows scheduling, and nothing of speed on hardware.')
    for what in short:
        print(f'  falls short: {what}')
    print(f'  {os.path.relpath(out)}/results.json, {os.path.relpath(out)}/scaling.svg')
    return not short
