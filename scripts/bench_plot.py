# SPDX-License-Identifier: GPL-2.0-only
"""Time against CPUs as an SVG."""

from html import escape
from math import log2, log10
from statistics import median

WIDTH, HEIGHT = 760, 500
LEFT, RIGHT, TOP, BOTTOM = 80, 30, 70, 110
SERIES = (('upstream', 'upstream: one CPU', '#7a7a7a', 'square'),
          ('per-tdmr', 'a worker per TDMR, as few as upstream has', '#c8651b', 'triangle'),
          ('lanework', 'lanes', '#1f5fa8', 'circle'))


class Axes:
    def __init__(self, cpus, values):
        self.cpus = cpus
        self.low = min(log2(c) for c in cpus)
        self.high = max(max(log2(c) for c in cpus), self.low + 1)
        # Whole powers of ten look empty: from 1, 2 or 5 to 1, 2 or 5.
        self.ticks = nice(min(values), max(values))
        self.bottom, self.top = log10(self.ticks[0]), log10(self.ticks[-1])

    def x(self, cpus):
        part = (log2(cpus) - self.low) / (self.high - self.low)
        return LEFT + 30 + part * (WIDTH - LEFT - RIGHT - 60)

    def y(self, value):
        part = (log10(value) - self.bottom) / (self.top - self.bottom)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def nice(low, high):
    steps = [m * 10.0 ** e for e in range(-3, 7) for m in (1, 2, 5)]
    first = max(i for i, s in enumerate(steps) if s <= low)
    last = min(i for i, s in enumerate(steps) if s >= high)
    return steps[first:max(last, first + 1) + 1]


def text(x, y, words, anchor='middle', size=13, more=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'font-size="{size}" {more}>{escape(words)}</text>')


def line(x1, y1, x2, y2, color, width=1.0, more=''):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{color}" stroke-width="{width}" {more}/>')


def mark(kind, x, y, color):
    if kind == 'circle':
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{color}"/>'
    if kind == 'square':
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{color}"/>'
    return (f'<path d="M{x:.1f} {y - 5.5:.1f} L{x + 5:.1f} {y + 4:.1f} '
            f'L{x - 5:.1f} {y + 4:.1f} Z" fill="{color}"/>')


def path(points, color, more=''):
    steps = ' L'.join(f'{x:.1f} {y:.1f}' for x, y in points)
    return f'<path d="M{steps}" fill="none" stroke="{color}" stroke-width="1.8" {more}/>'


def frame(axes):
    parts = []
    for value in axes.ticks:
        y = axes.y(value)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, '#e2e2e2'))
        parts.append(text(LEFT - 8, y + 4, f'{value:g}', 'end', 12))
    for cpus in axes.cpus:
        x = axes.x(cpus)
        parts.append(line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, '#333'))
        parts.append(text(x, HEIGHT - BOTTOM + 20, str(cpus), size=12))
    parts.append(line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, '#333'))
    parts.append(line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, '#333'))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 40, 'CPUs'))
    y = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(22, y, 'TDH.SYS.TDMR.INIT, ms, divided by the dilation',
                      more=f'transform="rotate(-90 22 {y:.1f})"'))
    return parts


def curve(axes, rows, mode, color, shape):
    """The line goes by the medians, the bars from the fastest to the slowest."""
    mine = [r for r in rows if r['mode'] == mode]
    by_cpus = {}
    for r in mine:
        by_cpus.setdefault(r['cpus'], []).append(r)
    parts = [path([(axes.x(c), axes.y(median(r['median_ms'] / r['dilation'] for r in same)))
                   for c, same in sorted(by_cpus.items())], color)]
    for cpus, same in by_cpus.items():
        for i, r in enumerate(sorted(same, key=lambda r: r['sockets'])):
            # Topologies with as many CPUs stand side by side.
            x = axes.x(cpus) + (i - (len(same) - 1) / 2) * 12
            low, high = (axes.y(r[k] / r['dilation']) for k in ('min_ms', 'max_ms'))
            parts += [line(x, low, x, high, color, 1.4),
                      mark(shape, x, axes.y(r['median_ms'] / r['dilation']), color)]
    return parts


def ideal_line(axes, rows):
    best = {}
    for r in rows:
        best.setdefault(r['cpus'], []).append(r['ideal_ms'] / r['dilation'])
    return [path([(axes.x(c), axes.y(median(v))) for c, v in sorted(best.items())],
                 '#111', 'stroke-dasharray="6 4"')]


def legend():
    parts, x = [], LEFT
    for _, words, color, shape in SERIES:
        parts += [line(x, 50, x + 24, 50, color, 1.8), mark(shape, x + 12, 50, color),
                  text(x + 30, 54, words, 'start', 12)]
        x += 48 + 6.4 * len(words)
    return parts + [line(x, 50, x + 24, 50, '#111', 1.8, 'stroke-dasharray="6 4"'),
                    text(x + 30, 54, 'ideal', 'start', 12)]


def topologies(rows):
    """Which points are which where several topologies have as many CPUs."""
    same = {}
    for r in sorted(rows, key=lambda r: r['sockets']):
        same.setdefault(r['cpus'], {})[f'{r["sockets"]}x{r["cpus"] // r["sockets"]}'] = None
    return '; '.join(f'{cpus}: ' + ', '.join(names) for cpus, names in sorted(same.items()))


def plot(results):
    """The smallest memory that several CPU counts were measured with."""
    gib = min(r['mem_gib'] for r in results)
    rows = [r for r in results if r['phase'] == 'tdmr' and r['map'] == 'even'
            and r['mem_gib'] == gib] or [r for r in results if r['phase'] == 'tdmr']
    values = [r[k] / r['dilation'] for r in rows for k in ('min_ms', 'max_ms', 'ideal_ms')]
    axes = Axes(sorted({r['cpus'] for r in rows}), values)
    parts = frame(axes)
    for mode, _, color, shape in SERIES:
        parts += curve(axes, rows, mode, color, shape)
    parts += ideal_line(axes, rows) + legend()
    parts.append(text(LEFT, 28, f'{rows[0]["mem_gib"]} GiB, even map: time against CPUs',
                      'start', 16, 'font-weight="bold"'))
    parts.append(text(LEFT, HEIGHT - 42, 'Sockets x CPUs, left to right: ' + topologies(rows),
                      'start', 11))
    parts.append(text(LEFT, HEIGHT - 26, 'Points are medians, bars reach from the fastest '
                      'round to the slowest.', 'start', 11))
    parts.append(text(LEFT, HEIGHT - 10, 'Emulated module, calls of 7 us made longer by the '
                      'dilation: no statement on speed on hardware.', 'start', 11))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">\n'
            '<title>Time of TDMR initialization against CPUs</title>\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
            + '\n'.join(parts) + '\n</svg>\n')
