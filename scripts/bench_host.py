# SPDX-License-Identifier: GPL-2.0-only
"""Describe the hosts of the benchmark as guests: topologies and memory maps.

All NUMA nodes of a host have the same memory and the same CPUs, so that each node
can do its own work.  There are three maps:

even
    Each node has one piece.  Node 0 has 2 GiB below 4 GiB, where the map has its
    usual gap.
skewed
    There are two ranges, and one is ten times the other.  Node 0 has less than
    1.5 GiB below 4 GiB, so that nodes begin off the 1 GiB grid.
fragmented
    Each node has pieces of 1, 2, 4, ... GiB with gaps of 1 GiB.  The last GiB of
    each piece has holes of 64 KiB, which firmware keeps.

memmap= on the kernel command line makes gaps and holes.
"""

from typing import NamedTuple

GIB = 1 << 30
MIB = 1 << 20
# QEMU's machine has this much memory below 4 GiB.
LOW = 2 * GIB
# 16 GiB are 11 times this.
SMALL_RANGE = 1489 * MIB
HOLE = 64 << 10
# Offsets in the last GiB of a piece.
HOLES = (300 * MIB, 700 * MIB)
KEY_NS = 100_000
MAPS = ('even', 'skewed', 'fragmented')


def doubling(gib):
    """Return pieces of 1, 2, 4, ... GiB and the rest, with gaps of 1 GiB."""
    pieces, size = [], 1
    while size < gib:
        pieces += [(size * GIB, True), (GIB, False)]
        gib -= size
        size *= 2
    return pieces + [(gib * GIB, True)] if gib else pieces[:-1]


def node_pieces(shape, node, size):
    """Return (size, used) of the pieces and gaps of a node."""
    if shape == 'fragmented':
        return doubling(size // GIB) if node else [(LOW, True)] + doubling((size - LOW) // GIB)
    if shape == 'skewed' and node == 0:
        return [(SMALL_RANGE, True), (LOW - SMALL_RANGE, False), (size - SMALL_RANGE, True)]
    return [(size, True)]


def address(offset):
    """Return the address of a byte, from its offset without the gap below 4 GiB."""
    return offset if offset < LOW else offset + 4 * GIB - LOW


class Host(NamedTuple):
    sockets: int
    cores: int
    gib: int
    map: str
    dilation: int

    @property
    def cpus(self):
        return self.sockets * self.cores

    @property
    def nodes(self):
        return self.sockets

    @property
    def name(self):
        return f'{self.sockets}x{self.cores}-{self.gib}g-{self.map}'

    def pieces(self):
        """Yield (offset, size, used, node) of each piece."""
        at = 0
        for node in range(self.nodes):
            for size, used in node_pieces(self.map, node, self.gib * GIB // self.nodes):
                yield at, size, used, node
                at += size

    def holes(self):
        """Yield (address, size) of memory that the kernel does not get."""
        for at, size, used, _ in self.pieces():
            if not used:
                yield address(at), size
            elif self.map == 'fragmented':
                last = at + size - GIB
                yield from ((address(last + hole), HOLE) for hole in HOLES)

    def memory(self):
        """Yield (start, end, node) of memory that the kernel gets."""
        holes = sorted(self.holes())
        for at, size, used, node in self.pieces():
            if not used:
                continue
            # A piece may lie on both sides of the gap below 4 GiB.
            for start, end in ((at, min(at + size, max(LOW, at))), (max(at, LOW), at + size)):
                if start >= end:
                    continue
                start, end = max(address(start), MIB), address(end - 1) + 1
                for hole, length in holes:
                    if start <= hole < end:
                        yield start, hole, node
                        start = hole + length
                yield start, end, node

    def description(self):
        """Return the description for tdx-simulate."""
        lines = [f'mem {start:#x} {end:#x} {node}' for start, end, node in self.memory()]
        lines += [f'cmr {base:#x} {size:#x}' for base, size in self.cmrs()]
        lines += [f'lanes {node} {self.cores}' for node in range(self.nodes)]
        return '\n'.join(lines) + '\n'

    def cmrs(self):
        """Return the convertible memory: all but the gap below 4 GiB."""
        total = sum(size for _, size, _, _ in self.pieces())
        cmrs = [(MIB, min(total, LOW) - MIB)]
        return cmrs + [(4 * GIB, total - LOW)] if total > LOW else cmrs

    def guest(self):
        """Return the arguments of scripts/guest."""
        args = ['--sockets', str(self.sockets), '--cores', str(self.cores)]
        for node in range(self.nodes):
            size = sum(p[1] for p in self.pieces() if p[3] == node)
            first = node * self.cores
            args += ['--node', f'cpus={first}-{first + self.cores - 1},mem={size // MIB}M']
        return args

    def cmdline(self):
        # nokaslr: the code that chooses a random address knows only a few holes.
        # key_ns, disable_ns: the benchmark does not compare these calls.
        words = ['tdx_emulator=on', f'tdx_emulator.dilation={self.dilation}',
                 f'tdx_emulator.key_ns={KEY_NS}', 'tdx_emulator.disable_ns=0',
                 'nokaslr', 'tdx_emulator.cmr=' + ';'.join(
                     f'{base:#x},{size:#x}' for base, size in self.cmrs())]
        words += [f'memmap={size:#x}${at:#x}' for at, size in self.holes()]
        return ' '.join(words)
