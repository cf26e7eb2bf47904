# SPDX-License-Identifier: GPL-2.0-only
"""What must be true of a plan, worked out again from nothing but the memory."""
GIB = 1 << 30


def div_up(a, b):
    return -(-a // b)


def pamt(size):
    return sum(div_up(size // page * 16, 4096) * 4096
               for page in (1 << 12, 1 << 21, 1 << 30))


def busiest(sizes, workers):
    """Whoever is free takes the largest that is left."""
    load = [0] * max(workers, 1)
    for size in sorted(sizes, reverse=True):
        load[load.index(min(load))] += size
    return max(load)


def subtract(spans, holes):
    """What of the (start, end) in spans is in none of the holes."""
    left = []
    holes = sorted(holes)
    for start, end in spans:
        for a, b in holes:
            if b <= start or a >= end:
                continue
            if a > start:
                left.append((start, a))
            start = b
        if start < end:
            left.append((start, end))
    return left


def per_range(memory):
    """One TDMR per memory range."""
    tdmrs = []
    covered = 0
    for start, end, _ in memory:
        start = max(start // GIB * GIB, covered)
        end = div_up(end, GIB) * GIB
        if end > covered:
            tdmrs.append((start, end))
            covered = end
    return tdmrs


def holes_in(memory, start, end):
    return len(subtract([(start, end)], [(a, b) for a, b, _ in memory]))


def check_tdmrs(plan, memory, cmrs):
    spans = []
    for tdmr in plan['tdmrs']:
        base, size = tdmr['base'], tdmr['size']
        assert base % GIB == 0 and size % GIB == 0 and size > 0
        assert not spans or base >= spans[-1][1]
        assert tdmr['pamt_bytes'] == pamt(size)
        spans.append((base, base + size))
    assert len(spans) <= plan['limits']['max_tdmrs']
    assert not subtract([(a, b) for a, b, _ in memory], spans)

    pamts = sorted((t['pamt_base'], t['pamt_base'] + t['pamt_bytes'])
                   for t in plan['tdmrs'])
    assert all(a[1] <= b[0] for a, b in zip(pamts, pamts[1:]))
    for place in pamts:
        assert not subtract([place], [(a, b) for a, b, _ in memory])

    reserved = []
    for tdmr in plan['tdmrs']:
        assert len(tdmr['reserved']) <= plan['limits']['max_reserved']
        areas = [(tdmr['base'] + r['offset'],
                  tdmr['base'] + r['offset'] + r['size']) for r in tdmr['reserved']]
        assert not subtract(areas, [(tdmr['base'], tdmr['base'] + tdmr['size'])])
        reserved += areas
    assert not subtract(pamts, reserved), 'a PAMT is not reserved'

    # All memory but the PAMTs can be used, and nothing that is not convertible.
    usable = subtract(spans, reserved)
    assert not subtract(subtract([(a, b) for a, b, _ in memory], pamts), usable)
    if cmrs:
        assert not subtract(usable, cmrs)


def check_nodes(plan, memory, cpus, homes):
    ids = {n for _, _, n in memory} | {n for n in cpus if cpus[n]}
    assert [n['node'] for n in plan['nodes']] == sorted(ids)

    for node in plan['nodes']:
        mine = [t for t in plan['tdmrs'] if t['node'] == node['node']]
        own = [(a, b) for a, b, n in memory if n == node['node']]
        sizes = [t['size'] // GIB for t in mine]
        assert node['memory_bytes'] == sum(b - a for a, b in own)
        assert node['covered_gib'] == sum(sizes)
        assert node['tdmrs'] == len(mine)
        assert node['cpus'] == cpus.get(node['node'], 0)
        assert node['pamt_bytes'] == sum(
            t['pamt_bytes'] for t in plan['tdmrs']
            if any(a <= t['pamt_base'] < b for a, b in own))
        # CPUs may work for several nodes.
        home = homes.get(node['node'], node['node'])
        assert node['home'] == home
        together = [t['size'] // GIB for t in plan['tdmrs']
                    if homes.get(t['node'], t['node']) == home]
        assert node['makespan_gib'] == (sizes and busiest(together, cpus.get(home, 1)) or 0)
        assert node['workers'] == min(len(mine), max(cpus.get(home, 1), 1))
        assert node['time_ns'] == node['makespan_gib'] * 256 * plan['call_ns']


def check_total(plan):
    total = plan['total']
    tdmrs = {home: sum(n['tdmrs'] for n in plan['nodes'] if n['home'] == home)
             for home in {n['home'] for n in plan['nodes']}}
    cpus = {n['node']: n['cpus'] for n in plan['nodes']}
    assert total['workers'] == sum(min(tdmrs[home], max(cpus.get(home, 1), 1))
                                   for home in tdmrs)
    for key in 'memory_bytes', 'covered_gib', 'tdmrs', 'cpus', 'pamt_bytes':
        assert total[key] == sum(n[key] for n in plan['nodes']), key
    assert total['makespan_gib'] == max(n['makespan_gib'] for n in plan['nodes'])
    assert total['time_ns'] == total['makespan_gib'] * 256 * plan['call_ns']
    assert 0 < total['best_gib'] <= total['makespan_gib']

    serial = plan['serial']
    assert serial['gib'] == total['covered_gib']
    assert serial['calls'] == serial['gib'] * 256
    assert serial['time_ns'] == serial['calls'] * plan['call_ns']


def check_per_range(plan, memory, cpus):
    tdmrs = per_range(memory)
    got = plan['tdmr_per_range']
    assert got['tdmrs'] == len(tdmrs)
    assert got['pamt_bytes'] == sum(pamt(b - a) for a, b in tdmrs)

    bad = [t for t in tdmrs
           if holes_in(memory, *t) > plan['limits']['max_reserved']]
    if len(tdmrs) > plan['limits']['max_tdmrs']:
        assert got['fails'] == 'tdmrs'
    elif bad:
        assert got['fails'] == 'reserved'
        assert (got['base'], got['base'] + got['size']) == bad[0]
        assert got['holes'] == holes_in(memory, *bad[0])
    elif plan['memory_from'] in ('blocks', 'totals'):
        assert got['fails'] == 'unknown' and 'time_ns' not in got
    else:
        workers = min(sum(cpus.get(n['node'], 1) for n in plan['nodes']) or 1,
                      len(tdmrs))
        sizes = [(b - a) // GIB for a, b in tdmrs]
        assert got['fails'] is None
        assert got['workers'] == workers
        assert got['makespan_gib'] == busiest(sizes, workers)
        assert got['time_ns'] == got['makespan_gib'] * 256 * plan['call_ns']


def check(plan, memory, cmrs, cpus, homes=()):
    check_tdmrs(plan, memory, cmrs)
    check_nodes(plan, memory, cpus, dict(homes))
    check_total(plan)
    check_per_range(plan, memory, cpus)
